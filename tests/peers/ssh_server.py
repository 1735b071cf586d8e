"""An SSH server in pieces, for tests that attack the client: it really
exchanges keys, and then says whatever a test wants.

A Peer is one connection. Its stages (greet, exchange_keys, log_in,
accept_session) can be left out, repeated, or have something put between
them; send() and send_body() send anything, under the keys of the moment.
"""
import hashlib
import os
import secrets
import socket
import struct
import threading

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import ssh_ciphers

DISCONNECT, IGNORE, UNIMPLEMENTED, DEBUG = 1, 2, 3, 4
SERVICE_REQUEST, SERVICE_ACCEPT, EXT_INFO, KEXINIT, NEWKEYS = 5, 6, 7, 20, 21
KEX_FIRST, KEX_REPLY, GEX_INIT, GEX_REPLY, GEX_REQUEST = 30, 31, 32, 33, 34
USERAUTH_REQUEST, USERAUTH_FAILURE, USERAUTH_SUCCESS = 50, 51, 52
USERAUTH_BANNER, USERAUTH_PK_OK, INFO_RESPONSE = 53, 60, 61
PASSWD_CHANGEREQ = INFO_REQUEST = 60
GLOBAL_REQUEST, REQUEST_SUCCESS, REQUEST_FAILURE = 80, 81, 82
CHANNEL_OPEN, OPEN_CONFIRMATION, OPEN_FAILURE = 90, 91, 92
WINDOW_ADJUST, CHANNEL_DATA, EXTENDED_DATA, CHANNEL_EOF = 93, 94, 95, 96
CHANNEL_CLOSE, CHANNEL_REQUEST = 97, 98
CHANNEL_SUCCESS, CHANNEL_FAILURE = 99, 100
PING, PONG = 192, 193

STRICT = "kex-strict-s-v00@openssh.com", "kex-strict-c-v00@openssh.com"
METHODS = {
    "curve25519-sha256": hashlib.sha256,
    "curve25519-sha256@libssh.org": hashlib.sha256,
    "ecdh-sha2-nistp256": hashlib.sha256,
    "diffie-hellman-group14-sha256": hashlib.sha256,
    "diffie-hellman-group16-sha512": hashlib.sha512,
    "diffie-hellman-group-exchange-sha256": hashlib.sha256,
}


class Gone(Exception):
    """The client has left."""


case = threading.local()


def note(*words):
    """Into the server's log, behind the number of the case, for the test."""
    print(getattr(case, "number", "-"), *words, flush=True)


def byte(number):
    return bytes([number])


def u32(number):
    return struct.pack(">I", number)


def string(data):
    if isinstance(data, str):
        data = data.encode()
    return u32(len(data)) + data


def mpint(number):
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big")
                  if number else b"")


class Reader:
    """Takes a message apart."""

    def __init__(self, data):
        self.data = data

    def take(self, size):
        head, self.data = self.data[:size], self.data[size:]
        return head

    def byte(self):
        return self.take(1)[0]

    def u32(self):
        return struct.unpack(">I", self.take(4))[0]

    def string(self):
        return self.take(self.u32())

    def text(self):
        return self.string().decode("latin-1")

    def mpint(self):
        return int.from_bytes(self.string(), "big")


def modp_prime(bits, offset):
    """The primes of RFC 3526 are made from the digits of pi."""
    extra = 64
    one = 1 << (bits - 130 + extra)

    def arctan(x):
        power = total = one // x
        n = 1
        while power:
            power //= x * x
            n += 2
            total += -(power // n) if n % 4 == 3 else power // n
        return total

    pi = 4 * (4 * arctan(5) - arctan(239)) >> extra
    return ((1 << bits) - (1 << (bits - 64)) - 1
            + ((pi + offset) << 64))


def load_key(path):
    with open(path, "rb") as f:
        return serialization.load_ssh_private_key(f.read(), None)


class HostKey:
    def __init__(self, path):
        self.private = load_key(path)
        public = self.private.public_key().public_bytes(
            serialization.Encoding.OpenSSH,
            serialization.PublicFormat.OpenSSH)
        self.is_rsa = public.startswith(b"ssh-rsa")
        self.algorithm = "rsa-sha2-512" if self.is_rsa else "ssh-ed25519"
        if isinstance(self.private, Ed25519PrivateKey):
            raw = self.private.public_key().public_bytes(
                serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            self.blob = string("ssh-ed25519") + string(raw)
        else:
            numbers = self.private.public_key().public_numbers()
            self.blob = (string("ssh-rsa") + mpint(numbers.e)
                         + mpint(numbers.n))

    def sign(self, data):
        """The inner signature."""
        if self.is_rsa:
            return self.private.sign(data, padding.PKCS1v15(),
                                     hashes.SHA512())
        return self.private.sign(data)


class Exchange:
    """Our half of a key exchange: public, and the secret made with theirs."""

    def __init__(self, peer, method):
        self.method = method
        self.public = self.secret = None
        if method.startswith("diffie-hellman"):
            self.group = peer.group or self.usual_group()
            self.power = secrets.randbits(256)

    def usual_group(self):
        if "group16" in self.method:
            return modp_prime(4096, 240904), 2
        return modp_prime(2048, 124476), 2

    def answer(self, peer, theirs):
        """Set public (as it is hashed and sent) and secret, a number."""
        if self.method.startswith("diffie-hellman"):
            p, g = self.group
            f = pow(g, self.power, p) if p else 0
            e = int.from_bytes(theirs, "big")
            self.secret = pow(e, self.power, p) if p else 0
            if peer.weak is not None:
                f = {"p-1": p - 1, "p": p, "p+1": p + 1}.get(peer.weak)
                if f is None:
                    f = int(peer.weak)
                self.secret = f % p % (p - 1) if p > 1 else 0
            self.public = mpint(f)
        elif self.method.startswith("ecdh"):
            private = ec.generate_private_key(ec.SECP256R1())
            point = ec.EllipticCurvePublicKey.from_encoded_point(
                ec.SECP256R1(), theirs)
            self.secret = int.from_bytes(
                private.exchange(ec.ECDH(), point), "big")
            self.public = string(private.public_key().public_bytes(
                serialization.Encoding.X962,
                serialization.PublicFormat.UncompressedPoint))
        else:
            private = x25519.X25519PrivateKey.generate()
            point = x25519.X25519PublicKey.from_public_bytes(theirs)
            self.secret = int.from_bytes(private.exchange(point), "big")
            self.public = string(private.public_key().public_bytes(
                serialization.Encoding.Raw, serialization.PublicFormat.Raw))


class Channel:
    """One that the client has opened, or (theirs set later) we have."""

    def __init__(self, peer, theirs, window=0):
        self.peer = peer
        self.theirs = theirs
        self.window = window

    def send(self, kind, rest=b""):
        self.peer.send(byte(kind) + u32(self.theirs) + rest)

    def data(self, data):
        self.send(CHANNEL_DATA, string(data))

    def request(self, name, rest=b"", want_reply=False):
        self.send(CHANNEL_REQUEST, string(name) + byte(want_reply) + rest)

    def end(self, status=0):
        self.request("exit-status", u32(status))
        self.send(CHANNEL_EOF)
        self.send(CHANNEL_CLOSE)


class Peer:
    def __init__(self, conn, key_path, options):
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.conn = conn
        self.options = options
        self.key = HostKey(options.get("hostkey", key_path))
        self.identification = options.get("id", "SSH-2.0-rogue")
        self.is_strict = options.get("strict", "yes") == "yes"
        self.group = None  # of a group exchange, (p, g)
        self.weak = None  # our value in place of a real one
        self.between = {}  # a moment of the key exchange: what is done then
        self.grants = ()  # global requests
        self.is_stripping = False  # wants a signature that begins with 0
        self.session_id = None
        self.out = self.into = ssh_ciphers.Clear()
        self.n_out = self.n_in = 0
        self.backlog = []  # messages that came too early for a stage
        self.theirs = None  # the client's KEXINIT
        self.left = bytearray()

    # --- bytes and packets

    def read_bytes(self, size):
        while len(self.left) < size:
            data = self.conn.recv(65536)
            if not data:
                raise Gone
            self.left += data
        head = bytes(self.left[:size])
        del self.left[:size]
        return head

    def seal(self, body):
        sealed = self.out.seal(self.n_out, u32(len(body)) + body)
        self.n_out = (self.n_out + 1) % (1 << 32)
        return sealed

    def send_body(self, body):
        """All that the length field counts: padding is up to the caller."""
        self.conn.sendall(self.seal(body))

    def pad(self, payload, fill=None):
        size = len(payload) + 1 + (4 if self.out.length_is_aligned else 0)
        padding = self.out.block - size % self.out.block
        if padding < 4:
            padding += self.out.block
        filling = os.urandom(padding) if fill is None else fill * padding
        return byte(padding) + payload + filling

    def send(self, payload, fill=None):
        self.send_body(self.pad(payload, fill))

    def send_corrupt(self, payload, at, bit=1):
        """One bit is wrong in the byte at (negative: from the end)."""
        sealed = bytearray(self.seal(self.pad(payload)))
        sealed[at] ^= bit
        self.conn.sendall(sealed)

    def read_any(self):
        """The next message, whatever it is."""
        packet = self.into.open(self.n_in, self.read_bytes)
        self.n_in = (self.n_in + 1) % (1 << 32)
        payload = packet[5:len(packet) - packet[4]]
        if payload[0] == DISCONNECT:
            reader = Reader(payload[1:])
            note("disconnect", reader.u32(), reader.text())
            raise Gone
        return payload

    def read(self):
        """The next message that a stage has to do with."""
        while True:
            payload = self.backlog.pop(0) if self.backlog else self.read_any()
            kind = payload[0]
            if kind == KEXINIT:
                self.exchange_keys(theirs=payload)
            elif kind == GLOBAL_REQUEST:
                reader = Reader(payload[1:])
                name = reader.text()
                if reader.byte():
                    self.send(byte(REQUEST_SUCCESS if name in self.grants
                                   else REQUEST_FAILURE))
            elif kind not in (IGNORE, UNIMPLEMENTED, DEBUG, WINDOW_ADJUST):
                return payload

    def expect(self, *kinds):
        """The next message of such a kind; others are kept for later."""
        kept = []
        while True:
            payload = self.read()
            if payload[0] in kinds:
                self.backlog = kept + self.backlog
                return payload
            kept.append(payload)

    # --- stages

    def greet(self):
        self.conn.sendall(self.identification.encode() + b"\r\n")
        line = b""
        while not line.endswith(b"\n"):
            line += self.read_bytes(1)
        self.client = line.strip()

    def offer(self):
        kex = self.options.get("kex", "curve25519-sha256")
        if self.is_strict and self.session_id is None:
            kex += "," + STRICT[0]
        cipher = self.options.get("cipher", "aes128-gcm@openssh.com")
        mac = self.options.get("mac", "hmac-sha2-256")
        lists = [kex, self.key.algorithm, cipher, cipher, mac, mac,
                 "none", "none", "", ""]
        return (byte(KEXINIT) + os.urandom(16)
                + b"".join(string(x) for x in lists) + bytes(5))

    def do_between(self, moment):
        if moment in self.between:
            self.between[moment](self)

    def read_offer(self):
        """The client's KEXINIT; what it sent before is kept for later."""
        kept = []
        while True:
            payload = self.read_any()
            if payload[0] == KEXINIT:
                self.backlog += kept
                return payload
            kept.append(payload)

    def exchange_keys(self, theirs=None):
        ours = self.offer()
        self.do_between("before-offer")
        self.send(ours)
        theirs = theirs or self.read_offer()
        self.theirs = theirs
        self.do_between("after-offer")
        reader = Reader(theirs[17:])
        offered = [reader.text().split(",") for _ in range(8)]
        usual = self.options.get("kex", "curve25519-sha256").split(",")
        method = next((m for m in offered[0] if m in usual), None)
        if method is None:
            note("no common method:", ",".join(offered[0]))
            raise Gone
        is_first = self.session_id is None
        strict = self.is_strict and STRICT[1] in offered[0]
        if is_first:
            self.agreed_strict = strict
        digest, secret = self.agree(method, theirs, ours)
        self.do_between("before-newkeys")
        self.send(byte(NEWKEYS))
        self.use_keys(METHODS[method], digest, secret, offered)
        note("keys", "again" if not is_first else method)

    def agree(self, method, theirs, ours):
        exchange = Exchange(self, method)
        middle = b""
        if "group-exchange" in method:
            reader = Reader(self.read_any()[1:])
            p, g = exchange.group
            middle = b"".join(u32(reader.u32()) for _ in range(3))
            middle += mpint(p) + mpint(g)
            self.send(byte(KEX_REPLY) + mpint(p) + mpint(g))
        first = self.read_any()
        point = Reader(first[1:]).string()
        while True:
            exchange.answer(self, point)
            hashed = (string(self.client) + string(self.identification)
                      + string(theirs) + string(ours) + string(self.key.blob)
                      + middle + string(point) + exchange.public
                      + mpint(exchange.secret))
            digest = METHODS[method](hashed).digest()
            signature = self.key.sign(digest)
            if not self.is_stripping or signature[0] == 0:
                break
        if self.is_stripping:
            signature = signature.lstrip(b"\0")
        self.do_between("before-reply")
        kind = GEX_REPLY if middle else KEX_REPLY
        self.send(byte(kind) + string(self.key.blob) + exchange.public
                  + string(string(self.key.algorithm) + string(signature)))
        return digest, exchange.secret

    def use_keys(self, hash_function, digest, secret, offered):
        if self.session_id is None:
            self.session_id = digest
        letters = {b"iv": b"AB", b"key": b"CD", b"mac": b"EF"}
        cipher = self.options.get("cipher", "aes128-gcm@openssh.com")
        mac = self.options.get("mac", "hmac-sha2-256")
        start = mpint(secret) + digest

        def keys(direction):
            def derive(what, size):
                letter = byte(letters[what][direction])
                key = hash_function(start + letter + self.session_id).digest()
                while len(key) < size:
                    key += hash_function(start + key).digest()
                return key[:size]
            return derive

        make = ssh_ciphers.CIPHERS[cipher]
        self.out = make(keys(1), mac)
        if self.agreed_strict:
            self.n_out = 0
        self.do_between("after-newkeys")
        while self.read_any()[0] != NEWKEYS:
            pass
        self.into = make(keys(0), mac)
        if self.agreed_strict:
            self.n_in = 0

    def accept_service(self):
        self.expect(SERVICE_REQUEST)
        self.send(byte(SERVICE_ACCEPT) + string("ssh-userauth"))

    def read_login(self):
        """The next login request: its method, and what follows that."""
        reader = Reader(self.expect(USERAUTH_REQUEST)[1:])
        reader.string()
        reader.string()
        method = reader.text()
        if method == "publickey":
            is_signed = reader.byte()
            algorithm, blob = reader.string(), reader.string()
            method = "signature" if is_signed else "offer"
            note("login", method)
            return method, string(algorithm) + string(blob)
        note("login", method)
        return method, reader.data

    def refuse(self, methods="publickey", is_partial=False):
        self.send(byte(USERAUTH_FAILURE) + string(methods) + byte(is_partial))

    def log_in(self, methods="publickey"):
        """Let the first signature in, unseen."""
        while True:
            method, rest = self.read_login()
            if method == "offer":
                self.send(byte(USERAUTH_PK_OK) + rest)
            elif method == "signature":
                self.send(byte(USERAUTH_SUCCESS))
                return
            else:
                self.refuse(methods)

    def confirm(self, payload, window=1 << 21):
        reader = Reader(payload[1:])
        kind, theirs = reader.text(), reader.u32()
        note("open", kind)
        self.send(byte(OPEN_CONFIRMATION) + u32(theirs) + u32(theirs)
                  + u32(window) + u32(32768))
        return Channel(self, theirs, reader.u32())

    def accept_session(self):
        """Open the client's session and start what it wants."""
        channel = self.confirm(self.expect(CHANNEL_OPEN))
        while True:
            reader = Reader(self.expect(CHANNEL_REQUEST)[5:])
            name, want_reply = reader.text(), reader.byte()
            note("request", name)
            if want_reply:
                channel.send(CHANNEL_SUCCESS)
            if name in ("exec", "shell", "subsystem"):
                return channel

    def begin(self):
        """Everything up to a running command."""
        self.greet()
        self.exchange_keys()
        self.accept_service()
        self.log_in()
        return self.accept_session()

    def finish(self):
        """Wait until the client has left; what it says does not matter."""
        while self.conn.recv(65536):
            pass
