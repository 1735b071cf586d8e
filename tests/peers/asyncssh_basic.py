"""An AsyncSSH server that runs commands with sh, forwards and serves files.

asyncssh_basic.py HOST_KEY AUTHORIZED_KEYS PASSWORD [OPTION=VALUE]...

Options go to asyncssh.listen(); numbers are converted, lists split at commas.
Prints "port N" when it listens on port N of 127.0.0.1.
"""
import asyncio
import sys

import asyncssh

from listening import serve


class Server(asyncssh.SSHServer):
    password = None

    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        return password == self.password

    def connection_requested(self, dest_host, dest_port, orig_host, orig_port):
        return True

    def server_requested(self, listen_host, listen_port):
        return True


async def pump(source, sink, at_end):
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        at_end()
    except (OSError, asyncssh.Error):
        pass


async def run(process):
    child = await asyncio.create_subprocess_shell(
        process.command or "sh", stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    asyncio.create_task(pump(process.stdin, child.stdin, child.stdin.close))
    await asyncio.gather(
        pump(child.stdout, process.stdout, process.stdout.write_eof),
        pump(child.stderr, process.stderr, lambda: None))
    status = await child.wait()
    if status < 0:
        process.exit_with_signal("KILL" if status == -9 else "TERM")
    else:
        process.exit(status)


def convert(text):
    name, value = text.split("=", 1)
    if value.isdigit():
        return name, int(value)
    return name, value.split(",") if name.endswith("_algs") else value


Server.password = sys.argv[3]
serve(server_factory=Server, process_factory=run, encoding=None,
      sftp_factory=True, **dict(convert(text) for text in sys.argv[4:]))
