"""What the gateway has to know of a field that a caller may leave out of an adjustment, as metadata of the field.

The body, the answer, the journal, translations, settings and the command line take it from here.
"""

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

_KEY = "traits"


@dataclass(frozen=True, slots=True)
class Traits:
    """The traits of one field.

    `description`: for the OpenAPI document and for the command line. `longest`: characters of a text; None for a flag.
    `ignorable`: whether an operator may consent that a vendor is not told of it. `column`: whether the journal has a
    column for it; the others are in the JSON of the column `draft`.
    """

    description: str
    longest: int | None = None
    ignorable: bool = False
    column: bool = False

    @property
    def default(self) -> bool | None:
        """The value where the field is left out."""
        return False if self.longest is None else None


def text(description: str, *, longest: int = 64, ignorable: bool = True, column: bool = False) -> Any:
    """A field that is a text, None where it is left out."""
    return field(default=None, metadata={_KEY: Traits(description, longest, ignorable, column)})


def flag(description: str) -> Any:
    """A field that is true or false, false where it is left out."""
    return field(default=False, metadata={_KEY: Traits(description)})


def traits(described: type) -> Mapping[str, Traits]:
    """The traits of the fields of a dataclass that have any, by name, in the order of the fields."""
    found: tuple[Field[Any], ...] = fields(described)
    return {each.name: each.metadata[_KEY] for each in found if _KEY in each.metadata}
