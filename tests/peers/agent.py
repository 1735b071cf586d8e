"""An agent that misbehaves, or holds a security key without a device.

agent.py SOCKET hang            takes connections and never answers
agent.py SOCKET garbage         answers with a length that nobody can accept
agent.py SOCKET close           closes every connection at once
agent.py SOCKET sk PUBLIC_FILE  holds an sk-ssh-ed25519 key, whose public half
                                it writes to the file
agent.py SOCKET locked PUBLIC_FILE  the same, but takes 6 seconds to list it
agent.py SOCKET refuse KEY      offers the key of KEY.pub, and never signs
agent.py SOCKET ponder KEY      offers it, too, and never answers about signing
agent.py SOCKET takes FILE      holds nothing, takes every key that it is given,
                                and writes what it was told into the file
agent.py SOCKET balks WHAT      the same, but refuses, cuts, shuts or hangs then

Prints "ready" when the socket listens.
"""
import base64
import hashlib
import socket
import struct
import sys
import threading
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ADD, ADD_LIMITED = 17, 25
FAILURE, LIST, KEYS, SIGN, SIGNATURE = 5, 11, 12, 13, 14
SK = b"sk-ssh-ed25519@openssh.com"
APPLICATION = b"ssh:"


def string(data):
    return struct.pack(">I", len(data)) + data


def take_string(data):
    size = struct.unpack(">I", data[:4])[0]
    return data[4:4 + size], data[4 + size:]


def receive(conn, size):
    data = b""
    while len(data) < size:
        got = conn.recv(size - len(data))
        if not got:
            raise EOFError
        data += got
    return data


class SecurityKey:
    delay = 0

    def __init__(self, public_file):
        self.key = Ed25519PrivateKey.generate()
        public = self.key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.blob = string(SK) + string(public) + string(APPLICATION)
        with open(public_file, "w") as out:
            print(SK.decode(), base64.b64encode(self.blob).decode(), file=out)

    def sign(self, message):
        tail = struct.pack(">BI", 1, 7)  # the user was present; counter
        signed = (hashlib.sha256(APPLICATION).digest() + tail
                  + hashlib.sha256(message).digest())
        return string(string(SK) + string(self.key.sign(signed)) + tail)


class Locked(SecurityKey):
    delay = 6


class Refuser:
    delay = 0

    def __init__(self, name):
        with open(name + ".pub") as public:
            self.blob = base64.b64decode(public.read().split()[1])

    def sign(self, message):
        return None


class Ponderer(Refuser):
    def sign(self, message):
        time.sleep(3600)


class Taker:
    delay = 0
    blob = None

    def __init__(self, name):
        self.name = name

    def take(self, request):
        kind = take_string(request[1:])[0].decode()
        with open(self.name, "a") as out:
            print(request[0], kind, request[-11:].hex(), file=out)
        return b"\x06"


class Balker(Taker):
    def take(self, request):
        if self.name == "hangs":
            time.sleep(3600)
        if self.name == "shuts":
            raise EOFError
        return b"\x05" if self.name == "refuses" else b""


def answer(holder, request):
    if request[0] in (ADD, ADD_LIMITED):
        return holder.take(request)
    if request[0] == LIST and holder.blob is None:
        return struct.pack(">BI", KEYS, 0)
    if request[0] == LIST:
        time.sleep(holder.delay)
        return (struct.pack(">BI", KEYS, 1) + string(holder.blob)
                + string(b"held by agent.py"))
    if request[0] == SIGN:
        _, rest = take_string(request[1:])
        signature = holder.sign(take_string(rest)[0])
        if signature is not None:
            return bytes([SIGNATURE]) + signature
    return bytes([FAILURE])


def serve(conn, holder):
    try:
        while True:
            size = struct.unpack(">I", receive(conn, 4))[0]
            conn.sendall(string(answer(holder, receive(conn, size))))
    except (EOFError, OSError):
        conn.close()


def main():
    path, mode, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
    holder = {"sk": SecurityKey, "locked": Locked, "refuse": Refuser,
              "ponder": Ponderer, "takes": Taker, "balks": Balker}.get(mode)
    if holder:
        holder = holder(*arguments)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(8)
    print("ready", flush=True)
    kept = []
    while True:
        conn, _ = listener.accept()
        if holder:
            threading.Thread(target=serve, args=(conn, holder),
                             daemon=True).start()
        elif mode == "garbage":
            conn.recv(5)
            conn.sendall(b"\xff\xff\xff\xff\x0c")
            conn.close()
        elif mode == "hang":
            kept.append(conn)
        else:
            conn.close()


main()
