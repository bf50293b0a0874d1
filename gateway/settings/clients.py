"""The section `clients`: keys become digests, so that no key outlives the loading of the configuration."""

import re
from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256

from gateway.settings.entry import Entry, validated
from gateway.settings.expand import Broken
from gateway.settings.explain import unknown_name
from gateway.settings.model import ClientEntry
from gateway.settings.problem import Problem
from gateway.settings.settings import Client

ALL = "*"
SHORTEST = 32
_DIGEST = "sha256:"
_HEX = re.compile(r"[0-9A-Fa-f]{64}")
_SENDABLE = re.compile(r"[\x21-\x7e]+")


class Clients:
    """The clients read so far by name, the owners of keys by digest, and doubts that stop nobody."""

    def __init__(self, tenants: Collection[str], problems: list[Problem]) -> None:
        self._names = list(tenants)
        self._all = frozenset(tenants)
        self._problems = problems
        self.found: dict[str, Client] = {}
        self.keys: dict[bytes, str] = {}
        self.warnings: list[Problem] = []

    def read(self, entries: Mapping[str, Entry]) -> None:
        """Read every client; what is wrong is added to the problems, and such a client is left out."""
        for name, entry in entries.items():
            keys = frozenset(self._keys(name, entry))
            self._check_tenants(entry)
            client = validated(ClientEntry, entry, self._problems)
            if client is not None:
                tenants = self._all if client.tenants == (ALL,) else frozenset(client.tenants)
                self.found[name] = Client(
                    name, keys, tenants, frozenset(client.scopes), client.rate, client.max_concurrency
                )

    def _keys(self, name: str, entry: Entry) -> Iterator[bytes]:
        for index, text in _texts(entry, "keys"):
            if not text:
                continue
            wrong = _unusable(text)
            digest = b"" if wrong else _digest(text)
            if digest in self.keys:
                holder = self.keys[digest]
                wrong = "the same key is given twice" if holder == name else f"client {holder!r} has the same key"
            if wrong:
                self._problems.append(entry.problem(("keys", index), wrong))
                continue
            if len(text) < SHORTEST:
                short = f"a key of {len(text)} characters may be guessed: expected {SHORTEST} or more"
                self.warnings.append(entry.problem(("keys", index), short))
            self.keys[digest] = name
            yield digest

    def _check_tenants(self, entry: Entry) -> None:
        for index, name in _texts(entry, "tenants"):
            path = ("tenants", index)
            if name == ALL and len(entry.data["tenants"]) > 1:
                self._problems.append(entry.problem(path, f'"{ALL}" means all tenants, and stands alone'))
            elif name != ALL and name not in self._all:
                self._problems.append(entry.problem(path, unknown_name("tenant", name, self._names)))


def _texts(entry: Entry, key: str) -> Iterator[tuple[int, str]]:
    """The texts of a list as it is written; whatever else stands there is told by the model."""
    values = entry.data.get(key) if isinstance(entry.data, dict) else None
    for index, value in enumerate(values if isinstance(values, list) else ()):
        if isinstance(value, str) and not isinstance(value, Broken):
            yield index, value


def _unusable(text: str) -> str | None:
    if text.startswith(_DIGEST):
        return None if _HEX.fullmatch(text.removeprefix(_DIGEST)) else "expected 64 hexadecimal digits after sha256:"
    return None if _SENDABLE.fullmatch(text) else "expected a key of visible ASCII characters, without spaces"


def _digest(text: str) -> bytes:
    if text.startswith(_DIGEST):
        return bytes.fromhex(text.removeprefix(_DIGEST))
    return sha256(text.encode()).digest()
