"""A session on SQLite that writes in turn with other processes: who ends a transaction wakes one that waits.

SQLite's own lock is raced for: whoever had it last takes it again, while the others sleep between two looks. Here turns
say who tries next, and SQLite's lock alone who writes: one that is stopped in its turn costs others milliseconds.
"""

import fcntl
import os
import select
import sqlite3
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from gateway.journal.private import OF_ITS_OWNER

_LOOK = 0.02  # seconds that a process waits to be woken before it tries again
_GIVE_WAY, _GLANCE = 0.02, 0.0002  # and that one gives way to whom it woke at most; between two looks meanwhile
_IN_VAIN = 1.0  # and for which one gives no way after it has done so in vain


class Bell:
    """The pipe beside a journal by which processes wake each other; those who wait share a lock on it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waits = self._woke = False
        self._in_vain = 0.0
        # Unlike select, it takes a descriptor of any number: a gateway may have thousands of connections.
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    @classmethod
    def of(cls, journal: Path) -> "Bell | None":
        """The bell of the journal in this file, made where there is none; None where there can be none."""
        path = journal.with_name(f"{journal.name}.turn")
        try:
            with suppress(FileExistsError):
                os.mkfifo(path, OF_ITS_OWNER)
            descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None  # a file system without pipes, or another user's: turns are raced for
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            return None
        return cls(descriptor)

    def wait(self) -> bool:
        """Wait until another wakes this process, or for a moment; gives whether it was woken."""
        if not self._waits:
            with suppress(BlockingIOError):  # another looks whether somebody waits
                fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
                self._waits = True
        return self._rung(_LOOK) and self._answered()

    def begun(self) -> None:
        """This process waits no more."""
        if self._waits:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            self._waits = False

    def ring(self) -> None:
        """Wake one who waits, if anybody does."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._woke = True
            if not self._rung(0):
                os.write(self._descriptor, b"\0")
        else:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def give_way(self) -> None:
        """Let one whom this process woke begin first."""
        woke, self._woke = self._woke, False
        until = time.monotonic() + _GIVE_WAY
        if not woke or until < self._in_vain:
            return
        while self._rung(0):
            if time.monotonic() > until:  # it was stopped, or there is too much to do
                self._in_vain = until + _IN_VAIN
                self._answered()
                return
            time.sleep(_GLANCE)
        time.sleep(_GLANCE)

    def close(self) -> None:
        """Let go of the pipe."""
        os.close(self._descriptor)

    def _rung(self, seconds: float) -> bool:
        return bool(self._poll.poll(seconds * 1000))

    def _answered(self) -> bool:
        try:
            return bool(os.read(self._descriptor, 1))
        except BlockingIOError:
            return False  # another was quicker


class FileSession(sqlite3.Connection):
    """A connection that takes turns with those of other processes, where there can be a bell for that."""

    def __init__(self, file: Path, **options: Any) -> None:
        """`options`: as of `sqlite3.connect`."""
        super().__init__(file, **options)
        self._bell = Bell.of(file)

    def begin(self, patience: float) -> None:
        """Begin a transaction that writes, for which it waits so many seconds. Raises as SQLite does.

        The lock is taken with the BEGIN: a transaction begun to read could not always be turned into one that writes.
        """
        bell = self._bell
        if bell is not None:
            bell.give_way()
        until = time.monotonic() + patience
        try:
            while not self._begun(last=time.monotonic() >= until):
                if bell is not None:
                    bell.wait()
                else:
                    time.sleep(_LOOK)
        finally:
            if bell is not None:
                bell.begun()

    def commit(self) -> None:
        """Commit, and hand the turn over."""
        super().commit()
        self._pass_on()

    def rollback(self) -> None:
        """Roll back, and hand the turn over."""
        super().rollback()
        self._pass_on()

    def close(self) -> None:
        """Close it."""
        super().close()
        bell, self._bell = self._bell, None
        if bell is not None:
            bell.close()

    def _begun(self, *, last: bool) -> bool:
        try:
            self.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if last or error.sqlite_errorcode & 255 != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True

    def _pass_on(self) -> None:
        if self._bell is not None:
            self._bell.ring()
