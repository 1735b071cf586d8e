"""A master of a shared connection that does what it should not.

fake_master.py SOCKET MODE [TEXT]

Prints "ready" once it listens, then a line for each message that it gets, by
its name, and "fds N" for descriptors. MODE says what it does wrong with every
client (see the class).
"""
import os
import signal
import socket
import struct
import sys
import time

NAMES = {
    0x00000001: "hello", 0x10000002: "session", 0x10000004: "alive",
    0x10000005: "terminate", 0x10000006: "open", 0x10000007: "close",
    0x10000008: "stdio", 0x10000009: "stop", 0x1000000F: "proxy",
    0x20000001: "info",
}
OK, DENIED, FAILURE, EXIT, ALIVE, OPENED, PORT, NO_TTY = range(
    0x80000001, 0x80000009)
INFO = 0x90000001


def number(value):
    return struct.pack(">I", value & 0xFFFFFFFF)


def string(value):
    return number(len(value)) + value


def say(client, *parts):
    client.sendall(string(b"".join(parts)))


def note(text):
    print(text, flush=True)


class Master:
    def __init__(self, mode, text):
        self.mode = mode
        self.text = text.encode()

    def greet(self, c):
        if self.mode == "stops":
            self.stop(c)
        if self.mode == "version":
            say(c, number(1), number(3))
        elif self.mode == "no_hello":
            say(c, number(OK), number(0))
        elif self.mode == "huge":
            c.sendall(number(0xFFFFFFFF))
        elif self.mode == "tiny":
            c.sendall(number(3) + b"abc")
        elif self.mode == "extensions":
            say(c, number(1), number(4), string(b"info"), string(b"0"),
                string(b"x@y"), string(b"\0\1"))
        elif self.mode == "bad_extension":
            say(c, number(1), number(4), number(77))
        elif self.mode not in ("hang", "gone", "stops"):
            say(c, number(1), number(4))

    def serve(self, c):
        """Talk to one client, to the end."""
        if self.mode == "gone":
            return
        self.greet(c)
        while True:
            length, = struct.unpack(">I", self.take(c, 4))
            packet = self.take(c, length)
            kind, = struct.unpack(">I", packet[:4])
            note(NAMES.get(kind, hex(kind)))
            if kind in (0x10000002, 0x10000008):
                if self.mode == "unread":
                    return
                self.take_fds(c, 3 if kind == 0x10000002 else 2)
            if kind != 1:
                self.answer(c, kind, packet[4:8])
            if self.mode in ("closes", "closes_late") and kind & 0xF in (2, 8):
                return

    @staticmethod
    def sleeps(pid):
        with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "S"

    def stop(self, c):
        """Who has asked is stopped until it is too late, and there is an
        answer."""
        peer = c.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        pid, _, _ = struct.unpack("iII", peer)
        c.recv(1, socket.MSG_PEEK)
        while not self.sleeps(pid):
            time.sleep(0.01)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(float(self.text))
        say(c, number(1), number(4))
        os.kill(pid, signal.SIGCONT)

    @staticmethod
    def take(c, n):
        data = b""
        while len(data) < n:
            part = c.recv(n - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    @staticmethod
    def take_fds(c, n):
        fds = []
        for _ in range(n):
            _, extra, _, _ = c.recvmsg(1, socket.CMSG_SPACE(32))
            fds += [struct.unpack("i", x[2])[0] for x in extra]
        note("fds %d" % len(fds))
        for fd in fds:
            os.close(fd)

    def answer(self, c, kind, ident):
        mode = self.mode
        if mode == "stops":
            time.sleep(0.3)
        if mode == "silent" or mode == "closes":
            return
        if mode == "sequence":
            ident = number(4711)
        if mode == "unknown":
            say(c, number(0x80001234), ident)
        elif mode == "refuses":
            say(c, number(FAILURE), ident, string(self.text))
        elif mode == "denies":
            say(c, number(DENIED), ident, string(self.text))
        elif mode == "cut":
            say(c, number(FAILURE), ident, number(100), b"x")
        elif kind == 0x10000004:
            pid = os.getpid() if mode == "stops" else int(self.text or b"1")
            say(c, number(ALIVE), ident, number(pid))
        elif kind == 0x1000000F:
            say(c, number(0x8000000F), ident)
            self.proxy(c)
        elif kind == 0x20000001:
            say(c, number(INFO), ident, string(self.text))
        elif kind in (0x10000002, 0x10000008):
            say(c, number(OPENED), ident, number(3))
            self.news(c)
        else:
            say(c, number(OK), ident)

    def proxy(self, c):
        """Packets in clear, of SSH itself: its modes are what they say."""
        packets = {
            "kexinit": string(b"\0\x14" + bytes(40)),
            "newkeys": string(b"\0\x15"),
            "userauth": string(b"\0\x34"),
            "empty": string(b"\0"),
            "padded": string(b"\xff\x50"),
            "giant": number(0x7FFFFFFF),
            "ghost": string(b"\0\x5e" + number(7) + string(b"x")),
            "leave": string(b"\0\x01" + number(11) + string(b"no\x1b[m") +
                            string(b"")),
        }
        c.sendall(packets.get(self.text.decode(), b""))
        # what the client says: the type of each packet, to its end
        while True:
            length, = struct.unpack(">I", self.take(c, 4))
            note("message %d" % self.take(c, length)[1])

    def news(self, c):
        """A session is open: what then?"""
        mode = self.mode
        if mode == "other_exit":
            say(c, number(EXIT), number(4), number(0))
        elif mode == "two_exits":
            say(c, number(EXIT), number(3), number(1))
            say(c, number(EXIT), number(3), number(0))
        elif mode == "big_exit":
            say(c, number(EXIT), number(3), number(0x12345605))
            raise EOFError
        elif mode == "error":
            say(c, number(FAILURE), number(3), string(self.text))
        elif mode == "other_tty":
            say(c, number(NO_TTY), number(9))
        elif mode == "flood":
            c.settimeout(20)
            while True:
                say(c, number(NO_TTY), number(3))
        else:
            raise EOFError


def main():
    path, mode = sys.argv[1:3]
    master = Master(mode, sys.argv[3] if len(sys.argv) > 3 else "")
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(5)
    note("ready")
    waiting = []
    while True:
        client, _ = server.accept()
        note("client")
        if mode == "hang":
            waiting.append(client)
            continue
        try:
            master.serve(client)
        except (EOFError, OSError):
            pass
        client.close()


main()
