"""The keys of clients and operators: they become digests, so that no key stays in memory after the loading."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from gateway.documents.broken import Broken
from gateway.documents.entry import Entry
from gateway.documents.problem import Path, Problem
from gateway.port.secrets import is_plain_text
from gateway.settings.file_models import expiry
from gateway.settings.key import ClientKey, digest_of, is_digest, key_error

SHORTEST = 8
"""Characters of the shortest key."""
ADVISED = 32
"""Characters under which a key draws a warning."""
Holder = Literal["client", "operator"]


class KeyList:
    """The keys of all holders of one kind, and warnings. `others`: those of another kind, which nobody may share."""

    def __init__(self, holder: Holder, problems: list[Problem], others: "KeyList | None" = None) -> None:
        self._holder = holder
        self._problems = problems
        self._others = others
        self._by_digest: dict[bytes, ClientKey] = {}
        self.found: list[ClientKey] = []
        self.warnings: list[Problem] = []

    def take(self, name: str, entry: Entry) -> None:
        """Take the keys of one holder; invalid ones are left out, and their errors are added to the problems."""
        for path, text, expires in _keys(entry):
            if error := key_error(text) or _too_short(text):
                self._problems.append(entry.problem(path, error))
                continue
            plain = is_plain_text(text) and not is_digest(text)
            reread = getattr(text, "reread", None)
            key = ClientKey(name, digest_of(text), entry.problem(path, ""), expires, reread, plain)
            if self._others is not None and (other := self._others._by_digest.get(key.digest)) is not None:
                self._problems.append(key.problem(f"{self._others._holder} {other.client!r} has the same key"))
                continue
            first = self._by_digest.setdefault(key.digest, key)
            if first.client != name:
                self._problems.append(key.problem(f"{self._holder} {first.client!r} has the same key"))
                continue
            if first is not key:
                # While a key moves from one file to another, both contain it; a gateway that starts then must not fail.
                moving = first.reread is not None or reread is not None
                (self.warnings if moving else self._problems).append(key.problem("the same key is given twice"))
            if len(text) < ADVISED:
                short = f"a key of {len(text)} characters may be guessed: expected {ADVISED} or more"
                self.warnings.append(key.problem(short))
            self.found.append(key)


def _keys(entry: Entry) -> Iterator[tuple[Path, str, datetime | None]]:
    """Each key that is a text: its path, the text, and its expiry; the model reports other values."""
    values = entry.data.get("keys") if isinstance(entry.data, dict) else None
    for index, value in enumerate(values if isinstance(values, list) else ()):
        inside = isinstance(value, dict)
        text, expires = (value.get("key"), value.get("expires")) if inside else (value, None)
        if isinstance(text, str) and text and not isinstance(text, Broken):
            yield ("keys", index, "key") if inside else ("keys", index), text, _moment(expires)


def _too_short(text: str) -> str | None:
    """The error of a key that anybody guesses; None where it is long enough."""
    return None if len(text) >= SHORTEST else f"expected a key of at least {SHORTEST} characters, better {ADVISED}"


def _moment(text: object) -> datetime | None:
    try:
        return expiry(text) if isinstance(text, str) else None
    except ValueError:
        return None
