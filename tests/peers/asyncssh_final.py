"""An AsyncSSH server that turns everybody away at the first login request.

asyncssh_final.py HOST_KEY AUTHORIZED_KEYS PASSWORD VERSION [HOW [TEXT]]

HOW is "close", "banner TEXT" and then close, "reason CODE:TEXT" (DISCONNECT),
or "garbage". Prints "connection" for each one, and "port N" when it listens on
port N of 127.0.0.1.
"""
import sys

import asyncssh
from asyncssh.packet import String, UInt32

from listening import serve

DISCONNECT = 1
version, how, text = (sys.argv[4:] + ["", ""])[:3]


def turn_away(conn):
    if how == "banner":
        conn.send_auth_banner(text + "\r\n")
    elif how == "reason":
        code, reason = text.split(":", 1)
        conn.send_packet(DISCONNECT, UInt32(int(code)), String(reason),
                         String(""))
    elif how == "garbage":
        conn._send(bytes(64))
    conn._transport.close()


def suffer(conn):
    """What waits behind the login is no offence, as with OpenSSH."""
    receive = conn._recv_packet

    def patient():
        try:
            return receive()
        except asyncssh.ProtocolError:
            return False

    conn._recv_packet = patient


class Server(asyncssh.SSHServer):
    def connection_made(self, conn):
        suffer(conn)
        print("connection", flush=True)
        self.conn = conn

    def begin_auth(self, username):
        turn_away(self.conn)
        return True


serve(server_factory=Server, server_version=version)
