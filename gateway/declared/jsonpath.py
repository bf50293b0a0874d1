"""Where values stand in an answer: singular queries of RFC 9535, and for lists one `[*]`.

A library reads the queries. The walk is ours, since a part that cannot be told has to be told from one that is absent.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from gateway.lenient import Unreadable

MISSING = object()
"""In place of a value that is not there."""
UNREADABLE = Unreadable()
_LONGEST = 500
_SINGULAR = "expected names and indexes alone: no .., no slices, no filters, and no several names at once"
_LARGEST = 10_000
Step = str | int | None
"""A name, an index, or None for every item of a list."""


@dataclass(frozen=True, slots=True)
class Query:
    """A path to one value, such as `$.data.balance` or `$['odd name'][0]`."""

    text: str
    steps: tuple[Step, ...]

    @classmethod
    def parse(cls, text: str) -> "Query":
        """Read a singular query. Raises `ValueError`."""
        steps = _steps(text)
        if None in steps:
            raise ValueError("[*] belongs into the path of rows alone: expected the path of one value")
        return cls(text, steps)

    def value(self, document: Any) -> Any:
        """The value in a document; `MISSING` where there is none, `Unreadable` where that cannot be told."""
        return _walked(document, self.steps)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda value: cls.parse(_text(value)),
            json_schema_input_schema=core_schema.str_schema(pattern=r"^\$", max_length=_LONGEST),
        )


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A path to the rows of a list, such as `$.data[*]`."""

    text: str
    steps: tuple[Step, ...]

    @classmethod
    def parse(cls, text: str) -> "ListQuery":
        """Read a query with one `[*]`. Raises `ValueError`."""
        steps = _steps(text)
        if steps.count(None) != 1:
            raise ValueError("expected the path of rows, with one [*], such as $.data[*]")
        return cls(text, steps)

    def rows(self, document: Any) -> list[dict[str, Any]] | None:
        """The rows in a document; None where there is no list, or what is in it is no object that can be told."""
        star = self.steps.index(None)
        found = _walked(document, self.steps[:star])
        if not isinstance(found, list):
            return None
        rows = [_walked(each, self.steps[star + 1 :]) for each in found]
        return rows if all(isinstance(row, dict) for row in rows) else None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda value: cls.parse(_text(value)),
            json_schema_input_schema=core_schema.str_schema(pattern=r"^\$", max_length=_LONGEST),
        )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a path that begins with $, such as $.data.id")
    return value


def _steps(text: str) -> tuple[Step, ...]:
    if not text.startswith("$") or len(text) > _LONGEST:
        raise ValueError(f"expected a path that begins with $, such as $.data.id, of at most {_LONGEST} characters")
    # Imported here: most gateways have no description, and need not carry the library.
    from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError

    try:
        found = JSONPathEnvironment(strict=True).compile(text)
    except (JSONPathError, ValueError, RecursionError) as error:
        raise ValueError(f"not a path of RFC 9535: {str(error).splitlines()[0]}") from None
    if not isinstance(found, JSONPath):
        raise ValueError(_SINGULAR)
    return tuple(map(_step, found.segments))


def _step(segment: Any) -> Step:
    """The step of one segment of a query, by the library's names of its parts."""
    if type(segment).__name__ == "JSONPathChildSegment" and len(segment.selectors) == 1:
        (selector,) = segment.selectors
        match type(selector).__name__:
            case "NameSelector":
                return str(selector.name)
            case "IndexSelector" if abs(selector.index) <= _LARGEST:
                return int(selector.index)
            case "WildcardSelector":
                return None
    raise ValueError(_SINGULAR)


def _walked(value: Any, steps: tuple[Step, ...]) -> Any:
    for step in steps:
        if isinstance(value, Unreadable):
            return UNREADABLE
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step, MISSING)
        elif isinstance(step, int) and isinstance(value, list) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return MISSING
    return value
