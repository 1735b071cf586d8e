"""The probers (prober.py) of a lab, and what they have found so far."""
import json
import subprocess
import threading
from pathlib import Path

PROBER = Path(__file__).resolve().with_name("prober.py")


class Probes:
    def __init__(self, lab, every, patience):
        self.lab, self.every, self.patience = lab, every, patience
        self.found, self.running = [], []
        self.lock = threading.Lock()

    def start(self, prefix, target, tunnels):
        """Try tunnels (name, port, status file) to a target, where prefix
        leads."""
        process = subprocess.Popen(
            [*prefix, "/usr/bin/python3", str(PROBER), str(self.every),
             str(self.patience), target,
             *("=".join(map(str, filter(None, t))) for t in tunnels)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lab.processes.append(process)
        reader = threading.Thread(target=self.read, args=(process,),
                                  daemon=True)
        reader.start()
        self.running.append((process, reader))

    def read(self, process):
        for line in process.stdout:
            with self.lock:
                self.found.append(json.loads(line))

    def served_since(self, when, name):
        """When a request that began then or later was answered, or None."""
        with self.lock:
            ends = [x["end"] for x in self.found if x["name"] == name
                    and x["begin"] >= when and x["result"] == "ok"]
        return min(ends, default=None)

    def close(self):
        for process, _ in self.running:
            process.stdin.close()
        for process, reader in self.running:
            process.wait()
            reader.join()
