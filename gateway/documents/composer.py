"""Composes values and their positions from the events of the YAML parser.

PyYAML's own composer is several times slower, and libyaml's is recursive in C, so that a deeply nested file would
crash the process.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from gateway.documents.broken import MARK, Broken
from gateway.documents.place import Place, Spot, line_and_column, spot, start
from gateway.documents.problem import Path, Problem, Step, dotted
from gateway.documents.yaml_scalars import Scalar, resolve

MAX_DEPTH = 64
MAX_SIZE = 2_000_000
"""Maximum number of values with all aliases expanded, against files whose aliases multiply."""
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")


class Unusable(Exception):
    """Raised when the rest of a file cannot be read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is still open; `size` is the number of its values, with all aliases expanded."""

    value: dict[str, Any] | list[Any]
    start: Spot
    anchor: str | None
    keys: dict[Step, Spot] = field(default_factory=dict)
    inside: dict[Step, Spot | Place] = field(default_factory=dict)
    size: int = 1
    key: str | None = None
    skipped: bool = False


class Composer:
    """Composes one file; `expand` replaces `${...}`; errors that do not stop it are added to `problems`."""

    def __init__(self, name: str, expand: Callable[[str], str], problems: list[Problem]) -> None:
        self._name = name
        self._expand = expand
        self._problems = problems
        self._open: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, Spot | Place, int]] = {}
        self._root: tuple[Any, Spot | Place] | None = None

    def compose(self, text: str) -> tuple[Any, Spot | Place]:
        """The value and its position. Raises `Unusable`, or `yaml.YAMLError` for invalid YAML."""
        # libyaml's parser, if PyYAML was built with it; its events are not recursive.
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.MappingStartEvent):
                self._start(event, {})
            elif isinstance(event, yaml.SequenceStartEvent):
                self._start(event, [])
            elif isinstance(event, yaml.CollectionEndEvent):
                frame = self._open.pop()
                self._attach(frame.value, Place(frame.start, frame.keys, frame.inside), frame.size, frame.anchor)
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in self._anchors:
                    self._fail(spot(event.start_mark), "an alias needs an anchor that stands, complete, before it")
                self._attach(*self._anchors[event.anchor])
            elif isinstance(event, yaml.DocumentStartEvent) and self._root is not None:
                self._fail(spot(event.start_mark), "expected one document in the file, and a second one starts here")
        if self._root is None or self._root[0] is None:
            self._fail(0, "the file is empty: expected a mapping, such as vendors: ...")
        return self._root

    def _start(self, event: yaml.CollectionStartEvent, value: dict[str, Any] | list[Any]) -> None:
        at = spot(event.start_mark)
        if len(self._open) >= MAX_DEPTH:
            self._fail(at, f"nested more than {MAX_DEPTH} deep")
        if event.tag is not None:
            self._report(at, "tags (words that begin with !) have no use here")
        self._open.append(_Frame(value, at, event.anchor))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        at = spot(event.start_mark)
        text: str = event.value
        plain = event.tag is None and event.implicit[0]
        error = None
        value: Scalar = text
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            # The tag is not shown: it may be an unquoted secret that begins with "!".
            error = "tags have no use here: quote a text that begins with !"
        elif MARK in text:
            if self._at_key():
                error = "keys are not expanded: ${ belongs into values"
            else:
                try:
                    value = self._expand(text)
                except ValueError as failure:
                    error = str(failure)
        elif plain:
            value = resolve(text)
            if text == "<<" and self._at_key():
                error = "the merge key << has no use here: vendors have extends, tenants routes_from"
        if error is not None:
            self._report(at, error)
            value = Broken(text)
        self._attach(value, at, 1, event.anchor)

    def _at_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is None

    def _attach(self, value: Any, place: Spot | Place, size: int, anchor: str | None = None) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, place, size)
        if not self._open:
            self._root = (value, place)
            return
        frame = self._open[-1]
        # An alias counts with the size of its target, because nested aliases multiply.
        frame.size += size
        if frame.size > MAX_SIZE:
            self._fail(start(place), f"more than {MAX_SIZE} values, once every alias is written out")
        if isinstance(frame.value, list):
            frame.inside[len(frame.value)] = place
            frame.value.append(value)
        elif frame.key is None:
            self._key(frame, value, start(place))
        else:
            if not frame.skipped:
                frame.inside[frame.key] = place
                frame.value[frame.key] = value
            frame.key, frame.skipped = None, False

    def _key(self, frame: _Frame, key: Any, at: Spot) -> None:
        """Store a key; the value of an unusable key is parsed, but left out."""
        frame.key, frame.skipped = key if isinstance(key, str) else "?", True
        if isinstance(key, Broken):
            return
        if not isinstance(key, str):
            self._report(at, "expected text as a key: quote it")
        elif key in frame.keys:
            line, column = line_and_column(frame.keys[key])
            self._report(at, f"given twice: first at line {line}, column {column}")
        else:
            frame.keys[key] = at
            frame.skipped = False

    def _report(self, at: Spot, detail: str) -> None:
        self._problems.append(Problem(self._name, *line_and_column(at), dotted(self._path()), detail))

    def _fail(self, at: Spot, detail: str) -> NoReturn:
        raise Unusable(Problem(self._name, *line_and_column(at), dotted(self._path()), detail))

    def _path(self) -> Path:
        steps = (len(frame.value) if isinstance(frame.value, list) else frame.key for frame in self._open)
        return tuple(step for step in steps if step is not None)
