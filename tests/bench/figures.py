"""What rows give: figures, and rounds in which all peers are measured."""
import statistics
import time

from lab import Failure

# What other clients than hawser and ssh may take of a row's time.
OTHERS_S = 3
MAIN = ("hawser", "ssh")
HIGHER_IS_BETTER = {"MiB/s", "1/s", "%"}


class Figure:
    """One number per peer and round.

    The goal is hawser's: of the ratio to ssh where there is one, else of the
    number itself. On an axis, x is where the figure belongs, and part says
    what it is of the line through the others.
    """

    def __init__(self, name, unit, samples, pick=statistics.median,
                 goal=None, has_ratio=True, x=None, part=None):
        self.name, self.unit, self.goal = name, unit, goal
        self.has_ratio, self.x, self.part = has_ratio, x, part
        self.samples = {k: v for k, v in samples.items() if v}
        self.values = {k: pick(v) for k, v in self.samples.items()}

    def ratio(self, peer):
        """To ssh; less is better, whatever the unit."""
        if not self.has_ratio or not {"ssh", peer} <= set(self.values):
            return None
        ours, theirs = self.values[peer], self.values["ssh"]
        if self.unit in HIGHER_IS_BETTER:
            ours, theirs = theirs, ours
        return ours / theirs if theirs else None

    def is_met(self):
        """Whether hawser reaches the goal; None if there is none."""
        found = (self.ratio("hawser") if self.has_ratio
                 else self.values.get("hawser"))
        if self.goal is None or found is None:
            return None
        if not self.has_ratio and self.unit in HIGHER_IS_BETTER:
            return found >= self.goal
        return found <= self.goal


def rounds(peers, count, measure):
    """Peer by peer, count times; a dictionary of lists of what came out.

    Whoever is much slower than ssh or fails, other than hawser, drops out.
    """
    found = {p.name: [] for p in peers}
    spent = {p.name: 0 for p in peers}
    for _ in range(count):
        for peer in peers:
            is_other = peer.name not in (*MAIN, "tcp")
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


def main_peers(lab):
    return [p for p in lab.peers if p.name in MAIN]


def each(found, get):
    return {k: [get(x) for x in v] for k, v in found.items()}


class Line:
    """Figures along an axis, and the straight line that is nearest."""

    def __init__(self, unit):
        self.unit, self.points = unit, []

    def point(self, name, x, samples):
        figure = Figure(name, self.unit, samples, x=x)
        self.points.append(figure)
        return figure

    def figures(self, fixed, each_one, unit):
        """What there is at 0, and what one step on the axis adds."""
        lines = {}
        for peer in self.points[0].values:
            on = [p for p in self.points if peer in p.values]
            if len(on) > 1:
                lines[peer] = statistics.linear_regression(
                    [p.x for p in on], [p.values[peer] for p in on])
        yield Figure(f"  {fixed}", self.unit, part="fixed", samples={
            peer: [line.intercept] for peer, line in lines.items()},
            has_ratio=False)
        yield Figure(f"  {each_one}", unit, part="each", samples={
            peer: [line.slope] for peer, line in lines.items()})
