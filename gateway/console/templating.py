"""Pages from templates: every text from outside is escaped, and what is missing is an error."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import orjson

from gateway import exact

if TYPE_CHECKING:
    from jinja2 import Environment

SCREENS = (("search", "Search"), ("queue", "Queue"), ("vendors", "Vendors"), ("tenants", "Tenants"), ("live", "Live"))
"""The path and the name of each screen, in order of use."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""The headers of every page: it loads only what stands beside it, and no other site can frame it."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages load."""

    kind: str
    body: bytes


def assets() -> Mapping[str, Asset]:
    """Every file that pages load, by name."""
    kinds = {"console.css": "text/css", "console.js": "text/javascript"}
    folder = files("gateway.console").joinpath("assets")
    return {name: Asset(kind, folder.joinpath(name).read_bytes()) for name, kind in kinds.items()}


class Templates:
    """The templates beside this module."""

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """The text of a template; any thread can make it."""
        return self._made.get_template(name).render(values)

    @cached_property
    def _made(self) -> "Environment":
        from jinja2 import Environment, PackageLoader, StrictUndefined  # not before somebody opens the console

        made = Environment(
            loader=PackageLoader("gateway.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        made.globals["screens"] = SCREENS
        made.filters |= {
            "moment": _moment,
            "clock": _clock,
            "number": _number,
            "document": _document,
            "signed": _signed,
        }
        return made


def _moment(text: str) -> str:
    """A time of an answer, to the second, as a person reads it."""
    day, _, time = text.removesuffix("Z").partition("T")
    return f"{day} {time.partition('.')[0]} UTC"


def _number(value: float | Decimal) -> str:
    return f"{value:,}"


def _signed(points: Decimal) -> str:
    """Points as a person reads a change: with its sign, whatever that is."""
    return f"{'+' if points > 0 else ''}{exact.text(points)}".replace("-", "\N{MINUS SIGN}")


def _document(value: Any) -> str:
    """JSON values in lines for people, with all digits of each number."""
    text = exact.dumps(value).decode()
    try:
        return orjson.dumps(exact.loads(text), default=_digits, option=orjson.OPT_INDENT_2).decode()
    except (TypeError, ValueError):  # of numbers of a size, or of a depth, that only the other writer knows
        return text


def _digits(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(exact.text(value))
    raise TypeError(f"no JSON value: {type(value)}")


def _clock(text: str) -> str:
    """The time of a moment without its day."""
    return text.partition("T")[2].partition(".")[0].removesuffix("Z")
