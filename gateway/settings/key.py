"""One configured API key: its client, its digest, its expiry, and its file."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from gateway.documents.problem import Problem

_DIGEST = "sha256:"
_HEX = re.compile(r"[0-9A-Fa-f]{64}")
_SENDABLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True, eq=False)
class ClientKey:
    """A key of a client; compared by identity.

    `digest`: SHA-256 of its UTF-8 text when the configuration was loaded. `expires`: aware; None if it never does.
    `reread`: returns its current text from its files; None if it has no file. `plain`: the configuration contains the
    key itself as plain text.
    """

    client: str
    digest: bytes = field(repr=False)
    place: Problem = field(repr=False)
    expires: datetime | None = None
    reread: Callable[[], str] | None = field(default=None, repr=False)
    plain: bool = False

    def problem(self, detail: str) -> Problem:
        """A problem or warning about this key, at its position in the configuration."""
        return replace(self.place, detail=detail)


def key_error(text: str) -> str | None:
    """The error in the text of a key; None if it is valid."""
    if text.startswith(_DIGEST):
        return None if _HEX.fullmatch(text.removeprefix(_DIGEST)) else "expected 64 hexadecimal digits after sha256:"
    return None if _SENDABLE.fullmatch(text) else "expected a key of visible ASCII characters, without spaces"


def is_digest(text: str) -> bool:
    """Whether the text is the digest of a key instead of a key."""
    return text.startswith(_DIGEST)


def digest_of(text: str) -> bytes:
    """The digest of a valid key, or the one that the text contains."""
    if is_digest(text):
        return bytes.fromhex(text.removeprefix(_DIGEST))
    return sha256(text.encode()).digest()
