"""The page that Prometheus reads, of the areas of all processes together.

All of a line but its number is made once and kept: of 1,000 vendors there are some 30,000 lines.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import isinf
from threading import Lock

from gateway.series.cells import Area
from gateway.series.families import AnyFamily

_MERGED: dict[str, Callable[[list[float]], float]] = {"sum": sum, "max": max, "min": min}


@dataclass(slots=True)
class _Child:
    """The lines of one set of labels; `places` are where its numbers are, each in an area."""

    lines: tuple[str, ...]
    places: list[tuple[int, int]] = field(default_factory=list)


class Page:
    """The text of these families; can be used by any thread."""

    def __init__(self, families: Mapping[str, AnyFamily], areas: Sequence[Area]) -> None:
        self._families = families
        self._areas = areas
        self._read = [0] * len(areas)
        self._children: dict[str, dict[tuple[str, ...], _Child]] = {}
        self._lock = Lock()

    def text(self) -> str:
        """All families in Prometheus' text format."""
        with self._lock:
            self._learn()
            values = [area.values() for area in self._areas]
            alive = [area.pid != 0 for area in self._areas]
            parts: list[str] = []
            for name, family in self._families.items():
                parts += (f"# HELP {name} {_escaped(family.help)}", f"# TYPE {name} {family.kind}")
                children = list(self._children.get(name, {}).values())
                if family.kind == "counter":
                    parts += _counters(children, values)
                elif family.kind == "gauge":
                    parts += _gauges(children, values, alive, family.merged)
                else:
                    parts += _histograms(children, values, family.width)
            return "\n".join([*parts, ""])

    def numbers(self, family: str) -> dict[tuple[str, ...], list[float]]:
        """The numbers of one family by its labels, of all processes; of a histogram its buckets, and the sum of all."""
        with self._lock:
            self._learn()
            of = self._families[family]
            merge = _MERGED[of.merged]
            alive = [area.pid != 0 for area in self._areas]
            found: dict[tuple[str, ...], list[float]] = {}
            for labels, child in self._children.get(family, {}).items():
                counted = [(area, place) for area, place in child.places if of.kind != "gauge" or alive[area]]
                rows = [list(self._areas[area].numbers[place : place + of.width]) for area, place in counted]
                rows = [row for row in rows if row[0] == row[0]]  # NaN: none
                if rows:
                    found[labels] = [merge(list(each)) for each in zip(*rows, strict=True)]
            return found

    def _learn(self) -> None:
        """Take in the names that are new in the areas."""
        for number, area in enumerate(self._areas):
            names, self._read[number] = area.names(self._read[number])
            for each in names:
                family = self._families.get(each.family)
                if family is None or family.width != each.width or len(family.label_names) != len(each.labels):
                    continue  # of a process of another version
                children = self._children.setdefault(each.family, {})
                child = children.get(each.labels)
                if child is None:
                    child = children[each.labels] = _Child(_lines(family, each.labels))
                child.places.append((number, each.first))


def _counters(children: list[_Child], values: list[list[float]]) -> Iterable[str]:
    for child in children:
        yield child.lines[0] + repr(sum([values[area][place] for area, place in child.places]))


def _gauges(children: list[_Child], values: list[list[float]], alive: list[bool], merged: str) -> Iterable[str]:
    merge = _MERGED[merged]
    for child in children:
        numbers = [values[area][place] for area, place in child.places if alive[area]]
        numbers = [number for number in numbers if number == number]  # NaN: none
        if numbers:
            yield child.lines[0] + repr(merge(numbers))


def _histograms(children: list[_Child], values: list[list[float]], width: int) -> Iterable[str]:
    for child in children:
        each = [values[area][place : place + width] for area, place in child.places]
        numbers = each[0] if len(each) == 1 else list(map(sum, zip(*each, strict=True)))
        counts = list(accumulate(numbers[:-1]))
        for line, number in zip(child.lines, [*counts, counts[-1], numbers[-1]], strict=True):
            yield line + repr(number)


def _lines(family: AnyFamily, labels: tuple[str, ...]) -> tuple[str, ...]:
    """All of the lines of one set of labels, up to their numbers."""
    pairs = dict(zip(family.label_names, labels, strict=True))
    if family.kind != "histogram":
        return (f"{family.name}{_set(pairs)} ",)
    buckets = (f"{family.name}_bucket{_set(pairs | {'le': _bound(bound)})} " for bound in family.bounds)
    return (*buckets, f"{family.name}_count{_set(pairs)} ", f"{family.name}_sum{_set(pairs)} ")


def _bound(bound: float) -> str:
    return "+Inf" if isinf(bound) else repr(float(bound))


def _set(pairs: Mapping[str, str]) -> str:
    if not pairs:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value, quoted=True)}"' for name, value in sorted(pairs.items())) + "}"


def _escaped(text: str, *, quoted: bool = False) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quoted else text
