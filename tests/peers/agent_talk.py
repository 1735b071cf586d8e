"""Speak to the agent at SSH_AUTH_SOCK as no program would.

agent_talk.py VERB... sends all of it at once and prints the answers' types:
  await=FILE     what follows is sent once this file is there
  list           ask for the keys
  sign=FILE      ask for a signature with the key of this public key file
  cut=FILE       the same with the key cut off
  unknown        a message of a type that nobody knows
  large=SIZE     an unknown one of this size
  announce=SIZE  only the beginning of a message of this size
A connection that is closed is "closed"; a list is "list:" and the number of
its keys.
"""
import base64
import os
import socket
import struct
import sys
import time


def string(data):
    return struct.pack(">I", len(data)) + data


def blob(name):
    with open(name) as public:
        return base64.b64decode(public.read().split()[1])


def message(verb):
    verb, _, argument = verb.partition("=")
    if verb == "list":
        return string(b"\x0b")
    if verb == "unknown":
        return string(b"\xc8")
    if verb == "announce":
        return struct.pack(">IB", int(argument), 0xc8)
    if verb == "large":
        return string(b"\xc8" * int(argument))
    key = string(blob(argument))
    if verb == "cut":
        return string(b"\x0d" + key[:-1])
    return string(b"\x0d" + key + string(b"to be signed")
                  + struct.pack(">I", 0))


def receive(conn, size):
    data = b""
    while len(data) < size:
        got = conn.recv(size - len(data))
        if not got:
            raise EOFError
        data += got
    return data


def answer(conn):
    body = receive(conn, struct.unpack(">I", receive(conn, 4))[0])
    names = {5: "failure", 14: "signature"}
    if body[0] == 12:
        return "list:%d" % struct.unpack(">I", body[1:5])[0]
    return names.get(body[0], "type %d" % body[0])


def talk(conn, verbs):
    conn.sendall(b"".join(message(verb) for verb in verbs))
    for _ in verbs:
        print(answer(conn), flush=True)


def main():
    verbs = []
    conn = socket.socket(socket.AF_UNIX)
    conn.connect(os.environ["SSH_AUTH_SOCK"])
    try:
        for verb in sys.argv[1:]:
            if not verb.startswith("await="):
                verbs.append(verb)
                continue
            talk(conn, verbs)
            verbs = []
            while not os.path.exists(verb[6:]):
                time.sleep(0.05)
        talk(conn, verbs)
    except (EOFError, OSError):
        print("closed")


main()
