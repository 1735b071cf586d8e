"""A peer that does not, or hardly, speak SSH.

raw.py http             answers as a web server does, and closes
raw.py close            closes every connection at once
raw.py say TEXT         sends the text (with Python escapes), and closes
raw.py silent           accepts and never says a word
raw.py backlog [ADDRESS PORT]
                        its queue of connections is full, so none is answered
raw.py mute             names itself, then never answers
raw.py disconnect TEXT  names itself, then sends SSH_MSG_DISCONNECT
raw.py relay PORT TEXT  sends the text, then passes everything to and from PORT
raw.py cut PORT BYTES   passes on, and resets after BYTES from the server
raw.py flip PORT AT     passes on, with one wrong bit in that byte of the server

Prints "port N" when it listens on port N, of 127.0.0.1 if not told otherwise.
"""
import socket
import struct
import sys
import threading

NAME = b"SSH-2.0-raw\r\n"
kept = []


def unescape(text):
    return text.encode().decode("unicode_escape").encode("latin-1")


def packet(payload):
    padding = 8 - (len(payload) + 5) % 8 + 8
    length = len(payload) + padding + 1
    return struct.pack(">IB", length, padding) + payload + bytes(padding)


def string(data):
    return struct.pack(">I", len(data)) + data


def read_line(conn):
    line = b""
    while not line.endswith(b"\n"):
        got = conn.recv(1)
        if not got:
            break
        line += got
    return line


def http(conn):
    read_line(conn)
    body = b"<html>Bad Request</html>\r\n"
    conn.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n"
                 b"Connection: close\r\n\r\n" + body)
    conn.close()


def close(conn):
    conn.close()


def say(conn, text):
    conn.sendall(unescape(text))
    conn.shutdown(socket.SHUT_WR)
    while conn.recv(4096):
        pass
    conn.close()


def silent(conn):
    kept.append(conn)


def mute(conn):
    conn.sendall(NAME)
    kept.append(conn)


def disconnect(conn, text):
    conn.sendall(NAME)
    read_line(conn)
    conn.sendall(packet(struct.pack(">BI", 1, 11) + string(unescape(text))
                        + string(b"")))
    while conn.recv(4096):
        pass
    conn.close()


def pump(source, sink, limit):
    left = limit
    while True:
        data = source.recv(65536)
        if left is not None:
            data = data[:left]
            left -= len(data)
        if not data:
            break
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)


def relay(conn, port, text, limit=None):
    server = socket.create_connection(("127.0.0.1", int(port)))
    conn.sendall(unescape(text))
    up = threading.Thread(target=pump, args=(conn, server, None), daemon=True)
    up.start()
    pump(server, conn, limit)
    server.close()


def flip(conn, port, at):
    server = socket.create_connection(("127.0.0.1", int(port)))
    threading.Thread(target=pump, args=(conn, server, None),
                     daemon=True).start()
    left = int(at)
    while data := server.recv(65536):
        if 0 <= left < len(data):
            data = bytearray(data)
            data[left] ^= 4
        left -= len(data)
        conn.sendall(data)
    conn.shutdown(socket.SHUT_WR)


def cut(conn, port, size):
    relay(conn, port, "", int(size))


def guarded(serve, conn, arguments):
    try:
        serve(conn, *arguments)
    except OSError:
        conn.close()


def backlog(address="127.0.0.1", port=0):
    listener = socket.socket()
    listener.bind((address, int(port)))
    listener.listen(0)
    for _ in range(4):
        conn = socket.socket()
        conn.setblocking(False)
        conn.connect_ex(listener.getsockname())
        kept.append(conn)
    print("port", listener.getsockname()[1], flush=True)
    threading.Event().wait()


def main():
    mode, arguments = sys.argv[1], sys.argv[2:]
    if mode == "backlog":
        backlog(*arguments)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    print("port", listener.getsockname()[1], flush=True)
    serve = {"http": http, "close": close, "say": say, "silent": silent,
             "mute": mute, "disconnect": disconnect, "relay": relay,
             "cut": cut, "flip": flip}[mode]
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=guarded, args=(serve, conn, arguments),
                         daemon=True).start()


main()
