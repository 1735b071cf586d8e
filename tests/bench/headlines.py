"""The figures that README.md has, from the tables of docs/PERFORMANCE.md."""

# What README.md says, the row of hawser and ssh, and its unit.
ROWS = (
    ("a command on a server 100 ms away", "host true, far", "ms"),
    ("1 GiB from a server on this machine", "1024 MiB download", "MiB/s"),
    ("256 MiB from 100 ms away", "256 MiB download, far", "MiB/s"),
)
# The same of a table of faults, whose rows are the subjects.
FAULT = ("a `-L` is back after a router forgot it", "nat")


def cells(line):
    return [x.strip() for x in line.strip().strip("|").split("|")]


def tables(markdown):
    """Each table, as a list of rows of cells."""
    rows = []
    for line in [*markdown.splitlines(), ""]:
        if line.startswith("|"):
            rows.append(cells(line))
        elif rows:
            yield rows
            rows = []


def figure(markdown, row, column):
    """What stands there in the first table that has both."""
    for head, _, *rows in tables(markdown):
        for found in rows:
            if found[0] == row and column in head:
                return found[head.index(column)]
    raise SystemExit(f"PERFORMANCE.md has no {column} of {row}")


def headlines(markdown):
    lines = ["| | hawser | ssh |", "| --- | ---: | ---: |"]
    for text, row, unit in ROWS:
        ours, theirs = (figure(markdown, row, x) for x in ("hawser", "ssh"))
        lines.append(f"| {text} | {ours} {unit} | {theirs} {unit} |")
    text, fault = FAULT
    # behind the seconds is what was lost
    ours, theirs = (figure(markdown, x, fault).split(" (")[0]
                    for x in ("hawser", "autossh"))
    lines.append(f"| {text} | {ours} s | {theirs} s (autossh) |")
    return "\n".join(lines)
