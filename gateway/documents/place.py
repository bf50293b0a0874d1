"""The positions of a document's values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.documents.problem import Path, Step

Spot = int
"""A line and a column in one integer: there are many, and the garbage collector does not track integers."""

_COLUMNS = 1 << 20


def spot(mark: Any) -> Spot:
    """The position of a parser's mark."""
    line, column = mark.line, mark.column
    return int(line * _COLUMNS + min(column, _COLUMNS - 1))


def line_and_column(at: Spot) -> tuple[int, int]:
    """The line and column of a position, from 1."""
    return at // _COLUMNS + 1, at % _COLUMNS + 1


@dataclass(frozen=True, slots=True)
class Place:
    """The position of a mapping or list, of its keys, and of its values."""

    start: Spot
    keys: Mapping[Step, Spot]
    inside: "Mapping[Step, Spot | Place]"


def start(place: Spot | Place) -> Spot:
    """The position at which a value begins."""
    return place if isinstance(place, int) else place.start


def find(place: Spot | Place, path: Path, *, at_key: bool) -> Spot:
    """The position of the value at `path`, or of its key; if the path does not exist, of its last existing part."""
    found = start(place)
    for step in path:
        if isinstance(place, int) or step not in place.inside:
            break
        keys, place = place.keys, place.inside[step]
        found = keys[step] if at_key and step in keys else start(place)
    return found
