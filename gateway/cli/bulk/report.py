"""What came of every row of an import: CSV with a header, to a file or to standard output."""

import csv
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import IO

from gateway.cli import terminal
from gateway.cli.failing import fail

FIELDS = ("line", "idempotency_key", "outcome", "replayed", "id", "code", "detail")


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one row. `replayed`: an earlier call had done it."""

    line: int
    idempotency_key: str
    outcome: str
    replayed: bool = False
    id: str = ""
    code: str = ""
    detail: str = ""

    def cells(self) -> tuple[str, ...]:
        """In the order of `FIELDS`."""
        replayed = "true" if self.replayed else "false"
        return (str(self.line), self.idempotency_key, self.outcome, replayed, self.id, self.code, self.detail)


class Report(AbstractContextManager["Report"]):
    """Writes the lines and counts their outcomes; if its file cannot be written, the command ends."""

    def __init__(self, file: Path | None) -> None:
        self.outcomes: Counter[str] = Counter()
        self.replayed = 0
        self._file = file
        self._stream: IO[str] | None = None
        try:
            self._stream = None if file is None else file.open("w", encoding="utf-8", newline="")
        except OSError as error:
            self._cannot(error)
        self._write(FIELDS)

    def add(self, *lines: Line) -> None:
        """Write lines."""
        for each in lines:
            self.outcomes[each.outcome] += 1
            self.replayed += each.replayed
            self._write(each.cells())
        if self._stream is not None:
            try:
                self._stream.flush()  # what is done is told, wherever the run ends
            except OSError as error:
                self._cannot(error)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()

    def _write(self, cells: tuple[str, ...]) -> None:
        if self._stream is None:
            line = StringIO()
            csv.writer(line, lineterminator="").writerow(cells)
            terminal.show(line.getvalue())
            return
        try:
            csv.writer(self._stream).writerow(cells)
        except OSError as error:
            self._cannot(error)

    def _cannot(self, error: OSError) -> None:
        fail(f"{self._file} cannot be written: {error.strerror}")
