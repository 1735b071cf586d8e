"""An AsyncSSH server that does not answer two login requests at once.

asyncssh_shy.py HOST_KEY AUTHORIZED_KEYS PASSWORD

What comes together with the request for the login service is lost. Prints
"port N" when it listens on port N of 127.0.0.1.
"""
from asyncssh.connection import SSHConnection

from listening import serve

usual = SSHConnection._process_service_request


def forget_the_rest(conn, *args):
    result = usual(conn, *args)
    conn._inpbuf = b""
    return result


SSHConnection._process_service_request = forget_the_rest
handlers = dict(SSHConnection._packet_handlers)
handlers[5] = forget_the_rest
SSHConnection._packet_handlers = handlers
serve(encoding=None, process_factory=lambda process: process.exit(0))
