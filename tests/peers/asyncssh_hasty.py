"""An AsyncSSH server that wants new keys in the same breath as a channel opens.

asyncssh_hasty.py HOST_KEY AUTHORIZED_KEYS PASSWORD

Its commands print the variables A to D. Prints "port N" when it listens on
port N of 127.0.0.1.
"""
from asyncssh.connection import SSHConnection

from listening import serve

CHANNEL_OPEN_CONFIRMATION = 91

usual = SSHConnection.send_packet


def send_packet(conn, kind, *args, **options):
    # one segment for both
    if kind == CHANNEL_OPEN_CONFIRMATION:
        send, parts = conn._send, []
        conn._send = parts.append
        usual(conn, kind, *args, **options)
        conn._send_kexinit()
        conn._kexinit_sent = True
        del conn._send
        send(b"".join(parts))
    else:
        usual(conn, kind, *args, **options)


def run(process):
    names = "ABCD"
    process.stdout.write("".join(process.env.get(n, "-") for n in names))
    process.exit(0)


SSHConnection.send_packet = send_packet
serve(process_factory=run)
