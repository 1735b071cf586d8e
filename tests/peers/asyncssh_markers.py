"""An AsyncSSH server that exchanges keys in the middle of its output, and
names the markers of a client among its methods then.

asyncssh_markers.py HOST_KEY AUTHORIZED_KEYS PASSWORD

Whatever the command, its output is 100000 times x, twice.
Prints "port N" when it listens on port N of 127.0.0.1.
"""
from asyncssh.connection import SSHConnection

from listening import serve

CLIENT = [b"ext-info-c", b"kex-strict-c-v00@openssh.com"]
usual = SSHConnection._get_extra_kex_algs


def extra_methods(conn):
    """The first exchange is as it should be."""
    return CLIENT if conn._session_id else usual(conn)


async def run(process):
    process.stdout.write(b"x" * 100000)
    await process.stdout.drain()
    conn = process.channel.get_connection()
    conn._send_kexinit()
    conn._kexinit_sent = True  # or it would send another one in answer to ours
    process.stdout.write(b"x" * 100000)
    await process.stdout.drain()
    process.exit(0)


SSHConnection._get_extra_kex_algs = extra_methods
serve(process_factory=run, encoding=None)
