"""Damage the server's half of a session: faults.py PORT MODE COUNT SEED
STATUS FOLDER COMMAND...

COMMAND is a client that runs, on the server at PORT, what appends to the file
that @RAN@ in it stands for; "-p RELAY" is put behind its first word. It is run
once untouched, which must end with STATUS, and then COUNT times (all: for
every byte of the server's) through a relay that does harm: MODE is flip (one
bit of one byte), cut (the end of the connection after so many bytes) or mutate
(some bytes changed, lost, repeated or invented, as SEED has it).

Whatever happens, the client must end by itself, with STATUS and all of the
output or with 255, a word about it and the beginning of the output; and the
command must not have run twice. Prints what was wrong, or "N sessions".
"""
import concurrent.futures
import os
import random
import select
import socket
import subprocess
import sys
import tempfile
import time

WORKERS = 6
PATIENCE_S = 30
# A wrong length makes a client wait for bytes that nobody sends: when nothing
# has moved for so long the server's session is over, and so the connection.
QUIET_S = 0.4
NEWKEYS = 21


class Harm:
    """What happens to a stream: (offset, kind, value), in order."""

    def __init__(self, steps):
        self.steps = sorted(steps, key=lambda step: step[0])
        self.at = 0
        self.has_begun = False
        self.is_cut = False

    def pass_on(self, data):
        out = bytearray()
        while data and self.steps and self.steps[0][0] < self.at + len(data):
            offset, kind, value = self.steps.pop(0)
            self.has_begun = True
            ahead = max(0, offset - self.at)
            out += data[:ahead]
            data = data[ahead:]
            self.at += ahead
            if kind == "cut":
                self.is_cut = True
                return out
            if kind == "insert":
                out += value
                continue
            if kind == "flip":
                out.append(data[0] ^ value)
            elif kind == "repeat":
                out += data[:1] * value
            data = data[1:]
            self.at += 1
        self.at += len(data)
        return out + data


class Session:
    """One run of the client."""

    def __init__(self, plan, number, steps):
        self.plan = plan
        self.steps = steps
        self.ran = os.path.join(plan.folder, "ran.%s" % number)
        self.received = bytearray()  # from the server
        self.is_hanging = False

    def run(self):
        words = [word.replace("@RAN@", self.ran) for word in self.plan.command]
        with socket.socket() as listener, \
                tempfile.TemporaryFile() as out, \
                tempfile.TemporaryFile() as err:
            listener.bind(("127.0.0.1", 0))
            listener.listen(4)
            words[1:1] = ["-p", str(listener.getsockname()[1])]
            client = subprocess.Popen(words, stdin=subprocess.DEVNULL,
                                      stdout=out, stderr=err)
            self.relay_all(listener, client)
            self.status = client.wait()
            out.seek(0)
            err.seek(0)
            self.out, self.err = out.read(), err.read()
        return self

    def relay_all(self, listener, client):
        """A client may dial again; it meets the same harm."""
        end = time.monotonic() + PATIENCE_S
        while client.poll() is None:
            if time.monotonic() > end:
                self.is_hanging = True
                client.kill()
                return
            if not select.select([listener], [], [], 0.02)[0]:
                continue
            conn, _ = listener.accept()
            with conn, socket.create_connection(
                    ("127.0.0.1", self.plan.port)) as server:
                self.relay(conn, server, end)

    def relay(self, conn, server, end):
        harm = Harm(self.steps)
        while time.monotonic() < end:
            ready = select.select([conn, server], [], [], QUIET_S)[0]
            if not ready and harm.has_begun:
                return
            try:
                if server in ready:
                    data = server.recv(65536)
                    self.received += data
                    conn.sendall(harm.pass_on(data))
                    if not data or harm.is_cut:
                        return
                if conn in ready:
                    data = conn.recv(65536)
                    if not data:
                        return
                    server.sendall(data)
            except OSError:
                return

    def runs(self):
        """How often the command was run."""
        try:
            return os.path.getsize(self.ran)
        except FileNotFoundError:
            return 0

    def fault(self):
        """What is wrong with how it went, or None."""
        good = self.plan.out
        if self.is_hanging:
            return "hangs"
        if self.runs() > 1:
            return "ran the command %d times" % self.runs()
        if not good.startswith(self.out):
            return "wrong output %r" % self.out[-80:]
        if self.status == self.plan.status:
            return None if self.out == good else "cut off, and told nobody"
        if self.status != 255:
            return "status %d" % self.status
        return None if self.err else "does not say why it ended"


class Plan:
    def __init__(self, arguments):
        port, self.mode, self.count, seed, status, self.folder = arguments[:6]
        self.port = int(port)
        self.seed = int(seed)
        self.status = int(status)
        self.command = arguments[6:]
        self.out = None

    def measure(self):
        """An untouched session, to know what it looks like."""
        usual = Session(self, "usual", []).run()
        if usual.status != self.status or usual.runs() != 1:
            sys.exit("untouched: status %d, %s" % (
                usual.status, usual.err.decode("latin-1")))
        self.out = usual.out
        self.size = len(usual.received)
        self.parts = self.find_parts(usual.received)

    def find_parts(self, stream):
        """Where the identification ends, the offer, and the clear text."""
        ends = [stream.index(b"\n") + 1]
        at, kind = ends[0], None
        while kind != NEWKEYS:
            kind = stream[at + 5]
            at += 4 + int.from_bytes(stream[at:at + 4], "big")
            if len(ends) == 1:
                ends.append(at)
        return ends + [at]

    def offsets(self):
        if self.count == "all":
            return range(self.size)
        count = int(self.count)
        greeting, offer, clear = self.parts
        shares = ((0, greeting, 8), (greeting, offer, 16),
                  (offer, clear, 16), (clear, self.size - 64, 52),
                  (self.size - 64, self.size, 8))
        chosen = []
        for start, end, percent in shares:
            many = max(1, count * percent // 100)
            chosen += [start + (end - start) * i // many for i in range(many)]
        return chosen

    def mutation(self, number):
        dice = random.Random("%d %d" % (self.seed, number))
        steps = []
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(self.size)
            many = dice.choice((1, 1, 2, 4, 8, 16, 40, 300))
            kind = dice.choice(("flip", "flip", "drop", "repeat", "insert"))
            if kind == "insert":
                steps.append((at, kind, dice.randbytes(many)))
            elif kind == "repeat":
                steps.append((at, kind, 1 + many))
            else:
                steps += [(at + i, kind, dice.randint(1, 255))
                          for i in range(many)]
        return steps

    def harms(self):
        if self.mode == "mutate":
            return [self.mutation(i) for i in range(int(self.count))]
        if self.mode == "cut":
            return [[(at, "cut", None)] for at in self.offsets()]
        return [[(at, "flip", 1 << (at * 5 + 3) % 8)]
                for at in self.offsets()]


def main():
    plan = Plan(sys.argv[1:])
    plan.measure()
    sessions = [Session(plan, number, steps)
                for number, steps in enumerate(plan.harms())]
    wrong = 0
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for session in pool.map(Session.run, sessions):
            fault = session.fault()
            if fault:
                wrong += 1
                print("%s %s: %s; %s" % (
                    plan.mode, session.steps[:4], fault,
                    session.err.decode("latin-1").strip()))
    print("%d sessions" % len(sessions))
    sys.exit(wrong > 0)


main()
