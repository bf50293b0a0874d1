"""The chart: one bar a row, its throughput as a share of the bare echo's; plain SVG, text as text."""

from collections.abc import Iterator
from html import escape

from benchmarks.figures import Figures, Spread
from benchmarks.report import ROWS
from benchmarks.scenarios import DIRECT, LITELLM, MOST, NGINX, PORTKEY

FILE = "performance.svg"
TITLE = f"Requests a second at {MOST} connections, bare echo = 1"
WIDTH, LABELS, VALUES, MARGIN = 880, 375, 60, 20
TOP, STEP, BAR = 74, 26, 16

# The colours are those of the page that shows it, light or dark; the panel behind makes either legible anywhere.
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 }
  .note { fill: #59636e }
  .panel { fill: #ffffff; stroke: #d1d9e0 }
  .ours { fill: #0969da }
  .theirs { fill: #8c959f }
  .job { fill: #c8ccd1 }
  .spread { stroke: #1f2328 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .note { fill: #9198a1 }
    .panel { fill: #0d1117; stroke: #3d444d }
    .ours { fill: #4493f8 }
    .theirs { fill: #656c76 }
    .job { fill: #3d444d }
    .spread { stroke: #f0f6fc }
  }
"""


def drawn(figures: Figures) -> str:
    """The chart as a whole SVG file.

    Direct calls are not in it, since they measure no server, and nginx has a line of text: its bar would dwarf others.
    """
    rows = [row for row in ROWS if row not in (DIRECT, NGINX) and figures.has(row, MOST)]
    spreads = {row: figures.to_echo(row, MOST) for row in rows}
    scale = (WIDTH - LABELS - VALUES - MARGIN) / max(spread.most for spread in spreads.values())
    height = TOP + STEP * len(rows) + 34
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        'role="img" aria-labelledby="title">',
        f"<style>{STYLE}</style>",
        f'<rect class="panel" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        f'<text class="title" id="title" x="{MARGIN}" y="30">{TITLE}</text>',
        f'<text class="note" x="{MARGIN}" y="52">One core for each server, two where it says 2 workers. '
        "Median over rounds; the line is the spread.</text>",
    ]
    for place, (row, spread) in enumerate(spreads.items()):
        lines += _bar(row, spread, TOP + STEP * place, scale)
    notes = ["Chat completions are another job of the same shape."]
    if figures.has(NGINX, MOST):
        notes.append(f"Not drawn: {NGINX}, with {_shown(figures.to_echo(NGINX, MOST))}.")
    lines.append(f'<text class="note" x="{MARGIN}" y="{height - 14}">{escape(" ".join(notes))}</text>')
    return "\n".join([*lines, "</svg>", ""])


def _bar(row: str, spread: Spread, y: int, scale: float) -> Iterator[str]:
    middle = y + BAR / 2
    least, end, most = (LABELS + scale * each for each in (spread.least, spread.median, spread.most))
    yield f'<text x="{LABELS - 10}" y="{middle + 4.5}" text-anchor="end">{escape(row)}</text>'
    yield f'<rect class="{_kind(row)}" x="{LABELS}" y="{y}" width="{end - LABELS:.1f}" height="{BAR}" rx="2"/>'
    yield f'<line class="spread" x1="{least:.1f}" x2="{most:.1f}" y1="{middle}" y2="{middle}"/>'
    yield f'<text x="{max(end, most) + 8:.1f}" y="{middle + 4.5}">{_shown(spread)}</text>'


def _shown(spread: Spread) -> str:
    return f"{spread.median:.2f}" if spread.median >= 0.1 else f"{spread.median:.3f}"


def _kind(row: str) -> str:
    if row in (LITELLM, PORTKEY):
        return "job"
    return "ours" if row.startswith("gateway") else "theirs"
