"""Plain messages for pydantic's errors; they never show a value."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from gateway.port.secrets import Expanded

_COMPARED = 500  # `get_close_matches` is slow; with more names there is no suggestion
_EXPECTED = MappingProxyType(
    {
        "string_type": "expected text",
        "int_type": "expected a whole number",
        "int_parsing": "expected a whole number",
        "int_from_float": "expected a whole number",
        "float_type": "expected a number",
        "float_parsing": "expected a number",
        "finite_number": "expected a finite number",
        "bool_type": "expected true or false",
        "bool_parsing": "expected true or false",
        "tuple_type": "expected a list",
        "list_type": "expected a list",
        "set_type": "expected a list",
        "frozen_set_type": "expected a list",
        "dict_type": "expected a mapping",
        "mapping_type": "expected a mapping",
        "model_type": "expected a mapping",
        "model_attributes_type": "expected a mapping",
        "missing": "expected this key, and it is missing",
        "union_tag_not_found": "expected a vendor's name, one rule ({{vendor: NAME, ...}}) or a list of rules",
        "greater_than": "expected a number above {gt}",
        "greater_than_equal": "expected {ge} or more",
        "less_than": "expected a number below {lt}",
        "less_than_equal": "expected {le} at most",
        "string_too_short": "expected at least {min_length} characters",
        "string_too_long": "expected at most {max_length} characters",
        "string_pattern_mismatch": "expected text that matches {pattern}",
        "literal_error": "expected {expected}",
        "enum": "expected {expected}",
    }
)


def describe(error: ErrorDetails, models: list[type[BaseModel]], also: tuple[str, ...] = ()) -> str:
    """What was expected; `models` are the possible models at the place of the error, `also` are further keys."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return unknown_key(str(error["loc"][-1]), [*also, *(name for model in models for name in model.model_fields)])
    if kind in ("too_short", "too_long"):
        bound, limit = ("min_length", "least") if kind == "too_short" else ("max_length", "most")
        return f"expected at {limit} {context[bound]} item{'' if context[bound] == 1 else 's'}"
    if kind == "value_error":
        return str(context["error"])
    if kind == "missing":
        return _EXPECTED[kind] + _described(str(error["loc"][-1]), models)
    text = _EXPECTED[kind].format(**_plain(context)) if kind in _EXPECTED else _pydantic_message(error["msg"])
    if kind == "literal_error" and isinstance(value, str):
        text += _suggestion(value, re.findall(r"'([^']*)'", context["expected"]))
    if kind == "string_type" and isinstance(value, int | float):
        text += ": quote the value"
    return text


def unknown_key(name: str, known: list[str]) -> str:
    """The message for an unknown key."""
    listed = ", ".join(dict.fromkeys(known))
    return f"unknown key{_suggestion(name, known)} (expected: {listed})" if known else "unknown key"


def unknown_name(kind: str, name: object, known: list[str]) -> str:
    """The message for an unknown name; a name from the environment or a file is not shown."""
    if isinstance(name, Expanded) or not isinstance(name, str):
        return f"no {kind} of this name"
    listed = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
    return f"no {kind} is named {name!r}{_suggestion(name, known)} (there are: {listed or 'none'})"


def models_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[type[BaseModel]]:
    """The models at the place `loc` within `model`, so that messages can list their fields."""
    found: list[type[BaseModel]] = [model]
    for step in loc:
        # Within a union, a step is the name of a model.
        named = [inner for inner in found if inner.__name__ == step]
        fields = [inner.model_fields[step] for inner in found if isinstance(step, str) and step in inner.model_fields]
        if named:
            found = named
        elif fields:
            found = [inner for known in fields for inner in _models_in(known.annotation)]
    return found


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _described(name: str, models: list[type[BaseModel]]) -> str:
    for model in models:
        if name in model.model_fields and (description := model.model_fields[name].description):
            return f" ({description.rstrip('.')})"
    return ""


def _plain(context: dict[str, Any]) -> dict[str, Any]:
    return {name: f"{value:g}" if isinstance(value, float) else value for name, value in context.items()}


def _pydantic_message(message: str) -> str:
    return message.replace("Input should be", "expected").replace("Value error, ", "")


def _suggestion(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, 1) if len(known) <= _COMPARED else []
    return f": did you mean {near[0]}?" if near else ""
