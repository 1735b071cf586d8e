"""A hostile SSH server: rogue.py HOST_KEY "SCENARIO [OPTION=VALUE]..."...

Each argument is a case, which has a port of its own. A scenario is a function
of this file, for one connection; its parameters are options. So are kex,
cipher, mac and hostkey, for what is offered, id, for how the server is called,
and strict=no. Prints notes for the test, each behind the number of its case:
"port N", then "connection", "login METHOD", "left" ...; "ready" when it listens
on all ports.
"""
import inspect
import os
import signal
import socket
import sys
import threading

import ssh_server
from ssh_server import (
    CHANNEL_CLOSE, CHANNEL_DATA, CHANNEL_EOF, CHANNEL_FAILURE, CHANNEL_OPEN,
    CHANNEL_REQUEST, CHANNEL_SUCCESS, DEBUG, DISCONNECT, EXTENDED_DATA, EXT_INFO,
    GLOBAL_REQUEST, IGNORE, INFO_REQUEST, INFO_RESPONSE, KEXINIT, KEX_REPLY,
    OPEN_CONFIRMATION, OPEN_FAILURE, PASSWD_CHANGEREQ, PING, PONG, REQUEST_FAILURE,
    REQUEST_SUCCESS, SERVICE_ACCEPT, USERAUTH_BANNER, USERAUTH_SUCCESS,
    WINDOW_ADJUST, Channel, Gone, HostKey, Peer, Reader, byte, note, string,
    u32)

MIB = 1 << 20


def greet_back(channel):
    """What a command prints when all is well."""
    channel.data("hi\n")
    channel.end(0)


# --- packets that are damaged on their way

def corrupt(peer, when="data", how="body"):
    """One bit of one packet is wrong: of the answer about the service, of
    that to the login, of data, of the offer of a rekey or of what follows
    it. What comes after it must never count."""
    at = {"length": 2, "start": 6, "body": 20, "tag": -1}[how]

    def damage(payload):
        peer.send_corrupt(payload, at, 1)
        if how == "length":
            # the client may wait for more, so that it does not tell where
            # it has found the fault
            peer.conn.sendall(os.urandom(300000))

    peer.greet()
    peer.exchange_keys()
    if when == "service":
        damage(byte(SERVICE_ACCEPT) + string("ssh-userauth"))
        return
    peer.accept_service()
    if when == "login":
        peer.read_login()
        damage(byte(USERAUTH_BANNER) + string("x" * 100) + string(""))
        peer.refuse("password,keyboard-interactive")
        while True:
            peer.read_login()
            peer.refuse("password,keyboard-interactive")
    peer.log_in()
    channel = peer.accept_session()
    for _ in range(3):
        channel.data("first\n")
    wrong = byte(CHANNEL_DATA) + u32(channel.theirs) + string("wrong\n" * 20)
    if when == "rekey":
        damage(peer.offer())
    elif when == "rekeyed":
        peer.exchange_keys()
        channel.data("second\n")
        damage(wrong)
    else:
        damage(wrong)
    channel.data("later\n")
    channel.end(0)


def exit_forged(peer):
    """Flips of bits make a packet of data look like an exit status."""
    channel = peer.begin()
    channel.data("first\n")
    payload = byte(CHANNEL_REQUEST) + u32(channel.theirs) + string(
        "exit-status") + byte(0) + u32(0)
    peer.send_corrupt(payload, -1)
    channel.send(CHANNEL_EOF)
    channel.send(CHANNEL_CLOSE)


# --- packets that are malformed, with a good MAC

def length(peer, size, when="service"):
    """A packet whose length is this; authentic."""
    size = int(size)
    peer.greet()
    peer.exchange_keys()
    if when == "service":
        peer.send_body((byte(4) + bytes([IGNORE]) * size)[:size])
    peer.accept_service()
    peer.log_in()
    channel = peer.accept_session()
    if when == "data":
        peer.send_body((byte(4) + bytes([IGNORE]) * size)[:size])
    channel.data("hi\n")
    channel.end(0)


def padding(peer, size, when="service"):
    """A packet that claims this much padding; authentic."""
    def send(payload):
        body = bytearray(peer.pad(payload))
        body[0] = int(size)
        peer.send_body(bytes(body))

    peer.greet()
    peer.exchange_keys()
    if when == "service":
        send(byte(IGNORE) + string("x" * 14))
    peer.accept_service()
    peer.log_in()
    channel = peer.accept_session()
    if when == "data":
        send(byte(CHANNEL_DATA) + u32(channel.theirs) + string("x" * 14))
    channel.data("hi\n")
    channel.end(0)


def empty(peer):
    """A packet without payload."""
    channel = peer.begin()
    peer.send_body(bytes([15]) + bytes(15))
    channel.data("hi\n")
    channel.end(0)


# --- the key exchange

def clear(peer, kind, moment="before-reply"):
    """A message in clear text, in the first key exchange."""
    kind = int(kind)
    rest = {SERVICE_ACCEPT: string("ssh-userauth"),
            USERAUTH_BANNER: string("injected") + string(""),
            IGNORE: string("x"), DEBUG: byte(0) + string("x") + string(""),
            EXT_INFO: u32(0)}.get(kind, b"")
    if kind == KEXINIT:
        payload = peer.offer()
    else:
        payload = byte(kind) + rest
    peer.between[moment] = lambda p: p.send(payload)
    greet_back(peer.begin())


def behind(peer, kind):
    """Our reply, NEWKEYS, and a message that has no place behind them arrive
    at once."""
    said = []

    def keep(_):
        peer.send_body = lambda body: said.append(peer.seal(body))

    def say(_):
        peer.send(byte(int(kind)) + string("x") + byte(0))
        peer.conn.sendall(b"".join(said))

    peer.between = {"before-reply": keep, "after-newkeys": say}
    peer.greet()
    peer.exchange_keys()


def weak(peer, value):
    """Our Diffie-Hellman value is this."""
    peer.weak = value
    greet_back(peer.begin())


def group(peer, p, g="2", value=None):
    """The group exchange gives this group: p is a number, or "N bits"."""
    if p.endswith("bits"):
        p = (1 << int(p[:-4])) - 1
    peer.group = int(p), int(g)
    peer.weak = value
    greet_back(peer.begin())


def stripped(peer):
    """An RSA signature that begins with a zero byte lacks it (as some
    servers send it)."""
    peer.is_stripping = True
    greet_back(peer.begin())


def impostor(peer, other):
    """A rekey brings another host key."""
    channel = peer.begin()
    channel.data("hi\n")
    peer.key = HostKey(other)
    peer.exchange_keys()
    channel.data("later\n")
    channel.end(0)


def rekey(peer, times="3"):
    """Nothing is wrong: keys are exchanged again."""
    channel = peer.begin()
    for i in range(int(times)):
        channel.data("%d\n" % i)
        peer.exchange_keys()
    channel.data("end\n")
    channel.end(7)


# --- more than anybody can want

def message(kind, size):
    text = b"y" * size
    return {
        "ignore": byte(IGNORE) + string(text),
        "debug": byte(DEBUG) + byte(0) + string(text) + string(""),
        "banner": byte(USERAUTH_BANNER) + string(text + b"\n") + string(""),
        "unknown": byte(192) + text,
        "service": byte(SERVICE_ACCEPT) + string("ssh-userauth"),
        "reply": byte(KEX_REPLY) + text,
        "global": byte(GLOBAL_REQUEST) + string(text[:40]) + byte(1),
        "answer": byte(REQUEST_SUCCESS) + text,
        "success": byte(CHANNEL_SUCCESS) + u32(0),
        "pk_ok": byte(INFO_REQUEST) + string(text) + string(""),
        "empty": byte(EXTENDED_DATA) + u32(0) + u32(1) + string(""),
        "strange": byte(EXTENDED_DATA) + u32(0) + u32(9) + string(""),
        "adjust": byte(WINDOW_ADJUST) + u32(0) + u32(1),
        "data": byte(CHANNEL_DATA) + u32(0) + string(text),
        "unopened": byte(CHANNEL_DATA) + u32(77) + string(text),
        "confirmation": (byte(OPEN_CONFIRMATION) + u32(77) + u32(77)
                         + u32(0) + u32(0)),
        "refusal": byte(OPEN_FAILURE) + u32(77) + u32(1) + string(text)
                   + string(""),
        "open": (byte(CHANNEL_OPEN) + string("session") + u32(9) + u32(0)
                 + u32(0)),
        "extensions": (byte(EXT_INFO) + u32(1) + string("server-sig-algs")
                       + string(text)),
        "signal": (byte(CHANNEL_REQUEST) + u32(0) + string("exit-signal")
                   + byte(0) + string("KILL") + byte(0) + string(text)
                   + string("")),
        "wish": (byte(CHANNEL_REQUEST) + u32(0) + string("x@y") + byte(1)),
    }[kind]


def pour(peer, payload, total, reads):
    """Send it until that makes total bytes, or the client leaves. What was
    poured is counted when the kernel has taken it."""
    sent = 0
    body = peer.pad(payload, b"\0")
    if reads:
        threading.Thread(target=swallow, args=(peer.conn,),
                         daemon=True).start()
    else:
        # the client may wait for us to read
        peer.conn.settimeout(3)
    try:
        while sent < total:
            many = [peer.seal(body) for _ in range(
                max(1, min(65536, total - sent) // (len(body) + 20)))]
            peer.conn.sendall(b"".join(many))
            sent += sum(len(one) for one in many)
    except socket.timeout:
        note("stalled")
        raise Gone from None
    finally:
        note("poured", sent)


def swallow(conn):
    try:
        while conn.recv(65536):
            pass
    except OSError:
        pass


def flood(peer, kind, when="data", size="100", total="64", reads="yes"):
    """Many messages of a kind, up to so many MiB; then the usual."""
    payload = message(kind, int(size))
    total = int(float(total) * MIB)

    def go(peer):
        pour(peer, payload, total, False)

    if when.startswith("before-") or when.startswith("after-"):
        peer.between[when] = go
    peer.greet()
    peer.exchange_keys()
    if when == "service":
        go(peer)
    peer.accept_service()
    if when == "login":
        peer.read_login()
        go(peer)
        peer.refuse()
    peer.log_in()
    channel = peer.accept_session()
    channel.data("first\n")
    if when == "data":
        pour(peer, payload, total, reads == "yes")
    channel.data("last\n")
    channel.end(0)


def greeting(peer, total="64", line="100"):
    """Lines before the identification."""
    text = b"x" * int(line) + b"\r\n"
    sent = 0
    try:
        while sent < int(total) * MIB:
            peer.conn.sendall(text * (65536 // len(text) + 1))
            sent += len(text) * (65536 // len(text) + 1)
    finally:
        note("poured", sent)


def binary(peer, name="delay-compression"):
    """EXT_INFO with a value that is not text, before another one."""
    peer.greet()
    peer.exchange_keys()
    peer.send(byte(EXT_INFO) + u32(2) + string(name)
              + string(string("zlib,none") * 2) + string("server-sig-algs")
              + string("ssh-ed25519"))
    peer.accept_service()
    peer.log_in()
    greet_back(peer.accept_session())


def extensions(peer, count="4294967295"):
    """EXT_INFO that promises more than it holds."""
    peer.greet()
    peer.exchange_keys()
    peer.send(byte(EXT_INFO) + u32(int(count)))
    peer.accept_service()
    peer.log_in()
    greet_back(peer.accept_session())


# --- logging in

def banners(peer, refuse="no"):
    """PAM speaks whenever it likes."""
    def say(text):
        peer.send(byte(USERAUTH_BANNER) + string(text) + string("en"))

    peer.greet()
    peer.exchange_keys()
    peer.accept_service()
    say("one: before any answer\n")
    while True:
        method, rest = peer.read_login()
        if method == "offer":
            say("three: before the key is accepted\n")
            peer.send(byte(60) + rest)
        elif method == "signature":
            say("four: your password \x1b[31mexpires\n")
            if refuse == "yes":
                say("five: no logins today\n")
                peer.refuse()
                continue
            peer.send(byte(USERAUTH_SUCCESS))
            break
        else:
            say("two: with the first answer\n")
            peer.refuse()
    greet_back(peer.accept_session())


def announced(peer):
    """A word of warning, right before a question."""
    peer.greet()
    peer.exchange_keys()
    peer.accept_service()
    while peer.read_login()[0] != "keyboard-interactive":
        peer.refuse("keyboard-interactive")
    banner = byte(USERAUTH_BANNER) + string(
        "your account expires today\n") + string("")
    question = (byte(INFO_REQUEST) + string("") * 3 + u32(1)
                + string("Password: ") + byte(0))
    peer.conn.sendall(peer.seal(peer.pad(banner))
                      + peer.seal(peer.pad(question)))
    peer.expect(INFO_RESPONSE)
    peer.send(byte(USERAUTH_SUCCESS))
    greet_back(peer.accept_session())


def expired(peer, rounds="100"):
    """The new password is never good enough."""
    peer.greet()
    peer.exchange_keys()
    peer.accept_service()
    for _ in range(int(rounds)):
        method, _rest = peer.read_login()
        if method == "password":
            peer.send(byte(PASSWD_CHANGEREQ) + string("once more")
                      + string(""))
        else:
            peer.refuse("password")


def inquisitive(peer, questions="0", rounds="10000"):
    """Rounds of questions without an end."""
    peer.greet()
    peer.exchange_keys()
    peer.accept_service()
    while peer.read_login()[0] != "keyboard-interactive":
        peer.refuse("keyboard-interactive")
    asked = 0
    try:
        for asked in range(int(rounds)):
            text = b"".join(string("Q: ") + byte(1)
                            for _ in range(int(questions)))
            peer.send(byte(INFO_REQUEST) + string("") + string("")
                      + string("") + u32(int(questions)) + text)
            peer.expect(INFO_RESPONSE)
    finally:
        note("asked", asked)
    peer.refuse("keyboard-interactive")


def early(peer, kind="51"):
    """An answer before anything was asked."""
    peer.greet()
    peer.exchange_keys()
    peer.accept_service()
    peer.send(byte(int(kind)))
    peer.log_in()
    greet_back(peer.accept_session())


# --- channels

def status(peer, keep="21", fill="66"):
    """The exit status is cut short, and its padding looks like one."""
    channel = peer.begin()
    channel.data("hi\n")
    payload = (byte(CHANNEL_REQUEST) + u32(channel.theirs)
               + string("exit-status") + byte(0) + u32(0))
    peer.send(payload[:int(keep)], byte(int(fill)))
    channel.send(CHANNEL_EOF)
    channel.send(CHANNEL_CLOSE)


def opens(peer, kind="x11"):
    """Two opens that are cut short, in one burst with data."""
    channel = peer.begin()
    channel.data("first\n")
    name = {"x11": "x11", "agent": "auth-agent@openssh.com",
            "tcp": "forwarded-tcpip"}[kind]
    cut = peer.seal(peer.pad(byte(CHANNEL_OPEN) + string(name) + u32(5)))
    cut += peer.seal(peer.pad(byte(CHANNEL_OPEN) + string(name) + u32(6)))
    peer.conn.sendall(cut)
    channel.data("later\n")
    channel.end(0)


def crowd(peer, kind="agent", number="3000"):
    """Channels that were asked for, but not so many."""
    peer.grants = ("tcpip-forward",)
    channel = peer.begin()
    number = int(number)
    name = {"agent": "auth-agent@openssh.com", "x11": "x11",
            "tcp": "forwarded-tcpip"}[kind]
    rest = {"agent": b"", "x11": string("127.0.0.1") + u32(4711),
            "tcp": string("localhost") + u32(7007) + string("127.0.0.1")
            + u32(4711)}[kind]
    peer.conn.sendall(b"".join(
        peer.seal(peer.pad(byte(CHANNEL_OPEN) + string(name) + u32(1000 + i)
                           + u32(MIB) + u32(32768) + rest))
        for i in range(number)))
    waiting = set(range(1000, 1000 + number))
    confirmed = []

    def answer(is_at_once):
        """One answer; True if it is that to our question."""
        payload = peer.expect(OPEN_CONFIRMATION, OPEN_FAILURE, REQUEST_FAILURE)
        if payload[0] == REQUEST_FAILURE:
            return True
        reader = Reader(payload[1:])
        ours = reader.u32()
        waiting.discard(ours)
        if payload[0] == OPEN_CONFIRMATION:
            theirs = Channel(peer, reader.u32())
            if is_at_once:
                theirs.send(CHANNEL_CLOSE)
            else:
                confirmed.append(theirs)
        return False

    # what is taken at once is confirmed behind the answer to the first
    # question, and before that to the second
    for _ in range(2):
        peer.send(byte(GLOBAL_REQUEST) + string("x@y") + byte(1))
        while not answer(False):
            pass
    note("confirmed", len(confirmed), "waiting", len(waiting))
    for theirs in confirmed:
        theirs.send(CHANNEL_CLOSE)
    while waiting:
        answer(True)
    channel.data("hi\n")
    channel.end(0)


def hoard(peer, number="10500", then="end"):
    """Channels that were asked for, and that are never closed."""
    channel = peer.begin()
    answers = {OPEN_CONFIRMATION: 0, OPEN_FAILURE: 0}
    for start in range(0, int(number), 100):
        peer.conn.sendall(b"".join(
            peer.seal(peer.pad(byte(CHANNEL_OPEN) + string("x11")
                               + u32(1000 + start + i) + u32(MIB)
                               + u32(32768) + string("127.0.0.1")
                               + u32(4711)))
            for i in range(100)))
        for _ in range(100):
            payload = b""
            while not payload or payload[0] not in answers:
                payload = peer.read_any()
            answers[payload[0]] += 1
            word = Reader(payload[5:]).u32()
            if payload[0] == OPEN_FAILURE:
                note("code", word)
            else:
                peer.send(byte(CHANNEL_EOF) + u32(word))
    note("confirmed", *answers.values())
    if then == "end":
        channel.data("hi\n")
        channel.end(0)


def signals(peer, times="1000", name="KILL"):
    """The same exit signal again and again."""
    channel = peer.begin()
    channel.data("hi\n")
    for _ in range(int(times)):
        channel.request("exit-signal", string(name) + byte(0)
                        + string("gone\x1b[2J") + string(""))
    channel.send(CHANNEL_EOF)
    channel.send(CHANNEL_CLOSE)


def strange(peer, kind):
    """A message that has no place in a session, then the usual."""
    channel = peer.begin()
    channel.data("first\n")
    peer.send(message(kind, 10))
    channel.data("last\n")
    channel.end(0)


def raw(peer, payload):
    """A message given in hexadecimal, amid a session."""
    channel = peer.begin()
    channel.data("first\n")
    peer.send(bytes.fromhex(payload))
    channel.data("last\n")
    channel.end(0)


def greedy(peer, size="4194304"):
    """More data than the window allows."""
    channel = peer.begin()
    left = int(size)
    while left > 0:
        channel.data(b"z" * min(left, 32768))
        left -= 32768
    channel.end(0)


def normal(peer, size="0"):
    """Nothing is wrong with this one."""
    channel = peer.begin()
    channel.data("hi\n")
    if int(size) > 0:
        channel.data(b"z" * int(size))
    channel.end(7)


def close(peer):
    """The command's channel is closed at once, without a word."""
    channel = peer.begin()
    channel.send(CHANNEL_CLOSE)


def hasty(peer, answer="yes", last="disconnect"):
    """All there is to say about a command, and the end, in one write."""
    peer.greet()
    peer.exchange_keys()
    peer.accept_service()
    peer.log_in()
    theirs = Reader(peer.expect(CHANNEL_OPEN)[1:])
    theirs.string()
    number = u32(theirs.u32())
    if answer == "yes":
        peer.send(byte(OPEN_CONFIRMATION) + number + u32(0) + u32(MIB)
                  + u32(32768))
        peer.expect(CHANNEL_REQUEST)
        said = [byte(CHANNEL_SUCCESS) + number,
                byte(CHANNEL_DATA) + number + string("hi\n"),
                byte(CHANNEL_REQUEST) + number + string("exit-status")
                + byte(0) + u32(7),
                byte(CHANNEL_EOF) + number, byte(CHANNEL_CLOSE) + number]
    else:
        said = [byte(OPEN_FAILURE) + number + u32(4) + string("not today")
                + string("")]
    if last == "disconnect":
        said.append(byte(DISCONNECT) + u32(11) + string("bye") + string(""))
    peer.conn.sendall(b"".join(peer.seal(peer.pad(one)) for one in said))
    if last == "end":
        peer.conn.shutdown(socket.SHUT_WR)


def without_answers(peer):
    """The channel of a command that is asked for: nothing is answered."""
    peer.greet()
    peer.exchange_keys()
    peer.accept_service()
    peer.log_in()
    channel = peer.confirm(peer.expect(CHANNEL_OPEN))
    while Reader(peer.expect(CHANNEL_REQUEST)[5:]).text() != "exec":
        pass
    return channel


def unanswered(peer, answer="never"):
    """The command speaks before its start was answered: "late" when it is over,
    "never", or "refused" although it has spoken."""
    channel = without_answers(peer)
    channel.data("hi\n")
    if answer != "late":
        peer.expect(CHANNEL_EOF)
    if answer == "refused":
        channel.send(CHANNEL_FAILURE)
        return
    channel.end(7)
    if answer == "late":
        channel.send(CHANNEL_SUCCESS)


def frozen(peer, when="open"):
    """Reads on after the login, and never answers: the open, or the command."""
    peer.greet()
    peer.exchange_keys()
    peer.accept_service()
    peer.log_in()
    if when == "start":
        peer.confirm(peer.expect(CHANNEL_OPEN))


def negligent(peer):
    """Does not answer about variables, whoever asks."""
    channel = without_answers(peer)
    channel.send(CHANNEL_SUCCESS)
    channel.data("hi\n")
    channel.end(7)


def parting(peer, size="300000", last="disconnect"):
    """Data, and then a bad end."""
    channel = peer.begin()
    left = int(size)
    while left > 0:
        channel.data(b"z" * min(left, 32768))
        left -= 32768
    if last == "disconnect":
        peer.send(byte(DISCONNECT) + u32(11) + string("bye") + string(""))
    else:
        peer.send_corrupt(byte(IGNORE) + string("x" * 100), 20)
    peer.conn.shutdown(socket.SHUT_WR)
    note("said")


def outlived(peer, last="disconnect"):
    """A channel of ours outlives the command, until we end it all."""
    peer.grants = ("tcpip-forward",)
    channel = peer.begin()
    peer.send(byte(CHANNEL_OPEN) + string("forwarded-tcpip") + u32(9)
              + u32(MIB) + u32(32768) + string("localhost") + u32(7007)
              + string("127.0.0.1") + u32(4711))
    peer.expect(OPEN_CONFIRMATION)
    channel.data("hi\n")
    channel.end(7)
    peer.send(byte(GLOBAL_REQUEST) + string("x@y") + byte(1))
    peer.expect(REQUEST_FAILURE)
    if last == "disconnect":
        peer.send(byte(DISCONNECT) + u32(11) + string("bye") + string(""))
    else:
        peer.conn.shutdown(socket.SHUT_WR)


# --- what OpenSSH adds

def proving(peer, new, how="right"):
    """Tells of another host key of its own, and proves that it has it."""
    channel = peer.begin()
    key = HostKey(new)
    told = {"twice": string(key.blob) * 2, "malformed": string(key.blob)[:-1],
            "nonsense": string("nonsense") * 100}
    peer.send(byte(GLOBAL_REQUEST) + string("hostkeys-00@openssh.com")
              + byte(0) + told.get(how, string(peer.key.blob)
                                   + string(key.blob)))
    claim = (string("hostkeys-prove-00@openssh.com")
             + string(peer.session_id) + string(key.blob))

    def sign(signer, data):
        return string(string(signer.algorithm) + string(signer.sign(data)))

    answers = {"right": sign(key, claim), "by-another": sign(peer.key, claim),
               "of-another": sign(key, claim + b"x"), "nothing": b"",
               "cut": sign(key, claim)[:-1]}
    while how not in told and peer.read_any()[0] != GLOBAL_REQUEST:
        pass
    if how == "refused":
        peer.send(byte(REQUEST_FAILURE))
    elif how in answers:
        peer.send(byte(REQUEST_SUCCESS) + answers[how])
    note("proved", how)
    channel.data("hi\n")
    channel.end(0)


def pinging(peer, announce="yes"):
    """Counts pings until a q is typed; says so at the tenth."""
    peer.greet()
    peer.exchange_keys()
    if announce == "yes":
        peer.send(byte(EXT_INFO) + u32(1) + string("ping@openssh.com")
                  + string("0"))
    peer.accept_service()
    peer.log_in()
    channel = peer.accept_session()
    channel.data("ready\r\n")
    pings, lengths = 0, set()
    while True:
        payload = peer.read_any()
        if payload[0] == PING:
            pings += 1
            lengths.add(len(payload))
            peer.send(byte(PONG) + payload[1:])
            if pings == 10:
                channel.data("many\r\n")
        elif payload[0] == CHANNEL_DATA and payload.endswith(b"q"):
            break
        elif payload[0] == CHANNEL_DATA:
            lengths.add(len(payload))
            channel.data(payload[9:])
    note("pings", pings)
    note("lengths", *lengths)
    channel.end(0)


def serve(conn, key, number, scenario, options, parameters):
    ssh_server.case.number = number
    note("connection")
    try:
        peer = Peer(conn, key, options)
        scenario(peer, **parameters)
        peer.finish()
    except (Gone, OSError):
        pass
    finally:
        note("left")
        conn.close()


def accept(listener, key, number, text):
    name, *rest = text.split()
    options = dict(word.split("=", 1) for word in rest)
    scenario = globals()[name]
    known = inspect.signature(scenario).parameters
    parameters = {k: v for k, v in options.items() if k in known}
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, daemon=True, args=(
            conn, key, number, scenario, options, parameters)).start()


def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    key = sys.argv[1]
    for number, text in enumerate(sys.argv[2:]):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        print(number, "port", listener.getsockname()[1], flush=True)
        threading.Thread(target=accept, daemon=True, args=(
            listener, key, number, text)).start()
    print("ready", flush=True)
    threading.Event().wait()


main()
