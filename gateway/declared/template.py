"""Texts with holes, such as `/members/{member}/points`: what they hold, and how they are filled.

`{name}` needs a value. `{name?}` leaves its whole field out where there is none. `{{` and `}}` are braces.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any
from urllib.parse import quote

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from gateway import exact
from gateway.errors import FieldNotSupported
from gateway.port.secrets import MASK, Secret
from gateway.port.signature import written

FORMS = ("text", "number", "rfc3339", "seconds", "milliseconds")
TIMES = frozenset(("now", "start", "end", "period.start", "period.end"))
_NUMBERS = frozenset(("points", "amount", "limit"))
_NESTED = frozenset(("settings", "options", "period", "before"))
LIKE_A_HOLE = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*){0,2}\??")
"""What stands between the braces of a hole, whether there is such a value or not."""
_TOKEN = re.compile(r"\{\{|\}\}|\{(?P<name>[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*){0,2})(?P<optional>\?)?\}|[{}]")
_WHOLE = re.compile(r"(?:0|-?[1-9][0-9]{0,17})\Z")
_CALLERS = {"start": "from", "end": "to", "period.start": "from", "period.end": "to", "scheme": "member"}
"""What callers call what is in a hole, where it is another name."""


class LeftOut(Exception):
    """Raised when an optional hole has no value, so that its field is left out."""


@dataclass(frozen=True, slots=True)
class Hole:
    """One hole: the value that it takes, the form that this is written in, and whether it may have none."""

    name: str
    form: str | None = None
    optional: bool = False

    @classmethod
    def of(cls, name: str, *, optional: bool) -> "Hole":
        """Read `settings.key`, `now.seconds` or `points`. Raises `ValueError` for a form that the value cannot have."""
        steps = name.split(".")
        own = 2 if steps[0] in _NESTED else 1
        base, rest = ".".join(steps[:own]), steps[own:]
        if steps[0] in _NESTED and len(steps) < 2:
            raise ValueError(f"{{{name}}} names nothing: expected {{{name}.NAME}}")
        form = rest[0] if rest else None
        if steps[0] not in _NESTED and rest and (near := get_close_matches(steps[0], _NESTED, 1, 0.8)):
            raise ValueError(f"{{{name}}}: did you mean {{{'.'.join((near[0], *steps[1:]))}}}?")
        fitting = ("rfc3339", "seconds", "milliseconds") if base in TIMES else ("text", "number")
        if len(rest) > 1 or (form is not None and form not in fitting):
            raise ValueError(
                f"{{{name}}}: expected {base}, or one of {', '.join(f'{base}.{each}' for each in fitting)}"
            )
        return cls(base, form, optional)

    def value(self, values: Mapping[str, Any]) -> Any:
        """The value in its own type, or in the form. Raises `LeftOut`, or `FieldNotSupported` where it lacks one."""
        value = values.get(self.name)
        if value is None:
            if self.optional:
                raise LeftOut
            raise FieldNotSupported(self.field(values), "the vendor requires it, and there is no default")
        if isinstance(value, Secret):
            value = value.reveal()
        if isinstance(value, datetime):
            text = written(value, self.form or "rfc3339")
            return text if self.form in (None, "rfc3339") else int(text)
        if self.form == "number" and isinstance(value, str):
            if not _WHOLE.match(value):
                raise FieldNotSupported(self.field(values), "the vendor knows it as a whole number alone")
            return int(value)
        return self.text(values) if self.form == "text" else value

    def text(self, values: Mapping[str, Any]) -> str:
        """The value as text; a number with all its digits. Raises as `value` does."""
        value = self.value(values) if self.form != "text" else Hole(self.name, None, self.optional).value(values)
        if isinstance(value, bool):
            return "true" if value else "false"
        return exact.text(Decimal(value)) if isinstance(value, int | Decimal) else str(value)

    def field(self, values: Mapping[str, Any]) -> str:
        """The field of a request that the value comes from."""
        if self.name.startswith("options."):
            return f"options.{values.get('adapter', '')}.{self.name.removeprefix('options.')}"
        return _CALLERS.get(self.name, "points" if self.name == "amount" else self.name)


@dataclass(frozen=True, slots=True)
class Template:
    """A text with holes, in its parts."""

    parts: tuple[str | Hole, ...]

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Read a text. Raises `ValueError` for a brace that belongs to no hole."""
        parts: list[str | Hole] = []
        plain, end = "", 0
        for token in _TOKEN.finditer(text):
            plain += text[end : token.start()]
            end = token.end()
            if token[0] in ("{{", "}}"):
                plain += token[0][0]
            elif token["name"] is None:
                raise ValueError(
                    f"a brace that belongs to no hole, at character {token.start() + 1}: a hole is {{name}}, "
                    "or {name?} where it may have no value; {{ and }} are the braces themselves"
                )
            else:
                parts += [plain, Hole.of(token["name"], optional=token["optional"] is not None)]
                plain = ""
        return cls(tuple(part for part in (*parts, plain + text[end:]) if part != ""))

    @property
    def holes(self) -> tuple[Hole, ...]:
        """Its holes, in their order."""
        return tuple(part for part in self.parts if isinstance(part, Hole))

    def value(self, values: Mapping[str, Any]) -> Any:
        """What it comes to: of one hole alone its value in its own type, else a text. Raises as `Hole.value` does."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Hole):
            return self.parts[0].value(values)
        return self.text(values)

    def text(self, values: Mapping[str, Any]) -> str:
        """What it comes to as text. Raises as `Hole.value` does."""
        return "".join(part if isinstance(part, str) else part.text(values) for part in self.parts)

    def path(self, values: Mapping[str, Any]) -> str:
        """What it comes to as a path, each hole as one segment; the text around holes stays as it is.

        Raises `FieldNotSupported` for a value that is no segment of its own: an empty one, `.` or `..`.
        """
        parts = []
        for part in self.parts:
            if isinstance(part, str):
                parts.append(part)
                continue
            text = part.text(values)
            if text in ("", ".", ".."):
                raise FieldNotSupported(part.field(values), f"{text!r} cannot be a part of the vendor's path")
            parts.append(encoded(text))
        return "".join(parts)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            json_schema_input_schema=core_schema.union_schema([core_schema.str_schema(), core_schema.int_schema()]),
        )

    @classmethod
    def _validate(cls, value: Any) -> "Template":
        if isinstance(value, dict):
            raise ValueError('expected text: quote a hole, as in "{member}"')
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValueError("expected text, which may have holes such as {member}: quote the value")
        return cls.parse(str(value))


def encoded(text: str) -> str:
    """A text as one segment of a path or one value of a query; a lone surrogate becomes `%3F`; a mask stays."""
    return quote(text.encode("utf-8", "replace"), safe="*" if text == MASK else "")
