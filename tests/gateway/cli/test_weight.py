"""What a gateway loads: every worker carries it for as long as it runs."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.cli.main import COMMANDS, imported
from gateway.journal import Journal, JournalLocked
from gateway.journal.lock import FileLock

PROGRAM = """
import sys
from datetime import UTC, datetime
import gateway.logs
from gateway.cli.migrating import prepare_apart
from gateway.journal import Journal, JournalError

prepare_apart(sys.argv[1])
try:
    Journal.open(sys.argv[1], owner="x", clock=lambda: datetime.now(UTC), render=lambda record: None)
except JournalError as error:
    sys.exit(str(error))
print(*{"aiohttp", "alembic", "limits", "openapi_pydantic", "psycopg", "rich"} & set(sys.modules))
"""

HELPED = """
import sys
from gateway.cli import main

sys.argv = ["points-gateway", *sys.argv[1:], "--help"]
try:
    main()
finally:
    print(*sorted(name for name in sys.modules), file=sys.stderr)
"""
ON_DATABASES = {"sqlalchemy", "gateway.journal"}
ON_HTTP = {"starlette", "uvicorn", "gateway.app"}


@pytest.mark.parametrize(
    ("words", "unused"),
    [
        ("", {"structlog", "pydantic", "yaml", "gateway.settings", *ON_DATABASES, *ON_HTTP}),
        ("health", {*ON_DATABASES, *ON_HTTP}),
        ("schema", {*ON_DATABASES, *ON_HTTP}),
        ("adjustments list", {"prometheus_client", "gateway.answers", "gateway.generation", *ON_HTTP}),
        ("explain", {"uvicorn", "gateway.app"}),
        ("check", {"uvicorn", "gateway.app"}),
        ("simulate", {"prometheus_client", "gateway.answers", "gateway.generation", *ON_HTTP}),
    ],
)
def test_a_command_imports_what_it_needs(words: str, unused: set[str]) -> None:
    """Most of a short command's time is imports: the help needs none of what commands do, and a list serves nobody."""
    done = subprocess.run([sys.executable, "-c", HELPED, *words.split()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"Usage: points-gateway {words}" in done.stdout
    assert set(done.stderr.split()) & unused == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_of_a_command_is_its_own(name: str) -> None:
    """The help of the whole says of a command, without importing it, what the command's own help begins with."""
    command = imported(name)
    assert command.name == name
    first, *_ = (command.help or "").split("\n\n")
    assert " ".join(first.split()) == COMMANDS[name][1]


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
