"""Clients of a master in proxy mode that say what they should not.

fake_proxied.py SOCKET: one after the other; each is to be ended by the master,
and is told of on standard output if it is not.
"""

import socket
import struct
import sys

HELLO, C_PROXY, S_PROXY = 1, 0x1000000F, 0x8000000F


def u32(*numbers):
    return b"".join(struct.pack(">I", n) for n in numbers)


def text(data):
    return u32(len(data)) + data


def packet(payload):
    return text(b"\0" + payload)


def message(kind, *parts):
    return packet(bytes([kind]) + b"".join(parts))


def channel(rest=b"", kind=b"session", most=32768):
    return message(90, text(kind), u32(5, 1 << 21, most), rest)


class Guest:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self.take_string()
        self.socket.sendall(text(u32(HELLO, 4)) + text(u32(C_PROXY, 0)))
        assert self.take_string()[:4] == u32(S_PROXY)

    def take(self, length):
        data = b""
        while len(data) < length:
            more = self.socket.recv(length - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def take_string(self):
        return self.take(struct.unpack(">I", self.take(4))[0])

    def send(self, data):
        self.socket.sendall(data)

    def open(self):
        """The number by which the master calls the channel."""
        self.send(channel())
        answer = self.take_string()
        assert answer[1] == 91, answer
        return struct.unpack(">I", answer[6:10])[0]

    def is_ended(self):
        try:
            while True:
                self.take_string()
        except (EOFError, ConnectionError):
            return True
        except TimeoutError:
            return False


ON_A_CHANNEL = {
    "more data than the window": lambda n: b"".join(
        message(94, u32(n), text(b"x" * 32768)) for _ in range(80)
    ),
    "a packet of data too large": lambda n: message(
        94, u32(n), text(b"x" * 100000)
    ),
    "data that ends early": lambda n: message(94, u32(n, 9), b"x"),
    "data after the end": lambda n: message(96, u32(n))
    + message(94, u32(n), text(b"x")),
    "a window that overflows": lambda n: message(93, u32(n, 0xFFFFFFFF)),
    "a request that ends early": lambda n: message(
        98, u32(n), text(b"pty-req"), b"\1", text(b"vt")
    ),
    "a request with a NUL": lambda n: message(
        98, u32(n), text(b"exec"), b"\1", text(b"a\0b")
    ),
    "a request and more": lambda n: message(
        98, u32(n), text(b"shell"), b"\1", b"more"
    ),
    "an answer to nothing": lambda n: message(99, u32(n)),
    "a confirmation of its own": lambda n: message(
        91, u32(n, 5, 1 << 21, 32768)
    ),
    "a refusal of its own": lambda n: message(
        92, u32(n, 1), text(b""), text(b"")
    ),
    "another's channel": lambda n: message(96, u32(0 if n else 1)),
}

AT_ONCE = {
    "an empty packet": u32(0),
    "a packet of nothing": text(b"\0"),
    "a giant packet": u32(0x7FFFFFFF) + b"\0\x5a",
    "padding": u32(3) + b"\7\x5a\0",
    "a key exchange": message(20, b"\0" * 32),
    "a login": message(50, text(b"root")),
    "an open that ends early": message(90, text(b"session"), u32(1)),
    "an open and more": channel(b"more"),
    "an open for no data": channel(most=0),
    "an open to nowhere": channel(text(b"host"), b"direct-tcpip"),
    "no channel": message(94, u32(4000), text(b"x")),
    "a port that is none": message(
        80, text(b"tcpip-forward"), b"\1", text(b""), u32(70000)
    ),
    "half a forwarding": message(80, text(b"tcpip-forward"), b"\1"),
    "no message": packet(b"\xff"),
}


def main():
    path = sys.argv[1]
    for name, data in AT_ONCE.items():
        guest = Guest(path)
        guest.send(data)
        if not guest.is_ended():
            print("not ended:", name)
    for name, make in ON_A_CHANNEL.items():
        guest = Guest(path)
        try:
            guest.send(make(guest.open()))
        except ConnectionError:
            continue
        if not guest.is_ended():
            print("not ended:", name)


main()
