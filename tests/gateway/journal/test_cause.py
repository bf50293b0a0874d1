"""Why a journal cannot be opened: what a line advises."""

import sqlite3

import pytest

from gateway.journal import cause


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("SQLITE_BUSY", "another program holds it"),
        ("SQLITE_CANTOPEN", "let the user that runs this write"),
        ("SQLITE_CORRUPT", "the file is damaged: put a back-up in its place"),
        ("SQLITE_FULL", "make room on the disk"),
        ("SQLITE_IOERR", "the disk is full, over its quota or broken"),
        ("SQLITE_IOERR_WRITE", "the disk is full, over its quota or broken"),
        ("SQLITE_NOTADB", "name another file in store"),
        ("SQLITE_READONLY", "let the user that runs this write"),
    ],
)
def test_the_codes_of_sqlite(name: str, advice: str) -> None:
    """Each result code that somebody can do something about has an advice; extended codes have that of theirs."""
    error = sqlite3.OperationalError("it cannot be done")
    error.sqlite_errorname = name
    assert cause.of(error).startswith(f"it cannot be done: {advice}")


def test_an_interrupted_read_was_overdue() -> None:
    """A read that SQLite interrupted took too long; one that failed otherwise did not."""
    error = sqlite3.OperationalError("interrupted")
    error.sqlite_errorname = "SQLITE_INTERRUPT"
    wrapped = Exception()
    wrapped.orig = error  # type: ignore[attr-defined]  # as SQLAlchemy's errors have it
    assert cause.overdue(wrapped)
    error.sqlite_errorname = "SQLITE_BUSY"
    assert not cause.overdue(wrapped)
