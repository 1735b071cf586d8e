"""What the bench measures with: clients, servers, and a long way between them.

Everything is in a temporary directory, and ends with the lab. Where the
system allows it, the servers see a passwd file in which our shell is sh and
our home is empty: then no start-up file of a shell is part of the figures.
"""
import atexit
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
FAR_ADDRESS = "10.77.0.1"
PATIENCE = 20
# Where Debian has the packages that the Go server is made of.
GO_PATH = "/usr/share/gocode"

ENTER_WORLD = """
mount --bind "$0/passwd" /etc/passwd &&
mount -t tmpfs -o mode=755 tmpfs /run && mkdir /run/sshd && exec "$@"
"""


class Failure(Exception):
    """Something of the lab, or a client, does not work."""


def wait_until(is_so, what, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > deadline:
            raise Failure(f"waited too long: {what}")
        time.sleep(0.01)


def output_of(*command, **kwargs):
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **kwargs)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: {done.stdout}")
    return done.stdout


def find(program):
    return shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def go_server():
    """Build the Go server, once per change of its source; its path."""
    built = HERE.parents[1] / ".build/peers/goserver"
    source = HERE.parent / "peers/goserver"
    if not find("go") or not os.path.isdir(f"{GO_PATH}/src/github.com"):
        raise Failure("no Go, or none of its SSH packages, here")
    if not built.exists() or any(
            x.stat().st_mtime > built.stat().st_mtime
            for x in source.glob("*.go")):
        built.parent.mkdir(parents=True, exist_ok=True)
        output_of("go", "build", "-o", str(built), ".", cwd=source, env={
            **os.environ, "GO111MODULE": "off", "GOPATH": GO_PATH,
            "GOCACHE": str(built.parent / "gocache")})
    return str(built)


class Place:
    """A server, as its clients see it."""

    def __init__(self, name, address, port, prefix=(), there=()):
        self.name, self.address, self.port = name, address, port
        self.prefix = list(prefix)  # what runs a client that can reach it
        self.there = list(there)  # what runs another server beside it
        self.server = None  # the process of the sshd, if there is one


class Peer:
    """A client; command() is how it reaches a place with ssh's options."""

    def __init__(self, lab, name, program):
        self.lab, self.name, self.program = lab, name, program

    def version(self):
        done = subprocess.run([self.program, "-V"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        return done.stdout.splitlines()[0].strip()

    def command(self, place, options, *words):
        at, user = self.lab.dir, self.lab.user
        own = {
            # without -W its window is 24 KiB, and nothing moves
            "dbclient": ["-y", "-y", "-W", "2097152",
                         "-i", f"{at}/id.dropbear", "-p", str(place.port),
                         f"{user}@{place.address}"],
            "plink": ["-ssh", "-batch", "-i", f"{at}/id.ppk", "-hostkey",
                      self.lab.fingerprint, "-P", str(place.port),
                      f"{user}@{place.address}"],
        }.get(self.name, ["-F", f"{at}/config", place.name])
        return [*place.prefix, self.program, *own[:-1], *options, own[-1],
                *words]


class Plain:
    """TCP alone, to compare with on a path; see tcp.py."""

    name = "tcp"

    def __init__(self, lab):
        self.lab = lab

    def command(self, place, what, size):
        port = self.lab.tcp_port(place)
        return [*place.prefix, sys.executable, str(HERE / "tcp.py"),
                place.address, str(port), what, str(size)]


class Lab:
    def __init__(self, hawser, names, round_trip_ms, rate_mbit):
        self.dir = Path(tempfile.mkdtemp(prefix="hawser-bench."))
        self.processes = []
        atexit.register(self.close)
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.round_trip_ms, self.rate_mbit = round_trip_ms, rate_mbit
        self.env = {"PATH": os.environ["PATH"], "HOME": f"{self.dir}/home",
                    "TERM": "xterm", "LC_ALL": "C"}
        self.make_files()
        self.world = self.find_world()
        self.peers = [p for p in (self.find_peer(n, hawser) for n in names)
                      if p]
        self.plain = Plain(self)
        self.places, self.tcp_ports = {}, {}

    # --- files ---

    def make_files(self):
        at = self.dir
        (at / "home/.ssh").mkdir(parents=True, mode=0o700)
        for name in ("id", "host_key"):
            output_of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C",
                      "bench", "-f", f"{at}/{name}")
        for name in ("authorized_keys", "home/.ssh/authorized_keys"):
            shutil.copy(at / "id.pub", at / name)
        (at / "known_hosts").touch()
        (at / "config").write_text(
            f"IdentityFile {at}/id\nIdentityAgent none\nBatchMode yes\n"
            f"UserKnownHostsFile {at}/known_hosts\n"
            f"GlobalKnownHostsFile {at}/none\n"
            "StrictHostKeyChecking yes\nExitOnForwardFailure yes\n"
            f"User {self.user}\n")
        fields = output_of("ssh-keygen", "-lf", f"{at}/host_key").split()
        self.fingerprint = fields[1]

    def tool(self, name):
        """One of the programs beside this file, built."""
        path = str(self.dir / name)
        if not os.path.exists(path):
            output_of("cc", "-O2", "-o", path, str(HERE / f"{name}.c"))
        return path

    def data(self, mebibytes):
        """A file of that size, of what cannot be compressed."""
        path = self.dir / f"data.{mebibytes}"
        if not path.exists():
            block = os.urandom(1 << 20)
            path.write_bytes(block * mebibytes)
        return str(path)

    def enter(self, place, public_key):
        """Make a place known to the clients that read ssh's files."""
        key = " ".join(public_key.split()[:2])
        with open(self.dir / "known_hosts", "a") as out:
            out.write(f"[{place.address}]:{place.port} {key}\n")
        with open(self.dir / "config", "a") as out:
            out.write(f"Host {place.name}\nHostName {place.address}\n"
                      f"Port {place.port}\n")
        return place

    def find_world(self):
        """The prefix that runs a server; empty if there can be no world."""
        line = f"{self.user}:x:{os.getuid()}:{os.getgid()}::"
        others = [x for x in open("/etc/passwd")
                  if not x.startswith(self.user + ":")]
        (self.dir / "passwd").write_text(
            f"{line}{self.dir}/home:/bin/sh\n" + "".join(others))
        options = ["-m"] if os.getuid() == 0 else ["-c", "--keep-caps", "-m"]
        world = ["unshare", *options, "sh", "-c", ENTER_WORLD, str(self.dir)]
        done = subprocess.run([*world, "true"], stderr=subprocess.DEVNULL)
        return world if done.returncode == 0 else []

    # --- clients ---

    def find_peer(self, name, hawser):
        program = hawser if name == "hawser" else find(name)
        if program is None:
            return None
        at = str(self.dir)
        if name == "dbclient":
            if not find("dropbearconvert"):
                return None
            output_of(find("dropbearconvert"), "openssh", "dropbear",
                      f"{at}/id", f"{at}/id.dropbear")
        if name == "plink":
            if not find("puttygen"):
                return None
            output_of("puttygen", f"{at}/id", "-o", f"{at}/id.ppk")
        return Peer(self, name, program)

    # --- servers ---

    def start(self, command, log, ready, **kwargs):
        """Start something that writes what is ready to its log, some time."""
        path = self.dir / log
        with open(path, "wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out,
                                       **{"stdin": subprocess.DEVNULL,
                                          **kwargs})
        self.processes.append(process)

        def is_decided():
            return ready in path.read_text() or process.poll() is not None
        wait_until(is_decided, f"{command[0]} is ready")
        if process.poll() is not None:
            raise Failure(f"{' '.join(command)}: {path.read_text()}")
        return process

    def place(self, name):
        """The place of this name; its server is started when first needed."""
        if name not in self.places:
            self.places[name] = getattr(self, f"start_{name}")()
        return self.places[name]

    def start_sshd(self, name, address, prefix=(), client_prefix=(),
                   more=()):
        port = free_port()
        lines = [*more, f"HostKey {self.dir}/host_key", f"ListenAddress {address}",
                 f"Port {port}", "PidFile none", "UsePAM no", "UseDNS no",
                 f"AuthorizedKeysFile {self.dir}/authorized_keys",
                 "PermitRootLogin yes", "StrictModes no", "PrintMotd no",
                 "AcceptEnv BENCH_*",
                 "PasswordAuthentication no", "PrintLastLog no",
                 "KbdInteractiveAuthentication no", "MaxStartups 100"]
        config = self.dir / f"{name}.sshd_config"
        config.write_text("\n".join(lines) + "\n")
        place = Place(name, address, port, client_prefix, prefix)
        self.run_sshd(place)
        return self.enter(place, (self.dir / "host_key.pub").read_text())

    def run_sshd(self, place):
        """Start the server of a place, or start it again."""
        place.server = self.start(
            [*place.there, *self.world, find("sshd"), "-D", "-e", "-f",
             f"{self.dir}/{place.name}.sshd_config"],
            f"{place.name}.log", "Server listening")

    def start_near(self):
        return self.start_sshd("near", "127.0.0.1")

    def start_many(self):
        """For many sessions of one connection."""
        return self.start_sshd("many", "127.0.0.1", more=["MaxSessions 500"])

    def start_dropbear(self):
        if not find("dropbear"):
            raise Failure("no dropbear here")
        port = free_port()
        key = f"{self.dir}/dropbear_key"
        text = output_of(find("dropbearkey"), "-t", "ed25519", "-f", key)
        public = [x for x in text.splitlines() if x.startswith("ssh-")][0]
        self.start([*self.world, find("dropbear"), "-F", "-E", "-m", "-r", key,
                    "-P", f"{self.dir}/dropbear_pid",
                    "-p", f"127.0.0.1:{port}"], "dropbear.log",
                   "Not backgrounding")
        return self.enter(Place("dropbear", "127.0.0.1", port), public)

    def start_go(self):
        port = self.told_port([
            go_server(), "-hostkey", f"{self.dir}/host_key", "-authorized",
            f"{self.dir}/authorized_keys", "-methods", "publickey"], "go.log")
        return self.enter(Place("go", "127.0.0.1", port),
                          (self.dir / "host_key.pub").read_text())

    def start_far(self):
        return self.start_path("far", self.round_trip_ms)

    def start_guess(self):
        """A server that likes best what hawser does."""
        return self.start_path("guess", self.round_trip_ms,
                               more=["KexAlgorithms curve25519-sha256"])

    def start_line(self):
        return self.start_path("line", self.round_trip_ms, self.rate_mbit)

    def distant(self, round_trip_ms):
        """A place at that distance."""
        if round_trip_ms == self.round_trip_ms:
            return self.place("far")
        name = f"far-{round_trip_ms}"
        if name not in self.places:
            self.places[name] = self.start_path(name, round_trip_ms)
        return self.places[name]

    def start_path(self, name, round_trip_ms, rate_mbit=None, more=()):
        if os.getuid() != 0 or not os.path.exists("/dev/net/tun"):
            raise Failure("a long way needs root and /dev/net/tun")
        relay = self.tool("wan")
        rate = [] if rate_mbit is None else [str(rate_mbit)]
        process = self.start([relay, str(round_trip_ms / 2), *rate],
                             f"{name}.wan.log", "ready",
                             stdin=subprocess.PIPE)
        there, here = (["nsenter", f"--net=/proc/{process.pid}/fd/{fd}"]
                       for fd in (3, 4))
        return self.start_sshd(name, FAR_ADDRESS, there, here, more)

    def tcp_port(self, place):
        """Where TCP alone is served beside a place."""
        if place.name not in self.tcp_ports:
            self.tcp_ports[place.name] = self.told_port(
                [*place.there, sys.executable, str(HERE / "tcp.py")],
                f"{place.name}.tcp.log")
        return self.tcp_ports[place.name]

    def told_port(self, command, log):
        """Start a server that finds its own port, and says so."""
        self.start(command, log, "port ")

        def told():
            return re.search(r"^port (\d+)$", (self.dir / log).read_text(),
                             re.MULTILINE)
        wait_until(told, f"{command[0]} tells its port")
        return int(told()[1])

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)
