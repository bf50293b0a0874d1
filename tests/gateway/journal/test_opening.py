"""Opening a journal: to write or to read, tables that are right, refusals that say what to do."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import gateway.journal
from gateway.adjustments import Status
from gateway.errors import StoreUnavailable
from gateway.journal import Filters, Journal, JournalError, JournalMissing
from gateway.journal.database import Database
from gateway.journal.tables import HEAD, VERSION_TABLE, metadata
from tests.deadlines import DEADLINE


@pytest.fixture
def other(neighbours: Callable[..., list[Any]]) -> Any:
    """A gateway in another process, that has claimed one key."""
    (other,) = neighbours("other")
    ((_, other.adjustment, _),) = other.do("claim", keys=["k"], lease=3600.0)
    return other


def engine_url(url: str) -> str:
    return url.replace("postgresql:", "postgresql+psycopg:")


def test_a_reader_reads_beside_the_gateway(opener: Any, other: Any, runner: asyncio.Runner) -> None:
    """Who only reads sees what is committed and can write nothing."""
    reader = opener.to_read()
    (record,) = runner.run(reader.list(None, Filters(), limit=10)).records
    assert record.draft.id == other.adjustment
    runner.run(reader.ready())
    with pytest.raises(StoreUnavailable, match="reading only"):
        runner.run(reader.claim(record.draft))


def test_a_reader_makes_no_journal(opener: Any, url: str) -> None:
    """Who only reads is told where there is no journal, and leaves nothing behind."""
    with pytest.raises(JournalMissing, match="no journal there yet"):
        opener.to_read()
    assert not Path(url.removeprefix("sqlite:///")).exists()


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # SQLite does not tell what such an index is of
def test_migrations_and_metadata_agree(journal: Journal, url: str) -> None:
    """The tables that the migrations make are the tables that the code has in mind."""
    engine = create_engine(engine_url(url))
    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    engine.dispose()


def test_the_newest_migration_is_known(tmp_path: Path) -> None:
    """`HEAD`, by which an up-to-date journal is recognised, is the head of the migrations."""
    config = Config()
    config.set_main_option("script_location", str(Path(str(gateway.journal.__file__)).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_an_up_to_date_journal_opens_without_alembic(opener: Any, url: str, runner: asyncio.Runner) -> None:
    """Alembic is loaded only where there is something to bring up to date."""
    runner.run(opener().close())
    code = (
        "import sys, gateway.journal as j;"
        "j.Journal.open(sys.argv[1], owner='a', clock=None, render=None);"
        "sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, url], check=True)


@pytest.mark.parametrize("to_read", [False, True])
def test_a_newer_journal_is_refused(opener: Any, url: str, runner: asyncio.Runner, to_read: bool) -> None:
    """Tables that a later gateway has changed are not touched."""
    runner.run(opener().close())
    engine = create_engine(engine_url(url))
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(JournalError, match="version 9999"):
        opener.to_read() if to_read else opener()
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{HEAD}'"))
    engine.dispose()
    runner.run(opener().ready())


def test_a_migration_is_done_whole_or_not_at_all(opener: Any, url: str, runner: asyncio.Runner) -> None:
    """Where making the tables fails half way, none is left, and the next opening starts anew."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    engine = create_engine(engine_url(url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE transitions (in_the_way INTEGER)"))
    with pytest.raises(JournalError, match="already exists"):
        opener()
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE transitions"))
    engine.dispose()
    runner.run(opener().ready())


def test_sqlite_is_made_durable(tmp_path: Path) -> None:
    """SQLite writes ahead and syncs at every commit."""
    engine = Database.parse(f"sqlite:///{tmp_path}/x.db", patience=2.5, clock=_clock).writer()
    with engine.connect() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys")
        assert [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names] == ["wal", 2, 1]


def test_postgresql_is_made_durable_and_stalls_nobody(postgresql: Any) -> None:
    """A session syncs at every commit, sees what others commit, and is ended where it stalls within a transaction."""
    url = postgresql.database()
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'".encode())
    engine = Database.parse(url, patience=2.5, clock=_clock).writer()
    expected = {
        "synchronous_commit": "on",
        "transaction_isolation": "read committed",
        "lock_timeout": "2500ms",
        "idle_in_transaction_session_timeout": "1s",
    }
    with engine.connect() as connection:
        assert {name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in expected} == expected


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    """A file of something else is left as it is, and the text names it."""
    path = tmp_path / "notes.txt"
    path.write_text("something else entirely, and long enough to be read as a header " * 20)
    with pytest.raises(JournalError, match=r"notes\.txt cannot be opened: .*not a database"):
        Journal.open(f"sqlite:///{path}", owner="a", clock=_clock, render=_render)
    with pytest.raises(JournalError, match=r"notes\.txt cannot be opened: .*not a database"):
        Journal.to_read(f"sqlite:///{path}", clock=_clock)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("nonsense", "cannot be read"),
        ("postgresql://user:hunter2@host:port/x", "cannot be read"),
        ("mysql://localhost/x", "cannot be read: expected sqlite:///"),
        ("sqlite:////proc/nowhere/x.db", "cannot be opened"),
        ("postgresql://u:hunter2@127.0.0.1:1/x", "cannot be opened: .*refused"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url: str, text: str) -> None:
    """A plain sentence says what is wrong, without the password."""
    with pytest.raises(JournalError, match=text) as refused:
        Journal.open(url, owner="a", clock=_clock, render=_render)
    assert "hunter2" not in str(refused.value)


def test_a_journal_left_by_a_crash_is_whole(opener: Any, other: Any, url: str, runner: asyncio.Runner) -> None:
    """After a kill what was claimed is there, and SQLite finds its file sound."""
    other.process.kill()
    other.process.wait()
    record = runner.run(opener().get("acme", other.adjustment))
    assert record.state.status is Status.IN_PROGRESS
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=DEADLINE) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()


def _clock() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)


def _render(record: object) -> None:
    return None


@pytest.mark.parametrize("url", ["postgresql://u:hidden@127.0.0.1:1/x", "postgresql://127.0.0.1:1/x?password=hidden"])
def test_a_password_is_never_shown(url: str) -> None:
    """What cannot be opened is named without its password, wherever in the URL that stood."""
    with pytest.raises(JournalError, match=r"127\.0\.0\.1:1/x cannot be opened") as raised:
        Journal.to_read(url, clock=_clock)
    assert "hidden" not in str(raised.value)
