"""Both ends of what goes through a forwarding.

traffic.py serve NAME [ADDRESS]...     answer; see Answer for what can be said
traffic.py call ADDRESS VERB [SIZE]    one connection; "ok" if all was right
traffic.py swarm COUNT SIZE ADDRESS... this many at once, of every kind
traffic.py names COUNT ADDRESS=NAME... this many at once: who answers?
traffic.py stall ADDRESS VERB          say something, then do nothing

An ADDRESS is a path, a port, or HOST:PORT; as a server's, port 0 is free.
"""
import hashlib
import os
import random
import socket
import struct
import sys
import threading
import time

BLOCK = 65536
PATTERN = random.Random(4).randbytes(BLOCK)
PATIENCE = float(os.environ.get("PATIENCE", "60"))


def flow(seed, size):
    """Size bytes, no block like any other."""
    number = seed << 32
    while size > 0:
        block = struct.pack(">Q", number) + PATTERN[8:]
        yield block[:size]
        size -= len(block)
        number += 1


def flow_sum(seed, size):
    digest = hashlib.sha256()
    for block in flow(seed, size):
        digest.update(block)
    return f"{size} {digest.hexdigest()}"


def received(source):
    """Read to the end; what came, as flow_sum() says it."""
    digest, size = hashlib.sha256(), 0
    while block := source.read1(BLOCK):
        digest.update(block)
        size += len(block)
    return f"{size} {digest.hexdigest()}"


def dial(address):
    if "/" in address:
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(PATIENCE)
        s.connect(address)
        return s
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]") or "127.0.0.1",
                                     int(port)), PATIENCE)


def listen(address):
    if "/" in address:
        s = socket.socket(socket.AF_UNIX)
        s.bind(address)
        s.listen(512)
        say("path", address)
        return s
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    s = socket.create_server((host, int(port)), family=family, backlog=512)
    say("port", s.getsockname()[1])
    return s


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def say(*words):
    print(*words, flush=True)


class Answer(threading.Thread):
    """One connection to a server. The first line says what is wanted:

    name               the server's name
    up                 count what comes, and tell the sum at the end
    down SEED SIZE     send this much, then end; then read to the end
    both SEED SIZE     down and up at the same time
    echo               send everything back
    reset              reset the connection
    hold               answer "held", then wait for the other's end
    stuff              send without end
    deaf               read nothing any more
    GET /SIZE          HTTP: that much
    PUT /              HTTP: the sum of the body
    """

    def __init__(self, name, s):
        super().__init__(daemon=True)
        self.server_name = name
        self.s = s
        self.input = s.makefile("rb")

    def run(self):
        try:
            line = self.input.readline().decode("latin-1").split()
            if line:
                getattr(self, "on_" + line[0].lower())(*line[1:])
            self.s.close()
        except ConnectionResetError:
            say("reset")
        except OSError as e:
            say("trouble:", e)
        finally:
            self.input.close()

    def send_flow(self, seed, size):
        for block in flow(int(seed), int(size)):
            self.s.sendall(block)

    def on_name(self):
        self.s.sendall(self.server_name.encode() + b"\n")

    def on_up(self):
        self.s.sendall(received(self.input).encode() + b"\n")

    def on_down(self, seed, size):
        self.send_flow(seed, size)
        self.s.shutdown(socket.SHUT_WR)
        say("after down:", received(self.input))

    def on_both(self, seed, size):
        sender = threading.Thread(target=self.send_flow, args=(seed, size))
        sender.start()
        text = received(self.input)
        sender.join()
        self.s.sendall(text.encode() + b"\n")

    def on_echo(self):
        while block := self.input.read1(BLOCK):
            self.s.sendall(block)

    def on_reset(self):
        self.input.close()
        reset(self.s)

    def on_hold(self):
        self.s.sendall(b"held\n")
        self.input.read()
        say("hold ended")

    def on_stuff(self):
        try:
            while True:
                self.s.sendall(PATTERN)
        finally:
            say("stuff ended")

    def on_deaf(self):
        say("deaf")
        threading.Event().wait()

    def http(self, body):
        self.s.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
                       b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def headers(self):
        lines = {}
        while line := self.input.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            lines[name.lower()] = value.strip()
        return lines

    def on_get(self, path, _version):
        self.headers()
        if path == "/name":
            self.http(self.server_name.encode())
        else:
            self.http(b"".join(flow(0, int(path[1:]))))

    def on_put(self, _path, _version):
        headers = self.headers()
        if headers.get("expect"):
            self.s.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.input.read(int(headers["content-length"]))
        self.http(hashlib.sha256(body).hexdigest().encode())


def accept_from(name, listener):
    while True:
        Answer(name, listener.accept()[0]).start()


def serve(name, *addresses):
    for listener in [listen(a) for a in addresses or ["0"]]:
        threading.Thread(target=accept_from, args=(name, listener)).start()
    say("ready")


class Call:
    """One connection of a client's."""

    def __init__(self, address, seed=1):
        self.s = dial(address)
        self.s.settimeout(PATIENCE)
        self.input = self.s.makefile("rb")
        self.seed = seed

    def tell(self, *words):
        self.s.sendall(" ".join(map(str, words)).encode() + b"\n")

    def send_flow(self, size):
        for block in flow(self.seed, size):
            self.s.sendall(block)

    def end(self):
        self.s.shutdown(socket.SHUT_WR)

    def expect(self, got, wanted):
        if got != wanted:
            raise AssertionError(f"got {got!r} instead of {wanted!r}")

    def up(self, size):
        self.tell("up")
        self.send_flow(size)
        self.end()
        self.expect(self.input.read().decode(),
                    flow_sum(self.seed, size) + "\n")

    def down(self, size):
        """The other side ends first, and we go on talking."""
        self.tell("down", self.seed, size)
        self.expect(received(self.input), flow_sum(self.seed, size))
        self.send_flow(100)

    def both(self, size):
        self.tell("both", self.seed, size)
        sender = threading.Thread(target=self.up_and_end, args=(size,))
        sender.start()
        digest, left = hashlib.sha256(), size
        while left > 0 and (block := self.input.read1(min(BLOCK, left))):
            digest.update(block)
            left -= len(block)
        sender.join()
        wanted = flow_sum(self.seed, size)
        self.expect(f"{size - left} {digest.hexdigest()}", wanted)
        self.expect(self.input.read().decode(), wanted + "\n")

    def up_and_end(self, size):
        self.send_flow(size)
        self.end()

    def echo(self, size):
        self.tell("echo")
        sender = threading.Thread(target=self.up_and_end, args=(size,))
        sender.start()
        got = received(self.input)
        sender.join()
        self.expect(got, flow_sum(self.seed, size))

    def name(self, _size=0):
        self.tell("name")
        return self.input.read().decode().strip()

    def reset(self, _size=0):
        """It must be over, one way or the other."""
        self.tell("reset")
        try:
            self.expect(self.input.read(), b"")
        except ConnectionResetError:
            pass

    def hang_up(self, _size=0):
        self.tell("name")
        self.s.close()

    def hold_reset(self, _size=0):
        """Reset it ourselves."""
        self.tell("hold")
        self.expect(self.input.readline(), b"held\n")
        self.input.close()
        reset(self.s)

    def refused(self, _size=0):
        """Nobody is there: it ends at once."""
        try:
            self.expect(self.input.read(), b"")
        except ConnectionResetError:
            pass


def call(address, verb, size="0"):
    answer = getattr(Call(address), verb)(int(size))
    say("ok" if answer is None else answer)


def all_at_once(count, work):
    """Run work(i) in count threads; the text of what went wrong."""
    wrong = []
    barrier = threading.Barrier(count)

    def run(i):
        try:
            work(i, barrier)
        except Exception as e:  # whatever it is, it is told
            wrong.append(f"{i}: {type(e).__name__}: {e}")

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if wrong:
        say(f"{len(wrong)} of {count} failed:", *wrong[:10], sep="\n")
        sys.exit(1)


def swarm(count, size, *addresses):
    kinds = ["up", "down", "both", "echo", "reset", "hold_reset"]
    largest = int(size)

    def work(i, barrier):
        c = Call(addresses[i % len(addresses)], i)
        barrier.wait(PATIENCE)
        getattr(c, kinds[i % len(kinds)])(largest >> (i % 7))

    all_at_once(int(count), work)
    say(count, "fine")


def names(count, *pairs):
    slowest = [0.0]

    def work(i, barrier):
        address, _, wanted = pairs[i % len(pairs)].partition("=")
        barrier.wait(PATIENCE)
        start = time.monotonic()
        c = Call(address)
        c.expect(c.name(), wanted)
        slowest[0] = max(slowest[0], time.monotonic() - start)

    all_at_once(int(count), work)
    say(count, "fine")
    print(f"slowest {slowest[0]:.2f}", file=sys.stderr)


def stall(address, *words):
    c = Call(address)
    c.tell(*words)
    say("ready")
    threading.Event().wait()


{"serve": serve, "call": call, "swarm": swarm, "names": names,
 "stall": stall}[sys.argv[1]](*sys.argv[2:])
