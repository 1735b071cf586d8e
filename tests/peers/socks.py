"""A client of a SOCKS server, exact or wrong on purpose.

socks.py PORT HOW HOST HOSTPORT [bytes|eager]   ask HOSTPORT for its name
socks.py PORT many HOST HOSTPORT COUNT          this many at once

PORT may be the path of a Unix socket.

HOW is 4, 4a, 5, 5v6, 5name; or, to be refused: nonsense, bind5, udp5, bind4,
login5, empty. Prints what HOSTPORT said (see traffic.py), or "refused".
"""
import socket
import struct
import sys
import threading

PATIENCE = 30


class Refused(Exception):
    """The server said no, or nothing."""


class Client:
    def __init__(self, port, manner):
        if "/" in port:
            self.s = socket.socket(socket.AF_UNIX)
            self.s.connect(port)
            self.s.settimeout(PATIENCE)
        else:
            self.s = socket.create_connection(("127.0.0.1", port), PATIENCE)
            self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.manner = manner
        self.held = b""

    def send(self, data):
        """Eager: everything goes out with the last of it, data and all."""
        if self.manner == "eager":
            self.held += data
        elif self.manner == "bytes":
            for i in range(len(data)):
                self.s.sendall(data[i:i + 1])
        else:
            self.s.sendall(data)

    def get(self, size):
        data = b""
        while len(data) < size:
            try:
                more = self.s.recv(size - len(data))
            except ConnectionResetError as e:
                raise Refused from e
            if not more:
                raise Refused
            data += more
        return data

    def answer5(self):
        _, status, _, kind = self.get(4)
        if status != 0:
            raise Refused
        self.get({1: 4, 4: 16}[kind] + 2)

    def hello5(self, methods=b"\0"):
        self.send(bytes([5, len(methods)]) + methods)
        if self.manner != "eager":
            self.greeted()

    def greeted(self):
        if self.get(2) != b"\5\0":
            raise Refused

    def request(self, how, host, port):
        """Ask; returns what reads the answer."""
        packed = struct.pack(">H", port)
        if how in ("4", "bind4"):
            self.send(bytes([4, 2 if how == "bind4" else 1]) + packed
                      + socket.inet_aton(host) + b"me\0")
        elif how == "4a":
            self.send(b"\4\1" + packed + b"\0\0\0\1me\0" + host.encode()
                      + b"\0")
        elif how == "nonsense":
            self.send(b"GET / HTTP/1.0\r\n\r\n")
        elif how == "empty":
            self.s.shutdown(socket.SHUT_WR)
        else:
            self.hello5(b"\2" if how == "login5" else b"\2\0")
            command = {"bind5": 2, "udp5": 3}.get(how, 1)
            self.send(bytes([5, command, 0]) + self.address5(how, host)
                      + packed)
        return self.answer4 if how in ("4", "4a", "bind4") else self.answer5

    def address5(self, how, host):
        if how == "5v6":
            return b"\4" + socket.inet_pton(socket.AF_INET6, host)
        if how == "5name":
            name = host.encode()
            return b"\3" + bytes([len(name)]) + name
        return b"\1" + socket.inet_aton(host)

    def answer4(self):
        if self.get(8)[:2] != b"\0\x5a":
            raise Refused

    def name(self, how, host, port):
        answer = self.request(how, host, port)
        self.send(b"name\n")
        if self.manner == "eager":
            self.s.sendall(self.held)
            if how.startswith("5"):
                self.greeted()
        answer()
        text = b""
        while block := self.s.recv(100):
            text += block
        return text.decode().strip()


def ask(port, how, host, host_port, manner=""):
    try:
        print(Client(port, manner).name(how, host, int(host_port)))
    except (Refused, BrokenPipeError, ConnectionResetError):
        print("refused")


def many(port, _, host, host_port, count):
    hows = ["4", "4a", "5", "5name"]
    fine = []
    barrier = threading.Barrier(int(count))

    def work(i):
        barrier.wait(PATIENCE)
        text = Client(port, "").name(hows[i % 4], host, int(host_port))
        fine.append(text)

    threads = [threading.Thread(target=work, args=(i,))
               for i in range(int(count))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(len(fine) if len(set(fine)) == 1 else set(fine), "fine")


(many if sys.argv[2] == "many" else ask)(*sys.argv[1:])
