"""The rows of the bench: what each of them does, and what it measures.

A row is a function that measures all peers in turn, round by round, so that
whatever else the machine does falls on all of them, and gives figures.
"""
import os
import signal
import statistics
import time

from lab import Failure, free_port
from measure import Run, Tunnel, Typist, serve_target

MIB = 1 << 20
KEY_PAUSE_S = 0.02
# What other clients than hawser and ssh may take of a row's time.
OTHERS_S = 3
HIGHER_IS_BETTER = {"MiB/s", "1/s"}


class Figure:
    """One number per peer and round."""

    def __init__(self, name, unit, samples, pick=statistics.median):
        self.name, self.unit = name, unit
        self.samples = {k: v for k, v in samples.items() if v}
        self.values = {k: pick(v) for k, v in self.samples.items()}

    def ratio(self, peer):
        """To ssh; less is better, whatever the unit."""
        if "ssh" not in self.values or peer not in self.values:
            return None
        ours, theirs = self.values[peer], self.values["ssh"]
        if self.unit in HIGHER_IS_BETTER:
            ours, theirs = theirs, ours
        return ours / theirs if theirs else None


def rounds(peers, count, measure):
    """Peer by peer, count times; a dictionary of lists of what came out.

    Whoever is much slower than ssh or fails, other than hawser, drops out.
    """
    found = {p.name: [] for p in peers}
    spent = {p.name: 0 for p in peers}
    for _ in range(count):
        for peer in peers:
            is_other = peer.name not in ("hawser", "ssh")
            if is_other and spent[peer.name] > OTHERS_S:
                continue
            start = time.monotonic()
            try:
                found[peer.name].append(measure(peer))
            except (Failure, OSError):
                if not is_other:
                    raise
                spent[peer.name] = OTHERS_S
            spent[peer.name] += time.monotonic() - start
    return found


def each(found, get):
    return {k: [get(x) for x in v] for k, v in found.items()}


def process_figures(name, found, size=None):
    """Of whole processes; size is what one of them moved, in MiB."""
    if size:
        yield Figure(name, "MiB/s", each(found, lambda r: size / r.wall))
    else:
        yield Figure(name, "ms", each(found, lambda r: r.wall * 1e3))
    yield Figure("  client CPU", "ms", each(found, lambda r: r.cpu * 1e3))
    if size:
        yield Figure("  peak memory", "KiB", each(found, lambda r: r.peak))


def login(place, title, count):
    def row(lab, options):
        at = lab.place(place)
        found = rounds(lab.peers, options.runs or count,
                       lambda p: Run(lab, p.command(at, ["-T"], "true")))
        yield from process_figures(title, found)
    return row


def download(place, title, count, wanted):
    def row(lab, options):
        at, size = lab.place(place), wanted(options)
        path = lab.data(size)
        found = rounds(lab.peers, options.runs or count, lambda p: Run(
            lab, p.command(at, ["-T"], f"cat {path}")))
        yield from process_figures(f"{size} MiB {title}", found, size)
    return row


def upload(lab, options):
    at, size = lab.place("near"), options.size
    path = lab.data(size)
    found = rounds(lab.peers, options.runs or 5, lambda p: Run(
        lab, p.command(at, ["-T"], "cat >/dev/null"), path))
    yield from process_figures(f"{size} MiB upload", found, size)


def high(samples):
    return sorted(samples)[int(len(samples) * 0.95)]


def keys(place, title, count):
    def row(lab, options):
        at, typists = lab.place(place), {}
        try:
            for peer in lab.peers:
                typists[peer] = Typist(lab, peer.command(
                    at, ["-t"], "echo ready; exec cat"))

            def press(peer):
                # people pause between keys, and so do timers of TCP
                time.sleep(KEY_PAUSE_S)
                return typists[peer].press() * 1e3
            found = rounds(lab.peers, options.keys or count, press)
        finally:
            for typist in typists.values():
                typist.close()
        yield Figure(title, "ms", found)
        yield Figure("  95 of 100 keys", "ms", found, high)
    return row


class Forwarding:
    """A target, and tunnels to it."""

    def __init__(self, lab):
        self.lab, self.at = lab, lab.place("near")
        self.pid, self.target = serve_target()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def tunnel(self, peer, letter):
        port = free_port()
        spec = f"{port}:127.0.0.1:{self.target}"
        return Tunnel(self.lab, peer.command(
            self.at, ["-N", f"-{letter}", spec]), port)

    def measure(self, peer, letter, work):
        """What work(tunnel) says, the CPU it took, and the peak."""
        tunnel = self.tunnel(peer, letter)
        try:
            result = work(tunnel)
            peak = tunnel.peak()
        finally:
            tunnel.close()
        return result, tunnel.cpu, peak


def stream(letter, what, title):
    def row(lab, options):
        size = options.size
        with Forwarding(lab) as f:
            found = rounds(lab.peers, options.runs or 3, lambda p: f.measure(
                p, letter, lambda t: t.stream(what, size * MIB)))
        yield Figure(f"{size} MiB {title}", "MiB/s",
                     each(found, lambda x: size / x[0]))
        yield Figure("  client CPU", "ms", each(found, lambda x: x[1] * 1e3))
        yield Figure("  peak memory", "KiB", each(found, lambda x: x[2]))
    return row


def short(at_once, title):
    def row(lab, options):
        count = options.connections
        with Forwarding(lab) as f:
            found = rounds(lab.peers, options.runs or 2, lambda p: f.measure(
                p, "L", lambda t: t.many(count, at_once)))
        yield Figure(f"{count} connections, {title}", "1/s",
                     each(found, lambda x: count / x[0]))
        yield Figure("  client CPU", "ms", each(found, lambda x: x[1] * 1e3))
        yield Figure("  peak memory", "KiB", each(found, lambda x: x[2]))
    return row


def idle(lab, options):
    count = options.idle

    def hold(tunnel):
        before = tunnel.resident()
        connections = [tunnel.touch() for _ in range(count)]
        after = tunnel.resident()
        for s in connections:
            s.close()
        return before, after

    with Forwarding(lab) as f:
        found = rounds(lab.peers, options.runs or 3,
                       lambda p: f.measure(p, "L", hold))
    yield Figure("memory of a tunnel", "KiB", each(found, lambda x: x[0][0]))
    yield Figure(f"  with {count} idle connections", "KiB",
                 each(found, lambda x: x[0][1]))


def far_size(options):
    return options.far_size


def near_size(options):
    return options.size


ROWS = {
    "login": login("near", "host true", 15),
    "login-dropbear": login("dropbear", "host true (Dropbear)", 7),
    "login-far": login("far", "host true, far", 5),
    "download": download("near", "download", 5, near_size),
    "upload": upload,
    "download-far": download("far", "download, far", 3, far_size),
    "keys": keys("near", "key to echo", 200),
    "keys-far": keys("far", "key to echo, far", 40),
    "local-down": stream("L", b"d", "through -L, down"),
    "local-up": stream("L", b"u", "through -L, up"),
    "remote-up": stream("R", b"d", "through -R, up"),
    "remote-down": stream("R", b"u", "through -R, down"),
    "short": short(1, "one by one"),
    "short-together": short(10, "10 at once"),
    "idle": idle,
}
