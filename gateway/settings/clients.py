"""The section `clients`."""

from collections.abc import Collection, Iterator, Mapping

from gateway.documents.broken import Broken
from gateway.documents.entry import Entry, validated
from gateway.documents.problem import Problem
from gateway.documents.wording import unknown_name
from gateway.settings.file_models import ClientEntry
from gateway.settings.key_list import KeyList
from gateway.settings.settings import Client

ALL = "*"


class Clients:
    """The clients read so far by name; `keys` takes their keys."""

    def __init__(self, tenants: Collection[str], keys: KeyList, problems: list[Problem]) -> None:
        self._names = list(tenants)
        self._all = frozenset(tenants)
        self._problems = problems
        self._keys = keys
        self.found: dict[str, Client] = {}

    def read(self, entries: Mapping[str, Entry]) -> None:
        """Read every client; an invalid one is left out, and its errors are added to the problems."""
        for name, entry in entries.items():
            self._keys.take(name, entry)
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
