"""Clients of a shared connection's master that do what they should not.

fake_guest.py SOCKET

Each tries one thing; for each a line: its name, and what came of it: "closed",
"open", or the numbers of the messages that were answered, in hexadecimal.
"""
import array
import os
import socket
import struct
import sys

HELLO, SESSION, ALIVE, OPEN, STDIO, PROXY = (
    1, 0x10000002, 0x10000004, 0x10000006, 0x10000008, 0x1000000F)


def number(value):
    return struct.pack(">I", value & 0xFFFFFFFF)


def string(value):
    return number(len(value)) + value


def message(*parts):
    return string(b"".join(parts))


def session(request, command=b"true", tail=b"", term=b"xterm"):
    return message(number(SESSION), number(request), string(b""),
                   number(term != b"xterm"), number(0) * 3, number(-1),
                   string(term), string(command), tail)


GREETING = message(number(HELLO), number(4))
# As long as a message to the master may be, nearly, which to a server is too long.
LONG = b"x" * 262000
FORWARD = (string(b"127.0.0.1"), number(70000), string(b"x"), number(1))

# name, what is sent, how many descriptors follow
TRIES = [
    ("nothing", b"", 0),
    ("no hello", message(number(ALIVE), number(1)), 0),
    ("two hellos", GREETING * 2, 0),
    ("an old version", message(number(HELLO), number(3)), 0),
    ("half an extension", message(number(HELLO), number(4), number(9)), 0),
    ("huge", number(0xFFFFFFFF) + b"x" * 64, 0),
    ("empty", GREETING + number(0), 0),
    ("short", GREETING + number(2) + b"xx", 0),
    ("no request", GREETING + message(number(ALIVE)), 0),
    ("long string", GREETING + message(number(SESSION), number(1),
                                       number(0x7FFFFFFF), b"x"), 0),
    ("nul in a string", GREETING + session(1, b"a\0b"), 3),
    ("half a variable", GREETING + session(1, tail=number(5) + b"A="), 3),
    ("no descriptors", GREETING + session(1) + b"\0\0\0", 0),
    ("unknown", GREETING + message(number(0x10000077), number(5)), 0),
    ("a reply", GREETING + message(number(0x80000001), number(5)), 0),
    ("no such port", GREETING + message(number(OPEN), number(6), number(1),
                                        *FORWARD), 0),
    ("no such kind", GREETING + message(number(OPEN), number(6), number(9),
                                        *FORWARD), 0),
    ("no place", GREETING + message(number(STDIO), number(6), string(b""),
                                    string(b""), number(0)), 2),
    ("long command", GREETING + session(6, LONG), 3),
    ("long variable", GREETING + session(6, tail=string(b"A=" + LONG)), 3),
    ("long terminal", GREETING + session(6, term=LONG), 3),
    ("long host", GREETING + message(number(STDIO), number(6), string(b""),
                                     string(LONG), number(22)), 2),
    ("long address", GREETING + message(
        number(OPEN), number(6), number(2), string(LONG), number(7077),
        string(b"x"), number(1)), 0),
    ("long path", GREETING + message(
        number(OPEN), number(6), number(2), string(LONG), number(-2),
        string(b"x"), number(1)), 0),
    ("two sessions", GREETING + session(7, b"sleep 1"), 3),
]


def send_fds(s, count):
    with open(os.devnull, "r+b") as null:
        for _ in range(count):
            fds = array.array("i", [null.fileno()])
            s.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])


def listen(s):
    """The numbers of what comes, until nothing does for a while."""
    got, data, end = [], b"", "open"
    s.settimeout(0.5)
    try:
        while True:
            piece = s.recv(4096)
            if not piece:
                end = "closed"
                break
            data += piece
    except ConnectionResetError:
        end = "closed"
    except TimeoutError:
        pass
    while len(data) >= 8:
        length, kind = struct.unpack(">II", data[:8])
        if kind != HELLO:
            got.append(f"{kind:x}")
        data = data[4 + length:]
    return " ".join(got + [end])


def attempt(path, name, data, fds):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    try:
        s.sendall(data)
        send_fds(s, fds)
        if name == "two sessions":
            s.sendall(session(8))
            send_fds(s, fds)
    except (BrokenPipeError, ConnectionResetError):
        pass
    print(f"{name}: {listen(s)}", flush=True)
    s.close()


def main():
    for name, data, fds in TRIES:
        attempt(sys.argv[1], name, data, fds)


main()
