"""The JSON body of a request as a description has it: plain values, and texts with holes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.declared.template import LIKE_A_HOLE, Hole, LeftOut, Template
from gateway.declared.unquoted import Unquoted
from gateway.documents.problem import Path


@dataclass(frozen=True, slots=True)
class _Object:
    """An object, whose names may be holes too."""

    items: tuple[tuple[Template, Any], ...]


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON value in whose texts and names holes are filled; a value that is one hole keeps its type."""

    value: Any

    @classmethod
    def of(cls, value: Any) -> "Body":
        """Read a value of a description, of which `faults` finds nothing."""
        return cls(_compiled(value))

    @property
    def holes(self) -> tuple[Hole, ...]:
        """Its holes, in their order."""
        return tuple(hole for template in _templates(self.value) for hole in template.holes)

    def filled(self, values: Mapping[str, Any]) -> Any:
        """The value with its holes filled. Raises `LeftOut` if all of it is left out, and `FieldNotSupported`."""
        return _filled(self.value, values)


def faults(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """What is wrong with a body in a description, each with its place."""
    if isinstance(value, dict):
        if isinstance(value, Unquoted) and LIKE_A_HOLE.fullmatch(name := next(iter(value))):
            yield (
                path,
                (
                    f'YAML takes an unquoted {{{name}}} for a mapping: quote it, as in "{{{name}}}"; '
                    f"a null is written {{{name}: null}}"
                ),
            )
            return
        for name, item in value.items():
            yield from _of_text(name, (*path, name))
            yield from faults(item, (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from faults(item, (*path, number))
    elif isinstance(value, float):
        yield path, "expected text, a whole number, true, false or null: quote the value"
    elif isinstance(value, str):
        yield from _of_text(value, path)


def _of_text(text: str, path: Path) -> Iterator[tuple[Path, str]]:
    try:
        Template.parse(text)
    except ValueError as error:
        yield path, str(error)


def _compiled(value: Any) -> Any:
    if isinstance(value, str):
        return Template.parse(value)
    if isinstance(value, dict):
        return _Object(tuple((Template.parse(name), _compiled(item)) for name, item in value.items()))
    return tuple(map(_compiled, value)) if isinstance(value, list) else value


def _templates(value: Any) -> Iterator[Template]:
    if isinstance(value, Template):
        yield value
    elif isinstance(value, _Object):
        for name, item in value.items:
            yield name
            yield from _templates(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _templates(item)


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, Template):
        return value.value(values)
    if isinstance(value, _Object):
        made: dict[str, Any] = {}
        for name, item in value.items:
            try:
                made[name.text(values)] = _filled(item, values)
            except LeftOut:
                continue
        if value.items and not made:
            raise LeftOut  # an object without any of its fields says nothing
        return made
    if isinstance(value, tuple):
        items = []
        for item in value:
            try:
                items.append(_filled(item, values))
            except LeftOut:
                continue
        return items
    return value
