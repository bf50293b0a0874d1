"""What is installed in one group of entry points, loaded one by one as it is asked for: what is broken fails alone.

An installed distribution that nobody uses is read by its metadata only; no code of it runs.
"""

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_LONGEST = 300


class NotLoadable(Exception):
    """Raised when what is installed under a name cannot be used; its text names the distribution and the cause."""


class Installed(Mapping[str, T], Generic[T]):
    """What a group of entry points names, in the order of names.

    Looking for a name, or going through the names, loads nothing. `what` is the word for one of these. `read` makes of
    what was loaded, with its name and where it comes from, what is given; it raises `TypeError` where that cannot be.
    """

    def __init__(self, group: str, what: str, read: Callable[[str, Any, str], T]) -> None:
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
        """What is installed under a name. Raises `KeyError` for an unknown one, and `NotLoadable`."""
        if name not in self._loaded:
            self._loaded[name] = self._load(name, self._entries[name])
        found = self._loaded[name]
        if isinstance(found, NotLoadable):
            raise NotLoadable(*found.args)  # a new one: each that is raised has a traceback of its own
        return found

    def loadable(self) -> tuple[dict[str, T], list[NotLoadable]]:
        """All that can be loaded, and why the others cannot."""
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
                f"{len(entries)} {self._what}s are installed as {name!r}, uninstall all but one: {places}"
            )
        place = origin(entries[0])
        try:
            loaded = entries[0].load()
        except (Exception, SystemExit) as error:  # a module may do anything as it is imported
            return self._broken(name, place, _cause(error))
        try:
            return self._read(name, loaded, place)
        except TypeError as error:
            return self._broken(name, place, str(error))
        except Exception as error:  # it may also do anything as it is looked at
            return self._broken(name, place, _cause(error))

    def _broken(self, name: str, place: str, cause: str) -> NotLoadable:
        return NotLoadable(f"the {self._what} {name!r} cannot be loaded: {cause} ({place})")


def origin(entry: EntryPoint) -> str:
    """Where an entry point comes from: its distribution and what it names."""
    distribution = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown"
    return f"distribution {distribution}, entry point {entry.value}"


def _entries(group: str) -> dict[str, list[EntryPoint]]:
    found: dict[str, list[EntryPoint]] = {}
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        found.setdefault(entry.name, []).append(entry)
    return found


def _cause(error: BaseException) -> str:
    words = str(error).strip().partition("\n")[0][:_LONGEST]
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
