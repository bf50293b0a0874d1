"""Numbers that processes share: what the page says of several areas, of those that end, and of those that go on."""

import os
import random
import re

import pytest

from gateway.series import Area, Cells, Counter, Gauge, Histogram, Page, shared
from gateway.series.cells import NUMBERS, SPARE


class Process:
    """A process with a counter, gauges and a histogram in one of several areas."""

    def __init__(self, areas: list[Area], number: int = 0) -> None:
        cells = Cells(areas[number])
        self.calls = Counter(cells, "calls_total", "Calls.", ("b", "a"))
        self.level = Gauge(cells, "level", "A level.", ("of",))
        self.most = Gauge(cells, "most", "The most.", merged="max")
        self.least = Gauge(cells, "least", "The least.", merged="min")
        self.spread = Histogram(cells, "spread", "How it is spread.", bounds=(1, 2.5))
        families = {each.name: each for each in (self.calls, self.level, self.most, self.least, self.spread)}
        self.page = Page(families, areas)

    def lines(self) -> list[str]:
        """The lines of the page that have a number."""
        return [line for line in self.page.text().splitlines() if not line.startswith("#")]


def areas(count: int) -> list[Area]:
    """Areas that several processes have, as each of them opens them."""
    made = []
    for _ in range(count):
        descriptor = shared()
        made.append(Area(descriptor))
        os.close(descriptor)
    return made


def test_the_text_of_each_kind() -> None:
    """A counter, a gauge and a histogram are written as Prometheus reads them, labels by name."""
    process = Process([Area()])
    process.calls.labels("x", "y").inc()
    process.calls.labels("x", "y").inc(2)
    process.level.labels("it").set(1.5)
    for value in (0.5, 1, 2, 9):
        process.spread.labels().observe(value)
    assert process.page.text() == (
        "# HELP calls_total Calls.\n# TYPE calls_total counter\n"
        'calls_total{a="y",b="x"} 3.0\n'
        "# HELP level A level.\n# TYPE level gauge\n"
        'level{of="it"} 1.5\n'
        "# HELP most The most.\n# TYPE most gauge\n"
        "# HELP least The least.\n# TYPE least gauge\n"
        "# HELP spread How it is spread.\n# TYPE spread histogram\n"
        'spread_bucket{le="1.0"} 2.0\n'
        'spread_bucket{le="2.5"} 3.0\n'
        'spread_bucket{le="+Inf"} 4.0\n'
        "spread_count 4.0\n"
        "spread_sum 12.5\n"
    )


def test_what_is_in_a_label_stays_in_it() -> None:
    """Quotes, backslashes and line breaks of a value are escaped, and other letters are as they are."""
    process = Process([Area()])
    process.level.labels('a"b\\c\nd é').set(1)
    assert process.lines() == [r'level{of="a\"b\\c\nd é"} 1.0']


def test_several_processes_are_one_page() -> None:
    """Each process gives the same page: counters and histograms added up, gauges as each of them says."""
    both = areas(2)
    first, second = Process(both, 0), Process(both, 1)
    second.calls.labels("only", "here").inc()  # so that the places differ
    for number, process in enumerate((first, second)):
        process.calls.labels("x", "y").inc(number + 1)
        process.level.labels("it").set(number + 1)
        process.most.labels().set(number)
        process.least.labels().set(number)
        process.spread.labels().observe(number + 1)
    expected = {
        'calls_total{a="here",b="only"} 1.0',
        'calls_total{a="y",b="x"} 3.0',
        'level{of="it"} 3.0',
        "most 1.0",
        "least 0.0",
        'spread_bucket{le="1.0"} 1.0',
        'spread_bucket{le="2.5"} 2.0',
        'spread_bucket{le="+Inf"} 2.0',
        "spread_count 2.0",
        "spread_sum 3.0",
    }
    assert set(first.lines()) == set(second.lines()) == expected


def test_a_counter_outlives_its_process() -> None:
    """The page never shows less of a counter: what a process counted stays, and the next one goes on with it."""
    both = areas(2)
    first, second = Process(both, 0), Process(both, 1)
    first.calls.labels("x", "y").inc(5)
    first.spread.labels().observe(2)
    first.level.labels("it").set(7)
    both[0].vacate()
    assert 'calls_total{a="y",b="x"} 5.0' in second.lines()
    assert "spread_count 1.0" in second.lines()
    assert 'level{of="it"} 7.0' not in second.lines()
    again = Process(both, 0)
    again.calls.labels("x", "y").inc()
    again.spread.labels().observe(2)
    assert 'calls_total{a="y",b="x"} 6.0' in second.lines()
    assert "spread_count 2.0" in second.lines()
    assert not any(line.startswith("level") for line in second.lines())
    again.level.labels("it").inc()
    assert 'level{of="it"} 1.0' in second.lines()


def test_a_gauge_that_is_removed() -> None:
    """It is shown no more, and begins with 0 where it comes back."""
    process = Process([Area()])
    process.level.labels("it").set(7)
    process.level.remove("it")
    process.level.remove("what was never there")
    assert process.lines() == []
    process.level.labels("it")
    assert process.lines() == ['level{of="it"} 0.0']


def test_a_full_area() -> None:
    """What has no place any more is not shown, and what has one goes on."""
    process = Process([Area()])
    process.calls.labels("first", "one").inc()
    for number in range(NUMBERS // 8 // 4):  # each histogram takes four
        Histogram(process.spread._cells, f"spread_{number}", "", bounds=(1, 2)).labels().observe(1)
    late = process.calls.labels("late", "one")
    late.inc()
    process.calls.labels("first", "one").inc()
    assert process.lines() == ['calls_total{a="one",b="first"} 2.0']
    assert NUMBERS // 8 - SPARE > 1_000_000


def test_a_process_of_another_version() -> None:
    """What another version has under a name that means something else here is left out."""
    both = areas(2)
    process = Process(both, 0)
    other = Cells(both[1])
    Counter(other, "calls_total", "Other labels.", ("a",)).labels("x").inc()
    Histogram(other, "spread", "Other bounds.", bounds=(1, 2, 3)).labels().observe(1)
    Counter(other, "new_total", "A new one.").labels().inc()
    assert process.lines() == []


def test_the_wrong_number_of_labels() -> None:
    """A mistake of ours is told at once."""
    with pytest.raises(ValueError, match="calls_total has the labels b, a"):
        Process([Area()]).calls.labels("x")


def test_each_value_is_in_the_bucket_of_its_bound() -> None:
    """For any values, a bucket counts those that are not above its bound."""
    process = Process([Area()])
    values = [random.choice([0.0, 1, 1.0000001, 2.5, 2.6, 100]) for _ in range(200)]
    for value in values:
        process.spread.labels().observe(value)
    counted = dict(re.findall(r'le="(\S+)"} (\S+)', process.page.text()))
    assert {bound: float(count) for bound, count in counted.items()} == {
        "1.0": sum(value <= 1 for value in values),
        "2.5": sum(value <= 2.5 for value in values),
        "+Inf": len(values),
    }
