"""Names between callers and one vendor: canonical names of point types and reasons, and the vendor's values."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel

from gateway import exact
from gateway.errors import FieldNotSupported

V = TypeVar("V")


def mapped(table: Mapping[str, V], name: str | None, default: str | None, *, field: str) -> V | None:
    """The vendor's value for a canonical name, or for `default` if `name` is None; None if both are None.

    Raises `FieldNotSupported` if the vendor's configuration has no value for it.
    """
    chosen = name if name is not None else default
    if chosen is None:
        return None
    if chosen not in table:
        names = ", ".join(sorted(table)) or "none"
        raise FieldNotSupported(field, f"{chosen!r} has no mapping for this vendor (it has: {names})")
    return table[chosen]


def canonical(table: Mapping[str, V], value: V, requested: str | None) -> str | None:
    """The canonical name of a vendor's value, the reverse of `mapped`; None where the configuration has none.

    Of several names for one value it is the `requested` one, else the first of the configuration.
    """
    if requested is not None and table.get(requested) == value:
        return requested
    return next((name for name, each in table.items() if each == value), None)


def comparable(value: object) -> str:
    """A vendor's value, which may be a model, as text; equal values are equal texts."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", exclude_none=True)
    return value if isinstance(value, str) else exact.canonical(value).decode()
