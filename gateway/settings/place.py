"""Where the values of a document stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.settings.problem import Path, Step

Spot = int
"""A line and a column in one integer: many are kept, and integers cost the garbage collector nothing."""

_COLUMNS = 1 << 20


def spot(mark: Any) -> Spot:
    """The spot of a parser's mark."""
    line, column = mark.line, mark.column
    return int(line * _COLUMNS + min(column, _COLUMNS - 1))


def line_and_column(at: Spot) -> tuple[int, int]:
    """The two of a spot, from 1."""
    return at // _COLUMNS + 1, at % _COLUMNS + 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mapping or list starts, and what is inside: the spots of scalars, the places of the rest, and of keys."""

    start: Spot
    keys: Mapping[Step, Spot]
    inside: "Mapping[Step, Spot | Place]"


def start(place: Spot | Place) -> Spot:
    """Where a value begins."""
    return place if isinstance(place, int) else place.start


def find(place: Spot | Place, path: Path, *, at_key: bool) -> Spot:
    """The spot of the value at `path`, or of its key; of a path that leaves the document, where it left."""
    found = start(place)
    for step in path:
        if isinstance(place, int) or step not in place.inside:
            break
        keys, place = place.keys, place.inside[step]
        found = keys[step] if at_key and step in keys else start(place)
    return found
