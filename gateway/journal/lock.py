"""One gateway process at a time holds a journal; whatever ends the process frees it.

For SQLite the hold is an `flock` on `FILE.lock` beside the journal. For PostgreSQL it is an advisory lock of the very
session that writes, so that a session which was lost, and with it the lock, can write nothing.
"""

import fcntl
import os
from pathlib import Path

from sqlalchemy import Connection, text

from gateway.journal.errors import JournalError, JournalLocked

_ADVISORY = 0x706F696E  # "poin"; the other half of the key is the schema, so that each schema may hold a journal
_TRY = text("SELECT pg_try_advisory_lock(:kind, hashtext(current_schema()))")
_HOLDER = text(
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.classid = :kind"
    " AND l.objid::bigint = (hashtext(current_schema())::bigint & 4294967295)"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1"
)
_ADVICE = "stop it first, or give this one a journal of its own"


class FileLock:
    """The hold on an SQLite journal, from `acquire` until `release` or the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, journal: Path) -> "FileLock":
        """Take the hold on the journal in this file.

        Raises `JournalLocked`, naming the process that has it, and `JournalError` where the lock file cannot be made.
        """
        path = journal.with_name(journal.name + ".lock")
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise JournalError(f"{path} cannot be opened: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise JournalLocked(f"{journal} is held by the gateway with process id {holder}: {_ADVICE}") from None
        except OSError as error:
            os.close(descriptor)
            raise JournalError(f"{path} cannot be locked: {error.strerror}") from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return cls(descriptor)

    def release(self) -> None:
        """Let go; the file stays, since removing it would let two processes hold two files of one name."""
        os.close(self._descriptor)


def hold_session(connection: Connection) -> None:
    """Hold a PostgreSQL journal for as long as this session lives. Raises `JournalLocked` where another one does."""
    held = connection.scalar(_TRY, {"kind": _ADVISORY})
    holder = None if held else connection.scalar(_HOLDER, {"kind": _ADVISORY})
    connection.commit()
    if not held:
        raise JournalLocked(f"the journal is held by {holder or 'another gateway'} (name, process id, host): {_ADVICE}")
