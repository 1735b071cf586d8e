"""A server made with Twisted Conch: conch_server.py HOST_KEY AUTHORIZED_KEYS
PASSWORD USER. Prints "port N"."""
import os
import sys

from twisted.conch import avatar, checkers, interfaces, unix
from twisted.conch.ssh import (
    factory, filetransfer, forwarding, keys, session)
from twisted.cred import checkers as cred_checkers, portal
from twisted.internet import reactor
from twisted.python import components, filepath
from zope.interface import implementer

host_key, authorized, password, user = sys.argv[1:5]


class User(avatar.ConchUser):
    def __init__(self):
        super().__init__()
        self.listeners = {}
        self.channelLookup[b"session"] = session.SSHSession
        self.channelLookup[b"direct-tcpip"] = (
            forwarding.openConnectForwardingClient)
        self.subsystemLookup[b"sftp"] = filetransfer.FileTransferServer

    # What the files' server wants to know of a user.

    def getHomeDir(self):
        return filepath.FilePath(os.environ["HOME"])

    def getUserGroupId(self):
        return os.getuid(), os.getgid()

    def _runAsUser(self, what, *args, **named):
        if callable(what):
            return what(*args, **named)
        result = None
        for call in what:
            result = call[0](*call[1] if len(call) > 1 else ())
        return result

    def global_tcpip_forward(self, data):
        host, port = forwarding.unpackGlobal_tcpip_forward(data)
        where = host, port
        self.listeners[where] = reactor.listenTCP(
            port, forwarding.SSHListenForwardingFactory(
                self.conn, where,
                forwarding.SSHListenServerForwardingChannel),
            interface="127.0.0.1")
        return 1

    def global_cancel_tcpip_forward(self, data):
        self.listeners.pop(
            forwarding.unpackGlobal_tcpip_forward(data)).stopListening()
        return 1

    def logout(self):
        for listener in self.listeners.values():
            listener.stopListening()


@implementer(interfaces.ISession)
class Session:
    def __init__(self, _user):
        self.process = None

    def execCommand(self, protocol, command):
        self.process = reactor.spawnProcess(
            protocol, "/bin/sh", ["/bin/sh", "-c", command], dict(os.environ))

    def eofReceived(self):
        if self.process:
            self.process.closeStdin()

    def closed(self):
        pass


@implementer(portal.IRealm)
class Realm:
    def requestAvatar(self, avatarId, mind, *_interfaces):
        one = User()
        return interfaces.IConchUser, one, one.logout


def main():
    components.registerAdapter(Session, User, interfaces.ISession)
    components.registerAdapter(unix.SFTPServerForUnixConchUser, User,
                               filetransfer.ISFTPServer)
    server = factory.SSHFactory()
    key = keys.Key.fromFile(host_key)
    server.publicKeys = {b"ssh-ed25519": key}
    server.privateKeys = {b"ssh-ed25519": key}
    with open(authorized, "rb") as lines:
        allowed = [keys.Key.fromString(line) for line in lines]
    server.portal = portal.Portal(Realm(), [
        checkers.SSHPublicKeyChecker(checkers.InMemorySSHKeyDB(
            {user.encode(): allowed})),
        cred_checkers.InMemoryUsernamePasswordDatabaseDontUse(
            **{user: password.encode()})])
    port = reactor.listenTCP(0, server, interface="127.0.0.1")
    print("port", port.getHost().port, flush=True)
    reactor.run()


main()
