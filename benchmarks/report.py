"""The page of figures: tables in Markdown, put between two markers so that the prose around them stays."""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from benchmarks.figures import Figures, Spread
from benchmarks.scenarios import (
    BY_HAND,
    CACHED,
    CONNECTIONS,
    DIRECT,
    ECHO,
    HISTORIES,
    LISTS,
    LITELLM,
    MANY_TENANTS,
    MOST,
    NGINX,
    PORTKEY,
    POSTGRESQL,
    PREVIEWS,
    READS,
    REUSING,
    SQLITE,
    TWO_WORKERS,
)
from benchmarks.targets import MEGABYTE, judged

PAGE = "performance.md"
BEGIN, END = "<!-- figures begin -->", "<!-- figures end -->"
WIDTH = 120
"""Characters of the longest line of prose in a page."""

ROWS = (
    DIRECT,
    ECHO,
    NGINX,
    BY_HAND,
    READS,
    READS + TWO_WORKERS,
    MANY_TENANTS,
    CACHED,
    PREVIEWS,
    LISTS,
    HISTORIES,
    SQLITE,
    SQLITE + REUSING,
    SQLITE + TWO_WORKERS,
    POSTGRESQL,
    POSTGRESQL + REUSING,
    POSTGRESQL + TWO_WORKERS,
    LITELLM,
    PORTKEY,
)
"""Every row there can be, in the order of the report."""


@dataclass(frozen=True, slots=True)
class About:
    """What a run is about: its day, its machine, what was pinned where, and the versions of all that took part."""

    day: date
    machine: str
    pinned: str
    versions: Mapping[str, str]


def filled(page: str, figures: Figures, about: About) -> str:
    """The page with new figures between its markers. Raises `ValueError` where it does not have both."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} followed by {END}")
    return f"{before}{BEGIN}\n{body(figures, about)}\n{END}{after}"


def body(figures: Figures, about: About) -> str:
    """All that is generated."""
    echo = figures.rate(ECHO, MOST)
    return "\n\n".join(
        (
            f"## Figures of {about.day.isoformat()}",
            paragraph(f"{about.machine}. {about.pinned} {len(figures.rounds)} rounds."),
            "### Targets",
            _table(
                ("target", "measured", "met"),
                [(each.what, each.measured, "yes" if each.met else "**no**") for each in judged(figures)],
            ),
            "### Throughput, as a share of the bare echo's",
            _by_connections(figures, figures.to_echo, _shown_ratio),
            paragraph(
                f"A note on this machine: at {MOST} connections the bare echo answered {_thousands(echo.median)} "
                f"requests a second ({_thousands(echo.least)} to {_thousands(echo.most)})."
            ),
            f"### CPU time of an answer, at {MOST} connections",
            _table(("", "answers of the bare echo", "reads"), list(_costs(figures))),
            "### Latency, p50 / p99 in milliseconds",
            _table(_heading(), list(_latencies(figures))),
            "### Start and memory",
            _table(("what", "measured"), list(_footprint(figures))),
            "### Versions",
            paragraph(", ".join(f"{name} {version}" for name, version in about.versions.items()) + "."),
            "### Left out",
            paragraph("; ".join(f"{name}: {reason}" for name, reason in figures.left_out.items()) + ".")
            if figures.left_out
            else "Nothing.",
        )
    )


def paragraph(text: str) -> str:
    """The text in lines as long as a page may have them."""
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _heading() -> tuple[str, ...]:
    return ("", *(f"{number} connection{'s' if number > 1 else ''}" for number in CONNECTIONS))


def _by_connections(figures: Figures, of: Callable[[str, int], Spread], shown: Callable[[Spread], str]) -> str:
    rows = [
        (row, *(shown(of(row, number)) if figures.has(row, number) else "" for number in CONNECTIONS))
        for row in ROWS
        if figures.most(row)
    ]
    return _table(_heading(), rows)


def _costs(figures: Figures) -> Iterator[tuple[str, ...]]:
    """Of all processes of each gateway together."""
    for row in ROWS:
        if row.startswith("gateway") and (most := figures.most(row)):
            costs = (figures.cost(row, to, most) for to in (ECHO, READS))
            yield (row, *(f"{each.median:.2f} ({each.least:.2f} to {each.most:.2f})" for each in costs))


def _latencies(figures: Figures) -> Iterator[tuple[str, ...]]:
    for row in ROWS:
        if figures.most(row):
            cells = (
                f"{_milliseconds(figures.p50(row, number))} / {_milliseconds(figures.p99(row, number))}"
                if figures.has(row, number)
                else ""
                for number in CONNECTIONS
            )
            yield (row, *cells)


def _footprint(figures: Figures) -> Iterator[tuple[str, str]]:
    starts = sorted(figures.starts)
    yield (
        f"from the start of the process to `/readyz`, with a new journal, {len(starts)} times",
        f"{median(starts):.2f} s ({starts[0]:.2f} to {starts[-1]:.2f})",
    )
    for name, sizes in figures.resident.items():
        yield f"resident memory after the load, {name}", " and ".join(_megabytes(size) for size in sizes)
    endurance = figures.endurance
    yield f"resident memory of another, after {endurance.first_calls:,} reads", _megabytes(endurance.first)
    yield f"... after {endurance.calls:,} reads", _megabytes(endurance.last)


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    line = ["---", *["---:"] * (len(heading) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heading, line, *rows))


def _shown_ratio(spread: Spread) -> str:
    return f"{spread.median:.3f} ({spread.least:.3f} to {spread.most:.3f})"


def _milliseconds(spread: Spread) -> str:
    return f"{spread.median * 1000:.2f}"


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB"


def _thousands(number: float) -> str:
    return f"{round(number, -2):,.0f}"
