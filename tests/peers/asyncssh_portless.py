"""An AsyncSSH server that says yes to every listener, but not on which port.

asyncssh_portless.py HOST_KEY AUTHORIZED_KEYS PASSWORD [PORT]

With PORT, that is the answer. Nothing listens; commands end with 0; and it
connects to wherever it is asked to. Prints "port N" when it listens on port N of
127.0.0.1.
"""
import sys

import asyncssh
from asyncssh.connection import SSHServerConnection
from asyncssh.packet import UInt32

from listening import serve

answer = UInt32(int(sys.argv[4])) if len(sys.argv) > 4 else b""


class Server(asyncssh.SSHServer):
    def connection_requested(self, *_):
        return True


def agree(conn, packet):
    conn._report_global_response(answer or True)


SSHServerConnection._process_tcpip_forward_global_request = agree
serve(server_factory=Server,
      process_factory=lambda process: process.exit(0))
