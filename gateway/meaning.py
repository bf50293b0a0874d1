"""What an adjustment means: its fingerprint, by which a repeat is told from another request under the same key.

A fingerprint is kept for as long as its key, so it has to stay the same when the model grows: a later field counts
only where it differs from its default, which is what every earlier body means. Options come without their defaults.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from gateway import exact
from gateway.model import Adjustment

_FIRST = frozenset(
    ("member", "points", "point_type", "description", "reason", "reference", "store", "pending", "options")
)
"""The fields of the first scheme, each hashed whatever its value; never to be changed."""


def fingerprint(adjustment: Adjustment) -> str:
    """The fingerprint to keep: equal for equal meanings, however they were written.

    That of the first scheme, without the scheme's name: gateways of two versions on one journal agree on it.
    """
    return _digest(adjustment)


def matches(kept: str, adjustment: Adjustment) -> bool:
    """Whether an adjustment has this fingerprint, by the scheme that it was made by: `SCHEME:DIGEST`, or the first's.

    One of a scheme that is not known here matches nothing.
    """
    scheme, _, digest = kept.rpartition(":")
    return scheme in _SCHEMES and _SCHEMES[scheme](adjustment) == digest


def differences(first: Adjustment, second: Adjustment) -> tuple[str, ...]:
    """Which fields of two adjustments differ: RFC 6901 pointers into the body; of options, by adapter and field."""
    names = (each.name for each in fields(second) if each.name != "options")
    found = [f"/{name}" for name in names if getattr(first, name) != getattr(second, name)]
    for adapter in _names(first.options, second.options):
        one, other = first.options.get(adapter, {}), second.options.get(adapter, {})
        for name in _names(one, other):
            if exact.canonical(one.get(name)) != exact.canonical(other.get(name)):
                found.append(f"/options/{_escaped(adapter)}/{_escaped(name)}")
    return tuple(found)


def _digest(adjustment: Adjustment) -> str:
    """The first scheme: a SHA-256 in hex."""
    said = {name: getattr(adjustment, name) for name in _FIRST}
    said |= {"member": str(adjustment.member), "points": exact.text(adjustment.points)}
    if len(adjustment.__dataclass_fields__) > len(_FIRST):
        said |= _later(adjustment)
    return hashlib.sha256(exact.canonical(said)).hexdigest()


def _later(adjustment: Adjustment) -> dict[str, Any]:
    """The fields of later versions, where they are used."""
    later = (each for each in fields(adjustment) if each.name not in _FIRST)
    return {each.name: value for each in later if (value := getattr(adjustment, each.name)) != _default(each)}


_SCHEMES: Mapping[str, Callable[[Adjustment], str]] = {"": _digest}


def _default(later: Field[Any]) -> object:
    return later.default if later.default_factory is MISSING else later.default_factory()


def _names(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[str]:
    yield from sorted(first.keys() | second.keys())


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
