#!/usr/bin/env python3
"""What TCP alone does on a path: the same bytes, and no SSH.

tcp.py             serve on any port, and say "port N"
tcp.py HOST PORT down|up BYTES
"""
import socket
import struct
import sys
import threading

sys.dont_write_bytecode = True

from measure import answer, discard, send  # noqa: E402


def serve():
    listener = socket.create_server(("", 0))
    print("port", listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,),
                         daemon=True).start()


def ask(host, port, what, size):
    with socket.create_connection((host, port)) as s:
        s.sendall(what + struct.pack(">Q", size))
        if what == b"u":
            send(s, size)
            size = 0
        discard(s, size + 1)


if len(sys.argv) == 1:
    serve()
else:
    ask(sys.argv[1], int(sys.argv[2]), sys.argv[3][:1].encode(),
        int(sys.argv[4]))
