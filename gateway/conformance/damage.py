"""Answers that have lost a part of themselves: left out, replaced by nonsense, or given twice; in JSON and in XML."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring  # it writes XML, and reads none  # nosec B405

from defusedxml.ElementTree import fromstring

from gateway.simulation import Answer
from gateway.simulation.jsontext import read, write

NONSENSE = ("null", "true", '""', '"words"', '"0x10"', "[]", "{}", "1e999", "9" * 40)
"""JSON that is no number that anybody means."""
UNTOLD = ("NaN", "undefined", '"raw\nline"', '"\ufffd"', r'"\x"', "007")
"""What is no JSON, or cannot be told."""
ENTRIES = ("null", "{}", "[]", '"words"', "7")
"""What no list of objects has among its entries."""
TEXTS = ("", "words", "0x10", "1e999", "9" * 40)
"""Texts of an XML element that are no number that anybody means."""
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Damaged:
    """A body with one damaged place; `now` is what stands there, as it is written.

    `emptied`: a list has no entries any more, which may be true.
    """

    body: str
    place: Place
    now: str
    emptied: bool = False

    @property
    def name(self) -> str | None:
        """The name of the damaged field; None for an entry of a list."""
        return str(self.place[-1]) if isinstance(self.place[-1], str) else None

    def of(self, answer: Answer) -> Answer:
        """The damaged answer."""
        return replace(answer, body=self.body.encode())

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.place))}: {self.now}"


def damaged(answer: Answer) -> Iterator[Damaged]:
    """An answer's body with each of its places damaged in turn; nothing for a body that is neither JSON nor XML."""
    if answer.body.lstrip()[:1] == b"<":
        yield from _in_xml(fromstring(answer.body))
        return
    try:
        whole = read(answer.body)
    except ValueError:
        return
    for place in places(whole):
        yield from _in_json(whole, place)


def _in_json(whole: Any, place: Place) -> Iterator[Damaged]:
    marked, was = write(changed(whole, place, "MARK")), value_at(whole, place)
    if isinstance(place[-1], int):
        for entry in ENTRIES:
            if entry != write(was):
                yield Damaged(marked.replace('"MARK"', entry), place, entry)
        return
    yield Damaged(write(changed(whole, place, ...)), place, "left out")
    for nonsense in (*NONSENSE, *UNTOLD):
        if nonsense == write(was):
            continue
        emptied = nonsense == "[]" and isinstance(was, list)
        yield Damaged(marked.replace('"MARK"', nonsense), place, nonsense, emptied)
    name = json.dumps(place[-1])
    twice = f"{name}: {write(was)}"
    yield Damaged(marked.replace(f'{name}: "MARK"', f"{twice}, {name}: 987654321"), place, "twice, the second another")
    yield Damaged(marked.replace(f'{name}: "MARK"', f"{name}: 987654321, {twice}"), place, "twice, the first another")


def places(value: Any) -> Iterator[Place]:
    """The path of each name and of each entry of a list."""
    for name, item in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        yield (name,)
        yield from ((name, *rest) for rest in places(item))


def value_at(value: Any, path: Place) -> Any:
    """What stands at a place."""
    for name in path:
        value = value[name]
    return value


def changed(value: Any, path: Place, other: Any) -> Any:
    """The value with another one at a place, or without that place where the other is `...`."""
    name, *rest = path
    if isinstance(value, list):
        return [_entry(item, tuple(rest), other) if at == name else item for at, item in enumerate(value)]
    if rest:
        return {**value, name: changed(value[name], tuple(rest), other)}
    kept = {key: item for key, item in value.items() if key != name}
    return kept if other is ... else {**value, name: other}


def _entry(item: Any, rest: Place, other: Any) -> Any:
    return changed(item, rest, other) if rest else other


def _in_xml(root: Element) -> Iterator[Damaged]:
    parents = [(place, number) for place, parent in _elements(root) for number in range(len(parent))]
    for place, number in parents:
        for text in (None, *TEXTS):
            copy = deepcopy(root)
            parent = _element_at(copy, place)
            child = parent[number]
            if text is None:
                parent.remove(child)
            elif len(child) == 0 and child.text != text:
                child.text = text
            else:
                continue
            yield Damaged(tostring(copy, "unicode"), (*place, child.tag), "left out" if text is None else repr(text))
        copy = deepcopy(root)
        parent = _element_at(copy, place)
        SubElement(parent, parent[number].tag).text = "987654321"
        yield Damaged(tostring(copy, "unicode"), (*place, parent[number].tag), "twice, the second another")


def _elements(root: Element, place: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Element]]:
    yield place, root
    for number, child in enumerate(root):
        yield from _elements(child, (*place, number))


def _element_at(root: Element, place: tuple[int, ...]) -> Element:
    for number in place:
        root = root[number]
    return root
