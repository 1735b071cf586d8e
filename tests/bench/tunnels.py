"""The rows of what goes through a forwarding."""
import os
import signal

from figures import Figure, each, main_peers, rounds
from lab import free_port
from measure import Tunnel, serve_target

MIB = 1 << 20


class Forwarding:
    """A target, ours unless there is one, and tunnels to it."""

    def __init__(self, lab, target=None):
        self.lab, self.at = lab, lab.place("near")
        self.pid, self.target = (None, target) if target else serve_target()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)

    def tunnel(self, peer, letter):
        port = free_port()
        is_dynamic = letter == "D"
        spec = str(port)
        if not is_dynamic:
            spec += f":127.0.0.1:{self.target}"
        return Tunnel(self.lab, peer.command(
            self.at, ["-N", f"-{letter}", spec]), port,
            self.target if is_dynamic else None)

    def measure(self, peer, letter, work):
        """What work(tunnel) says, the CPU it took, and the peak."""
        tunnel = self.tunnel(peer, letter)
        try:
            result = work(tunnel)
            peak = tunnel.peak()
        finally:
            tunnel.close()
        return result, tunnel.cpu, peak


def usage_figures(found):
    yield Figure("  client CPU", "ms", each(found, lambda x: x[1] * 1e3))
    yield Figure("  peak memory", "KiB", each(found, lambda x: x[2]), goal=1)


def stream(letter, what, title):
    def row(lab, options):
        size = options.tunnel_size
        with Forwarding(lab) as f:
            found = rounds(lab.peers, options.runs or 3, lambda p: f.measure(
                p, letter, lambda t: t.stream(what, size * MIB)))
        yield Figure(f"{size} MiB {title}", "MiB/s",
                     each(found, lambda x: size / x[0]), goal=0.95)
        yield from usage_figures(found)
    return row


def short(at_once, title):
    def row(lab, options):
        count = options.connections
        tool = lab.tool("short")
        target = lab.told_port([tool, "serve"], f"short.{at_once}.log")
        with Forwarding(lab, target) as f:
            found = rounds(
                main_peers(lab), options.runs or 3, lambda p: f.measure(
                    p, "L", lambda t: t.many(tool, count, at_once)))
        yield Figure(f"{count} connections, {title}", "1/s",
                     each(found, lambda x: count / x[0]), goal=0.8)
        yield from usage_figures(found)
    return row


def idle(lab, options):
    count = options.idle
    with Forwarding(lab) as f:
        found = rounds(lab.peers, options.runs or 3, lambda p: f.measure(
            p, "L", lambda t: t.hold(count)))
    yield Figure("memory of a tunnel", "KiB",
                 each(found, lambda x: x[0].before), goal=1)
    yield Figure(f"  with {count} idle connections", "KiB",
                 each(found, lambda x: x[0].after), goal=1)
