"""Who has a journal to themselves, to make it, change its tables or take its file; whatever ends a process lets go.

For SQLite these are `flock`s: one gateway at a time has `FILE.opening`, while it opens, and all who write share
`FILE.lock` for as long as they run, which tells of them to whoever wants the file alone. For PostgreSQL an advisory
lock keeps apart those who would change the tables.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text

from gateway.journal import cause
from gateway.journal.failures import JournalError, JournalLocked
from gateway.journal.private import OF_ITS_OWNER
from gateway.store import printable

# The other half of the key is the schema, so that each schema may hold a journal.
_OPENING = 0x706F696F
_SETTING = text("SELECT current_setting(:name)")
_SET = text("SELECT set_config(:name, :value, true)")
_WAIT = text("SELECT pg_advisory_xact_lock(:kind, hashtext(current_schema()))")


class FileLock:
    """The hold on an SQLite journal, from `acquire` until `release` or the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, journal: Path, *, shared: bool) -> "FileLock":
        """Take the hold on the journal in this file: beside others who write to it, or alone, to take it away.

        Raises `JournalLocked` where others are in the way, and `JournalError` where the lock file cannot be made.
        """
        descriptor, path = _opened(journal, "lock")
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise JournalLocked(f"{printable(str(journal))} is held by another process: stop it first") from None
        except OSError as error:
            os.close(descriptor)
            raise JournalError(f"{printable(str(path))} cannot be locked: {cause.of(error)}") from error
        return cls(descriptor)

    def release(self) -> None:
        """Let go; the file stays, since removing it would let two processes hold two files of one name."""
        os.close(self._descriptor)


@contextmanager
def opening_file(journal: Path) -> Iterator[None]:
    """One process at a time makes the file, or changes its tables; the others wait for it."""
    descriptor, _ = _opened(journal, "opening")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def wait_for_turn(connection: Connection) -> None:
    """Within a transaction on PostgreSQL: be, until it ends, the only one that changes the tables of this journal."""
    patience = connection.scalar(_SETTING, {"name": "lock_timeout"})
    # Another's migration may take its time, and so may the loading of our own.
    for name in ("idle_in_transaction_session_timeout", "lock_timeout"):
        connection.execute(_SET, {"name": name, "value": "0"})
    connection.execute(_WAIT, {"kind": _OPENING})
    connection.execute(_SET, {"name": "lock_timeout", "value": patience})


def _opened(journal: Path, kind: str) -> tuple[int, Path]:
    path = journal.with_name(f"{journal.name}.{kind}")
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OF_ITS_OWNER), path
    except OSError as error:
        raise JournalError(f"the journal's lock cannot be made: {cause.of(error)}") from error
