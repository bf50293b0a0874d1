"""A vendor's statement: a CSV file with one transaction a line, and in which columns what stands."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from gateway.model import time_of

COLUMNS = ("transaction_id", "reference", "member", "points", "at")
"""What a statement can say of a transaction; `points` it has to."""


class BadStatement(Exception):
    """Raised when a statement cannot be read; it has every problem, with its line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction at the vendor; `at` is aware. None where the statement does not say it."""

    line: int
    points: Decimal
    transaction_id: str | None = None
    reference: str | None = None
    member: str | None = None
    at: datetime | None = None


def columns(texts: Sequence[str]) -> dict[str, str]:
    """The header of each column, from texts such as `points=Amount`. Raises `ValueError`."""
    named = {each: each for each in COLUMNS}
    for each in texts:
        name, equals, header = each.partition("=")
        if not equals or name not in COLUMNS or not header:
            raise ValueError(f"expected NAME=HEADER, with one of {', '.join(COLUMNS)} as NAME")
        named[name] = header
    return named


def read(file: Path, named: Mapping[str, str]) -> list[Entry]:
    """Every transaction of a statement. Raises `BadStatement` for a file that is not one."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            headers = reader.fieldnames or []
            if named["points"] not in headers:
                found = ", ".join(headers) or "nothing"
                lack = f"expected a column {named['points']!r}, and it has {found}: name it by --column points=..."
                raise BadStatement([f"{file}:1: {lack}"])
            known = {name: header for name, header in named.items() if header in headers}
            entries, problems = [], []
            for row in reader:
                try:
                    entries.append(_entry(reader.line_num, {name: row[header] for name, header in known.items()}))
                except ValueError as error:
                    problems.append(f"{file}:{reader.line_num}: {error}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "expected CSV in UTF-8"
        raise BadStatement([f"{file}: cannot be read: {reason}"]) from error
    if problems:
        raise BadStatement(problems)
    return entries


def _entry(line: int, values: Mapping[str, str | None]) -> Entry:
    texts = {name: (text or "").strip() or None for name, text in values.items()}
    points, at = texts.pop("points", None), texts.pop("at", None)
    try:
        number = Decimal(points or "")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError("points: expected a signed decimal, as in -2.5")
    try:
        moment = None if at is None else time_of(at)
    except ValueError:
        raise ValueError("at: expected a time with an offset, as in 2026-01-31T00:00:00Z") from None
    return Entry(line, number, at=moment, **texts)
