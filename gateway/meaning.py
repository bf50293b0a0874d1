"""What an adjustment means, so that a repeat of it can be told from another request under the same key."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from gateway import exact
from gateway.model import Adjustment

_NAMES = tuple(each.name for each in fields(Adjustment) if each.name != "options")


def differences(first: Adjustment, second: Adjustment) -> tuple[str, ...]:
    """Which fields of two adjustments differ: RFC 6901 pointers into the body; of options, by adapter and field."""
    found = [f"/{name}" for name in _NAMES if getattr(first, name) != getattr(second, name)]
    for adapter in _names(first.options, second.options):
        one, other = first.options.get(adapter, {}), second.options.get(adapter, {})
        for name in _names(one, other):
            if exact.canonical(one.get(name)) != exact.canonical(other.get(name)):
                found.append(f"/options/{_escaped(adapter)}/{_escaped(name)}")
    return tuple(found)


def _names(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[str]:
    yield from sorted(first.keys() | second.keys())


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
