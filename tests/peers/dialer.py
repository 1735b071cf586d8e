"""Connect, and pass the connection to whoever is at our standard output.

dialer.py tcp PORT [EXTRA] | dialer.py unix PATH

EXTRA: so many more descriptors with it.
"""
import array
import os
import socket
import sys

kind, where = sys.argv[1:3]
if kind == "tcp":
    connection = socket.create_connection(("127.0.0.1", int(where)))
else:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(where)
extra = int(sys.argv[3]) if len(sys.argv) > 3 else 0
fds = array.array("i", [connection.fileno()] + [2] * extra)
with socket.socket(fileno=os.dup(1)) as out:
    out.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
