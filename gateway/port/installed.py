"""The entry points of one group, each loaded on first access, so that a broken one fails alone.

Of a distribution that is not used, only the metadata is read; none of its code runs.
"""

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_LONGEST = 300


class NotLoadable(Exception):
    """Raised when an entry point cannot be used; the message names the distribution and the cause."""


class Installed(Mapping[str, T], Generic[T]):
    """The objects of a group of entry points, in the order of their names.

    Membership tests and iteration load nothing. `what` is the noun for messages. `read` converts the loaded object,
    with its name and origin; it raises `TypeError` if the object is not valid. `load` loads what an entry point names.
    """

    def __init__(
        self,
        group: str,
        what: str,
        read: Callable[[str, Any, str], T],
        load: Callable[[EntryPoint], Any] = EntryPoint.load,
    ) -> None:
        self._load_entry = load
        self._what = what
        self._read = read
        self._entries = _entries(group)
        self._loaded: dict[str, T | NotLoadable] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> T:
        """The object with a name. Raises `KeyError` for an unknown name, and `NotLoadable`."""
        if name not in self._loaded:
            self._loaded[name] = self._load(name, self._entries[name])
        found = self._loaded[name]
        if isinstance(found, NotLoadable):
            raise NotLoadable(*found.args)  # a new instance, so that tracebacks do not accumulate on the cached one
        return found

    def loadable(self) -> tuple[dict[str, T], list[NotLoadable]]:
        """All objects that can be loaded, and the errors of the others."""
        found: dict[str, T] = {}
        failed: list[NotLoadable] = []
        for name in self:
            try:
                found[name] = self[name]
            except NotLoadable as error:
                failed.append(error)
        return found, failed

    def _load(self, name: str, entries: list[EntryPoint]) -> T | NotLoadable:
        if len(entries) > 1:
            places = " and ".join(origin(entry) for entry in entries)
            return NotLoadable(
                f"{len(entries)} {self._what}s are installed as {name!r}, and only one can be: uninstall the packages "
                f"of the others, or remove their entry points and install them again: {places}"
            )
        place = origin(entries[0])
        try:
            loaded = self._load_entry(entries[0])
        except (Exception, SystemExit) as error:  # the import runs third-party code, which can raise anything
            return self._broken(name, place, _cause(error))
        try:
            return self._read(name, loaded, place)
        except TypeError as error:
            return self._broken(name, place, str(error))
        except Exception as error:  # inspecting the object can run third-party code too
            return self._broken(name, place, _cause(error))

    def _broken(self, name: str, place: str, cause: str) -> NotLoadable:
        return NotLoadable(f"the {self._what} {name!r} cannot be loaded: {cause} ({place})")


def origin(entry: EntryPoint) -> str:
    """The origin of an entry point: its distribution and its object reference."""
    distribution = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown"
    return f"distribution {distribution}, entry point {entry.value}"


def _entries(group: str) -> dict[str, list[EntryPoint]]:
    found: dict[str, list[EntryPoint]] = {}
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        found.setdefault(entry.name, []).append(entry)
    return found


def _cause(error: BaseException) -> str:
    message = str(error).strip().partition("\n")[0][:_LONGEST]
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
