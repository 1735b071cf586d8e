#!/usr/bin/env python3
"""Guests of one master that are killed at any moment: does anything stay?

torture.py HAWSER [OPTION]...

Sessions through one hawser master, some at a time, of hawser and of ssh. Some
are killed, stopped, or lose their input or their reader; the others must have
every byte and their status. At the end the master may have no session, no
descriptor and hardly more memory than after a first part of them, and the
server no process. Prints what happened; exit status 1 if something was wrong.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path as File

sys.dont_write_bytecode = True
HERE = File(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tunnels"), str(HERE.parent / "bench")]

from lab import Failure, Lab, wait_until  # noqa: E402
from measure import memory  # noqa: E402
from path import descendants  # noqa: E402

# What an allocator keeps.
GROWTH, SLACK_KIB = 1.1, 1024
# Nothing that a guest does takes so long.
LIMIT_S = 60
# After so much it is known to be broken.
ENOUGH = 5
# How long after its start a guest is killed: before, while and after its
# session is opened.
MOMENTS_S = (0, 0.005, 0.02, 0.1, 0.4)
MUCH = 4 << 20
# Ends when its input does, so that nothing stays on the server.
WAIT = "echo there; exec cat >/dev/null"


class Wrong(Exception):
    """A guest that nobody harmed did not get what it should."""


def must_be(found, wanted, what):
    if found != wanted:
        raise Wrong(f"{what}: {found!r:.200} instead of {wanted!r:.200}")


class Guest:
    """One session: its process, which nothing outlives."""

    def __init__(self, torture, dice, words, options=(), **how):
        self.dice, self.peer = dice, dice.choice(torture.lab.peers)
        nothing = subprocess.DEVNULL
        self.process = subprocess.Popen(
            torture.command(self.peer, options, *words), env=torture.env,
            **{"stdin": nothing, "stdout": nothing, "stderr": nothing, **how})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        # what it was given the master has, too, and must let go of
        self.process.communicate(timeout=LIMIT_S)

    def signal(self, number):
        self.process.send_signal(number)

    def kill_soon(self):
        time.sleep(self.dice.choice(MOMENTS_S))
        self.signal(signal.SIGKILL)

    def ends(self, given=None, wanted=b"", status=0):
        """With this output and status, or something is wrong."""
        out, err = self.process.communicate(given, LIMIT_S)
        what = f"{self.peer.name} (which says {err})"
        must_be(self.process.returncode, status, f"status of {what}")
        must_be(hashlib.sha256(out or b"").digest(),
                hashlib.sha256(wanted).digest(),
                f"output of {what}, {len(out or b'')} bytes,")


PIPE = subprocess.PIPE


class Sessions:
    """What can happen to a session; each method is one."""

    ALL = ("whole", "much", "paused", "half_closed", "signalled", "killed",
           "killed_sending", "killed_reading", "killed_stopped", "left_open",
           "deaf", "terminal", "tunnel")

    def __init__(self, torture):
        self.torture = torture

    def guest(self, dice, *words, **how):
        return Guest(self.torture, dice, words, **how)

    def whole(self, dice):
        data, status = dice.randbytes(dice.randrange(200_000)), dice.choice(
            (0, 1, 42, 255))
        with self.guest(dice, f"cat; exit {status}", stdin=PIPE, stdout=PIPE,
                        stderr=PIPE) as g:
            g.ends(data, data, status)

    def much(self, dice):
        with self.guest(dice, f"head -c {MUCH} /dev/zero", stdout=PIPE,
                        stderr=PIPE) as g:
            g.ends(None, bytes(MUCH))

    def paused(self, dice):
        with self.guest(dice, f"head -c {MUCH} /dev/zero; exit 7",
                        stdout=PIPE, stderr=PIPE) as g:
            time.sleep(dice.choice(MOMENTS_S))
            g.signal(signal.SIGSTOP)
            time.sleep(dice.choice(MOMENTS_S))
            g.signal(signal.SIGCONT)
            g.ends(None, bytes(MUCH), 7)

    def half_closed(self, dice):
        """Its input ends; what is said afterwards arrives."""
        with self.guest(dice, "cat >/dev/null; sleep 0.1; echo after; exit 5",
                        stdin=PIPE, stdout=PIPE, stderr=PIPE) as g:
            g.ends(b"x" * 1000, b"after\n", 5)

    def signalled(self, dice):
        """The command dies, not the guest."""
        with self.guest(dice, "kill -9 $$", stdout=PIPE, stderr=PIPE) as g:
            g.ends(status=255)

    def killed(self, dice):
        with self.guest(dice, WAIT, stdin=PIPE) as g:
            g.kill_soon()

    def killed_sending(self, dice):
        with open("/dev/zero", "rb") as zero, \
                self.guest(dice, "exec cat >/dev/null", stdin=zero) as g:
            g.kill_soon()

    def killed_reading(self, dice):
        with self.guest(dice, "exec cat /dev/zero", stdout=PIPE) as g:
            g.process.stdout.read(dice.randrange(100_000))
            g.kill_soon()

    def killed_stopped(self, dice):
        with self.guest(dice, WAIT, stdin=PIPE) as g:
            time.sleep(dice.choice(MOMENTS_S))
            g.signal(signal.SIGSTOP)
            g.kill_soon()

    def left_open(self, dice):
        """Somebody else still holds its descriptors when it dies."""
        with self.guest(dice, WAIT, stdin=PIPE, stdout=PIPE) as g:
            must_be(g.process.stdout.readline(), b"there\n", "the beginning")
            g.signal(signal.SIGKILL)
            g.process.wait()

    def deaf(self, dice):
        """Its reader goes away in the middle."""
        with self.guest(dice, f"head -c {MUCH} /dev/zero", stdout=PIPE) as g:
            g.process.stdout.read(1000)
            g.process.stdout.close()
            g.process.wait(LIMIT_S)
            g.process.stdout = None

    def terminal(self, dice):
        ours, theirs = os.openpty()
        try:
            with self.guest(dice, WAIT, options=["-tt"], stdin=theirs,
                            stdout=theirs) as g:
                g.kill_soon()
        finally:
            os.close(ours)
            os.close(theirs)

    def tunnel(self, dice):
        """A -W to the server itself."""
        with self.guest(dice, options=["-W", f"127.0.0.1:{self.torture.port}"],
                        stdin=PIPE, stdout=PIPE) as g:
            must_be(g.process.stdout.read(4), b"SSH-", "a -W")
            g.kill_soon()


class Torture:
    def __init__(self, options):
        self.options = options
        self.lab = lab = Lab(options.hawser, options.guests.split(","), 0, 0)
        self.env = {**lab.env, **{k: v for k, v in os.environ.items()
                                  if k.endswith("SAN_OPTIONS")}}
        self.place = lab.start_sshd("mux", "127.0.0.1", more=[
            f"MaxSessions {options.at_once * 3}"])
        self.port = self.place.port
        self.control = lab.dir / "control"
        self.sessions = Sessions(self)
        self.done, self.wrong = collections.Counter(), []
        self.start_master()

    def start_master(self):
        lab = self.lab
        self.stderr = lab.dir / "master.err"
        command = [self.options.hawser, "-F", f"{lab.dir}/config", "-MN",
                   "-S", str(self.control), self.place.name]
        with open(self.stderr, "wb") as err:
            self.master = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                env=self.env)
        lab.processes.append(self.master)
        wait_until(lambda: self.control.exists() or
                   self.master.poll() is not None, "a master")
        if self.master.poll() is not None:
            raise Failure(f"no master: {self.master_says()}")

    def command(self, peer, options, *words):
        # a guest that finds no master shall fail
        return peer.command(self.place, [
            "-S", str(self.control), "-oProxyCommand=false", *options],
            *words)

    # --- sessions ---

    def session(self, number):
        if len(self.wrong) >= ENOUGH:
            return
        dice = random.Random(f"{self.options.seed} {number}")
        name = Sessions.ALL[number % len(Sessions.ALL)]
        try:
            getattr(self.sessions, name)(dice)
            self.done[name] += 1
        except (Wrong, subprocess.TimeoutExpired, OSError) as e:
            self.wrong.append(f"session {number}, {name}: {e}")

    def all_sessions(self, numbers):
        with concurrent.futures.ThreadPoolExecutor(
                self.options.at_once) as pool:
            list(pool.map(self.session, numbers))

    # --- what may not stay ---

    def asked(self, what):
        done = subprocess.run(
            [self.options.hawser, "-F", "none", "-S", str(self.control), "-O",
             what, "x"], env=self.env, capture_output=True, text=True,
            timeout=LIMIT_S)
        if done.returncode != 0:
            raise Failure(f"-O {what}: {done.stderr}")
        return done.stdout

    def measure(self):
        """Memory, and what else there is once all have ended."""
        pid = self.master.pid
        # before somebody asks, who has one too
        descriptors = len(os.listdir(f"/proc/{pid}/fd"))
        return memory(pid, "VmRSS"), {
            "descriptors": descriptors,
            "children": len(descendants(pid)),
            "on the server": len(descendants(self.place.server.pid)),
            "sessions": len(json.loads(self.asked("list-json"))["sessions"])}

    def is_calm(self):
        """No more than with no session at all."""
        self.now, rest = self.measure()
        self.rest = {k: v for k, v in rest.items() if v > self.idle[k]}
        return not self.rest

    def settle(self):
        """The memory, once nothing is left."""
        try:
            wait_until(self.is_calm, "nothing is left")
        except Failure:
            raise Failure(f"more than before: {self.rest}") from None
        return self.now

    def compare(self, before, now):
        print(f"memory {before} KiB before, {now} now")
        if self.options.memory and now > before * GROWTH + SLACK_KIB:
            self.wrong.append("the master has grown")

    def end_master(self):
        """As the last guest; a sanitizer speaks now."""
        self.asked("exit")
        status = self.master.wait(LIMIT_S)
        if status != 255 or "Sanitizer" in self.master_says():
            self.wrong.append(f"the master ended with {status}: "
                              f"{self.master_says()}")

    def master_says(self):
        return "\n".join(self.stderr.read_text().splitlines()[-40:])

    def run(self):
        self.idle = self.measure()[1]
        first, last = self.options.first, self.options.sessions
        start = time.monotonic()
        self.all_sessions(range(first))
        before = self.settle()
        self.all_sessions(range(first, first + last))
        self.compare(before, self.settle())
        print(f"{self.done.total()} sessions as they should be, in "
              f"{time.monotonic() - start:.0f} s: {dict(self.done)}")
        self.end_master()


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hawser")
    for name, kind, preset, text in (
            ("sessions", int, 1000, "how many"),
            ("first", int, 100, "before them, for what memory they take"),
            ("at-once", int, 20, "how many together"),
            ("guests", str, "hawser,ssh", "the programs"),
            ("seed", int, random.randrange(10000), "of the dice"),
            ("memory", int, 1, "0: memory is not looked at")):
        parser.add_argument(f"--{name}", type=kind, default=preset,
                            help=f"{text} (default: {preset})")
    options = parser.parse_args()
    options.hawser = os.path.abspath(options.hawser)
    return options


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = parse_options()
    print(f"seed {options.seed}", flush=True)
    torture = Torture(options)
    try:
        torture.run()
    except Failure as e:
        torture.wrong.append(str(e))
    for text in torture.wrong:
        print("WRONG:", text)
    if torture.wrong:
        print(torture.master_says())
    return bool(torture.wrong)


sys.exit(main())
