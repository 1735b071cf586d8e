"""The rows of what goes by way of other hosts (-J).

Of ssh, which starts itself for each of them, no CPU time is told: it does not
wait for those processes, so nobody can count theirs.
"""
import sys

from figures import Figure, each, main_peers, rounds
from lab import HERE, Place
from measure import Run

FLIGHTS = HERE.parent / "peers" / "flights.py"


def leg(lab, number, delay_ms):
    """A name for the server beside us; reached late, if there is a delay."""
    name = f"leg-{delay_ms}-{number}"
    if name not in lab.places:
        port = lab.place("near").port
        if delay_ms:
            port = lab.told_port(
                [sys.executable, str(FLIGHTS), str(port), str(delay_ms),
                 str(lab.dir / f"{name}.flights")], f"{name}.log")
        lab.places[name] = lab.enter(
            Place(name, "127.0.0.1", port),
            (lab.dir / "host_key.pub").read_text())
    return lab.places[name]


def way(lab, hops, delay_ms):
    """The options that lead there, and the last place."""
    legs = [leg(lab, i, delay_ms) for i in range(hops + 1)]
    return ["-T", "-J", ",".join(x.name for x in legs[:-1])], legs[-1]


def login(hops, delay_ms, title, count, goal):
    def row(lab, options):
        through, last = way(lab, hops, delay_ms)
        found = rounds(main_peers(lab), options.runs or count, lambda p: Run(
            lab, p.command(last, through, "true")))
        yield Figure(title, "ms", each(found, lambda r: r.wall * 1e3),
                     goal=goal)
    return row


def download(hops, title, goal):
    def row(lab, options):
        size = options.tunnel_size
        path = lab.data(size)
        through, last = way(lab, hops, 0)
        found = rounds(main_peers(lab), options.runs or 3, lambda p: Run(
            lab, p.command(last, through, f"cat {path}")))
        yield Figure(f"{size} MiB {title}", "MiB/s",
                     each(found, lambda r: size / r.wall), goal=goal)
    return row
