"""What is wrong with a configuration, and where: file, line and column, so that an editor can jump there."""

from collections.abc import Iterable
from dataclasses import dataclass

Step = str | int
Path = tuple[Step, ...]
"""The way to a value from the top of a document: the keys of mappings and the indexes of lists."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong, or doubtful: line and column count from 1, `where` is a dotted path."""

    file: str
    line: int
    column: int
    where: str
    detail: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.where + ': ' if self.where else ''}{self.detail}"


class SettingsError(Exception):
    """Raised when a configuration cannot be used; `problems` holds everything that is wrong with it, in order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def dotted(path: Path) -> str:
    """A path as it is shown: `tenants.acme.routes.adjust[0].vendor`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")
