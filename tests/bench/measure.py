"""Run a client and measure it; type on its terminal; send through it."""
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import threading
import time
import tty
import typing

from lab import Failure, find, output_of, wait_until

BLOCK = 1 << 18
TICK_S = 0.02
# Many round trips, in which a stopped download can still grow.
SETTLED_S = 2
# Nothing that is measured takes so long.
LIMIT_S = 60


def memory(pid, field):
    """VmHWM or VmRSS of a process in KiB; 0 if it is gone."""
    try:
        with open(f"/proc/{pid}/status") as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def share(pid):
    """The memory of a process in KiB; what it shares counts in parts."""
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return next(int(x.split()[1]) for x in rollup if x[:4] == "Pss:")


def spawn(lab, command, stdin="/dev/null", stdout="/dev/null",
          stderr="/dev/null"):
    """Start a client; what is a number is a descriptor."""
    how = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY | os.O_CREAT)
    actions = [
        (os.POSIX_SPAWN_DUP2, end, i) if isinstance(end, int) else
        (os.POSIX_SPAWN_OPEN, i, end, how[i], 0o600)
        for i, end in enumerate((stdin, stdout, stderr))]
    return os.posix_spawn(find(command[0]), command, lab.env, setsid=True,
                          file_actions=actions)


def end(pid, how=signal.SIGTERM):
    """Make a client end; what it used."""
    os.kill(pid, how)
    return os.wait4(pid, 0)[2]


class Run:
    """One run of a client: wall and CPU seconds, and the peak of its memory.

    The kernel's own record of the peak is no use: it begins with ours. So
    we look while it runs, and miss the last moment.
    """

    def __init__(self, lab, command, stdin="/dev/null"):
        start = time.perf_counter()
        pid = spawn(lab, command, stdin)
        done = os.pidfd_open(pid)
        self.peak = 0
        while not select.select([done], [], [], TICK_S)[0]:
            self.peak = max(self.peak, memory(pid, "VmHWM"))
            if time.perf_counter() - start > LIMIT_S:
                os.kill(pid, signal.SIGKILL)
        self.wall = time.perf_counter() - start
        os.close(done)
        _, status, usage = os.wait4(pid, 0)
        self.cpu = usage.ru_utime + usage.ru_stime
        if status != 0:
            code = os.waitstatus_to_exitcode(status)
            raise Failure(f"{' '.join(command)}: exit status {code}")


class Halted:
    """A download whose reader stops after some of it.

    It has settled when its memory was the same for a while.
    """

    def __init__(self, lab, command, size):
        ours, theirs = os.pipe()
        self.pid = spawn(lab, command, stdout=theirs)
        os.close(theirs)
        try:
            self.read(ours, size)
            self.running = memory(self.pid, "VmHWM")
            self.settle()
            self.peak = memory(self.pid, "VmHWM")
        finally:
            os.close(ours)
            end(self.pid, signal.SIGKILL)

    def read(self, pipe, size):
        buffer = [bytearray(BLOCK)]
        while size > 0:
            if not select.select([pipe], [], [], LIMIT_S)[0]:
                raise Failure("a download stands still")
            n = os.readv(pipe, buffer)
            if n == 0:
                raise Failure("a download ended too early")
            size -= n

    def settle(self):
        now = memory(self.pid, "VmRSS")
        since = time.monotonic()
        while time.monotonic() - since < SETTLED_S:
            time.sleep(TICK_S)
            was, now = now, memory(self.pid, "VmRSS")
            if was != now:
                since = time.monotonic()


class Crowd:
    """Some sessions, all started at once, each in a process of its own."""

    def __init__(self, lab, command, count):
        start = time.perf_counter()
        self.all = []
        try:
            for _ in range(count):
                self.add(lab, command)
            for pid, _, ours in self.all:
                if not select.select([ours], [], [], LIMIT_S)[0] or \
                        os.read(ours, 6) != b"ready\n":
                    raise Failure(f"{' '.join(command)}: not ready")
            self.wall = time.perf_counter() - start
            self.look()
        finally:
            self.close()

    def look(self):
        """While all of them are there."""
        self.memory = sum(share(pid) for pid, _, _ in self.all)

    def add(self, lab, command):
        stdin, theirs_in = os.pipe()
        theirs_out, stdout = os.pipe()
        pid = spawn(lab, command, stdin=stdin, stdout=stdout)
        os.close(stdin)
        os.close(stdout)
        self.all.append((pid, theirs_in, theirs_out))

    def close(self):
        for pid, stdin, stdout in self.all:
            os.close(stdin)
            os.close(stdout)
            end(pid, signal.SIGKILL)


class Typist:
    """A terminal on which somebody types what the far side echoes."""

    def __init__(self, lab, command):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            # no echo but the one from afar
            tty.setraw(0)
            os.execve(find(command[0]), command, lab.env)
        self.read_until(b"ready")

    def read_until(self, text):
        seen = b""
        deadline = time.monotonic() + LIMIT_S
        while text not in seen:
            left = max(0, deadline - time.monotonic())
            if not select.select([self.master], [], [], left)[0]:
                raise Failure(f"no {text} on the terminal: {seen}")
            try:
                seen += os.read(self.master, 4096)
            except OSError:
                raise Failure(f"the client ended: {seen}") from None

    def press(self):
        """Seconds from key to echo."""
        start = time.perf_counter()
        os.write(self.master, b"x")
        self.read_until(b"x")
        return time.perf_counter() - start

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.master)


# --- what goes through a forwarding ---

def discard(s, size):
    buffer = bytearray(BLOCK)
    while size > 0:
        n = s.recv_into(buffer, min(size, BLOCK))
        if n == 0:
            raise Failure("a forwarded connection ended too early")
        size -= n


def send(s, size):
    block = memoryview(bytes(BLOCK))
    while size > 0:
        size -= s.send(block[:min(size, BLOCK)])


def answer(s):
    """Serve one connection: "d", "u" and a size, or "e"; see Tunnel."""
    with s:
        asked = s.recv(9, socket.MSG_WAITALL)
        if len(asked) < 9:
            return
        size = struct.unpack(">Q", asked[1:])[0]
        if asked[:1] == b"d":
            send(s, size)
        elif asked[:1] == b"u":
            discard(s, size)
        s.sendall(b".")
        s.recv(1)


def serve_target():
    """Start the target of all forwardings; return its process and port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    pid = os.fork()
    if pid == 0:
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=answer, args=(connection,),
                             daemon=True).start()
    port = listener.getsockname()[1]
    listener.close()
    return pid, port


def is_listening(port):
    wanted = f"0100007F:{port:04X}"
    with open("/proc/net/tcp") as table:
        return any(x.split()[1] == wanted and x.split()[3] == "0A"
                   for x in table if ":" in x.split()[1])


class Held(typing.NamedTuple):
    """What idle connections took: seconds, and VmRSS without and with."""

    wall: float
    before: int
    after: int


class Tunnel:
    """A client with -N and a forwarding, through which things are sent."""

    def __init__(self, lab, command, port, socks_to=None):
        """socks_to: the port here to ask for, where SOCKS must be told."""
        self.port, self.socks_to = port, socks_to
        log = f"{lab.dir}/tunnel.log"
        self.pid = spawn(lab, command, stderr=log)

        def is_decided():
            done = os.waitid(os.P_PID, self.pid,
                             os.WEXITED | os.WNOHANG | os.WNOWAIT)
            return done is not None or is_listening(port)
        wait_until(is_decided, "a tunnel")
        if not is_listening(port):
            raise Failure(f"{' '.join(command)}: {open(log).read()}")
        self.touch().close()

    def ask(self, what, size=0):
        s = socket.create_connection(("127.0.0.1", self.port), LIMIT_S)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.socks_to:
            s.sendall(bytes([5, 1, 0]))
            discard(s, 2)
            s.sendall(bytes([5, 1, 0, 1, 127, 0, 0, 1]) +
                      struct.pack(">H", self.socks_to))
            discard(s, 10)
        s.sendall(what + struct.pack(">Q", size))
        return s

    def touch(self):
        """A connection, through which one answer came."""
        s = self.ask(b"e")
        discard(s, 1)
        return s

    def stream(self, what, size):
        """Seconds for that many bytes, "d" to or "u" from us."""
        start = time.perf_counter()
        with self.ask(what, size) as s:
            if what == b"u":
                send(s, size)
            discard(s, size + 1 if what == b"d" else 1)
        return time.perf_counter() - start

    def many(self, tool, count, at_once):
        """Seconds for that many short connections, made by short.c."""
        return float(output_of(tool, "call", str(self.port), str(count),
                               str(at_once)))

    def hold(self, count):
        """Open connections one by one, and keep them for a moment."""
        before, start = self.resident(), time.perf_counter()
        connections = [self.touch() for _ in range(count)]
        wall = time.perf_counter() - start
        held = Held(wall, before, self.resident())
        for s in connections:
            s.close()
        return held

    def peak(self):
        return memory(self.pid, "VmHWM")

    def resident(self):
        return memory(self.pid, "VmRSS")

    def close(self):
        usage = end(self.pid)
        self.cpu = usage.ru_utime + usage.ru_stime
