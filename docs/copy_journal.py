"""Copies a journal from SQLite to PostgreSQL: `python docs/copy_journal.py OLD.yaml NEW.yaml`.

All or nothing, into an empty journal, and not while a gateway runs on the old one. Each configuration says with
`store` where its journal is.
"""

import asyncio
import os
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Table, func, insert, select, text, update

from gateway.cli import terminal
from gateway.journal import Journal, JournalError
from gateway.journal.database import Database
from gateway.journal.lock import FileLock
from gateway.journal.schema import adjustments, budgets, clock, limits, transitions
from gateway.settings import SettingsError, load_store

AT_ONCE = 1000
"""Rows in memory."""


def main(old: str, new: str) -> dict[str, int]:
    """Copy the one into the other; returns how many rows each table has. Raises `JournalError` where that cannot be."""
    stores = [load_store(Path(each), os.environ) for each in (old, new)]
    source, target = (Database.parse(each, patience=5.0, clock=_now) for each in stores)
    if source.file is None or target.file is not None:
        raise JournalError("expected a store in SQLite, and then one in PostgreSQL")
    if not source.file.exists():
        raise JournalError(f"there is no journal at {source.store.shown}")
    for each in stores:
        _bring_up_to_date(each)
    alone = FileLock.acquire(source.file, shared=False)
    try:
        with source.reader().connect() as reading, target.writer().begin() as writing:
            # By what the old journal knew of its clock, no request is repeated that may be older than it seems.
            writing.execute(update(clock).values(**reading.execute(select(clock)).mappings().one()))
            return {table.name: _copy(table, reading, writing) for table in (adjustments, transitions, budgets, limits)}
    finally:
        alone.release()


def _bring_up_to_date(store: str) -> None:
    journal = Journal.open(store, owner=f"copy-{secrets.token_hex(8)}", clock=_now, render=lambda record: None)
    asyncio.run(journal.close())


def _copy(table: Table, reading: Connection, writing: Connection) -> int:
    """Copy one table in its order, and have the next number, if it has any, follow; returns how many rows it has."""
    writing.execute(text(f"LOCK TABLE {table.name} IN EXCLUSIVE MODE"))
    counted = select(func.count()).select_from(table)
    if writing.scalar(counted):
        raise JournalError("the new journal is not empty")
    rows = reading.execution_options(yield_per=AT_ONCE).execute(select(table).order_by(*table.primary_key))
    for part in rows.mappings().partitions():
        writing.execute(insert(table), [dict(row) for row in part])
    if "seq" in table.c:
        sequence = func.pg_get_serial_sequence(table.name, "seq")
        writing.execute(select(func.setval(sequence, func.max(table.c.seq))))
    arrived = writing.scalar(counted) or 0
    if arrived != reading.scalar(counted):
        raise JournalError(f"not every row of {table.name} has arrived")
    return arrived


def _now() -> datetime:
    return datetime.now(UTC)


def _told(old: str, new: str) -> int:
    """Copy, and say what came of it, once it is kept; gives the exit code."""
    try:
        copied = main(old, new)
    except (SettingsError, JournalError) as error:
        for problem in error.problems if isinstance(error, SettingsError) else (error,):
            terminal.note(str(problem))
        return 1
    for name, rows in copied.items():
        terminal.report(f"{rows} {name}")
    return 0


if __name__ == "__main__":
    with terminal.streams():
        code = _told(*sys.argv[1:])
    sys.exit(code)
