#!/usr/bin/env python3
"""Faults under traffic: is a tunnel up again after each, and does it grow?

torture.py HAWSER [OPTION]...

A hawser with Reconnect has one -L and one -R to a server at the end of a path
(path.py). Workers ask for echoes through both, compare every byte, and try
again until they have succeeded; the prober (prober.py) looks for readiness
lies. Fault after fault, chosen by --seed, lasts for some seconds and ends; then
both forwardings must work again within --patience seconds. At the end the
client may have no more descriptors and processes than before, and hardly more
memory than after a first round of faults, in which every kind has been. Prints
what happened; exit status 1 if something was wrong.
"""
import argparse
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path as File

sys.dont_write_bytecode = True
HERE = File(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "bench")]

from lab import Failure, Lab, free_port, wait_until  # noqa: E402
from path import Path, Server, descendants, start_target  # noqa: E402
from prober import is_lie, is_promise  # noqa: E402
from probes import Probes  # noqa: E402

# What the client is told, and what follows from it: silence of one interval,
# the unanswered probes, and one second for what timers and two busy processors
# add.
ALIVE_INTERVAL, ALIVE_COUNT = 1, 2
DETECTION = ALIVE_INTERVAL * (ALIVE_COUNT + 1) + 1
SETTINGS = {
    "Reconnect": "yes", "ReconnectDelay": "0.1 1", "ReconnectHold": "30",
    "TakeOverListener": "yes", "ServerAliveInterval": ALIVE_INTERVAL,
    "ServerAliveCountMax": ALIVE_COUNT, "ExitOnForwardFailure": "yes",
    "ConnectTimeout": "3",
}
PROBE_EVERY, PROBE_PATIENCE = 0.1, 3
# What a client may have learnt while it ran, and what an allocator keeps.
GROWTH, SLACK_KIB = 1.1, 512


def limit_of(kibibytes):
    return kibibytes * GROWTH + SLACK_KIB


def memory_of(pid):
    for line in (File("/proc") / str(pid) / "status").open():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    raise Failure("the client is gone")


def descriptors_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Faults:
    """What can happen; each method lasts for so many seconds, and mends.

    Those in SILENT are not told by any packet.
    """

    ALL = ("cable", "link", "cut", "cut_1", "cut_2", "forget", "forget_1",
           "forget_2", "move", "kill", "kill_sessions", "stop",
           "stop_sessions", "again")
    SILENT = {"cable", "link", "cut", "cut_1", "cut_2", "forget", "forget_1",
              "forget_2", "move", "stop", "stop_sessions"}

    def __init__(self, path, server, client):
        self.path, self.server, self.client = path, server, client

    def cable(self, seconds):
        self.path.pull_cable()
        time.sleep(seconds)
        self.path.plug_cable()

    def link(self, seconds):
        self.path.ip("link", "set", "wan", "down")
        time.sleep(seconds)
        self.path.ip("link", "set", "wan", "up")

    def torn(self, seconds, *words):
        self.path.order(*words)
        time.sleep(seconds)
        self.path.order("mend")

    def cut(self, seconds):
        self.torn(seconds, "cut")

    def cut_1(self, seconds):
        self.torn(seconds, "cut", "1")

    def cut_2(self, seconds):
        self.torn(seconds, "cut", "2")

    # What was forgotten stays so: new connections pass.
    def forget(self, _seconds):
        self.path.order("forget")

    def forget_1(self, _seconds):
        self.path.order("forget", "1")

    def forget_2(self, _seconds):
        self.path.order("forget", "2")

    def move(self, _seconds):
        self.path.move()

    def kill(self, seconds):
        self.server.kill()
        time.sleep(seconds)
        self.server.start()

    def kill_sessions(self, _seconds):
        self.server.signal(signal.SIGKILL, self.server.sessions())

    def stop(self, seconds):
        pids = self.server.processes()
        self.server.signal(signal.SIGSTOP, pids)
        time.sleep(seconds)
        self.server.signal(signal.SIGCONT, pids)

    def stop_sessions(self, _seconds):
        """For ever: somebody has to end them."""
        self.server.signal(signal.SIGSTOP, self.server.sessions())

    def again(self, _seconds):
        os.kill(self.client.pid, signal.SIGHUP)


def enter_network(space):
    """A thread can be in a network namespace of its own."""
    with open(space, "rb") as f:
        if ctypes.CDLL(None, use_errno=True).setns(f.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")


class Worker(threading.Thread):
    """Echoes of its own size, one after the other, until told to stop."""

    def __init__(self, space, port, number):
        super().__init__(daemon=True)
        self.space, self.port = space, port
        self.dice = random.Random(number)
        self.done = self.failed = self.damaged = 0
        self.is_over = False

    def run(self):
        enter_network(self.space)
        while not self.is_over:
            data = self.dice.randbytes(self.dice.choice((1, 1000, 200_000)))
            try:
                got = self.echo(data)
            except OSError:
                self.failed += 1
                time.sleep(0.1)
                continue
            if got == data:
                self.done += 1
            elif data.startswith(got):
                self.failed += 1  # it ended too early
            else:
                self.damaged += 1
            time.sleep(0.05)

    def echo(self, data):
        with socket.create_connection(("127.0.0.1", self.port), 5) as s:
            s.settimeout(10)
            s.sendall(b"echo\n")
            sender = threading.Thread(target=self.send, args=(s, data))
            sender.start()
            got = bytearray()
            try:
                while block := s.recv(65536):
                    got += block
            finally:
                if len(got) < len(data):
                    s.close()
                sender.join()
        return bytes(got)

    @staticmethod
    def send(s, data):
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Torture:
    NAMES = ("local", "remote")

    def __init__(self, options):
        self.options = options
        self.dice = random.Random(options.seed)
        self.wrong, self.log, self.silent_since = [], [], []
        self.all_workers = []
        self.lab = Lab(options.hawser, ["hawser"], 0, 0)
        self.path = Path(self.lab, "path")
        self.server = Server(self.path)
        self.start_client()
        self.faults = Faults(self.path, self.server, self.client)

    def start_client(self):
        path, lab = self.path, self.lab
        self.status = lab.dir / "status.json"
        self.stderr = lab.dir / "client.err"
        ports = self.ports = [free_port(), free_port()]
        targets = [start_target(path, path.far_prefix, "local"),
                   start_target(path, path.near_prefix, "remote")]
        options = [f"-o{k}={v}" for k, v in SETTINGS.items()]
        options += ["-N", f"-oStatusFile={self.status}",
                    f"-L{ports[0]}:127.0.0.1:{targets[0]}",
                    f"-R{ports[1]}:127.0.0.1:{targets[1]}"]
        command = lab.peers[0].command(self.server.place, options)
        with open(self.stderr, "wb") as err:
            self.client = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                env=lab.env)
        lab.processes.append(self.client)
        self.probes = Probes(lab, PROBE_EVERY, PROBE_PATIENCE)
        for name, port, prefix in zip(self.NAMES, ports, (
                path.near_prefix, path.far_prefix)):
            self.probes.start(prefix, name, [(name, port, self.status)])
        self.wait_served(time.monotonic(), "the beginning")

    # --- traffic ---

    def start_workers(self):
        spaces = path_spaces(self.path)
        self.workers = [Worker(spaces[i % 2], self.ports[i % 2], i)
                        for i in range(self.options.workers)]
        self.all_workers += self.workers
        for worker in self.workers:
            worker.start()

    def stop_workers(self):
        for worker in self.workers:
            worker.is_over = True
        for worker in self.workers:
            worker.join(60)

    # --- faults ---

    def wait_served(self, since, what):
        """Seconds until both are there again; the names of who is not."""
        end = time.monotonic() + self.options.patience
        missing = set(self.NAMES)
        while missing and time.monotonic() < end:
            if self.client.poll() is not None:
                raise Failure(f"the client has ended: {self.client_says()}")
            missing = {n for n in self.NAMES
                       if self.probes.served_since(since, n) is None}
            time.sleep(0.05)
        if missing:
            self.wrong.append(f"{' and '.join(sorted(missing))} not back "
                              f"{self.options.patience:.0f} s after {what}; "
                              f"state: {self.state()}")
            return None
        return max(self.probes.served_since(since, n)
                   for n in self.NAMES) - since

    def fault(self, name, seconds):
        begin = time.monotonic()
        if name in Faults.SILENT:
            self.silent_since.append(begin)
        getattr(self.faults, name)(seconds)
        lasted = time.monotonic() - begin
        took = self.wait_served(time.monotonic(), name)
        back = "NOT back" if took is None else f"back after {took:.1f} s"
        print(f"{len(self.log) + 1:3} {name:14} {lasted:6.1f} s  {back:18} "
              f"{memory_of(self.client.pid):6} KiB", flush=True)
        self.log.append((name, lasted, took))
        # the next one finds traffic, or the first requests of all
        time.sleep(self.dice.uniform(0, self.options.pause))

    def is_over(self, start):
        if self.options.time:
            return time.monotonic() - start >= self.options.time
        return len(self.log) >= self.options.faults + len(self.options.long)

    def all_faults(self):
        """In an order that has each kind early."""
        start, left = time.monotonic(), []
        for seconds in self.options.long:
            self.fault("cable", seconds)
        while not self.is_over(start):
            left = left or self.dice.sample(Faults.ALL, len(Faults.ALL))
            name, began = left.pop(), time.monotonic()
            self.fault(name, self.dice.uniform(0.2, self.options.longest))
            if len(self.log) == len(self.options.long) + len(Faults.ALL):
                self.measure_idle()
            rest = self.options.every - (time.monotonic() - began)
            if rest > 0 and not self.is_over(start):
                time.sleep(rest)

    # --- what may not grow ---

    def measure(self):
        return (memory_of(self.client.pid), descriptors_of(self.client.pid),
                len(descendants(self.client.pid)))

    def measure_idle(self):
        self.stop_workers()
        self.before = self.measure()
        self.start_workers()

    def is_as_before(self):
        memory, descriptors, children = self.measure()
        before = self.before
        return (descriptors <= before[1] and children <= before[2] and (
            memory <= limit_of(before[0]) or not self.options.memory))

    def judge(self):
        damaged = sum(w.damaged for w in self.all_workers)
        idle = [i for i, w in enumerate(self.workers) if not w.done]
        promises = [x for x in self.probes.found if is_promise(x)]
        lies = [x for x in promises
                if is_lie(x, self.silent_since, DETECTION)]
        if damaged:
            self.wrong.append(f"{damaged} echoes were damaged")
        if idle:
            self.wrong.append(f"workers that never succeeded: {idle}")
        if lies:
            self.wrong.append(f"{len(lies)} readiness lies: {lies[:5]}")
        if not promises:
            self.wrong.append("hawser never said that it was ready")
        memory, descriptors, children = self.measure()
        print(f"{len(self.log)} faults; "
              f"{sum(w.done for w in self.all_workers)} echoes, "
              f"{sum(w.failed for w in self.all_workers)} tried again; "
              f"{len(self.probes.found)} samples, {len(promises)} promises, "
              f"{len(lies)} lies; memory {self.before[0]} KiB before, "
              f"{memory} now; descriptors {self.before[1]}, {descriptors}; "
              f"children {self.before[2]}, {children}")

    def state(self):
        try:
            return self.status.read_text().strip()
        except FileNotFoundError:
            return "unknown"

    def client_says(self):
        return "\n".join(self.stderr.read_text().splitlines()[-20:])

    def run(self):
        self.start_workers()
        # what a first loss takes is no growth
        self.fault("again", 0)
        self.log.clear()
        self.measure_idle()
        self.all_faults()
        self.stop_workers()
        self.probes.close()
        try:
            wait_until(self.is_as_before, "nothing has grown", 15)
        except Failure:
            self.wrong.append("the client has grown")
        self.judge()


def path_spaces(path):
    """Where the forwardings are tried: -L near, -R far."""
    return [f"/proc/{path.relay.pid}/fd/{fd}" for fd in (4, 3)]


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hawser")
    for name, kind, preset, text in (
            ("faults", int, 50, "how many"),
            ("time", float, 0, "seconds of faults, instead of a number"),
            ("every", float, 0, "seconds from one fault to the next"),
            ("longest", float, 6, "seconds that a fault lasts at most"),
            ("pause", float, 2, "seconds between two at most"),
            ("patience", float, 20, "seconds until all must work again"),
            ("workers", int, 20, "parallel connections"),
            ("seed", int, random.randrange(10000), "of the dice"),
            ("memory", int, 1, "0: memory is not looked at")):
        parser.add_argument(f"--{name}", type=kind, default=preset,
                            help=f"{text} (default: {preset})")
    parser.add_argument("--long", type=float, action="append", default=[],
                        help="begin with a cable pulled for so many seconds")
    options = parser.parse_args()
    options.hawser = os.path.abspath(options.hawser)
    return options


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = parse_options()
    print(f"seed {options.seed}", flush=True)
    try:
        torture = Torture(options)
        torture.run()
    except Failure as e:
        print(e)
        return 1
    for text in torture.wrong:
        print("WRONG:", text)
    if torture.wrong:
        print(torture.client_says())
    return bool(torture.wrong)


sys.exit(main())
