"""Holes that lost their quotes: YAML takes `{points}` for a mapping with the name `points` and no value.

A value that is null is written `null` or `~`, as in `{parent: null}`.
"""

from typing import Any

from gateway.documents.document import Document
from gateway.documents.place import Place, Spot, line_and_column


class Unquoted(dict[str, Any]):
    """A mapping of one name for which nothing is written, not even a null."""


def marked(document: Document, text: str) -> Any:
    """The value of a document in which each such mapping is `Unquoted`. `text`: what the document was read from."""
    return _marked(document.value, document.place, text.splitlines())


def _marked(value: Any, place: Spot | Place, lines: list[str]) -> Any:
    if not isinstance(place, Place):
        return value
    if isinstance(value, list):
        return [_marked(item, place.inside[number], lines) for number, item in enumerate(value)]
    made = {name: _marked(item, place.inside[name], lines) for name, item in value.items()}
    if len(made) == 1 and None in made.values() and not _is_written(place, next(iter(made)), lines):
        return Unquoted(made)
    return made


def _is_written(place: Place, name: str, lines: list[str]) -> bool:
    """Whether a null is written in the place of a value."""
    at = place.inside[name]
    if not isinstance(at, int):
        return False
    line, column = line_and_column(at)
    rest = lines[line - 1][column - 1 :] if line <= len(lines) else ""
    return rest[:1] == "~" or rest[:4].lower() == "null"
