"""What an adjustment or a reversal means: its fingerprint, by which a repeat is told from another request of its key.

A fingerprint is kept for as long as its key, so it has to stay the same when the model grows: a later field counts
only where it differs from its default, which is what every earlier body means. Options come without their defaults.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from gateway import exact
from gateway.model import Adjustment
from gateway.write import Reversal, Write

Asked = Adjustment | Reversal
"""What a caller asks to be written."""

ERASED = "erased"
"""The scheme of the fingerprints of what was erased: keyed digests of what they were, which nobody can guess at."""
FIRST = frozenset(
    ("member", "points", "point_type", "description", "reason", "reference", "store", "pending", "options")
)
"""The fields of the first scheme, each hashed whatever its value; never to be changed."""


def fingerprint(asked: Asked) -> str:
    """The fingerprint to keep: equal for equal meanings, however they were written.

    That of the first scheme, without the scheme's name: gateways of two versions on one journal agree on it.
    """
    return _digest(asked)


def matches(fingerprint: str, asked: Asked, *, key: bytes = b"") -> bool:
    """Whether what is asked has this fingerprint, by the scheme that it was made by: `SCHEME:DIGEST`, or the first's.

    `key`: that of the journal's digests of what was erased. One of a scheme that is not known here matches nothing.
    """
    scheme, _, digest = fingerprint.rpartition(":")
    if scheme == ERASED:
        return hmac.compare_digest(digest, hmac.new(key, _digest(asked).encode(), hashlib.sha256).hexdigest())
    return scheme in _SCHEMES and _SCHEMES[scheme](asked) == digest


def differences(first: Write, second: Asked) -> tuple[str, ...]:
    """Which fields of a write and of what is asked now differ; none where one is a reversal and the other is not.

    They are RFC 6901 pointers into the body, of options by adapter and field; `{id}` is the one in the path.
    """
    if isinstance(second, Adjustment):
        return () if first.reversal is not None else _of_adjustments(first.adjustment, second)
    if first.reversal is None:
        return ()
    names = {"original": "{id}", "points": "/points", "linked": "/linked", "description": "/description"}
    return tuple(pointer for name, pointer in names.items() if getattr(first.reversal, name) != getattr(second, name))


def _of_adjustments(first: Adjustment, second: Adjustment) -> tuple[str, ...]:
    names = (each.name for each in fields(second) if each.name != "options")
    found = [f"/{name}" for name in names if getattr(first, name) != getattr(second, name)]
    for adapter in _names(first.options, second.options):
        one, other = first.options.get(adapter, {}), second.options.get(adapter, {})
        for name in _names(one, other):
            if exact.canonical(one.get(name)) != exact.canonical(other.get(name)):
                found.append(f"/options/{_escaped(adapter)}/{_escaped(name)}")
    return tuple(found)


def _digest(asked: Asked) -> str:
    """The first scheme: a SHA-256 in hex."""
    content = _reversal(asked) if isinstance(asked, Reversal) else _adjustment(asked)
    return hashlib.sha256(exact.canonical(content)).hexdigest()


def _reversal(asked: Reversal) -> dict[str, Any]:
    """Names that no adjustment has keep the two apart."""
    return {
        "operation": "reverse",
        "refers_to": asked.original,
        "points": None if asked.points is None else exact.text(asked.points),
        "linked": asked.linked,
        "description": asked.description,
    }


def _adjustment(adjustment: Adjustment) -> dict[str, Any]:
    content = {name: getattr(adjustment, name) for name in FIRST}
    content |= {"member": str(adjustment.member), "points": exact.text(adjustment.points)}
    if len(adjustment.__dataclass_fields__) > len(FIRST):
        content |= _later(adjustment)
    return content


def _later(adjustment: Adjustment) -> dict[str, Any]:
    """The fields of later versions, where they are used."""
    later = (each for each in fields(adjustment) if each.name not in FIRST)
    return {each.name: value for each in later if (value := getattr(adjustment, each.name)) != _default(each)}


_SCHEMES: Mapping[str, Callable[[Asked], str]] = {"": _digest}


def _default(later: Field[Any]) -> object:
    return later.default if later.default_factory is MISSING else later.default_factory()


def _names(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[str]:
    yield from sorted(first.keys() | second.keys())


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
