"""An AsyncSSH server that never closes a channel.

asyncssh_mum.py HOST_KEY AUTHORIZED_KEYS PASSWORD

It does not answer CLOSE, nor send it. "flood" as the command writes without
end, whatever becomes of its reader; any other writes itself and exits with 7.
Prints "port N" when it listens on port N of 127.0.0.1.
"""
import asyncio

import asyncssh
from asyncssh.channel import SSHChannel

from listening import serve

CHANNEL_CLOSE = 97

usual = SSHChannel.send_packet


def send_packet(channel, kind, *args):
    if kind != CHANNEL_CLOSE:
        usual(channel, kind, *args)


def ignore(*args):
    pass


class Server(asyncssh.SSHServer):
    def connection_requested(self, *args):
        return True


async def run(process):
    while process.command == "flood":
        process.stdout.write("flood\n" * 1000)
        await process.stdout.drain()
    process.stdout.write(process.command + "\n")
    process.stdout.write_eof()
    process.exit(7)


handlers = dict(SSHChannel._packet_handlers)
handlers[CHANNEL_CLOSE] = ignore
SSHChannel._packet_handlers = handlers
SSHChannel.send_packet = send_packet
serve(server_factory=Server, process_factory=run)
