"""A service manager: prints what is sent to its socket, a message a line.

manager.py PATH     "@name" is an abstract one
"""
import socket
import sys

path = sys.argv[1]
listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listening.bind("\0" + path[1:] if path.startswith("@") else path)
print("listening", flush=True)
while True:
    print(listening.recv(65536).decode().replace("\n", " "), flush=True)
