"""What the AsyncSSH servers here have in common.

Their arguments begin with HOST_KEY AUTHORIZED_KEYS PASSWORD, and they print
"port N" when they listen on port N of 127.0.0.1.
"""
import asyncio
import sys

import asyncssh


async def listen(options):
    host_key, authorized = sys.argv[1:3]
    listener = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[host_key],
        authorized_client_keys=authorized, **options)
    print("port", listener.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


def serve(**options):
    """For ever; the options are those of asyncssh.listen()."""
    asyncio.run(listen(options))
