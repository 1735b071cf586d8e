#!/usr/bin/env python3
"""How long tunnels are away after a fault: hawser, autossh, and a loop.

tests/bench/faults.py [OPTION]... [FAULT]...

Each fault has a path and a server of its own, which all subjects share: they
meet the same fault at the same time. A subject is two clients, one with a -L
and one with a -R; twice a second a request is made through each. Measured are
the seconds until one is answered again - since the fault, or, if nobody could
have been served while it lasted, since its end - and how many requests of the
meantime were lost: refused, closed, or not answered within the patience.

The server is OpenSSH's with its defaults: it does not look whether its clients
are still there, and keeps the port of a dead -R as long as TCP lets it.
"""
import argparse
import datetime
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path as File

sys.dont_write_bytecode = True
HERE = File(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tunnels")]

from lab import Failure, Lab, find, wait_until  # noqa: E402
from path import Path, Server, start_target  # noqa: E402
from probes import Probes  # noqa: E402
from prober import is_lie, is_promise  # noqa: E402
from system import describe_system  # noqa: E402

PROBE_EVERY, PROBE_PATIENCE = 0.5, 30
# hawser's own, without settings: what its manual says of Reconnect.
DETECTION = 45
GOAL_S, GOAL_TIMES = DETECTION + 2, 5
FIRST_PORT = 10000
RESTART_S = 5
KINDS = ("local", "remote")
ALIVE = ["-oServerAliveInterval=30", "-oServerAliveCountMax=3"]
LOOP = 'while :; do "$@"; sleep 0.1; done'


def ssh_with(*options):
    def command(scene, forwarding, _name):
        return scene.client("ssh", *options, *forwarding)
    return command


def hawser_with(*options):
    def command(scene, forwarding, name):
        return scene.client("hawser", "-oReconnect=yes", *options,
                            f"-oStatusFile={scene.status(name)}", *forwarding)
    return command


def autossh_with(has_monitor, *options):
    def command(scene, forwarding, _name):
        port = scene.next_port(2) if has_monitor else 0
        place = scene.server.place
        words = scene.client("ssh", *options, *forwarding)
        return [*place.prefix, find("autossh"), "-M", str(port),
                *words[len(place.prefix) + 1:]]
    return command


def loop_with(*options):
    def command(scene, forwarding, _name):
        place = scene.server.place
        words = scene.client("ssh", *options, *forwarding)
        return [*place.prefix, "sh", "-c", LOOP, "loop",
                *words[len(place.prefix):]]
    return command


EXIT = "-oExitOnForwardFailure="
SUBJECTS = {
    "hawser": hawser_with(EXIT + "no"),
    "hawser, TakeOverListener": hawser_with(EXIT + "no",
                                            "-oTakeOverListener=yes"),
    "autossh": autossh_with(True, EXIT + "no"),
    "autossh -M 0, ServerAlive 30x3": autossh_with(False, EXIT + "yes",
                                                   *ALIVE),
    "Restart=always, ServerAlive 30x3": loop_with(EXIT + "yes", *ALIVE),
}


# --- faults: each returns when service became possible again -------------

def cable(scene, options):
    scene.path.pull_cable()
    time.sleep(options.cable)
    scene.path.plug_cable()
    return time.monotonic()


def killed(scene, _options):
    scene.server.kill()
    time.sleep(RESTART_S)
    scene.server.start()
    return time.monotonic()


def stopped(scene, _options):
    scene.server.signal(signal.SIGSTOP, scene.server.sessions())
    return time.monotonic()


def forgotten(scene, _options):
    scene.path.order("forget")
    return time.monotonic()


def moved(scene, _options):
    scene.path.move()
    return time.monotonic()


FAULTS = {
    "cable": (cable, "the client's cable pulled for {cable:.0f} s"),
    "killed": (killed, f"server killed, and started after {RESTART_S} s"),
    "stopped": (stopped, "the server's sessions stopped (SIGSTOP)"),
    "nat": (forgotten, "the NAT between them has lost its table"),
    "address": (moved, "the client has another address"),
}


class Scene:
    """One fault: its path, its server, and all subjects."""

    def __init__(self, lab, options, fault):
        self.lab, self.options, self.fault = lab, options, fault
        self.ports = iter(range(FIRST_PORT, FIRST_PORT + 10000))
        self.path = Path(lab, fault)
        self.server = Server(self.path, f"{fault}-server")
        prefixes = {"local": self.path.far_prefix,
                    "remote": self.path.near_prefix}
        targets = {kind: start_target(self.path, prefixes[kind], kind)
                   for kind in KINDS}
        self.tunnels, self.results = [], []
        for subject in options.subjects:
            for kind in KINDS:
                self.start(subject, kind, targets[kind])
        self.probes = Probes(lab, PROBE_EVERY, PROBE_PATIENCE)
        for kind, prefix in (("local", self.path.near_prefix),
                             ("remote", self.path.far_prefix)):
            self.probes.start(prefix, kind, [
                (self.label(s, k), port, status)
                for s, k, port, status in self.tunnels if k == kind])

    @staticmethod
    def label(subject, kind):
        return f"{list(SUBJECTS).index(subject)}-{kind}"

    def next_port(self, count=1):
        return [next(self.ports) for _ in range(count)][0]

    def status(self, name):
        return self.lab.dir / f"{self.fault}.{name}.json"

    def client(self, name, *options):
        peer = [p for p in self.lab.peers if p.name == name][0]
        return peer.command(self.server.place, ["-N", *options])

    def start(self, subject, kind, target):
        port, label = self.next_port(), self.label(subject, kind)
        letter = {"local": "-L", "remote": "-R"}[kind]
        command = SUBJECTS[subject](
            self, [f"{letter}{port}:127.0.0.1:{target}"], label)
        with open(self.lab.dir / f"{self.fault}.{label}.err", "wb") as err:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                env=self.lab.env)
        self.lab.processes.append(process)
        is_ours = subject.startswith("hawser")
        self.tunnels.append((subject, kind, port,
                             self.status(label) if is_ours else None))

    def served(self, since, subject, kind):
        return self.probes.served_since(since, self.label(subject, kind))

    def missing(self, since):
        return [(s, k) for s, k, _, _ in self.tunnels
                if self.served(since, s, k) is None]

    def run(self):
        start = time.monotonic()
        wait_until(lambda: not self.missing(start), "all subjects serve", 60)
        time.sleep(self.options.settle)
        self.begin = time.monotonic()
        self.possible = FAULTS[self.fault][0](self, self.options)
        end = self.possible + self.options.cap
        while self.missing(self.possible) and time.monotonic() < end:
            time.sleep(0.5)
        time.sleep(1)
        self.over = time.monotonic()
        self.probes.close()
        self.results = [self.result(s, k) for s, k, _, _ in self.tunnels]
        self.path.close()

    def result(self, subject, kind):
        label, back = self.label(subject, kind), self.served(
            self.possible, subject, kind)
        until = self.over if back is None else back
        mine = [x for x in self.probes.found if x["name"] == label]
        lost = [x for x in mine if self.begin <= x["begin"] <= until
                and x["result"] != "ok"]
        promises = [x for x in mine if is_promise(x)]
        return {
            "fault": self.fault, "subject": subject, "kind": kind,
            "seconds": None if back is None else back - self.possible,
            "lost": len(lost), "samples": len(mine),
            "promises": len(promises),
            "lies": sum(is_lie(x, [self.begin], DETECTION + 1)
                        for x in promises),
        }


def run_all(scenes):
    """At the same time: most of it is waiting."""
    failures = []

    def run(scene):
        try:
            scene.run()
        except (Failure, OSError) as e:
            failures.append(f"{scene.fault}: {e}")
    threads = [threading.Thread(target=run, args=(s,)) for s in scenes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def seconds_text(seconds, cap):
    return f"> {cap:.0f}" if seconds is None else f"{seconds:.1f}"


def show(result):
    for fault, text in result["faults"].items():
        print(f"\n{text}\n{'':34}{'-L: s':>9}{'lost':>6}"
              f"{'-R: s':>9}{'lost':>6}")
        for subject in result["subjects"]:
            line = f"  {subject:32}"
            for found in result["results"]:
                if (found["fault"], found["subject"]) == (fault, subject):
                    text = seconds_text(found["seconds"], result["cap"])
                    line += f"{text:>9}{found['lost']:>6}"
            print(line)
    print()
    for goal in result["goals"]:
        print(f"{'met' if goal['met'] else 'MISSED':8}{goal['goal']}"
              f"{': ' + goal['but'] if goal['but'] else ''}")


def find_seconds(result, fault, subject, kind):
    for found in result["results"]:
        if (found["fault"], found["subject"], found["kind"]) == (
                fault, subject, kind):
            return (result["cap"] if found["seconds"] is None
                    else found["seconds"])
    return None


def goals(result):
    """hawser has to take its port back to be sooner with -R than TCP lets the
    server's: it is judged by its -L without, and by its -R with that."""
    slow, near = [], []
    for fault in result["faults"]:
        for subject, kind in (("hawser", "local"),
                              ("hawser, TakeOverListener", "remote")):
            ours = find_seconds(result, fault, subject, kind)
            theirs = find_seconds(result, fault, "autossh", kind)
            if ours is not None and ours > GOAL_S:
                slow.append(f"{fault} {kind}: {ours:.1f}")
            if None not in (ours, theirs) and theirs < GOAL_TIMES * ours:
                near.append(f"{fault} {kind}: {ours:.1f} to {theirs:.1f}")
    promises = sum(x["promises"] for x in result["results"])
    lies = sum(x["lies"] for x in result["results"])
    return [
        {"goal": f"back after at most {GOAL_S} s",
         "met": not slow, "but": "; ".join(slow)},
        {"goal": f"{GOAL_TIMES} times sooner than autossh with its defaults", "met": not near, "but": "; ".join(near)},
        {"goal": "no readiness lie in 1,000 samples",
         "met": lies == 0 and promises >= 1000,
         "but": f"{lies} in {promises}"},
    ]


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="faults: " + " ".join(FAULTS))
    parser.add_argument("faults", nargs="*", metavar="FAULT")
    parser.add_argument("--hawser", default="./hawser", metavar="PROGRAM")
    parser.add_argument("--output", default="bench-tunnels.json")
    parser.add_argument("--subjects", help="numbers, from 0: only those")
    for name, preset, text in (
            ("cap", 900, "seconds to wait for the last of them"),
            ("cable", 60, "seconds that the cable is pulled"),
            ("settle", 35, "seconds before a fault: a first connection that "
             "is lost within 30 ends autossh")):
        parser.add_argument(f"--{name}", type=float, default=preset,
                            help=f"{text} (default: {preset})")
    options = parser.parse_args()
    options.hawser = os.path.abspath(options.hawser)
    options.faults = options.faults or list(FAULTS)
    names = list(SUBJECTS)
    options.subjects = [names[int(x)] for x in options.subjects.split(",")
                        ] if options.subjects else names
    if not find("autossh"):
        options.subjects = [s for s in options.subjects
                            if not s.startswith("autossh")]
    return options


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = parse_options()
    start = time.monotonic()
    lab = Lab(options.hawser, ["hawser", "ssh"], 0, 0)
    versions = {p.name: p.version() for p in lab.peers}
    scenes = [Scene(lab, options, fault) for fault in options.faults]
    skipped = run_all(scenes)
    result = {
        "date": datetime.datetime.now().astimezone().isoformat("T", "seconds"),
        **describe_system(), "versions": versions, "cap": options.cap,
        "seconds": time.monotonic() - start, "skipped": skipped,
        "subjects": options.subjects,
        "faults": {f: FAULTS[f][1].format(**vars(options))
                   for f in options.faults},
        "results": [x for s in scenes for x in s.results],
    }
    result["goals"] = goals(result)
    show(result)
    for text in skipped:
        print(text)
    File(options.output).write_text(json.dumps(result, indent=1) + "\n")
    return bool(skipped)


if __name__ == "__main__":
    sys.exit(main())
