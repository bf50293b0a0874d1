"""What happened at the vendor, a line of JSON each: the truth that everything else is held against.

An effect is on the disk before its answer is written, so that no crash can make the vendor forget one.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Entry:
    """A request that arrived whole, or an effect. `member` is `SCHEME:VALUE`, `source` the caller's own id."""

    kind: Literal["received", "applied"]
    at: datetime
    member: str
    points: Decimal
    source: str | None
    act: str


class Ledger:
    """An append-only file of entries."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def append(self, entry: Entry) -> None:
        """Keep an entry; an effect is durable on return."""
        line = json.dumps({**asdict(entry), "at": entry.at.isoformat(), "points": str(entry.points)})
        os.write(self._descriptor, line.encode() + b"\n")
        if entry.kind == "applied":
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


def read(path: Path) -> tuple[Entry, ...]:
    """Every entry, oldest first."""
    return tuple(_entries(path.read_text("utf-8").splitlines()))


def _entries(lines: Iterable[str]) -> Iterable[Entry]:
    for line in lines:
        said = json.loads(line)
        at = datetime.fromisoformat(said["at"]).astimezone(UTC)
        yield Entry(**{**said, "at": at, "points": Decimal(said["points"])})
