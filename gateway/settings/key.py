"""One API key as it is configured: whose it is, its digest, when it ends, and how it follows a file."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from gateway.settings.problem import Problem

_DIGEST = "sha256:"
_HEX = re.compile(r"[0-9A-Fa-f]{64}")
_SENDABLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True, eq=False)
class ClientKey:
    """A key of a client, equal to itself alone.

    `digest`: SHA-256 of its UTF-8 text when the configuration was loaded. `expires`: aware; None where it does not.
    `reread`: gives its text as its files say now; None where it comes from no file. `plain`: whether the key itself
    stands in the configuration.
    """

    client: str
    digest: bytes = field(repr=False)
    place: Problem = field(repr=False)
    expires: datetime | None = None
    reread: Callable[[], str] | None = field(default=None, repr=False)
    plain: bool = False

    def doubt(self, detail: str) -> Problem:
        """A doubt about this key, at its place in the configuration."""
        return replace(self.place, detail=detail)


def why_unusable(text: str) -> str | None:
    """What is wrong with the text of a key; None where nothing is."""
    if text.startswith(_DIGEST):
        return None if _HEX.fullmatch(text.removeprefix(_DIGEST)) else "expected 64 hexadecimal digits after sha256:"
    return None if _SENDABLE.fullmatch(text) else "expected a key of visible ASCII characters, without spaces"


def is_digest(text: str) -> bool:
    """Whether the text is the digest of a key, and no key."""
    return text.startswith(_DIGEST)


def digest_of(text: str) -> bytes:
    """The digest that the text of a usable key means."""
    if is_digest(text):
        return bytes.fromhex(text.removeprefix(_DIGEST))
    return sha256(text.encode()).digest()
