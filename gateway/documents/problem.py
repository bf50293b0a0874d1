"""Problems of a configuration, with file, line and column, so that an editor can jump there."""

from collections.abc import Iterable
from dataclasses import dataclass

Step = str | int
Path = tuple[Step, ...]
"""The path from the top of a document to a value: keys of mappings and indexes of lists."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One error or warning; line and column count from 1, `where` is a dotted path."""

    file: str
    line: int
    column: int
    where: str
    detail: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.where + ': ' if self.where else ''}{self.detail}"


class SettingsError(Exception):
    """Raised when a configuration is invalid; `problems` contains all its errors, in order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def dotted(path: Path) -> str:
    """A path in the form `tenants.acme.routes.adjust[0].vendor`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")
