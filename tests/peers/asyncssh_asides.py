"""An AsyncSSH server for what is said on a channel besides data.

asyncssh_asides.py HOST_KEY AUTHORIZED_KEYS PASSWORD

A shell says "ready", and "break N" for a BREAK of N ms; it ends with status 3
when a "q" is typed. The command "deaf PATH" says "eow@openssh.com", reads
nothing, and ends with status 7 when the path exists. Anybody may forward from
ports and Unix sockets here. Prints "port N" when it listens on port N of
127.0.0.1.
"""
import asyncio
import os

import asyncssh
from asyncssh.packet import Boolean, String

from listening import serve

CHANNEL_REQUEST = 98


class Session(asyncssh.SSHServerSession):
    def connection_made(self, chan):
        self.chan = chan
        self.path = None

    def pty_requested(self, *_):
        return True

    def shell_requested(self):
        return True

    def exec_requested(self, command):
        self.path = command.split()[1]
        return True

    def session_started(self):
        if self.path is None:
            self.chan.write("ready\r\n")
            return
        self.chan.pause_reading()
        self.chan.send_packet(CHANNEL_REQUEST, String("eow@openssh.com"),
                              Boolean(False))
        self.wait()

    def wait(self):
        if os.path.exists(self.path):
            self.chan.exit(7)
        else:
            asyncio.get_event_loop().call_later(0.05, self.wait)

    def break_received(self, msec):
        self.chan.write("break %d\r\n" % msec)
        return True

    def data_received(self, data, datatype):
        if "q" in data:
            self.chan.exit(3)


class Server(asyncssh.SSHServer):
    def session_requested(self):
        return Session()

    def server_requested(self, host, port):
        return True

    def unix_server_requested(self, path):
        return True


serve(server_factory=Server, line_editor=False)
