"""The rows that show how cost grows: with distance, sessions and channels.

Each measures some points, and gives the line through them.
"""
from figures import Line, each, rounds
from measure import Crowd, Run
from tunnels import Forwarding

DISTANCES_MS = (10, 50, 100, 200)
SESSIONS = (1, 5, 10, 20)
CHANNELS = (1, 10, 100)


def distance(lab, options):
    line = Line("ms")
    for ms in DISTANCES_MS:
        at = lab.distant(ms)
        found = rounds(lab.peers, options.runs or 3, lambda p: Run(
            lab, p.command(at, ["-T"], "true")).wall * 1e3)
        yield line.point(f"host true, {ms} ms away", ms, found)
    yield from line.figures("without the distance", "round trips", "")


def sessions(lab, options):
    at, time, memory = lab.place("near"), Line("ms"), Line("KiB")
    for count in SESSIONS:
        found = rounds(lab.peers, options.runs or 3, lambda p: Crowd(
            lab, p.command(at, ["-T"], "echo ready; exec cat"), count))
        yield time.point(f"{count} sessions at once", count,
                         each(found, lambda c: c.wall * 1e3))
        yield memory.point("  memory", count,
                           each(found, lambda c: c.memory))
    yield from time.figures("time for none", "for each", "ms")
    yield from memory.figures("memory for none", "for each", "KiB")


def channels(lab, options):
    time, memory = Line("ms"), Line("KiB")
    with Forwarding(lab) as f:
        for count in CHANNELS:
            found = rounds(lab.peers, options.runs or 3, lambda p: f.measure(
                p, "L", lambda t: t.hold(count))[0])
            yield time.point(f"{count} channels, one by one", count,
                             each(found, lambda h: h.wall * 1e3))
            yield memory.point("  memory", count,
                               each(found, lambda h: h.after))
    yield from time.figures("time for none", "for each", "ms")
    yield from memory.figures("memory for none", "for each", "KiB")
