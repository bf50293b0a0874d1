"""One JSON object of an answer, read field by field into types; only this module handles untyped JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from points_gateway_client import exact

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON object of an answer.

    Every reading method raises `ValueError` if the field has another type; the message names the field, never its
    value. Methods that end in `_or_none` return None for null and for a missing field.
    """

    fields: Mapping[str, Any]

    @classmethod
    def parse(cls, content: bytes) -> "Document":
        """Parse a body, numbers exact. Raises `ValueError` if it is not one JSON object in UTF-8."""
        try:
            parsed = exact.loads(content.decode())
        except RecursionError as error:
            raise ValueError("nested too deep") from error
        if not isinstance(parsed, dict):
            raise ValueError("not a JSON object")
        return cls(parsed)

    def text(self, name: str) -> str:
        """A string."""
        return self._of(name, str)

    def text_or_none(self, name: str) -> str | None:
        """A string."""
        return None if self._absent(name) else self.text(name)

    def flag(self, name: str) -> bool:
        """True or false."""
        return self._of(name, bool)

    def flag_or_none(self, name: str) -> bool | None:
        """True or false."""
        return None if self._absent(name) else self.flag(name)

    def whole(self, name: str) -> int:
        """A whole number."""
        # `bool` is a subclass of `int`.
        if isinstance(self.fields.get(name), bool):
            raise ValueError(f"{name}: expected a whole number")
        return self._of(name, int)

    def whole_or_none(self, name: str) -> int | None:
        """A whole number."""
        return None if self._absent(name) else self.whole(name)

    def number(self, name: str) -> Decimal:
        """Points: a string of digits (or a JSON number), exact."""
        try:
            return exact.number(self.fields.get(name))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None

    def number_or_none(self, name: str) -> Decimal | None:
        """Points: a string of digits (or a JSON number), exact."""
        return None if self._absent(name) else self.number(name)

    def moment(self, name: str) -> datetime:
        """A time with an offset, as an aware datetime in UTC."""
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise ValueError(f"{name}: expected a time") from None
        if moment.tzinfo is None:
            raise ValueError(f"{name}: expected a time with an offset")
        return moment.astimezone(UTC)

    def moment_or_none(self, name: str) -> datetime | None:
        """A time with an offset, as an aware datetime in UTC."""
        return None if self._absent(name) else self.moment(name)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """An object as parsed; empty if it is null or missing."""
        return {} if self._absent(name) else self._of(name, dict)

    def mapping_or_none(self, name: str) -> Mapping[str, Any] | None:
        """An object as parsed."""
        return None if self._absent(name) else self._of(name, dict)

    def texts_by_name(self, name: str) -> Mapping[str, str]:
        """An object whose values are strings."""
        found = self.mapping(name)
        if not all(isinstance(each, str) for each in found.values()):
            raise ValueError(f"{name}: expected an object of str")
        return found

    def inner(self, name: str) -> "Document":
        """A nested object."""
        return Document(self._of(name, dict))

    def inner_or_none(self, name: str) -> "Document | None":
        """A nested object."""
        return None if self._absent(name) else self.inner(name)

    def several(self, name: str) -> tuple["Document", ...]:
        """A list of objects; empty if it is null or missing."""
        return tuple(map(Document, self._list(name, dict)))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; empty if it is null or missing."""
        return tuple(self._list(name, str))

    def _absent(self, name: str) -> bool:
        return self.fields.get(name) is None

    def _of(self, name: str, kind: type[T]) -> T:
        value = self.fields.get(name)
        if not isinstance(value, kind):
            raise ValueError(f"{name}: expected {kind.__name__}")
        return value

    def _list(self, name: str, kind: type[T]) -> list[T]:
        items = [] if self._absent(name) else self._of(name, list)
        if not all(isinstance(item, kind) for item in items):
            raise ValueError(f"{name}: expected a list of {kind.__name__}")
        return items
