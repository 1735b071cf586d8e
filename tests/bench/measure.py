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

from lab import Failure, find, wait_until

BLOCK = 1 << 18
TICK_S = 0.02
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


def spawn(lab, command, stdin="/dev/null", stderr="/dev/null"):
    return os.posix_spawn(
        find(command[0]), command, lab.env, setsid=True, file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, stderr, os.O_WRONLY | os.O_CREAT, 0o600),
        ])


class Run:
    """One run of a client: wall and CPU seconds, and the peak of its memory.

    The kernel's own record of the peak is no use: it begins with ours. So
    we look while it runs, and miss the last moment.
    """

    def __init__(self, lab, command, stdin="/dev/null"):
        start = time.perf_counter()
        pid = spawn(lab, command, stdin)
        end = os.pidfd_open(pid)
        self.peak = 0
        while not select.select([end], [], [], TICK_S)[0]:
            self.peak = max(self.peak, memory(pid, "VmHWM"))
            if time.perf_counter() - start > LIMIT_S:
                os.kill(pid, signal.SIGKILL)
        self.wall = time.perf_counter() - start
        os.close(end)
        _, status, usage = os.wait4(pid, 0)
        self.cpu = usage.ru_utime + usage.ru_stime
        if status != 0:
            code = os.waitstatus_to_exitcode(status)
            raise Failure(f"{' '.join(command)}: exit status {code}")


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


class Tunnel:
    """A client with -N and a forwarding, through which things are sent."""

    def __init__(self, lab, command, port):
        self.port = port
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

    def many(self, count, at_once):
        """Seconds for that many short connections."""
        trouble = []

        def work():
            try:
                for _ in range(count // at_once):
                    self.touch().close()
            except (OSError, Failure) as e:
                trouble.append(e)
        start = time.perf_counter()
        workers = [threading.Thread(target=work) for _ in range(at_once)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if trouble:
            raise Failure(f"a short connection: {trouble[0]}")
        return time.perf_counter() - start

    def peak(self):
        return memory(self.pid, "VmHWM")

    def resident(self):
        return memory(self.pid, "VmRSS")

    def close(self):
        os.kill(self.pid, signal.SIGTERM)
        _, _, usage = os.wait4(self.pid, 0)
        self.cpu = usage.ru_utime + usage.ru_stime
