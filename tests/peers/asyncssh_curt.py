"""An AsyncSSH server that closes each session instead of answering.

asyncssh_curt.py HOST_KEY AUTHORIZED_KEYS PASSWORD

No request is answered; what should start a command closes the channel. Prints
"port N" when it listens on port N of 127.0.0.1.
"""
import asyncio
import sys

import asyncssh
from asyncssh.channel import SSHChannel

CHANNEL_CLOSE = 97
CHANNEL_REQUEST = 98


def close_at_start(channel, kind, packet_id, packet):
    if packet.get_string() in (b"exec", b"shell", b"subsystem"):
        channel.send_packet(CHANNEL_CLOSE)


async def main():
    host_key, authorized = sys.argv[1:3]
    handlers = dict(SSHChannel._packet_handlers)
    handlers[CHANNEL_REQUEST] = close_at_start
    SSHChannel._packet_handlers = handlers
    listener = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[host_key],
        authorized_client_keys=authorized, process_factory=print)
    print("port", listener.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
