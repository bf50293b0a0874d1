"""The files of a configuration as they were read once, so that several processes load the very same one."""

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from gateway.settings.problem import Problem

SUFFIXES = (".yaml", ".yml")
DIGITS = 12
"""Of the digest that is shown: too few to tell a secret by, in a file of which everything else is known."""


@dataclass(frozen=True)
class Snapshot:
    """The path of a configuration, and the name and content of each of its files.

    The contents may have secrets in plain text. What `${env:...}` and `${file:...}` mean is not part of it.
    """

    path: Path
    files: tuple[tuple[Path, bytes], ...] = field(repr=False)

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
        return cls(path, tuple(files)), problems

    @cached_property
    def digest(self) -> str:
        """The beginning of a SHA-256 in hex: of the file, or of a list of names and digests as `sha256sum` prints it.

        Of an empty snapshot it is empty.
        """
        digests = [(file.name, sha256(raw).hexdigest()) for file, raw in self.files]
        if self.files and self.files[0][0] == self.path:
            return digests[0][1][:DIGITS]
        listed = "".join(f"{digest}  {name}\n" for name, digest in digests)
        return sha256(listed.encode()).hexdigest()[:DIGITS] if digests else ""

    def packed(self) -> dict[str, Any]:
        """As JSON values, for another process; the bytes of files as Latin-1."""
        return {"path": str(self.path), "files": [[str(file), raw.decode("latin-1")] for file, raw in self.files]}

    @classmethod
    def unpacked(cls, packed: dict[str, Any]) -> "Snapshot":
        """The snapshot that was packed."""
        return cls(Path(packed["path"]), tuple((Path(name), text.encode("latin-1")) for name, text in packed["files"]))


def _is_configuration(file: Path) -> bool:
    """Whether a file is a visible YAML file; editors use hidden names for lock files and copies."""
    return file.suffix in SUFFIXES and not file.name.startswith(".")


def _unreadable(path: Path, error: Exception) -> Problem:
    reason = error.strerror if isinstance(error, OSError) else None
    return Problem(str(path), 1, 1, "", f"cannot be read: {reason or 'not a usable path'}")
