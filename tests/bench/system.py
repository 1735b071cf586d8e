"""What figures depend on, beside what is measured."""
import os
import platform
from pathlib import Path


def describe_system():
    ipv4 = Path("/proc/sys/net/ipv4")
    names = ("tcp_congestion_control", "tcp_rmem", "tcp_wmem")
    with open("/proc/cpuinfo") as lines:
        models = [x.split(":")[1].strip() for x in lines
                  if x.startswith("model name")]
    return {
        "system": platform.platform(), "processors": os.cpu_count(),
        "processor": models[0] if models else platform.machine(),
        "network": {name: (ipv4 / name).read_text().split()
                    for name in names if (ipv4 / name).exists()},
    }
