"""An AsyncSSH server that closes each session instead of answering.

asyncssh_curt.py HOST_KEY AUTHORIZED_KEYS PASSWORD

No request is answered; what should start a command closes the channel. Prints
"port N" when it listens on port N of 127.0.0.1.
"""
from asyncssh.channel import SSHChannel

from listening import serve

CHANNEL_CLOSE = 97
CHANNEL_REQUEST = 98


def close_at_start(channel, kind, packet_id, packet):
    if packet.get_string() in (b"exec", b"shell", b"subsystem"):
        channel.send_packet(CHANNEL_CLOSE)


handlers = dict(SSHChannel._packet_handlers)
handlers[CHANNEL_REQUEST] = close_at_start
SSHChannel._packet_handlers = handlers
serve(process_factory=print)
