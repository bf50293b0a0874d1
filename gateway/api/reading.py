"""Strict parsing of input: unknown and repeated names are refused, numbers are exact."""

import codecs
import json
import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, NoReturn, TypeVar, cast
from urllib.parse import unquote_to_bytes

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.api import shape
from gateway.api.shape import NotJson
from gateway.errors import FieldError, IdempotencyKeyRequired, InvalidRequest

MAX_INTEGER = 40
MAX_PARAMETERS = 50
MAX_QUERY = 8192
MAX_SEGMENT = 4096
"""Encoded bytes; the largest valid value of any operation is shorter, even with every byte percent-encoded."""
M = TypeVar("M", bound=BaseModel)
_NOT_EXPECTED = "The query is not what is expected"
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_KEY = re.compile(r"[!-~]{1,255}\Z")
_LONGEST_QUOTED = 2 * 255 + 2
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"\Z')
_MESSAGES = {
    "missing": "is required",
    "extra_forbidden": "is not known here",
    "string_type": "expected text",
    "string_unicode": "expected text without lone surrogates",
    "bool_type": "expected true or false",
    "int_type": "expected a whole number",
    "dict_type": "expected an object",
    "model_type": "expected an object",
}


class Exponent:
    """A JSON number with an exponent, which no field accepts."""


def body(raw: bytes, model: type[M]) -> M:
    """A JSON body as `model`. Raises `InvalidRequest` with every invalid field."""
    try:
        value = _json(raw)
    except (ValueError, RecursionError) as error:
        why = error if isinstance(error, NotJson) else _other_form(raw) or _where(error)
        raise InvalidRequest(f"The body is not JSON that can be read: {why}") from error
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object")
    return _validated(model, value, "/", "The body is not what is expected")


def query(raw: bytes, model: type[M]) -> M:
    """A query string as `model`. Raises `InvalidRequest` with every invalid parameter."""
    if not raw:
        return nothing(model)
    values: dict[str, str | list[str]] = {}
    repeated: frozenset[str] = getattr(model, "repeated", frozenset())
    if raw.count(b"&") >= MAX_PARAMETERS or len(raw) > MAX_QUERY:
        raise InvalidRequest(f"A query has at most {MAX_PARAMETERS} parameters and {MAX_QUERY} bytes")
    for pair in raw.split(b"&"):
        name, _, value = (_decoded(part.replace(b"+", b" ")) for part in pair.partition(b"="))
        if name in repeated:
            values[name] = [*values.get(name, ()), value]
            continue
        if name in values:
            raise InvalidRequest(
                "A query parameter is repeated", errors=(FieldError(_echo(f"?{name}"), "is given twice"),)
            )
        values[name] = value
    return _validated(model, values, "?", _NOT_EXPECTED)


def nothing(model: type[M]) -> M:
    """The input of a call without a query or a body. Raises `InvalidRequest` if the model has required fields."""
    return cast(M, _nothing(model))  # `cache` hides that the result has the type of the argument


@cache
def _nothing(model: type[BaseModel]) -> BaseModel:
    """The empty input of most calls; models are frozen, so one instance can be shared."""
    return _validated(model, {}, "?", _NOT_EXPECTED)


def segment(raw: str) -> str:
    """One percent-encoded path segment, decoded. Raises `InvalidRequest`."""
    if len(raw) > MAX_SEGMENT:
        raise InvalidRequest(f"A segment of the address has at most {MAX_SEGMENT} bytes")
    return _decoded(raw.encode("latin-1"))


def idempotency_key(values: list[str]) -> str:
    """The key in the `Idempotency-Key` headers. Raises `IdempotencyKeyRequired` unless there is one valid key."""
    if len(values) != 1:
        raise IdempotencyKeyRequired(
            "Send one Idempotency-Key header" + (", not several" if values else ": a new key for every new adjustment")
        )
    key = values[0]
    if key.startswith('"'):
        quoted = _QUOTED.match(key) if len(key) <= _LONGEST_QUOTED else None
        key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else ""
    if not _KEY.match(key):
        raise IdempotencyKeyRequired("An Idempotency-Key is 1 to 255 visible ASCII characters, bare or in quotes")
    return key


def _json(raw: bytes) -> Any:
    text = raw.removeprefix(codecs.BOM_UTF8).decode()  # some editors and libraries send a byte order mark
    shape.check(text)
    return _JSON.decode(text)


def _number(text: str) -> Decimal | Exponent:
    return Exponent() if "e" in text or "E" in text else Decimal(text)


def _integer(text: str) -> int | Exponent:
    return int(text) if len(text) <= MAX_INTEGER else Exponent()


def _constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        repeated = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise NotJson(f"the name {_echo(repr(repeated))} is given twice in one object")
    return members


_JSON = json.JSONDecoder(parse_float=_number, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_object)


def _other_form(raw: bytes) -> str | None:
    """Why a body is not JSON in UTF-8, if it is empty, compressed or in another encoding; None otherwise."""
    if not raw.removeprefix(codecs.BOM_UTF8).strip(b" \t\r\n"):
        return "it is empty"
    if raw.startswith(b"\x1f\x8b"):
        return "it is compressed with gzip"
    encoding = json.detect_encoding(raw)
    return None if encoding.startswith("utf-8") else f"it is in {encoding.upper()}, and must be in UTF-8"


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 at byte {error.start}"
    return "it is nested too deep" if isinstance(error, RecursionError) else "it cannot be parsed"


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode("ascii")
        if _BAD_ESCAPE.search(text):
            raise InvalidRequest("The address holds a % that begins no percent-encoding")
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest("The address is not percent-encoded UTF-8") from error


def _validated(model: type[M], value: Mapping[str, Any], root: str, message: str) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=True, include_input=False)
        errors = tuple(FieldError(_pointer(each, root), _detail(each)) for each in found[: shape.MAX_ERRORS])
        first = f"{errors[0].pointer} {errors[0].detail}" if errors else ""
        raise InvalidRequest(f"{message}: {first}", errors=errors) from error


def _pointer(error: ErrorDetails, root: str) -> str:
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in error["loc"]]
    return _echo(root + "/".join(parts))


def _detail(error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "string_too_long":
        return f"expected at most {error['ctx']['max_length']} characters"
    if error["type"] == "string_too_short":
        return "expected text that is not empty"
    if error["type"] == "literal_error":
        return f"expected {error['ctx']['expected']}"
    return _echo(_MESSAGES.get(error["type"], error["msg"]))


def _echo(text: str) -> str:
    """A caller's text, truncated and without lone surrogates, so that it can be sent back."""
    return text.encode("utf-8", "backslashreplace").decode()[:200]
