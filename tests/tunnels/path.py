"""A path between a client and a server that can be torn: what faults do.

It is tests/bench/wan.c, a relay between two network namespaces of our own, and
whatever runs in them: the server at FAR, the client at NEAR. Times are those
of time.monotonic(), which all processes of a machine share.
"""
import atexit
import os
import signal
import subprocess
import time
from pathlib import Path as File

from lab import Failure, Place, find, free_port, output_of, wait_until

FAR, NEAR = "10.77.0.1", "10.77.0.2"
# Where the client may move to, and back.
ELSEWHERE = "10.77.0.3"


def processes():
    return [int(x) for x in os.listdir("/proc") if x.isdigit()]


def name_of(pid):
    try:
        return (File("/proc") / str(pid) / "comm").read_text().strip()
    except OSError:
        return None


def is_alive(pid):
    try:
        stat = (File("/proc") / str(pid) / "stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def descendants(pid):
    """The processes that a process has started, and theirs."""
    try:
        children = (File("/proc") / str(pid) / "task" / str(pid)
                    / "children").read_text().split()
    except OSError:
        return []
    found = []
    for child in map(int, children):
        found += [child, *descendants(child)]
    return found


class Path:
    """The relay, and the namespaces at its ends: 1 is far, 2 is near."""

    def __init__(self, lab, name, one_way_ms=5):
        if os.getuid() != 0 or not os.path.exists("/dev/net/tun"):
            raise Failure("a path needs root and /dev/net/tun")
        self.lab, self.name, self.near = lab, name, NEAR
        self.relay = lab.start([lab.tool("wan"), str(one_way_ms)],
                               f"{name}.wan.log", "ready",
                               stdin=subprocess.PIPE)
        self.log = lab.dir / f"{name}.wan.log"
        files = [f"/proc/{self.relay.pid}/fd/{fd}" for fd in (3, 4)]
        self.spaces = {os.stat(f).st_ino for f in files}
        self.far_prefix, self.near_prefix = (
            ["nsenter", f"--net={f}"] for f in files)
        atexit.register(self.close)

    # --- faults ---

    def order(self, *words):
        """What the relay can do: see wan.c."""
        count = self.log.read_text().count("done")
        self.relay.stdin.write(" ".join(words).encode() + b"\n")
        self.relay.stdin.flush()
        wait_until(lambda: self.log.read_text().count("done") > count,
                   "the relay obeys")

    def ip(self, *words):
        output_of(*self.near_prefix, find("ip"), *words)

    def pull_cable(self):
        """The client's own cable: its kernel knows."""
        self.ip("link", "set", "wan", "carrier", "off")

    def plug_cable(self):
        self.ip("link", "set", "wan", "carrier", "on")

    def move(self):
        """Give the client another address; its connections are dead then."""
        old, self.near = self.near, ELSEWHERE if self.near == NEAR else NEAR
        self.ip("address", "delete", f"{old}/24", "dev", "wan")
        self.ip("address", "add", f"{self.near}/24", "dev", "wan")

    # --- who is there ---

    def members(self):
        """The processes in our namespaces, but the relay."""
        found = []
        for pid in processes():
            try:
                if os.stat(f"/proc/{pid}/ns/net").st_ino in self.spaces:
                    found.append(pid)
            except OSError:
                pass
        return [p for p in found if p != self.relay.pid]

    def close(self):
        """End everything here, whoever started it."""
        for _ in range(3):
            for pid in self.members():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.02)
        self.relay.stdin.close()


class Server:
    """An sshd at the far end."""

    def __init__(self, path, name="far", more=()):
        self.path, self.lab = path, path.lab
        self.place = self.lab.start_sshd(
            name, FAR, path.far_prefix, path.near_prefix, more)

    def processes(self):
        """Of the server and of its sessions."""
        return [p for p in self.path.members() if name_of(p) in (
            "sshd", "sshd-session", "sshd-auth")]

    def sessions(self):
        """Those that serve a client."""
        return [p for p in self.processes() if p != self.main()]

    def main(self):
        return self.place.server.pid

    def signal(self, number, pids):
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def kill(self):
        """All of it at once, as if somebody tripped over the plug."""
        pids = self.processes()
        self.signal(signal.SIGKILL, pids)
        wait_until(lambda: not any(map(is_alive, pids)), "the server's end")

    def start(self):
        self.lab.run_sshd(self.place)


def start_target(path, prefix, name):
    """A target of forwardings in a namespace of a path; its port."""
    traffic = File(__file__).resolve().parents[1] / "peers/traffic.py"
    return path.lab.told_port([*prefix, "/usr/bin/python3", str(traffic),
                               "serve", name], f"{path.name}.{name}.log")


__all__ = ["FAR", "NEAR", "Failure", "Path", "Place", "Server", "descendants",
           "free_port", "is_alive", "name_of", "start_target", "wait_until"]
