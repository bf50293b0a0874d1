"""The files of a configuration as they were read once, so that several processes load the very same one."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from gateway.documents.document import read
from gateway.documents.problem import Problem

SUFFIXES = (".yaml", ".yml")
_NAMED = re.compile(rb"""[\s{,'"]description['"]?\s*:""")
DIGITS = 12
"""Of the digest that is shown: too few to tell a secret by, in a file of which everything else is known."""


@dataclass(frozen=True)
class Snapshot:
    """The path of a configuration, and the name and content of each of its files.

    `descriptions`: the same of the files that its vendors name as their `description`, as far as they can be read.
    The contents may have secrets in plain text. What `${env:...}` and `${file:...}` mean is not part of it.
    """

    path: Path
    files: tuple[tuple[Path, bytes], ...] = field(repr=False)
    descriptions: tuple[tuple[Path, bytes], ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, path: Path) -> "tuple[Snapshot, list[Problem]]":
        """Read a file, or every `*.yaml` and `*.yml` of a folder; the problems are of files that cannot be read."""
        try:
            names = sorted(file for file in path.iterdir() if _is_configuration(file)) if path.is_dir() else [path]
        except (OSError, ValueError) as error:
            return cls(path, ()), [_unreadable(path, error)]
        if not names:
            why = "expected *.yaml or *.yml files in the folder, and it has none"
            return cls(path, ()), [Problem(str(path), 1, 1, "", why)]
        files: list[tuple[Path, bytes]] = []
        problems: list[Problem] = []
        for file in names:
            try:
                files.append((file, file.read_bytes()))
            except (OSError, ValueError) as error:
                problems.append(_unreadable(file, error))
        return cls(path, tuple(files), tuple(_read(_described(files)))), problems

    @cached_property
    def digest(self) -> str:
        """The beginning of a SHA-256 in hex: of the file, or of a list of names and digests as `sha256sum` prints it.

        The list is of a folder's files, and of the descriptions that vendors name, in this order.

        Of an empty snapshot it is empty.
        """
        digests = [(file.name, sha256(raw).hexdigest()) for file, raw in (*self.files, *self.descriptions)]
        if self.files and self.files[0][0] == self.path and not self.descriptions:
            return digests[0][1][:DIGITS]
        listed = "".join(f"{digest}  {name}\n" for name, digest in digests)
        return sha256(listed.encode()).hexdigest()[:DIGITS] if digests else ""

    def packed(self) -> dict[str, Any]:
        """As JSON values, for another process; the bytes of files as Latin-1."""
        return {"path": str(self.path), "files": _packed(self.files), "descriptions": _packed(self.descriptions)}

    @classmethod
    def unpacked(cls, packed: dict[str, Any]) -> "Snapshot":
        """The snapshot that was packed."""
        return cls(Path(packed["path"]), _unpacked(packed["files"]), _unpacked(packed["descriptions"]))


def _packed(files: Iterable[tuple[Path, bytes]]) -> list[list[str]]:
    return [[str(file), raw.decode("latin-1")] for file, raw in files]


def _unpacked(packed: Iterable[Sequence[str]]) -> tuple[tuple[Path, bytes], ...]:
    return tuple((Path(name), text.encode("latin-1")) for name, text in packed)


def _described(files: Iterable[tuple[Path, bytes]]) -> list[Path]:
    """The files that vendors name as their description, in the order of their names; other errors are for `load`."""
    found = set()
    for file, raw in files:
        if not _NAMED.search(raw):  # most configurations name none, and need not be parsed twice
            continue
        document = read(str(file), raw, file.parent, lambda text: text, [])
        vendors = document.value.get("vendors") if document is not None and isinstance(document.value, dict) else None
        for vendor in vendors.values() if isinstance(vendors, dict) else ():
            name = vendor.get("description") if isinstance(vendor, dict) else None
            if isinstance(name, str):
                found.add(file.parent / name)
    return sorted(found)


def _read(files: Iterable[Path]) -> Iterator[tuple[Path, bytes]]:
    for file in files:
        with suppress(OSError, ValueError):
            yield file, file.read_bytes()


def _is_configuration(file: Path) -> bool:
    """Whether a file is a visible YAML file; editors use hidden names for lock files and copies."""
    return file.suffix in SUFFIXES and not file.name.startswith(".")


def _unreadable(path: Path, error: Exception) -> Problem:
    reason = error.strerror if isinstance(error, OSError) else None
    return Problem(str(path), 1, 1, "", f"cannot be read: {reason or 'not a usable path'}")
