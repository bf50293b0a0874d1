"""Values that must not be shown: they print as `***`, and one that comes from a file follows the file."""

import re
from collections.abc import Callable
from typing import Any, ClassVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

MASK = "***"
_IN_A_HEADER = re.compile(r"[!-~](?:[ -~]*[!-~])?")


class Expanded(str):
    """A configured text in which `${...}` was replaced; `reread` gives its text as the files say now.

    `elsewhere`: whether a part of it came from a file or a variable, and not from a default that is written down.
    """

    reread: Callable[[], str] | None
    elsewhere: bool

    def __new__(cls, text: str, reread: Callable[[], str] | None = None, *, elsewhere: bool = False) -> "Expanded":  # noqa: D102 (see the class)
        self = super().__new__(cls, text)
        self.reread = reread
        self.elsewhere = elsewhere
        return self


def is_written_out(text: object) -> bool:
    """Whether a configured text stands in the configuration itself, for whoever reads that."""
    return not (isinstance(text, Expanded) and text.elsewhere)


class Secret:
    """A token or key, hidden from `repr`, logs and errors; `reveal()` gives the text to send.

    What is configured as one can be sent in a header as it is. A secret that goes into a body is a `TextSecret`.
    """

    __slots__ = ("_reread", "_text")
    _pattern: ClassVar[str | None] = r"^[!-~]([ -~]*[!-~])?$"

    def __init__(self, text: str, reread: Callable[[], str] | None = None) -> None:
        self._text = text
        self._reread = reread

    def reveal(self) -> str:
        """The secret as it is now; for one from a file, as the file says now."""
        return self._reread() if self._reread else self._text

    @property
    def follows(self) -> bool:
        """Whether it follows a file, so that it may be another the next time."""
        return self._reread is not None

    def __repr__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash(Secret)

    @classmethod
    def _validate(cls, value: Any) -> "Secret":
        if isinstance(value, Secret):
            return value
        if not isinstance(value, str):
            raise ValueError("expected text: quote the value, or take it from ${env:NAME} or ${file:PATH}")
        if not value:
            raise ValueError("expected a secret that is not empty")
        if any(ord(character) < 32 or ord(character) == 127 for character in value):
            raise ValueError("expected a secret without line breaks or control characters")
        cls._check(value)
        return cls(str(value), getattr(value, "reread", None))

    @classmethod
    def _check(cls, value: str) -> None:
        if not _IN_A_HEADER.fullmatch(value):
            raise ValueError("expected a secret that a header can carry: visible ASCII, with blanks only inside")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            json_schema_input_schema=core_schema.str_schema(min_length=1, pattern=cls._pattern),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda _: MASK),
        )


class TextSecret(Secret):
    """A secret that goes into a body, and may be any text without control characters."""

    __slots__ = ()
    _pattern = None

    @classmethod
    def _check(cls, value: str) -> None:
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("expected a secret without lone surrogates, which UTF-8 cannot carry")
