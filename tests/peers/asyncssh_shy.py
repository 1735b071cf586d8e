"""An AsyncSSH server that does not answer two login requests at once.

asyncssh_shy.py HOST_KEY AUTHORIZED_KEYS PASSWORD

What comes together with the request for the login service is lost. Prints
"port N" when it listens on port N of 127.0.0.1.
"""
import asyncio
import sys

import asyncssh
from asyncssh.connection import SSHConnection

usual = SSHConnection._process_service_request


def forget_the_rest(conn, *args):
    result = usual(conn, *args)
    conn._inpbuf = b""
    return result


async def main():
    host_key, authorized = sys.argv[1:3]
    SSHConnection._process_service_request = forget_the_rest
    handlers = dict(SSHConnection._packet_handlers)
    handlers[5] = forget_the_rest
    SSHConnection._packet_handlers = handlers
    listener = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[host_key],
        authorized_client_keys=authorized, encoding=None,
        process_factory=lambda process: process.exit(0))
    print("port", listener.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
