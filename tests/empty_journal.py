"""A journal without adjustments, ready made: making its tables takes longer than most tests."""

import os
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from gateway.journal import Journal


def lay(file: Path) -> None:
    """Put an empty journal there, as a gateway would make it, where there is none yet."""
    if file.exists():
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
        made.write(_content())


@cache
def _content() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "journal.db"
        Journal.prepare(f"sqlite:///{file}", clock=lambda: datetime.now(UTC))
        return file.read_bytes()
