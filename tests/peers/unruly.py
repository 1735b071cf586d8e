"""An SSH server that keeps no order: unruly.py HOST_KEY

Every function in RULES is a scenario with a port of its own: messages that come
twice, too early, too late, for nothing, without end, or that are unusual but
right. Prints "port NAME N" for each, then "ready", then notes for the tests.
"""
import os
import select
import signal
import socket
import struct
import sys
import threading
import zlib

from ssh_server import (
    CHANNEL_CLOSE, CHANNEL_DATA, CHANNEL_EOF, CHANNEL_OPEN, CHANNEL_REQUEST,
    CHANNEL_SUCCESS, DEBUG, DISCONNECT, EXTENDED_DATA, EXT_INFO,
    GLOBAL_REQUEST, IGNORE, KEX_REPLY, NEWKEYS, OPEN_CONFIRMATION,
    OPEN_FAILURE, REQUEST_SUCCESS, SERVICE_ACCEPT, UNIMPLEMENTED,
    USERAUTH_SUCCESS, WINDOW_ADJUST, Gone, Peer, byte, string, u32)

PING, PONG = 192, 193
MIB = 1 << 20
RULES = []


def say(*words):
    print(*words, flush=True)


def rule(function):
    RULES.append(function)
    return function


def at(peer, moment, do):
    """Do this at a moment of the first key exchange: "before-offer" ..."""
    def do_between(name):
        if name == moment:
            peer.do_between = lambda name: None
            do()

    peer.do_between = do_between


def usual(peer):
    """What is left of a session after the key exchange."""
    peer.accept_service()
    peer.log_in()
    finish(peer.accept_session())


def finish(channel):
    channel.data("done\n")
    channel.end(7)


def many(peer, payload, times):
    """The same message again and again, in large pieces."""
    body = peer.pad(payload, b"\0")
    for start in range(0, times, 500):
        peer.conn.sendall(b"".join(
            peer.seal(body) for _ in range(min(500, times - start))))


# --- the key exchange

def with_clear(moment, payload, strict=True):
    """A message more in the first key exchange."""
    def scenario(peer):
        peer.is_strict = strict
        at(peer, moment, lambda: peer.send(payload))
        peer.greet()
        peer.exchange_keys()
        usual(peer)
    return scenario


def named(name, function):
    function.__name__ = name
    RULES.append(function)


named("strict_late", with_clear("before-offer", byte(IGNORE) + string("x")))
named("strict_debug", with_clear(
    "after-offer", byte(DEBUG) + byte(0) + string("x") + string("")))
named("strict_unknown", with_clear("before-reply", byte(PING) + string("x")))
named("lax_unknown", with_clear("before-reply", byte(150), False))
named("lax_ignore", with_clear("before-offer", byte(IGNORE) + string("x"),
                               False))
named("early_newkeys", with_clear("before-reply", byte(NEWKEYS), False))
named("early_login", with_clear("before-reply", byte(USERAUTH_SUCCESS), False))
named("early_data", with_clear(
    "before-newkeys", byte(CHANNEL_DATA) + u32(0) + string("x"), False))
named("early_service", with_clear(
    "before-reply", byte(SERVICE_ACCEPT) + string("ssh-userauth"), False))
named("two_replies", with_clear("before-newkeys", byte(KEX_REPLY)
                                + string("") * 3, False))


def with_guess(peer, methods, is_sent):
    """A guess of ours follows the offer."""
    peer.options = dict(peer.options, kex=methods)
    offer = peer.offer
    peer.offer = lambda: offer()[:-5] + byte(1) + bytes(4)
    if is_sent:
        at(peer, "after-offer", lambda: peer.send(
            byte(KEX_REPLY) + string("wrong") + string("guess")))
    peer.greet()
    peer.exchange_keys()
    usual(peer)


@rule
def guess_wrong(peer):
    with_guess(peer, "ecdh-sha2-nistp256,curve25519-sha256", True)


@rule
def guess_missing(peer):
    with_guess(peer, "ecdh-sha2-nistp256,curve25519-sha256", False)


@rule
def two_offers(peer):
    peer.is_strict = False
    at(peer, "after-offer", lambda: peer.send(peer.offer()))
    peer.greet()
    peer.exchange_keys()


@rule
def rekey_login(peer):
    """Keys are exchanged at every moment of the login."""
    peer.greet()
    peer.exchange_keys()
    peer.exchange_keys()
    peer.accept_service()
    peer.exchange_keys()
    while True:
        method, rest = peer.read_login()
        peer.exchange_keys()
        if method == "offer":
            peer.send(byte(60) + rest)
        elif method == "signature":
            break
        else:
            peer.refuse()
        peer.exchange_keys()
    peer.send(byte(USERAUTH_SUCCESS))
    peer.exchange_keys()
    channel = peer.accept_session()
    peer.exchange_keys()
    finish(channel)
    peer.exchange_keys()


@rule
def rekey_flood(peer):
    channel = peer.begin()
    for _ in range(150):
        peer.exchange_keys()
    finish(channel)


@rule
def rekey_data(peer):
    """Data amid a key exchange of ours."""
    channel = peer.begin()
    at(peer, "after-offer", lambda: channel.data("too early\n"))
    peer.exchange_keys()
    finish(channel)


# --- EXT_INFO, DISCONNECT, and others of the transport

def info(signatures):
    return (byte(EXT_INFO) + u32(1) + string("server-sig-algs")
            + string(signatures))


@rule
def info_twice(peer):
    peer.greet()
    peer.exchange_keys()
    peer.send(info("ssh-rsa"))
    peer.accept_service()
    peer.send(info("ssh-ed25519,rsa-sha2-256"))
    peer.log_in()
    finish(peer.accept_session())


@rule
def info_late(peer):
    channel = peer.begin()
    peer.send(info("ssh-ed25519"))
    finish(channel)


@rule
def farewell(peer):
    """A DISCONNECT that would like to paint."""
    peer.begin()
    peer.send(byte(DISCONNECT) + u32(2)
              + string("bad\x1b[2J\x1b]0;title\x07\r\nnews \xff\0end")
              + string(""))


@rule
def farewell_login(peer):
    peer.greet()
    peer.exchange_keys()
    peer.accept_service()
    peer.send(byte(DISCONNECT) + u32(2) + string("bad\x1b[2J\nnews")
              + string(""))


@rule
def debug_paint(peer):
    channel = peer.begin()
    peer.send(byte(DEBUG) + byte(1) + string("paint \x1b[31mred\x07") + string(""))
    peer.send(byte(GLOBAL_REQUEST) + string("\x1b[31mred") + byte(0))
    peer.send(info_of_channel(channel, "\x1b[31mred"))
    finish(channel)


def info_of_channel(channel, name):
    return (byte(CHANNEL_REQUEST) + u32(channel.theirs) + string(name)
            + byte(0))


@rule
def pings(peer):
    """Each is answered, with what was in it."""
    channel = peer.begin()
    for i in range(100):
        peer.send(byte(PING) + string("ping %d" % i))
        if peer.expect(PONG)[1:] != string("ping %d" % i):
            raise Gone
    peer.send(byte(PONG) + string("for nothing"))
    finish(channel)


@rule
def swollen(peer):
    """A compressed stream of pings becomes much more than was sent; the
    answers are not read until no more can be sent."""
    packer = zlib.compressobj()
    offer, pad = peer.offer, peer.pad

    def offer_zlib():
        lists = string("none") + string("none")
        return offer().replace(lists, string("none") + string("zlib"))

    def pad_packed(payload, fill=None):
        if peer.out.block == 16:
            payload = (packer.compress(payload)
                       + packer.flush(zlib.Z_PARTIAL_FLUSH))
        return pad(payload, fill)

    peer.offer, peer.pad = offer_zlib, pad_packed
    channel = peer.begin()
    payload = byte(PING) + string(bytes(200000))
    pour(peer, [payload] * 1000)
    for _ in range(1000):
        peer.expect(PONG)
    finish(channel)


def pour(peer, payloads):
    """Send without reading, for as long as anything is taken; in the end the
    rest, beside the reading that follows."""
    data = b"".join(peer.seal(peer.pad(one)) for one in payloads)
    peer.conn.setblocking(False)
    while data and select.select([], [peer.conn], [], 0.5)[1]:
        data = data[peer.conn.send(data):]
    peer.conn.setblocking(True)
    threading.Thread(target=peer.conn.sendall, args=(data,),
                     daemon=True).start()


# --- logging in

def after_keys(kind):
    """This message comes before the client has asked for anything."""
    def scenario(peer):
        peer.greet()
        peer.exchange_keys()
        peer.send(byte(kind) + (string("publickey") + byte(0)
                                if kind == 51 else b""))
        usual(peer)
    return scenario


for number in (51, 52, 60, 80, 90, 94, 98):
    named("login_%d" % number, after_keys(number))


@rule
def success_twice(peer):
    peer.greet()
    peer.exchange_keys()
    peer.accept_service()
    peer.log_in()
    peer.send(byte(USERAUTH_SUCCESS))
    finish(peer.accept_session())


@rule
def service_twice(peer):
    peer.greet()
    peer.exchange_keys()
    peer.accept_service()
    peer.send(byte(SERVICE_ACCEPT) + string("ssh-userauth"))
    peer.log_in()
    finish(peer.accept_session())


# --- channels

def session(do):
    """Something in a session, and then the end of it."""
    def scenario(peer):
        channel = peer.begin()
        do(peer, channel)
        finish(channel)
    return scenario


def messages(name, *make):
    """Messages for a session's channel, given as functions of its number."""
    def do(peer, channel):
        for one in make:
            peer.send(one(channel.theirs))
    named(name, session(do))


def of(kind, rest=b""):
    return lambda number: byte(kind) + u32(number) + rest


def beside(kind, rest=b""):
    """The same for a channel that is not there."""
    return lambda number: byte(kind) + u32(number + 77) + rest


messages("confirmed_twice", of(OPEN_CONFIRMATION, u32(0) + u32(9) + u32(9)))
messages("refused_late", of(OPEN_FAILURE, u32(1) + string("no") + string("")))
messages("nowhere_data", beside(CHANNEL_DATA, string("x")))
messages("nowhere_close", beside(CHANNEL_CLOSE))
messages("nowhere_adjust", beside(WINDOW_ADJUST, u32(1)))
messages("nowhere_confirmed", beside(OPEN_CONFIRMATION,
                                     u32(0) + u32(9) + u32(9)))
messages("far", lambda number: byte(CHANNEL_DATA) + u32(0xffffffff)
         + string("x"))
messages("reply_to_nothing", *[of(CHANNEL_SUCCESS)] * 50)
messages("answer_to_nothing", *[lambda number: byte(REQUEST_SUCCESS)
                                + u32(22)] * 50)
messages("adjust_overflow", of(WINDOW_ADJUST, u32(0xffffffff)))
messages("adjust_zero", *[of(WINDOW_ADJUST, u32(0))] * 50)
messages("eof_twice", of(CHANNEL_EOF), of(CHANNEL_EOF))
messages("data_after_eof", of(CHANNEL_EOF), of(CHANNEL_DATA, string("x\n")))
messages("short_data", of(CHANNEL_DATA, u32(100) + b"x"))
messages("short_adjust", of(WINDOW_ADJUST))
messages("strange_stream", of(EXTENDED_DATA, u32(2) + string("x")))
messages("unknown_request", *[of(CHANNEL_REQUEST, string("nonsense@here")
                                 + byte(1))] * 50)
messages("status_twice", of(CHANNEL_REQUEST, string("exit-status") + byte(0)
                            + u32(7)),
         of(CHANNEL_REQUEST, string("exit-status") + byte(0) + u32(7)))


@rule
def after_close(peer):
    channel = peer.begin()
    finish(channel)
    channel.data("late\n")


@rule
def close_only(peer):
    channel = peer.begin()
    channel.data("done\n")
    channel.request("exit-status", u32(7))
    channel.send(CHANNEL_CLOSE)


def refuse_open(peer, data=""):
    """Together with data for the channel, if there is any."""
    peer.greet()
    peer.exchange_keys()
    peer.accept_service()
    peer.log_in()
    number = struct.unpack(">I", peer.expect(CHANNEL_OPEN)[12:16])[0]
    messages = [byte(OPEN_FAILURE) + u32(number) + u32(1)
                + string("no \x1b[31mway") + string("")]
    if data:
        messages.append(byte(CHANNEL_DATA) + u32(number) + string(data))
    peer.conn.sendall(b"".join(peer.seal(peer.pad(m)) for m in messages))


@rule
def refuses_open(peer):
    refuse_open(peer)


@rule
def refuses_and_sends(peer):
    """The session's channel is refused, and data for it comes."""
    refuse_open(peer, "x")


@rule
def trickle(peer):
    """50,000 messages with a byte each, or with none."""
    channel = peer.begin()
    data = byte(CHANNEL_DATA) + u32(channel.theirs)
    for _ in range(25):
        many(peer, data + string("."), 1000)
        many(peer, data + string(""), 1000)
    finish(channel)


@rule
def adjusts(peer):
    channel = peer.begin()
    many(peer, byte(WINDOW_ADJUST) + u32(channel.theirs) + u32(1), 50000)
    finish(channel)


@rule
def greedy(peer):
    """Requests that want answers, which are not read as long as more can be
    sent."""
    channel = peer.begin()
    request = byte(GLOBAL_REQUEST) + string("x") + byte(1)
    pour(peer, [request] * 60000)
    for _ in range(60000):
        peer.read_any()
    finish(channel)


def crowd(peer, kind, rest):
    """5,000 channels that the client did not ask for, or not so many."""
    channel = peer.begin()
    pour(peer, [byte(CHANNEL_OPEN) + string(kind) + u32(i) + u32(MIB)
                + u32(32768) + rest for i in range(5000)])
    counts = {OPEN_CONFIRMATION: 0, OPEN_FAILURE: 0}
    while sum(counts.values()) < 5000:
        counts[peer.expect(*counts)[0]] += 1
    say(kind, "confirmed", counts[OPEN_CONFIRMATION])
    finish(channel)


@rule
def crowd_tcp(peer):
    crowd(peer, "forwarded-tcpip", string("localhost") + u32(7007)
          + string("127.0.0.1") + u32(4711))


@rule
def crowd_x11(peer):
    crowd(peer, "x11", string("127.0.0.1") + u32(4711))


@rule
def crowd_session(peer):
    crowd(peer, "session", b"")


@rule
def crowd_agent(peer):
    crowd(peer, "auth-agent@openssh.com", b"")


@rule
def unimplemented(peer):
    """We know no request of the client's, and say so."""
    channel = peer.begin()
    for number in range(200):
        peer.send(byte(UNIMPLEMENTED) + u32(number))
    finish(channel)


def serve(listener, key, scenario):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve_one, args=(conn, key, scenario),
                         daemon=True).start()


def serve_one(conn, key, scenario):
    peer = Peer(conn, key, {})
    try:
        scenario(peer)
        peer.finish()
    except (Gone, OSError, IndexError, struct.error):
        pass
    finally:
        say("left", scenario.__name__)
        conn.close()


def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    for scenario in RULES:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        say("port", scenario.__name__, listener.getsockname()[1])
        threading.Thread(target=serve, args=(listener, sys.argv[1], scenario),
                         daemon=True).start()
    say("ready")
    signal.pause()


main()
