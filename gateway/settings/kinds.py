"""The adapter of every configured vendor: an installed one, or one that a description of the configuration makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from gateway.documents.broken import MARK, Broken
from gateway.documents.entry import Entry
from gateway.documents.problem import Problem
from gateway.documents.wording import unknown_name
from gateway.port.installed import NotLoadable
from gateway.port.registry import AdapterType, described

DECLARED = "declared"
"""The name of the adapter of vendors that are described by a file of the configuration."""


@dataclass(slots=True)
class Kinds:
    """What adapters there are: `installed`, loaded on access, and `descriptions` by the path of their file.

    Errors are added to `problems`, each once, however many vendors have the same adapter.
    """

    installed: Mapping[str, AdapterType]
    descriptions: Mapping[FilePath, bytes]
    problems: list[Problem]
    _broken: set[str] = field(default_factory=set)
    _made: dict[FilePath, AdapterType | None] = field(default_factory=dict)
    _files: dict[str, FilePath] = field(default_factory=dict)

    def of(self, entry: Entry) -> AdapterType | None:
        """The adapter of a vendor; None where it cannot be used."""
        name = entry.data.get("adapter")
        if "adapter" not in entry.data:
            listed = ", ".join((*self.installed, DECLARED))
            detail = f"expected an adapter ({listed}), or extends with the name of another vendor"
            self.problems.append(entry.missing(("adapter",), detail))
        elif name == DECLARED:
            return self._of_file(entry)
        elif isinstance(name, str) and name in self.installed:
            return self._of_installation(name, entry)
        elif not isinstance(name, Broken):
            self.problems.append(
                entry.problem(("adapter",), unknown_name("adapter", name, [*self.installed, DECLARED]))
            )
        return None

    def _of_installation(self, name: str, entry: Entry) -> AdapterType | None:
        if name in self._broken:
            return None
        try:
            found = self.installed[name]
        except NotLoadable as error:
            self._broken.add(name)
            self.problems.append(entry.problem(("adapter",), str(error)))
            return None
        if found.settings.made_of and "description" in entry.data:
            detail = f"the adapter {name!r} has a description of its own: expected adapter: {DECLARED} with this one"
            self.problems.append(entry.problem(("description",), detail, at_key=True))
        return found

    def _of_file(self, entry: Entry) -> AdapterType | None:
        name = entry.data.get("description")
        if name is None:
            detail = f"expected the YAML file that describes the vendor, with adapter: {DECLARED}"
            self.problems.append(entry.missing(("description",), detail))
            return None
        if isinstance(name, Broken):
            return None
        written = entry.origins["description"].document
        if not isinstance(name, str) or (path := written.folder / name) not in self.descriptions:
            detail = f"expected a YAML file that can be read, as it is, without {MARK}...}}"
            self.problems.append(entry.problem(("description",), detail))
            return None
        if path not in self._made:
            self._made[path] = described(str(path), self.descriptions[path], self.problems)
            self._check_name(self._made[path], path, entry)
        return self._made[path]

    def _check_name(self, found: AdapterType | None, path: FilePath, entry: Entry) -> None:
        """Add a problem where another adapter has the name of a description."""
        if found is None:
            return
        other = self._files.setdefault(found.name, path)
        if other != path or found.name in self.installed:
            if other != path:
                whose, remedy = f"the one in {other}", "expected another name in it"
            else:
                whose = "an installed one"
                remedy = f"expected another name in it, or adapter: {found.name} without description"
            detail = f"the description has the name {found.name!r}, as has {whose}: {remedy}"
            self.problems.append(entry.problem(("description",), detail))


def kinds(entries: Mapping[str, Entry], known: Kinds) -> dict[str, AdapterType]:
    """The adapter of every vendor that has one that can be used. The entries must be complete."""
    found = {name: known.of(entry) for name, entry in entries.items()}
    return {name: kind for name, kind in found.items() if kind is not None}
