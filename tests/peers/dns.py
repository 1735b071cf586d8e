"""A DNS server that says what its zone file says, over UDP and TCP.

dns.py ADDRESS ZONE_FILE    listens on port 53 of ADDRESS; prints "ready"

The zone file is read again for every question. Its lines:

NAME A|AAAA|CNAME VALUE
NAME SSHFP ALGORITHM HASH_TYPE HEX
NAME ad                     AD is set in the answer, if it was asked for
NAME forged                 AD is set, whoever asks for what
NAME fails                  SERVFAIL
NAME silent                 no answer at all
NAME raw HEX                these bytes, behind the question's ID
NAME bare                   the records without the question
# a comment

What is not there does not exist; *.example stands for every name below. Each
question is told as "asked NAME TYPE".
"""
import ipaddress
import socketserver
import struct
import sys
import threading

TYPES = {"A": 1, "CNAME": 5, "AAAA": 28, "SSHFP": 44}
OPT = 41
QR_RD_RA, AD, TC = 0x8180, 0x0020, 0x0200
DO = 0x8000
SERVFAIL, NXDOMAIN = 2, 3
PORT = 53
PLAIN_UDP = 512
LINKS = 8


class Zone:
    def __init__(self, path):
        self.lines = []
        with open(path, encoding="ascii") as f:
            for line in f:
                words = line.split("#")[0].split()
                if words:
                    self.lines.append((words[0].lower(), words[1:]))

    def at(self, name):
        """What is said of a name, or of all names below its parent's."""
        found = [words for owner, words in self.lines if owner == name]
        above = name.partition(".")[2]
        return found or [words for owner, words in self.lines
                         if owner == "*." + above]

    def has(self, name, word):
        return any(words[0] == word for words in self.at(name))

    def answer(self, name, kind):
        """The records, with the aliases that lead to them, and whether the
        last of the names exists."""
        records = []
        for _ in range(LINKS):
            here = self.at(name)
            records += [(name, words) for words in here
                        if TYPES.get(words[0]) == kind]
            alias = [words for words in here if words[0] == "CNAME"]
            if not alias or kind == TYPES["CNAME"]:
                break
            records.append((name, alias[0]))
            name = alias[0][1].lower().rstrip(".")
        return records, bool(here)


def pack_name(name):
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def pack_data(words):
    kind, values = words[0], words[1:]
    if kind == "CNAME":
        return pack_name(values[0])
    if kind == "SSHFP":
        return (bytes([int(values[0]), int(values[1])])
                + bytes.fromhex("".join(values[2:])))
    return ipaddress.ip_address(values[0]).packed


def pack_record(name, words):
    data = pack_data(words)
    return (pack_name(name)
            + struct.pack(">HHIH", TYPES[words[0]], 1, 60, len(data)) + data)


class Question:
    def __init__(self, message):
        (self.id, self.flags, _, _, _, extra) = struct.unpack(
            ">6H", message[:12])
        labels, at = [], 12
        while message[at]:
            labels.append(message[at + 1:at + 1 + message[at]].decode("latin1"))
            at += 1 + message[at]
        self.name = ".".join(labels).lower()
        (self.kind,) = struct.unpack_from(">H", message, at + 1)
        self.section = message[12:at + 5]
        self.room, self.wants_ad = PLAIN_UDP, bool(self.flags & AD)
        rest = message[at + 5:]
        if extra and len(rest) >= 11 and rest[0] == 0:
            kind, size, _, flags = struct.unpack_from(">HHHH", rest, 1)
            if kind == OPT:
                self.room = max(size, PLAIN_UDP)
                self.wants_ad = self.wants_ad or bool(flags & DO)


def reply(message, path, is_udp):
    """The answer to a message; None for none."""
    q = Question(message)
    zone = Zone(path)
    names = {v: k for k, v in TYPES.items()}
    print("asked", q.name, names.get(q.kind, q.kind), flush=True)
    if zone.has(q.name, "silent"):
        return None
    for words in zone.at(q.name):
        if words[0] == "raw":
            return struct.pack(">H", q.id) + bytes.fromhex("".join(words[1:]))
    records, exists = zone.answer(q.name, q.kind)
    flags = QR_RD_RA
    if zone.has(q.name, "fails"):
        flags, records = flags | SERVFAIL, []
    elif not exists:
        flags |= NXDOMAIN
    if zone.has(q.name, "forged") or (
            q.wants_ad and zone.has(q.name, "ad")):
        flags |= AD
    body = b"".join(pack_record(*record) for record in records)
    section = b"" if zone.has(q.name, "bare") else q.section
    if is_udp and 12 + len(section) + len(body) > q.room:
        flags, records, body = flags | TC, [], b""
    return struct.pack(">6H", q.id, flags, 1 if section else 0,
                       len(records), 0, 0) + section + body


class Udp(socketserver.DatagramRequestHandler):
    def handle(self):
        answer = reply(self.rfile.read(), self.server.path, True)
        if answer is not None:
            self.wfile.write(answer)

    def finish(self):
        if self.wfile.getvalue():
            super().finish()


class Tcp(socketserver.StreamRequestHandler):
    def handle(self):
        while len(prefix := self.rfile.read(2)) == 2:
            (size,) = struct.unpack(">H", prefix)
            answer = reply(self.rfile.read(size), self.server.path, False)
            if answer is not None:
                self.wfile.write(struct.pack(">H", len(answer)) + answer)


class UdpServer(socketserver.ThreadingUDPServer):
    max_packet_size = 65535
    daemon_threads = True


class TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    address, path = sys.argv[1:]
    servers = [UdpServer((address, PORT), Udp),
               TcpServer((address, PORT), Tcp)]
    for server in servers:
        server.path = path
    threading.Thread(target=servers[1].serve_forever, daemon=True).start()
    print("ready", flush=True)
    servers[0].serve_forever()


main()
