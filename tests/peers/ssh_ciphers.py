"""How packets are protected, for ssh_server.py: each class seals and opens
the packets of one direction. A packet here is its length field and what that
counts, without MAC; nothing is checked, so that anything can be sealed."""
import hashlib
import hmac
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.poly1305 import Poly1305


class Corrupt(Exception):
    """The other side's packet has a wrong MAC."""


def packet_length(data):
    return struct.unpack(">I", data[:4])[0]


class Clear:
    block = 8
    length_is_aligned = True

    def seal(self, number, packet):
        return packet

    def open(self, number, read):
        head = read(4)
        return head + read(packet_length(head))


class Gcm:
    """RFC 5647 as OpenSSH does it: the length is in clear text."""
    block = 16
    length_is_aligned = False

    def __init__(self, keys, key_bytes):
        self.aead = AESGCM(keys(b"key", key_bytes))
        self.nonce = int.from_bytes(keys(b"iv", 12), "big")

    def next_nonce(self):
        nonce = self.nonce.to_bytes(12, "big")
        self.nonce = (self.nonce >> 64 << 64) + (self.nonce + 1) % (1 << 64)
        return nonce

    def seal(self, number, packet):
        return packet[:4] + self.aead.encrypt(self.next_nonce(), packet[4:],
                                              packet[:4])

    def open(self, number, read):
        head = read(4)
        sealed = read(packet_length(head) + 16)
        try:
            return head + self.aead.decrypt(self.next_nonce(), sealed, head)
        except InvalidTag:
            raise Corrupt from None


class Ctr:
    """AES-CTR with HMAC, computed over the text or (etm) the cipher text."""
    block = 16

    def __init__(self, keys, key_bytes, hash_name, etm):
        cipher = Cipher(algorithms.AES(keys(b"key", key_bytes)),
                        modes.CTR(keys(b"iv", 16)))
        self.stream = cipher.encryptor()
        self.hash = getattr(hashlib, hash_name)
        self.mac_bytes = self.hash().digest_size
        self.mac_key = keys(b"mac", self.mac_bytes)
        self.etm = etm
        self.length_is_aligned = not etm

    def mac(self, number, data):
        return hmac.new(self.mac_key, struct.pack(">I", number) + data,
                        self.hash).digest()

    def seal(self, number, packet):
        if self.etm:
            sealed = packet[:4] + self.stream.update(packet[4:])
            return sealed + self.mac(number, sealed)
        return self.stream.update(packet) + self.mac(number, packet)

    def open(self, number, read):
        if self.etm:
            head = read(4)
            sealed = head + read(packet_length(head))
            packet = head + self.stream.update(sealed[4:])
        else:
            packet = self.stream.update(read(16))
            packet += self.stream.update(read(packet_length(packet) - 12))
            sealed = packet
        if read(self.mac_bytes) != self.mac(number, sealed):
            raise Corrupt
        return packet


class Chacha:
    """chacha20-poly1305@openssh.com."""
    block = 8
    length_is_aligned = False

    def __init__(self, keys):
        key = keys(b"key", 64)
        self.body_key, self.length_key = key[:32], key[32:]

    def stream(self, key, number, counter):
        nonce = struct.pack("<Q", counter) + struct.pack(">Q", number)
        return Cipher(algorithms.ChaCha20(key, nonce), None).encryptor()

    def tag(self, number, sealed):
        key = self.stream(self.body_key, number, 0).update(bytes(32))
        return Poly1305.generate_tag(key, sealed)

    def body(self, number, data):
        return self.stream(self.body_key, number, 1).update(data)

    def length(self, number, data):
        return self.stream(self.length_key, number, 0).update(data)

    def seal(self, number, packet):
        sealed = self.length(number, packet[:4]) + self.body(number,
                                                             packet[4:])
        return sealed + self.tag(number, sealed)

    def open(self, number, read):
        head = read(4)
        length = self.length(number, head)
        sealed = read(packet_length(length))
        if read(16) != self.tag(number, head + sealed):
            raise Corrupt
        return length + self.body(number, sealed)


CIPHERS = {
    "aes128-gcm@openssh.com": lambda keys, mac: Gcm(keys, 16),
    "aes256-gcm@openssh.com": lambda keys, mac: Gcm(keys, 32),
    "aes128-ctr": lambda keys, mac: Ctr(keys, 16, *MACS[mac]),
    "aes256-ctr": lambda keys, mac: Ctr(keys, 32, *MACS[mac]),
    "chacha20-poly1305@openssh.com": lambda keys, mac: Chacha(keys),
}
MACS = {
    "hmac-sha2-256": ("sha256", False),
    "hmac-sha2-512": ("sha512", False),
    "hmac-sha2-256-etm@openssh.com": ("sha256", True),
    "hmac-sha2-512-etm@openssh.com": ("sha512", True),
}
