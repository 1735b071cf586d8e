"""The rows of the bench: what each of them does, and what it measures.

A row is a function that measures all peers in turn, round by round, so that
whatever else the machine does falls on all of them, and gives figures.
"""
import statistics
import time

import jumps
import shared
from figures import Figure, each, main_peers, rounds
from growth import channels, distance, sessions
from measure import Halted, Run, Typist
from tunnels import idle, short, stream

MIB = 1 << 20
KEY_PAUSE_S = 0.02
# How many of a sequence one client does before it is another's turn.
SEQUENCE_PART = 20
VARIABLES = 10
# Of what TCP alone reaches, in %.
NEAR_TCP = 85
MORE_KIB = 16 << 10


def process_figures(name, found, size=None, wall=None, cpu=None, peak=None):
    """Of whole processes; size is what one of them moved, in MiB.

    The last three are goals.
    """
    if size:
        yield Figure(name, "MiB/s", each(found, lambda r: size / r.wall),
                     goal=wall)
    else:
        yield Figure(name, "ms", each(found, lambda r: r.wall * 1e3),
                     goal=wall)
    found = {k: v for k, v in found.items() if k != "tcp"}
    yield Figure("  client CPU", "ms", each(found, lambda r: r.cpu * 1e3),
                 goal=cpu)
    if size:
        yield Figure("  peak memory", "KiB", each(found, lambda r: r.peak),
                     goal=peak)


def login(place, title, count, **goals):
    def row(lab, options):
        at = lab.place(place)
        found = rounds(lab.peers, options.runs or count,
                       lambda p: Run(lab, p.command(at, ["-T"], "true")))
        yield from process_figures(title, found, **goals)
    return row


def variables(lab, options):
    """The others have no SetEnv."""
    at = lab.place("far")
    names = [f"BENCH_{i}" for i in range(VARIABLES)]
    wanted = " ".join(f"{name}={name}" for name in names)
    last = names[-1]
    found = rounds(main_peers(lab), options.runs or 5, lambda p: Run(
        lab, p.command(at, ["-T", "-o", f"SetEnv={wanted}"],
                       f"test ${last} = {last}")))
    yield from process_figures(f"host true, far, {VARIABLES} variables",
                               found)


def sequence(lab, options):
    at, part = lab.place("near"), min(SEQUENCE_PART, options.sequence)
    count = options.sequence // part

    def some(peer):
        start = time.perf_counter()
        for _ in range(part):
            Run(lab, peer.command(at, ["-T"], "true"))
        return time.perf_counter() - start
    found = rounds(main_peers(lab), count, some)
    yield Figure(f"{count * part} times host true", "s", found, sum)


def loopback(title, words, cipher=None, **goals):
    """A stream nearby, with each side's default or with the same cipher."""
    is_upload = words.startswith("cat >")

    def row(lab, options):
        at, size = lab.place("near"), options.size
        path = lab.data(size)
        peers = lab.peers if cipher is None else main_peers(lab)
        more = [] if cipher is None else ["-c", cipher]
        found = rounds(peers, options.runs or 3, lambda p: Run(
            lab, p.command(at, ["-T", *more], words.format(path)),
            path if is_upload else "/dev/null"))
        yield from process_figures(f"{size} MiB {title}", found, size,
                                   peak=1, **goals)
    return row


def alone(found, logins, size):
    """Without what the login took."""
    before = {k: statistics.median(v) for k, v in logins.items() if v}
    return {k: [size / max(r.wall - before.get(k, 0), 1e-3) for r in v]
            for k, v in found.items()}


def distant(place, title, what, wanted, **goals):
    """A stream far away, and what TCP alone does there."""
    words = {"down": "cat {}", "up": "cat >/dev/null"}[what]

    def row(lab, options):
        at, size = lab.place(place), wanted(options)
        path = lab.data(size)

        def measure(peer):
            if peer is lab.plain:
                return Run(lab, peer.command(at, what, size * MIB))
            return Run(lab, peer.command(at, ["-T"], words.format(path)),
                       path if what == "up" else "/dev/null")
        count = options.runs or 3
        logins = rounds(lab.peers, count, lambda p: Run(
            lab, p.command(at, ["-T"], "true")).wall)
        found = rounds([*lab.peers, lab.plain], count, measure)
        yield from process_figures(f"{size} MiB {title}", found, size,
                                   **goals)
        rate = alone(found, logins, size)
        yield Figure("  without the login", "MiB/s", rate)
        most = statistics.median(rate["tcp"])
        near = NEAR_TCP if place == "line" and what == "down" else None
        yield Figure("  that, of what TCP reaches", "%", has_ratio=False,
                     goal=near, samples={
                         k: [100 * x / most for x in v]
                         for k, v in rate.items() if k != "tcp"})
    return row


def stopped(place, title, wanted):
    """A quarter is read, then nothing."""
    def row(lab, options):
        at, size = lab.place(place), wanted(options)
        path = lab.data(size)
        found = rounds(lab.peers, options.runs or 3, lambda p: Halted(
            lab, p.command(at, ["-T"], f"cat {path}"), size * MIB // 4))
        yield Figure(f"{title}, reader stopped: memory", "KiB",
                     each(found, lambda h: h.peak))
        yield Figure("  before it stopped", "KiB",
                     each(found, lambda h: h.running))
        yield Figure("  more than before", "KiB", has_ratio=False,
                     goal=MORE_KIB,
                     samples=each(found, lambda h: h.peak - h.running))
    return row


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
        yield Figure(title, "ms", found, goal=1)
        yield Figure("  95 of 100 keys", "ms", found, high)
    return row


def far_size(options):
    return options.far_size


def upload_size(options):
    return max(1, options.far_size // 4)


def near_size(options):
    return options.size


DOWN, UP = "cat {}", "cat >/dev/null"
GCM, CHACHA = "aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com"

GROUPS = {
    "Opening a connection": {
        "login": login("near", "host true", 15, wall=0.20, cpu=0.15),
        "login-dropbear": login("dropbear", "host true (Dropbear)", 7),
        "login-go": login("go", "host true (Go)", 7),
        "login-far": login("far", "host true, far", 5, wall=0.40),
        "login-guess": login("guess", "host true, far, right guess", 5,
                             wall=0.32),
        "variables-far": variables,
        "sequence": sequence,
    },
    "Moving data": {
        "download": loopback("download", DOWN, wall=0.8),
        "upload": loopback("upload", UP, wall=0.8),
        "download-gcm": loopback("download, aes128-gcm", DOWN, GCM,
                                 wall=0.9, cpu=0.8),
        "upload-gcm": loopback("upload, aes128-gcm", UP, GCM,
                               wall=0.9, cpu=0.8),
        "download-chacha": loopback("download, chacha20-poly1305", DOWN,
                                    CHACHA, wall=0.9, cpu=0.6),
        "upload-chacha": loopback("upload, chacha20-poly1305", UP, CHACHA,
                                  wall=0.9, cpu=0.6),
        "download-far": distant("far", "download, far", "down", far_size,
                                wall=0.20, peak=1),
        "download-line": distant("line", "download, far, rate", "down",
                                 far_size, wall=0.25, peak=1),
        "upload-far": distant("far", "upload, far", "up", upload_size,
                              peak=1),
    },
    "When the reader stops": {
        "stopped": stopped("near", "download", near_size),
        "stopped-far": stopped("far", "download, far", far_size),
    },
    "Typing": {
        "keys": keys("near", "key to echo", 200),
        "keys-far": keys("far", "key to echo, far", 40),
    },
    "Forwarding": {
        "local-down": stream("L", b"d", "through -L, down"),
        "local-up": stream("L", b"u", "through -L, up"),
        "remote-up": stream("R", b"d", "through -R, up"),
        "remote-down": stream("R", b"u", "through -R, down"),
        "dynamic-down": stream("D", b"d", "through -D, down"),
        "dynamic-up": stream("D", b"u", "through -D, up"),
        "short": short(1, "one by one"),
        "short-together": short(10, "10 at once"),
        "idle": idle,
    },
    "By way of other hosts": {
        "jump-1": jumps.login(1, 0, "host true, one hop", 7, 0.5),
        "jump-3": jumps.login(3, 0, "host true, three hops", 5, 0.5),
        "jump-1-far": jumps.login(1, 50, "host true, one hop, 50 ms each",
                                  5, 0.5),
        "jump-3-far": jumps.login(3, 50, "host true, three hops, 50 ms each",
                                  3, 0.5),
        "jump-download": jumps.download(1, "download, one hop", 0.95),
    },
    "Through a master": {
        "shared": shared.login,
        "shared-sequence": shared.sequence,
        "shared-together": shared.together,
        "shared-idle": shared.idle,
        "shared-download": shared.bulk("download", DOWN),
        "shared-upload": shared.bulk("upload", UP),
    },
    "How cost grows": {
        "distance": distance,
        "sessions": sessions,
        "channels": channels,
    },
}
ROWS = {name: row for rows in GROUPS.values() for name, row in rows.items()}
GROUP_OF = {name: group for group, rows in GROUPS.items() for name in rows}
