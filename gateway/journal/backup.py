"""A consistent copy of an SQLite journal, made while gateways write to it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.journal import private
from gateway.journal.failures import JournalError
from gateway.journal.maintenance import check_there, maintained
from gateway.store import printable

_PARTIAL = ".partial"
_COUNT = "SELECT (SELECT count(*) FROM adjustments), (SELECT count(*) FROM transitions)"


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: how many adjustments and transitions, and its size in bytes."""

    adjustments: int
    transitions: int
    size: int


def back_up(store: str, target: Path) -> Backup:
    """Copy the SQLite journal at `store`, as it is at one moment, into a new file that only its owner can read.

    Gateways go on writing. The copy has its name only once it is whole, checked by SQLite and on the disk. Raises
    `JournalError`, also for a PostgreSQL journal and where the target exists.
    """
    with maintained(store) as database:
        if database.file is None:
            raise JournalError(
                "the journal is in PostgreSQL: back it up by pg_dump or by WAL archiving; while no gateway runs,"
                " `journal copy` makes an SQLite file of it"
            )
        check_there(database)
        with _new_file(target) as partial:
            return _copied(database.file, partial)


@contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """A file beside the target, which gets its name where all went well, and is removed otherwise."""
    partial = target.with_name(target.name + _PARTIAL)
    if os.path.lexists(target):
        raise JournalError(f"{printable(str(target))} exists: name a new file")
    if not target.parent.is_dir():
        raise JournalError(f"{printable(str(target.parent))} is no folder: make it first")
    partial.unlink(missing_ok=True)  # of a backup that was killed
    private.make_file(partial)
    try:
        yield partial
        _sync(partial)
        os.link(partial, target)  # which fails where the target has come to exist
        _sync(target.parent)
    finally:
        partial.unlink(missing_ok=True)


def _copied(source: Path, target: Path) -> Backup:
    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as reading,
        closing(sqlite3.connect(target, isolation_level=None)) as writing,
    ):
        # In one step: in several, each write of a gateway between two would begin the copy anew.
        reading.backup(writing, pages=-1)
        writing.execute("PRAGMA journal_mode=DELETE")  # so that the copy is one file; a gateway sets it back
        [check] = writing.execute("PRAGMA quick_check(1)").fetchone()
        if check != "ok":
            raise JournalError(f"the copy is damaged, and so may the journal be: {check}")
        adjustments, transitions = writing.execute(_COUNT).fetchone()
    return Backup(adjustments, transitions, target.stat().st_size)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
