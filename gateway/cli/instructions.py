"""Files with resolutions: CSV in UTF-8 with the columns `id`, `outcome` and `reason`, in any order.

A row is, for example, `adj_0190a5...,applied,point 4711 in their list`. The whole file is checked before anything is
resolved.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COLUMNS = ("id", "outcome", "reason")
OUTCOMES = {"applied": True, "not_applied": False}
LONGEST_REASON = 500
MOST = 10_000
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Instruction:
    """How to resolve an adjustment, and the reason."""

    id: str
    applied: bool
    reason: str


class BadFile(Exception):
    """Raised when a file is not valid; `problems` contains all its errors, by line and column."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def read(path: Path) -> tuple[Instruction, ...]:
    """The instructions of a file, in its order; each adjustment occurs once. Raises `BadFile`."""
    rows = _rows(path, _text(path))
    first, header = next(rows, (1, []))
    if sorted(header) != sorted(COLUMNS):
        raise BadFile([f"{path}:{first}: expected a first line with the columns {', '.join(COLUMNS)}, by commas"])
    problems: list[str] = []
    found: dict[str, tuple[int, Instruction]] = {}
    for line, row in rows:
        wrong = f"expected {len(header)} fields, and there are {len(row)}" if len(row) != len(header) else None
        fields = dict(zip(header, row, strict=False))
        findings = [("", wrong)] if wrong else [(name, _error(name, value)) for name, value in fields.items()]
        if not wrong and fields["id"] in found:
            findings.append(("id", f"it stands in line {found[fields['id']][0]} already"))
        problems += [f"{path}:{line}: {name + ': ' if name else ''}{error}" for name, error in findings if error]
        if not any(error for _, error in findings):
            if len(found) == MOST:
                raise BadFile([f"{path}:{line}: expected at most {MOST} adjustments: make several files of it"])
            instruction = Instruction(fields["id"], OUTCOMES[fields["outcome"]], fields["reason"])
            found[fields["id"]] = line, instruction
    if not problems and not found:
        problems.append(f"{path}:{first}: expected an adjustment a line, and there is none")
    if problems:
        raise BadFile(problems)
    return tuple(instruction for _, instruction in found.values())


def reason_error(reason: str) -> str | None:
    """The error in a reason; None if it is valid."""
    if not reason.strip() or len(reason) > LONGEST_REASON:
        return f"expected 1 to {LONGEST_REASON} characters that say how it is known"
    return None


def _error(column: str, value: str) -> str | None:
    if column == "reason":
        return reason_error(value)
    if column == "outcome":
        return None if value in OUTCOMES else f"expected {' or '.join(OUTCOMES)}"
    return None if value else "expected the id of an adjustment"


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not a usable path"
        raise BadFile([f"{path}: cannot be read: {why}"]) from error
    if len(raw) > _LARGEST:
        raise BadFile([f"{path}: expected at most {MOST} adjustments, and it is larger than any such file"])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadFile([f"{path}:{line}: expected text in UTF-8, and a byte here is not"]) from error


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not empty, with the number of its first line; a quoted field may contain line breaks."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    first = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise BadFile([f"{path}:{first}: not CSV: {error}"]) from error
        if row is None:
            return
        if row:
            yield first, row
        first = reader.line_num + 1
