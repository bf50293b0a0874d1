"""What a commit costs on this disk, with nothing else to do: a durable write waits for two."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from time import perf_counter

from benchmarks.load import Sample

COMMITS = 100


def commits(folder: Path) -> Sample:
    """Commit a row of some 2 kB at a time to a file in this folder, as the journal does on SQLite."""
    latencies: list[float] = []
    with (
        tempfile.TemporaryDirectory(dir=folder) as place,
        closing(sqlite3.connect(Path(place, "disk.db"), isolation_level=None)) as connection,
    ):
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE rows (row TEXT)"):
            connection.execute(statement)
        begun = perf_counter()
        for _ in range(COMMITS):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO rows VALUES (?)", ("x" * 2000,))
            asked = perf_counter()
            connection.execute("COMMIT")
            latencies.append(perf_counter() - asked)
        return Sample(sorted(latencies), perf_counter() - begun, COMMITS)
