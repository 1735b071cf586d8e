"""A server made with Paramiko: paramiko_server.py HOST_KEY AUTHORIZED_KEYS
PASSWORD [REKEY_BYTES]. Prints "port N"."""
import base64
import os
import select
import signal
import socket
import subprocess
import sys
import threading

import paramiko
from paramiko.common import (
    AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_FAILED_CONNECT_FAILED, OPEN_SUCCEEDED)

host_key, authorized, password = sys.argv[1:4]
with open(authorized, encoding="ascii") as keys:
    KEYS = [base64.b64decode(line.split()[1]) for line in keys]


def copy(read, write, end):
    try:
        while data := read(32768):
            write(data)
    except OSError:
        pass
    finally:
        try:
            end()
        except OSError:
            pass


def start(*arguments):
    thread = threading.Thread(target=copy, args=arguments, daemon=True)
    thread.start()
    return thread


def run(channel, command):
    with subprocess.Popen(["/bin/sh", "-c", command], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          bufsize=0) as process:
        outputs = [
            start(process.stdout.read, channel.sendall, lambda: None),
            start(process.stderr.read, channel.sendall_stderr, lambda: None)]
        start(channel.recv, process.stdin.write, process.stdin.close)
        for thread in outputs:
            thread.join()
        status = process.wait()
    if status >= 0:
        channel.send_exit_status(status)
    channel.close()


def join(channel, conn):
    """Both directions of a forwarded connection."""
    up = start(channel.recv, conn.sendall,
               lambda: conn.shutdown(socket.SHUT_WR))
    copy(conn.recv, channel.sendall, channel.shutdown_write)
    up.join()
    channel.close()
    conn.close()


class Files(paramiko.SFTPServerInterface):
    """What sftp and scp need to copy files."""
    def open(self, path, flags, attr):
        modes = {os.O_RDONLY: "rb", os.O_WRONLY: "wb", os.O_RDWR: "r+b"}
        try:
            fd = os.open(path, flags, 0o600)
        except OSError as e:
            return paramiko.SFTPServer.convert_errno(e.errno)
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = handle.writefile = os.fdopen(
            fd, modes[flags & os.O_ACCMODE])
        handle.stat = lambda: paramiko.SFTPAttributes.from_stat(os.fstat(fd))
        return handle

    def stat(self, path):
        try:
            return paramiko.SFTPAttributes.from_stat(os.stat(path))
        except OSError as e:
            return paramiko.SFTPServer.convert_errno(e.errno)

    lstat = stat


class Server(paramiko.ServerInterface):
    def __init__(self, transport):
        self.transport = transport
        self.targets = {}

    def get_allowed_auths(self, username):
        return "publickey,password"

    def check_auth_password(self, username, given):
        return AUTH_SUCCESSFUL if given == password else AUTH_FAILED

    def check_auth_publickey(self, username, key):
        return AUTH_SUCCESSFUL if key.asbytes() in KEYS else AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel, command):
        threading.Thread(target=run, args=(channel, command),
                         daemon=True).start()
        return True

    def check_channel_direct_tcpip_request(self, chanid, origin, destination):
        try:
            self.targets[chanid] = socket.create_connection(destination)
        except OSError:
            return OPEN_FAILED_CONNECT_FAILED
        return OPEN_SUCCEEDED

    def check_port_forward_request(self, address, port):
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.listen, args=(listener, address),
                         daemon=True).start()
        return listener.getsockname()[1]

    def listen(self, listener, address):
        while self.transport.is_active():
            if select.select([listener], [], [], 0.2)[0]:
                conn, origin = listener.accept()
                channel = self.transport.open_forwarded_tcpip_channel(
                    origin, (address, listener.getsockname()[1]))
                threading.Thread(target=join, args=(channel, conn),
                                 daemon=True).start()
        listener.close()


def serve(conn):
    transport = paramiko.Transport(conn)
    transport.add_server_key(paramiko.Ed25519Key(filename=host_key))
    transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
    server = Server(transport)
    try:
        transport.start_server(server=server)
    except (paramiko.SSHException, EOFError):
        return
    while transport.is_active():
        channel = transport.accept(0.2)
        if channel is not None and channel.get_id() in server.targets:
            threading.Thread(
                target=join, daemon=True,
                args=(channel, server.targets.pop(channel.get_id()))).start()


def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if len(sys.argv) > 4:
        paramiko.packet.Packetizer.REKEY_BYTES = int(sys.argv[4])
    listener = socket.create_server(("127.0.0.1", 0))
    print("port", listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=(conn,), daemon=True).start()


main()
