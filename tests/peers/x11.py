"""An X server, and an X client, as far as the first message.

x11.py serve COOKIE PATH   listens on an abstract socket, on a port and at
                           PATH; prints "display N". Whoever has the cookie
                           gets "welcome" and then back what he sends, others
                           get "go away". Each is noted with a line.
x11.py talk [OPTION]...    connects to $DISPLAY and prints the answer:
    msb           in the other byte order
    wrong, none   with a wrong cookie; without any
    slowly        byte by byte
    send=SIZE     so many bytes must come back
    half          with the end of what is sent before that of what comes back
    hold=FILE     tell "connected", and end once the file is there
"""
import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time

PROTOCOL = b"MIT-MAGIC-COOKIE-1"


def padded(data):
    return data + b"\0" * (-len(data) % 4)


def receive(conn, size):
    data = b""
    while len(data) < size:
        got = conn.recv(size - len(data))
        if not got:
            raise EOFError
        data += got
    return data


def read_setup(conn):
    head = receive(conn, 12)
    order = ">" if head[:1] == b"B" else "<"
    sizes = struct.unpack(order + "HH", head[6:10])
    protocol, cookie = (
        receive(conn, len(padded(b" " * size)))[:size] for size in sizes)
    return protocol, cookie


def greet(conn, cookie):
    try:
        good = read_setup(conn) == (PROTOCOL, cookie)
        print("welcome" if good else "go away", flush=True)
        conn.sendall(b"welcome\n" if good else b"go away\n")
        while good:
            data = conn.recv(65536)
            if not data:
                break
            conn.sendall(data)
    except (EOFError, OSError):
        print("left", flush=True)
    conn.close()


def listeners(path):
    at_path = socket.socket(socket.AF_UNIX)
    at_path.bind(path)
    for number in range(100 + os.getpid() % 900, 2000):
        tcp, abstract = socket.socket(), socket.socket(socket.AF_UNIX)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tcp.bind(("127.0.0.1", 6000 + number))
            abstract.bind("\0/tmp/.X11-unix/X%d" % number)
            return number, [tcp, abstract, at_path]
        except OSError:
            tcp.close()
            abstract.close()
    sys.exit("no free display")


def serve(cookie, path):
    number, sockets = listeners(path)
    for one in sockets:
        one.listen(64)
    print("display %d" % number, flush=True)
    while True:
        for one in select.select(sockets, [], [])[0]:
            conn = one.accept()[0]
            threading.Thread(target=greet, daemon=True,
                             args=(conn, bytes.fromhex(cookie))).start()


def own_cookie(display):
    listed = subprocess.run(["xauth", "list", display], check=True,
                            capture_output=True).stdout.split()
    return bytes.fromhex(listed[2].decode())


def setup(options):
    order = ">" if "msb" in options else "<"
    cookie = own_cookie(os.environ["DISPLAY"])
    if "wrong" in options:
        cookie = cookie[:-1] + bytes([cookie[-1] ^ 1])
    protocol = PROTOCOL
    if "none" in options:
        protocol = cookie = b""
    return (b"B\0" if order == ">" else b"l\0") + struct.pack(
        order + "HHHHH", 11, 0, len(protocol), len(cookie), 0
    ) + padded(protocol) + padded(cookie)


def echo(conn, size, is_half):
    data = os.urandom(1 << 16) * (size >> 16)
    sender = threading.Thread(target=conn.sendall, args=(data,))
    sender.start()
    back = receive(conn, len(data))
    sender.join()
    if is_half:
        conn.shutdown(socket.SHUT_WR)
        back += conn.recv(1)
    print("same" if back == data else "not the same")


def hold(file):
    print("connected", flush=True)
    while not os.path.exists(file):
        time.sleep(0.02)


def talk(options):
    host, _, rest = os.environ["DISPLAY"].partition(":")
    conn = socket.create_connection((host, 6000 + int(rest.split(".")[0])))
    values = dict(option.split("=") for option in options if "=" in option)
    try:
        message = setup(options)
        step = 1 if "slowly" in options else len(message)
        for at in range(0, len(message), step):
            conn.sendall(message[at:at + step])
            time.sleep(0.002 if step == 1 else 0)
        print(receive(conn, 8).decode().strip(), flush=True)
        if "send" in values:
            echo(conn, int(values["send"]), "half" in options)
    except (EOFError, OSError):
        print("closed", flush=True)
    if "hold" in values:
        hold(values["hold"])


if sys.argv[1] == "serve":
    serve(*sys.argv[2:])
else:
    talk(sys.argv[2:])
