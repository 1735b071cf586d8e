"""The rows of what goes through a master: hawser's guests on a hawser, and
ssh's on an ssh.
"""
import contextlib
import os
import time

from figures import Figure, each, main_peers, rounds
from lab import wait_until
from measure import Crowd, Run, end, memory, spawn

# So many are measured as one: the master's share of one is hardly seen.
PART = 10


def cpu_of(pid):
    """Seconds that a process has had until now."""
    with open(f"/proc/{pid}/schedstat") as stat:
        return int(stat.read().split()[0]) / 1e9


class Master:
    def __init__(self, lab, peer):
        self.lab, self.peer, self.at = lab, peer, lab.place("many")
        self.control = f"{lab.dir}/{peer.name}.control"
        self.pid = spawn(lab, peer.command(
            self.at, ["-MN", "-S", self.control]))
        wait_until(lambda: os.path.exists(self.control), "a master")

    def command(self, *words):
        return self.peer.command(self.at, ["-T", "-S", self.control], *words)

    def run(self, words="true", stdin="/dev/null"):
        return Run(self.lab, self.command(words), stdin)

    def part(self):
        """Wall and CPU seconds of one, of some; the CPU is both sides'."""
        before, start = cpu_of(self.pid), time.perf_counter()
        cpu = sum(self.run().cpu for _ in range(PART))
        wall = time.perf_counter() - start
        return wall / PART, (cpu + cpu_of(self.pid) - before) / PART

    def together(self, count):
        """Seconds for so many at once, none of which may fail."""
        start = time.perf_counter()
        pids = [spawn(self.lab, self.command("true")) for _ in range(count)]
        failed = sum(os.waitpid(pid, 0)[1] != 0 for pid in pids)
        if failed:
            raise OSError(f"{failed} of {count} sessions failed")
        return time.perf_counter() - start


class Idle(Crowd):
    """Sessions that wait, and what their master takes meanwhile."""

    def __init__(self, master, count):
        self.master = master
        self.before = memory(master.pid, "VmRSS")
        super().__init__(master.lab, master.command("echo ready; exec cat"),
                         count)

    def look(self):
        super().look()
        self.after = memory(self.master.pid, "VmRSS")


@contextlib.contextmanager
def masters(lab):
    """One of each, by the name of its program."""
    found = {}
    try:
        for peer in main_peers(lab):
            found[peer.name] = Master(lab, peer)
        yield found
    finally:
        for master in found.values():
            end(master.pid)


def login(lab, options):
    with masters(lab) as of:
        found = rounds(main_peers(lab), options.runs or 10,
                       lambda p: of[p.name].part())
    yield Figure("host true through a master", "ms",
                 each(found, lambda x: x[0] * 1e3), goal=0.6)
    yield Figure("  client and master CPU", "ms",
                 each(found, lambda x: x[1] * 1e3), goal=0.6)


def sequence(lab, options):
    count = options.sequence // PART
    with masters(lab) as of:
        found = rounds(main_peers(lab), count, lambda p: of[p.name].part())
    yield Figure(f"{count * PART} times, one by one", "s",
                 each(found, lambda x: x[0] * PART), sum)


def together(lab, options):
    with masters(lab) as of:
        found = rounds(main_peers(lab), options.runs or 3,
                       lambda p: of[p.name].together(options.sequence))
    yield Figure(f"{options.sequence} times at once", "s", found)


def idle(lab, options):
    count = options.idle

    def measure(peer):
        # what sessions of earlier rounds took is not given back
        with masters(lab) as of:
            return Idle(of[peer.name], count)
    found = rounds(main_peers(lab), options.runs or 3, measure)
    yield Figure("memory of a master", "KiB", each(found, lambda x: x.before))
    yield Figure(f"  with {count} idle sessions", "KiB",
                 each(found, lambda x: x.after))
    yield Figure(f"  and that of {count} guests", "KiB",
                 each(found, lambda x: x.memory))


def bulk(title, words):
    """A stream through a master, and through a connection of its own."""
    is_upload = words.startswith("cat >")

    def row(lab, options):
        size = options.size
        path = lab.data(size)
        stdin = path if is_upload else "/dev/null"
        command = words.format(path)
        with masters(lab) as of:
            def measure(peer):
                own = Run(lab, peer.command(lab.place("many"), ["-T"],
                                            command), stdin).wall
                return of[peer.name].run(command, stdin).wall, own
            found = rounds(main_peers(lab), options.runs or 3, measure)
        yield Figure(f"{size} MiB {title} through a master", "MiB/s",
                     each(found, lambda x: size / x[0]))
        yield Figure("  of the time without one", "times", has_ratio=False,
                     goal=1.05, samples=each(found, lambda x: x[0] / x[1]))
    return row
