"""A chart of what bench.json holds: bars of the ratio to ssh, as SVG.

Light or dark, as the reader has chosen; nothing is left to what is behind it.
"""
from html import escape

WIDTH, LABELS, RIGHT = 940, 390, 70
TOP, LINE_HEIGHT, GROUP_HEIGHT = 76, 22, 30
# What is worse than this is cut, and has its number.
WORST = 1.6
TICKS = (0, 0.25, 0.5, 0.75, 1, 1.25, 1.5)

STYLE = """
.page { fill: #ffffff }
text { font: 13px system-ui, sans-serif; fill: #24292f }
.group { font-weight: 600 }
.small { font-size: 11px; fill: #57606a }
.grid { stroke: #d0d7de; stroke-width: 1 }
.ssh { stroke: #57606a; stroke-width: 2 }
.hawser { fill: #2f74c0 }
.missed { fill: #c4632b }
.goal { stroke: #24292f; stroke-width: 3 }
.dbclient { fill: #ffffff; stroke: #7a5cc0; stroke-width: 2 }
.plink { fill: #ffffff; stroke: #2c8a57; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  .page { fill: #0d1117 }
  text { fill: #e6edf3 }
  .small { fill: #9aa4af }
  .grid { stroke: #3a424b }
  .ssh { stroke: #9aa4af }
  .hawser { fill: #4f9cf0 }
  .missed { fill: #e0824a }
  .goal { stroke: #e6edf3 }
  .dbclient { fill: #0d1117; stroke: #a98ff0 }
  .plink { fill: #0d1117; stroke: #4fbf83 }
}
"""


def across(ratio):
    return LABELS + min(max(ratio, 0), WORST) / WORST * (
        WIDTH - LABELS - RIGHT)


def text(x, y, words, kind="", anchor="start"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}" '
            f'text-anchor="{anchor}">{escape(words)}</text>')


def upright(x, top, bottom, kind):
    return (f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" '
            f'y1="{top:.1f}" y2="{bottom:.1f}"/>')


def dbclient_mark(x, y):
    return f'<circle class="dbclient" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'


def plink_mark(x, y):
    return (f'<path class="plink" d="M{x - 5:.1f} {y:.1f}l5 -5 5 5 -5 5z"/>')


MARKS = {"dbclient": dbclient_mark, "plink": plink_mark}


def bar(x, y, kind):
    return (f'<rect class="{kind}" x="{LABELS}" y="{y:.1f}" height="10" '
            f'width="{max(x - LABELS, 1):.1f}" rx="2"/>')


def is_shown(figure):
    """Each row's first figure, and those that have a goal."""
    if figure["peers"].get("hawser", {}).get("ratio") is None:
        return False
    is_head = figure["name"] == figure["head"]
    return figure["x"] is None and figure["part"] is None and (
        is_head or figure["goal"] is not None)


def label(figure):
    if figure["name"] == figure["head"]:
        return figure["name"]
    return f"{figure['head']}: {figure['name']}"


def draw_figure(figure, y):
    """One line of the chart, around y."""
    peers = figure["peers"]
    ratio = peers["hawser"]["ratio"]
    yield text(LABELS - 10, y + 4, label(figure), anchor="end")
    yield bar(across(ratio), y - 5,
              "missed" if figure["met"] is False else "hawser")
    if figure["goal"] is not None:
        yield upright(across(figure["goal"]), y - 9, y + 9, "goal")
    for name, mark in MARKS.items():
        other = peers.get(name, {}).get("ratio")
        if other is not None and other <= WORST:
            yield mark(across(other), y)
    yield text(WIDTH - RIGHT + 12, y + 4, f"{ratio:.2f}")


def draw_legend(others):
    """others: who has a mark in the chart."""
    y = 44
    yield text(12, 22, "Time, memory or CPU time as a ratio to OpenSSH's ssh "
               "(less is better)", "group")
    yield f'<rect class="hawser" x="12" y="{y - 9}" width="26" height="10"/>'
    yield text(44, y, "hawser")
    yield f'<rect class="missed" x="106" y="{y - 9}" width="26" height="10"/>'
    yield text(138, y, "hawser, goal missed")
    yield upright(285, y - 13, y + 5, "goal")
    yield text(294, y, "goal")
    yield upright(345, y - 13, y + 5, "ssh")
    yield text(354, y, "ssh")
    x = 400
    for name in others:
        yield MARKS[name](x, y - 4)
        yield text(x + 10, y, name)
        x += 86


def chart(result):
    """The SVG document for what bench.json holds."""
    lines, group, y = [], None, TOP
    figures = [f for f in result["figures"] if is_shown(f)]
    others = [name for name in MARKS
              if any(name in f["peers"] for f in figures)]
    for figure in figures:
        if figure["group"] != group:
            group = figure["group"]
            y += GROUP_HEIGHT
            lines.append(text(12, y - 8, group, "group"))
        y += LINE_HEIGHT
        lines.extend(draw_figure(figure, y - LINE_HEIGHT / 2))
    height = y + 12
    frame = [upright(across(t), TOP, y, "ssh" if t == 1 else "grid")
             for t in TICKS]
    frame += [text(across(t), TOP - 6, f"{t:g}", "small", "middle")
              for t in TICKS]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{height}" viewBox="0 0 {WIDTH} {height}" role="img" '
        'aria-label="hawser compared with ssh">',
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{height}"/>',
        *draw_legend(others), *frame, *lines, "</svg>", ""])
