"""The report and the chart, from figures that are made up."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import chart, report
from benchmarks.figures import Figures
from benchmarks.report import BEGIN, END, ROWS, About
from benchmarks.scenarios import DIRECT, LISTS, LITELLM, MOST, NGINX, POSTGRESQL, READS
from benchmarks.targets import judged
from tests.benchmarks.made_up import made_up

ABOUT = About(date(2026, 11, 21), "A processor, 2 cores", "All pinned.", {"Python": "3.11.7"})


def without(row: str) -> Figures:
    """The figures, where one row could not be measured."""
    figures = made_up()
    rounds = [{key: point for key, point in each.items() if key[0] != row} for each in figures.rounds]
    return replace(figures, rounds=rounds)


def test_ratios_are_taken_within_a_round() -> None:
    """A machine that becomes faster from round to round changes no ratio."""
    spread = made_up().to_echo(READS, MOST)
    assert (spread.median, spread.least, spread.most) == pytest.approx((0.32, 0.32, 0.40))


def test_targets_are_judged() -> None:
    """What is reached is met, what is not is not."""
    met = {target.what: (target.measured, target.met) for target in judged(made_up())}
    assert met["reads: at least 6 times what is written by hand"] == ("8.00", True)
    assert met["reads: 2 workers at least 1.8 of one (goal 1.9)"] == ("1.88", True)
    assert met["reads: 2 workers at least 1.8 of one by CPU time"] == ("1.00", False)
    assert met["memory, SQLite: at most 70 MB a worker (goal 60)"] == ("60.0 MB", True)
    assert met["writes, PostgreSQL: 2 workers at least 1.6 of one"] == ("1.00", False)
    assert met["writes, PostgreSQL: 2 workers at least 1.6 of one by CPU time"] == ("2.00", True)
    assert met["writes, SQLite: 2 workers at least 1.0 of one"] == ("1.00", True)
    assert met["writes, SQLite: at most 1.6 times a read's CPU time (goal 1.3)"] == ("1.40", True)
    assert met["writes, PostgreSQL: at most 1.6 times a read's CPU time (goal 1.3)"] == ("2.00", False)
    commits = "writes, SQLite: p50 added to the vendor's own at 1 connection: at most 1.5 times two commits of the disk"
    assert met[commits] == ("1.57", False)
    assert met["memory: flat over 1,000,000 reads (at most 1.05 of what it was at first)"] == ("1.017", True)


def test_the_page_keeps_its_prose() -> None:
    """Only what stands between the markers is replaced, however often."""
    page = f"# Title\n{BEGIN}\nold\n{END}\nlast words\n"
    filled = report.filled(page, made_up(), ABOUT)
    assert filled.startswith(f"# Title\n{BEGIN}\n")
    assert filled.endswith(f"{END}\nlast words\n")
    assert "old" not in filled
    assert report.filled(filled, made_up(), ABOUT) == filled


def test_the_page_says_what_was_measured() -> None:
    """Ratios with their spread, latencies, and what was left out and why are in it."""
    body = report.body(made_up(), ABOUT)
    assert f"| {READS} | 0.320 (0.320 to 0.320) | 0.320 (0.320 to 0.320) | 0.320 (0.320 to 0.400) |" in body
    assert f"| {LISTS} | 1.00 (1.00 to 1.00) | " in body
    assert "the bare echo answered 20,000 requests a second (10,000 to 40,000)" in body
    assert "LiteLLM: it is not installed." in body
    assert "2026-11-21" in body


def test_lines_of_prose_are_short() -> None:
    """What is generated has no line that is longer than a page may have, tables apart."""
    about = replace(ABOUT, pinned="The server had core 0. " * 9, versions={f"library-{n}": "1.2.3" for n in range(30)})
    lines = report.body(replace(made_up(), left_out={"LiteLLM": "it is not installed " * 9}), about).splitlines()
    assert [line for line in lines if len(line) > 120 and not line.startswith("|")] == []


def test_a_page_without_markers_is_not_touched() -> None:
    """Where there is no place for the figures, there is an error."""
    with pytest.raises(ValueError, match="figures begin"):
        report.filled("# Title\n", made_up(), ABOUT)


def test_the_shipped_page_has_a_place_for_figures() -> None:
    """The page of docs/ can be filled."""
    page = (Path(__file__).parents[2] / "docs" / report.PAGE).read_text("utf-8")
    assert f"| {POSTGRESQL} |" in report.filled(page, made_up(), ABOUT)


def test_what_was_left_out_has_no_row() -> None:
    """A peer that is not there is neither in a table nor in the chart."""
    figures = without(LITELLM)
    assert f"| {LITELLM} |" not in report.body(figures, ABOUT)
    assert LITELLM not in chart.drawn(figures).replace("&#x27;", "'")


def test_the_chart_is_text_and_bars() -> None:
    """It is well-formed, has a bar for each row, and its labels are text within it."""
    svg = "{http://www.w3.org/2000/svg}"
    root = ElementTree.fromstring(chart.drawn(made_up()))
    bars = [each for each in root.iter(f"{svg}rect") if each.get("class") != "panel"]
    labels = {each.text for each in root.iter(f"{svg}text")}
    drawn = set(ROWS) - {DIRECT, NGINX}
    assert len(bars) == len(drawn)
    assert drawn <= labels
    width = float(root.get("width", 0))
    assert all(0 <= float(bar.get("x", 0)) + float(bar.get("width", 0)) <= width for bar in bars)
