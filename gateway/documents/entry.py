"""One entry of a section, and its validation by a pydantic model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.documents.broken import Broken
from gateway.documents.document import Document
from gateway.documents.problem import Path, Problem
from gateway.documents.wording import describe, models_at
from gateway.documents.yaml_scalars import resolve
from gateway.port.secrets import MASK, Expanded

M = TypeVar("M", bound=BaseModel)
_TOO_SHORT_TO_HIDE = 3  # masking one to three characters would mask parts of the message itself
_CONVERTED = {
    "int_type": (int,),
    "int_parsing": (int,),
    "float_type": (int, float),
    "float_parsing": (int, float),
    "bool_type": (bool,),
    "bool_parsing": (bool,),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of a document; `origins` has the original entry of each key that was inherited from another one."""

    document: Document
    path: Path
    data: Any
    origins: Mapping[str, "Entry"] = field(default_factory=dict)

    def with_value(self, key: str, value: Any) -> "Entry":
        """The same entry with another value under `key`."""
        return Entry(self.document, self.path, {**self.data, key: value}, self.origins)

    def problem(self, path: Path, detail: str, *, at_key: bool = False) -> Problem:
        """A problem at `path` within this entry."""
        source = self.origins.get(str(path[0]), self) if path else self
        return source.document.problem(source.path + path, detail, at_key=at_key)

    def missing(self, path: Path, detail: str) -> Problem:
        """A problem of a missing key, with the position of the mapping that lacks it."""
        source = self.origins.get(str(path[0]), self) if len(path) > 1 else self
        full = source.path + path
        return source.document.problem(full[:-1], detail, at_key=True, where=full)


def validated(model: type[M], entry: Entry, problems: list[Problem], *, also: tuple[str, ...] = ()) -> M | None:
    """The entry as `model`; None if it is invalid, with its errors in `problems` (unless they were reported before).

    An expanded text becomes a number or boolean, by the rules of YAML, if the model requires one. `also` are further
    valid keys, for messages.
    """
    data = entry.data
    while True:  # a conversion can reveal further errors, for example in another member of a union
        try:
            return model.model_validate(data)
        except ValidationError as error:
            errors = error.errors(include_url=False)
        converted = data
        for details in errors:
            converted = _converted(converted, details)
        if converted is data:
            break
        data = converted
    problems += _problems(model, entry, errors, also)
    return None


def _converted(data: Any, error: ErrorDetails) -> Any:
    # `port: ${env:PORT}` expands to a text, although the model requires a number.
    value = error["input"]
    if isinstance(value, Broken) or not isinstance(value, Expanded):
        return data
    plain = resolve(str(value))
    if type(plain) not in _CONVERTED.get(error["type"], ()):
        return data
    return _replaced(data, _within(data, error["loc"])[0], plain)


def _replaced(data: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    copy = data.copy()
    copy[path[0]] = _replaced(data[path[0]], path[1:], value)
    return copy


def _within(data: Any, loc: tuple[int | str, ...]) -> tuple[Path, Path | None]:
    """The path of an error in the data, and the path of the union that it belongs to, if any.

    For a union, pydantic's `loc` also contains the name of the member that it tried; that step is not in the data.
    """
    path: Path = ()
    fork: Path | None = None
    for step in loc:
        inside = isinstance(data, dict) and step in data
        if inside or (isinstance(data, list) and isinstance(step, int) and step < len(data)):
            data = data[step]
            path = (*path, step)
        elif fork is None and step != "[key]":
            fork = path
    return path, fork


def _place(error: ErrorDetails) -> tuple[int | str, ...]:
    """The steps of an error, without the name of a missing key, because that is not in the data."""
    return error["loc"][:-1] if error["type"] == "missing" else error["loc"]


def _problems(model: type[BaseModel], entry: Entry, errors: list[ErrorDetails], also: tuple[str, ...]) -> list[Problem]:
    def fork(error: ErrorDetails) -> Path | None:
        return _within(entry.data, _place(error))[1]

    problems: list[Problem] = []
    for place, group in groupby((error for error in errors if not _is_consequence(error)), fork):
        found = list(group)
        if place is not None:
            found, rivals = _nearest(found, len(place))
            if rivals:
                phrases = dict.fromkeys(_phrase(model, error) for error in (*found, *rivals))
                problems.append(entry.problem(place, "expected " + " or ".join(phrases)))
                continue
        problems += (_problem(model, entry, error, also) for error in found)
    return problems


def _is_consequence(error: ErrorDetails) -> bool:
    """Whether the error is only a consequence of one that was reported before."""
    value = error["input"]
    if error["type"] == "too_short" and len(value) >= error["ctx"]["min_length"]:
        return True  # pydantic counts only the valid items
    parts = value.values() if isinstance(value, dict) and error["type"] == "value_error" else (value,)
    return any(isinstance(part, Broken) for part in parts)


def _nearest(errors: list[ErrorDetails], depth: int) -> tuple[list[ErrorDetails], list[ErrorDetails]]:
    """Of the errors of a union's members: those of the member with the fewest, and those of members with as few."""
    members: dict[object, list[ErrorDetails]] = {}
    for error in errors:
        members.setdefault(error["loc"][depth], []).append(error)
    best = min(members.values(), key=len)
    equals = [error for found in members.values() if found is not best and len(found) == len(best) for error in found]
    return best, equals


def _phrase(model: type[BaseModel], error: ErrorDetails) -> str:
    if error["type"] == "missing":
        return f"the key {error['loc'][-1]}"
    return describe(error, models_at(model, error["loc"][:-1])).removeprefix("expected ")


def _problem(model: type[BaseModel], entry: Entry, error: ErrorDetails, also: tuple[str, ...]) -> Problem:
    path = _within(entry.data, _place(error))[0]
    detail = describe(error, models_at(model, error["loc"][:-1]), () if path[1:] else also)
    if error["type"] == "missing":
        return entry.missing((*path, error["loc"][-1]), detail)
    if error["type"] == "value_error":
        detail = _without_expanded(detail, _at(entry.data, path))
    if not path and error["type"] == "value_error":
        # The message of a validator for the whole model begins with the name of the field to change.
        steps = tuple(detail.split(" ", 1)[0].split("."))
        known = steps[0] in entry.data
        return entry.problem(steps if known else (), detail, at_key=not known)
    return entry.problem(path, detail, at_key=error["type"] == "extra_forbidden" or error["loc"][-1:] == ("[key]",))


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _without_expanded(detail: str, data: Any) -> str:
    """The message of a validator, with values from the environment or a file masked: it may quote what it refuses."""
    if isinstance(data, Expanded):
        return detail.replace(str(data), MASK) if len(data) > _TOO_SHORT_TO_HIDE else detail
    for part in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        detail = _without_expanded(detail, part)
    return detail
