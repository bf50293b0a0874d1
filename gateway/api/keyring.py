"""The valid API keys by digest; a key from a file changes with the file."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import structlog

from gateway.metrics import Metrics
from gateway.settings import ClientKey
from gateway.settings.key import digest_of, key_error
from gateway.settings.watched import CHECK_EVERY

log = structlog.get_logger(__name__)
Holder = Literal["client", "operator"]


class Keyring:
    """Finds keys by the SHA-256 digest of their text. `clock` returns monotonic seconds; `holder`: whose they are."""

    def __init__(
        self,
        keys: Sequence[ClientKey],
        *,
        metrics: Metrics,
        clock: Callable[[], float],
        holder: Holder = "client",
    ) -> None:
        self._holder = holder
        self._metrics = metrics
        self._clock = clock
        self._following = [key for key in keys if key.reread is not None]
        self._refused: dict[ClientKey, bytes | str] = {}
        self._next_check = clock() + CHECK_EVERY
        self._digests = {key: key.digest for key in keys}
        self._by_digest = _index(self._digests)

    def find(self, digest: bytes) -> ClientKey | None:
        """The valid key with this digest, or None. Files are checked at most once a second."""
        if self._following and self._clock() >= self._next_check:
            self.check()
        return self._by_digest.get(digest)

    def check(self) -> None:
        """Read the current keys from their files; if a new text is invalid, log it and keep the previous key."""
        usable: dict[ClientKey, bytes] = {}
        refused: dict[ClientKey, tuple[bytes | str, str]] = {}
        for key in self._following:
            text = key.reread() if key.reread is not None else ""
            if error := key_error(text):
                refused[key] = text, error
            else:
                usable[key] = digest_of(text)
        # The clock is read after the files: they have their own interval, which must be over at the next check too.
        self._next_check = self._clock() + CHECK_EVERY
        proposed = self._digests | usable
        while clashing := self._clashing(proposed):
            for key, other in clashing.items():
                refused[key] = proposed[key], f"{self._holder} {other!r} has the same key"
                proposed[key] = self._digests[key]
        self._report(proposed, refused)
        if proposed != self._digests:
            self._digests = proposed
            self._by_digest = _index(proposed)

    def _clashing(self, proposed: Mapping[ClientKey, bytes]) -> Mapping[ClientKey, str]:
        """The changed keys that another client has too, each with that client's name.

        The client whose key is valid now keeps it, even if it moves to another of its files, so that no client loses
        its key to the file of another one.
        """
        changed = [key for key in self._following if proposed[key] != self._digests[key]]
        if not changed:
            return _NONE
        holders: dict[bytes, dict[str, None]] = {}
        for key, digest in proposed.items():
            holders.setdefault(digest, {})[key.client] = None
        in_force = {digest: key.client for key, digest in self._digests.items()}
        contested = (key for key in changed if in_force.get(proposed[key]) != key.client)
        others = ((key, [name for name in holders[proposed[key]] if name != key.client]) for key in contested)
        return {key: names[0] for key, names in others if names}

    def _report(
        self, proposed: Mapping[ClientKey, bytes], refused: Mapping[ClientKey, tuple[bytes | str, str]]
    ) -> None:
        for key in self._following:
            if key not in refused:
                self._refused.pop(key, None)
                if proposed[key] != self._digests[key]:
                    self._metrics.reread("key", used=True)
                    self._changed(key)
                continue
            value, why = refused[key]
            if self._refused.get(key) != value:  # logged once for each text
                self._refused[key] = value
                self._metrics.reread("key", used=False)
                self._not_used(key, why)

    def _changed(self, key: ClientKey) -> None:
        if self._holder == "client":
            log.info("a client key has changed", client=key.client, key=key.place.where)
        else:
            log.info("an operator key has changed", operator=key.client, key=key.place.where)

    def _not_used(self, key: ClientKey, why: str) -> None:
        where = key.place.where
        if self._holder == "client":
            log.error("a changed client key is not used; the last one goes on", client=key.client, key=where, why=why)
        else:
            log.error(
                "a changed operator key is not used; the last one goes on", operator=key.client, key=where, why=why
            )


_NONE: Mapping[ClientKey, str] = MappingProxyType({})


def _index(digests: Mapping[ClientKey, bytes]) -> dict[bytes, ClientKey]:
    """The keys by digest; a client may have one twice while it moves between files: then the later expiry counts."""
    found: dict[bytes, ClientKey] = {}
    for key, digest in digests.items():
        other = found.get(digest)
        if other is None or (other.expires is not None and (key.expires is None or key.expires > other.expires)):
            found[digest] = key
    return found
