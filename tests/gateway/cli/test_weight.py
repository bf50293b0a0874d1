"""What a gateway loads: every worker carries it for as long as it runs."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.journal import Journal, JournalLocked
from gateway.journal.lock import FileLock

PROGRAM = """
import sys
from datetime import UTC, datetime
import gateway.cli.main
from gateway.cli.serve import prepare_apart
from gateway.journal import Journal, JournalError

prepare_apart(sys.argv[1])
try:
    Journal.open(sys.argv[1], owner="x", clock=lambda: datetime.now(UTC), render=lambda record: None)
except JournalError as error:
    sys.exit(str(error))
print(*{"aiohttp", "alembic", "limits", "openapi_pydantic", "psycopg", "rich"} & set(sys.modules))
"""


def opened(url: str) -> subprocess.CompletedProcess[str]:
    """What a process says that opens a journal as `serve` does, and which heavy libraries it has loaded then."""
    return subprocess.run([sys.executable, "-c", PROGRAM, url], capture_output=True, text=True, check=False)


def test_what_is_not_needed_is_not_loaded(tmp_path: Path) -> None:
    """Neither what makes tables, counts rates or draws tracebacks is, nor another database's driver."""
    done = opened(f"sqlite:///{tmp_path}/journal.db")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_what_could_not_be_prepared_is_told_once(tmp_path: Path) -> None:
    """Whoever prepares the journal ahead says nothing of what is wrong with it; whoever opens it does."""
    (tmp_path / "journal.db").write_bytes(b"no database" * 100)
    done = opened(f"sqlite:///{tmp_path}/journal.db")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_a_journal_that_somebody_has_alone_is_let_be(tmp_path: Path) -> None:
    """Whoever takes a journal's file away does not find a new one in its place, prepared meanwhile."""
    file = tmp_path / "journal.db"
    alone = FileLock.acquire(file, shared=False)
    with pytest.raises(JournalLocked):
        Journal.prepare(f"sqlite:///{file}", clock=lambda: datetime.now(UTC))
    assert not file.exists()
    alone.release()
    Journal.prepare(f"sqlite:///{file}", clock=lambda: datetime.now(UTC))
    assert file.exists()
