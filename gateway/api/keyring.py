"""The API keys in force, by digest: those from files follow their files."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import structlog

from gateway.metrics import Metrics
from gateway.settings import ClientKey
from gateway.settings.key import digest_of, why_unusable
from gateway.settings.watched import LOOK_EVERY

log = structlog.get_logger(__name__)


class Keyring:
    """Finds keys by the SHA-256 digest of their text. `clock` gives monotonic seconds."""

    def __init__(self, keys: Sequence[ClientKey], *, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._metrics = metrics
        self._clock = clock
        self._following = [key for key in keys if key.reread is not None]
        self._refused: dict[ClientKey, bytes | str] = {}
        self._look_next = clock() + LOOK_EVERY
        self._digests = {key: key.digest for key in keys}
        self._by_digest = _index(self._digests)

    def find(self, digest: bytes) -> ClientKey | None:
        """The key in force with this digest; None where there is none. Files are looked at once a second at most."""
        if self._following and self._clock() >= self._look_next:
            self.look()
        return self._by_digest.get(digest)

    def look(self) -> None:
        """Take over what the files say now; a key whose new text cannot be used stays as it was, which is logged."""
        usable: dict[ClientKey, bytes] = {}
        refused: dict[ClientKey, tuple[bytes | str, str]] = {}
        for key in self._following:
            text = key.reread() if key.reread is not None else ""
            if why := why_unusable(text):
                refused[key] = text, why
            else:
                usable[key] = digest_of(text)
        # The clock is read after the files, so that the next look finds a second gone for each of them as well.
        self._look_next = self._clock() + LOOK_EVERY
        proposed = self._digests | usable
        while clashing := self._clashing(proposed):
            for key, other in clashing.items():
                refused[key] = proposed[key], f"client {other!r} has the same key"
                proposed[key] = self._digests[key]
        self._report(proposed, refused)
        if proposed != self._digests:
            self._digests = proposed
            self._by_digest = _index(proposed)

    def _clashing(self, proposed: Mapping[ClientKey, bytes]) -> Mapping[ClientKey, str]:
        """The changed keys that another client has as well, each with that client's name.

        Whose key is in force keeps it, also where it moves to another file of that client, so that nobody loses theirs
        to a file of somebody else.
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
                    log.info("a client key has changed", client=key.client, key=key.place.where)
                continue
            what, why = refused[key]
            if self._refused.get(key) != what:  # said once of each text
                self._refused[key] = what
                self._metrics.reread("key", used=False)
                log.error(
                    "a changed client key is not used; the last one goes on",
                    client=key.client,
                    key=key.place.where,
                    why=why,
                )


_NONE: Mapping[ClientKey, str] = MappingProxyType({})


def _index(digests: Mapping[ClientKey, bytes]) -> dict[bytes, ClientKey]:
    """The keys by digest; of two of one client, as while a key moves from file to file, the one that lasts longer."""
    found: dict[bytes, ClientKey] = {}
    for key, digest in digests.items():
        held = found.get(digest)
        if held is None or (held.expires is not None and (key.expires is None or key.expires > held.expires)):
            found[digest] = key
    return found
