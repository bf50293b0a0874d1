"""Values that must not be shown: they print as `***`; a secret from a file changes with the file."""

import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

MASK = "***"
M = TypeVar("M", bound=BaseModel)
_IN_A_HEADER = re.compile(r"[!-~](?:[ -~]*[!-~])?")


class Expanded(str):
    """A configured text in which `${...}` was expanded; `reread` returns its text with the current files.

    `elsewhere`: a part of it came from a file or a variable, not only from defaults in the configuration.
    """

    reread: Callable[[], str] | None
    elsewhere: bool

    def __new__(cls, text: str, reread: Callable[[], str] | None = None, *, elsewhere: bool = False) -> "Expanded":  # noqa: D102 (see the class)
        self = super().__new__(cls, text)
        self.reread = reread
        self.elsewhere = elsewhere
        return self


def is_plain_text(text: object) -> bool:
    """Whether the configuration itself contains a text, so that everyone who can read it sees the text."""
    return not (isinstance(text, Expanded) and text.elsewhere)


class Secret:
    """A token or key, hidden from `repr`, logs and errors; `reveal()` returns the text to send.

    Its text is a valid header value. A secret for a body is a `TextSecret`.
    """

    __slots__ = ("_reread", "_text")
    _pattern: ClassVar[str | None] = r"^[!-~]([ -~]*[!-~])?$"

    def __init__(self, text: str, reread: Callable[[], str] | None = None) -> None:
        self._text = text
        self._reread = reread

    def reveal(self) -> str:
        """The current secret; one from a file has the file's current text."""
        return self._reread() if self._reread else self._text

    @property
    def follows(self) -> bool:
        """Whether it comes from a file, so that it may change."""
        return self._reread is not None

    def __repr__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash(Secret)  # the same for all: a hash of the text would change with the file

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
    """A secret for a body: any text without control characters."""

    __slots__ = ()
    _pattern = None

    @classmethod
    def _check(cls, value: str) -> None:
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("expected a secret without lone surrogates, which UTF-8 cannot carry")


def hidden_in(model: BaseModel) -> Iterator[tuple[tuple[str, ...], Secret]]:
    """Every secret in a model, and in models within it, with the path of its field."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Secret):
            yield (name,), value
        elif isinstance(value, BaseModel):
            yield from (((name, *path), secret) for path, secret in hidden_in(value))


def without_secrets(model: M) -> M:
    """The same model with every secret in it, and in models within it, replaced by `***`."""
    values = {name: getattr(model, name) for name in type(model).model_fields}
    masked: dict[str, Any] = {name: Secret(MASK) for name, value in values.items() if isinstance(value, Secret)}
    masked |= {name: without_secrets(value) for name, value in values.items() if isinstance(value, BaseModel)}
    return model.model_copy(update=masked)
