"""The section `clients`: keys become digests, so that no key stays in memory after the configuration is loaded."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from gateway.documents.broken import Broken
from gateway.documents.entry import Entry, validated
from gateway.documents.problem import Path, Problem
from gateway.documents.wording import unknown_name
from gateway.port.secrets import is_plain_text
from gateway.settings.file_models import ClientEntry, expiry
from gateway.settings.key import ClientKey, digest_of, is_digest, key_error
from gateway.settings.settings import Client

ALL = "*"
SHORTEST = 32


class Clients:
    """The clients read so far by name, their keys, and warnings."""

    def __init__(self, tenants: Collection[str], problems: list[Problem]) -> None:
        self._names = list(tenants)
        self._all = frozenset(tenants)
        self._problems = problems
        self.found: dict[str, Client] = {}
        self.keys: list[ClientKey] = []
        self._by_digest: dict[bytes, ClientKey] = {}
        self.warnings: list[Problem] = []

    def read(self, entries: Mapping[str, Entry]) -> None:
        """Read every client; an invalid one is left out, and its errors are added to the problems."""
        for name, entry in entries.items():
            self._take_keys(name, entry)
            self._check_tenants(entry)
            client = validated(ClientEntry, entry, self._problems)
            if client is not None:
                tenants = self._all if client.tenants == (ALL,) else frozenset(client.tenants)
                limits = None if client.limits is None else client.limits.limits()
                self.found[name] = Client(
                    name,
                    tenants,
                    frozenset(client.scopes),
                    client.rate,
                    client.max_concurrency,
                    limits,
                    client.was,
                    paused=client.paused,
                )

    def _take_keys(self, name: str, entry: Entry) -> None:
        for path, text, expires in _keys(entry):
            if error := key_error(text):
                self._problems.append(entry.problem(path, error))
                continue
            plain = is_plain_text(text) and not is_digest(text)
            reread = getattr(text, "reread", None)
            key = ClientKey(name, digest_of(text), entry.problem(path, ""), expires, reread, plain)
            first = self._by_digest.setdefault(key.digest, key)
            if first.client != name:
                self._problems.append(key.problem(f"client {first.client!r} has the same key"))
                continue
            if first is not key:
                # While a key moves from one file to another, both contain it; a gateway that starts then must not fail.
                moving = first.reread is not None or reread is not None
                (self.warnings if moving else self._problems).append(key.problem("the same key is given twice"))
            if len(text) < SHORTEST:
                short = f"a key of {len(text)} characters may be guessed: expected {SHORTEST} or more"
                self.warnings.append(key.problem(short))
            self.keys.append(key)

    def _check_tenants(self, entry: Entry) -> None:
        for index, name in _tenants(entry):
            path = ("tenants", index)
            if name == ALL and len(entry.data["tenants"]) > 1:
                self._problems.append(entry.problem(path, f'"{ALL}" means all tenants, and stands alone'))
            elif name != ALL and name not in self._all:
                self._problems.append(entry.problem(path, unknown_name("tenant", name, self._names)))


def _tenants(entry: Entry) -> Iterator[tuple[int, str]]:
    """The names of tenants with their index; the model reports values of other types."""
    values = entry.data.get("tenants") if isinstance(entry.data, dict) else None
    for index, value in enumerate(values if isinstance(values, list) else ()):
        if isinstance(value, str) and not isinstance(value, Broken):
            yield index, value


def _keys(entry: Entry) -> Iterator[tuple[Path, str, datetime | None]]:
    """Each key that is a text: its path, the text, and its expiry; the model reports other values."""
    values = entry.data.get("keys") if isinstance(entry.data, dict) else None
    for index, value in enumerate(values if isinstance(values, list) else ()):
        inside = isinstance(value, dict)
        text, expires = (value.get("key"), value.get("expires")) if inside else (value, None)
        if isinstance(text, str) and text and not isinstance(text, Broken):
            yield ("keys", index, "key") if inside else ("keys", index), text, _moment(expires)


def _moment(text: object) -> datetime | None:
    try:
        return expiry(text) if isinstance(text, str) else None
    except ValueError:
        return None
