"""Who may write to a journal at the same time, and who may change its tables; whatever ends a process lets go.

For SQLite the locks are `flock`s: `FILE.lock` is held, alone or shared, for as long as a gateway runs, `FILE.opening`
while it opens. For PostgreSQL they are advisory locks: the hold is the writing session's own, so that a session which
was lost, and with it the lock, can write nothing.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text

from gateway.journal.errors import JournalError, JournalLocked

# One for each kind of lock; the other half of the key is the schema, so that each schema may hold a journal.
_HOLD = 0x706F696E
_OPENING = 0x706F696F
_TRY = "SELECT pg_try_advisory_lock{}(:kind, hashtext(current_schema()))"
_TRY_ALONE = text(_TRY.format(""))
_TRY_SHARED = text(_TRY.format("_shared"))
_HOLDER = text(
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.classid = :kind"
    " AND l.objid::bigint = (hashtext(current_schema())::bigint & 4294967295)"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1"
)
_SETTING = text("SELECT current_setting(:name)")
_SET = text("SELECT set_config(:name, :value, true)")
_WAIT = text("SELECT pg_advisory_xact_lock(:kind, hashtext(current_schema()))")
_ADVICE = "stop it first, or give this one a journal of its own"


class FileLock:
    """The hold on an SQLite journal, from `acquire` until `release` or the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, journal: Path, *, shared: bool) -> "FileLock":
        """Take the hold on the journal in this file, beside others who share it or alone.

        Raises `JournalLocked`, naming the process that has it alone, and `JournalError` where the lock file cannot be
        made.
        """
        descriptor, path = _opened(journal, "lock")
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
            os.close(descriptor)
            who = f"the gateway with process id {holder}" if holder else "gateways that share it"
            raise JournalLocked(f"{journal} is held by {who}: {_ADVICE}") from None
        except OSError as error:
            os.close(descriptor)
            raise JournalError(f"{path} cannot be locked: {error.strerror}") from error
        os.ftruncate(descriptor, 0)
        if not shared:
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
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


def hold_session(connection: Connection, *, shared: bool) -> None:
    """Hold a PostgreSQL journal for as long as this session lives. Raises `JournalLocked` where another one does."""
    held = connection.scalar(_TRY_SHARED if shared else _TRY_ALONE, {"kind": _HOLD})
    holder = None if held else connection.scalar(_HOLDER, {"kind": _HOLD})
    connection.commit()
    if not held:
        raise JournalLocked(f"the journal is held by {holder or 'another gateway'} (name, process id, host): {_ADVICE}")


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
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), path
    except OSError as error:
        raise JournalError(f"{path} cannot be opened: {error.strerror}") from error
