"""Opening a journal: who may write to it, tables that are right, refusals that say what to do."""

import asyncio
import os
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
from gateway.journal import Filters, Journal, JournalError, JournalLocked, JournalMissing
from gateway.journal.database import Database
from gateway.journal.schema import HEAD, VERSION_TABLE, metadata


@pytest.fixture
def holder(neighbours: Callable[..., list[Any]]) -> Any:
    """Another process that holds the journal alone and has claimed one key."""
    (holder,) = neighbours("")
    ((_, holder.adjustment, _),) = holder.do("claim", keys=["k"], lease=3600.0)
    return holder


def engine_url(url: str) -> str:
    return url.replace("postgresql:", "postgresql+psycopg:")


def test_a_second_gateway_is_refused(opener: Any, holder: Any) -> None:
    """While one process holds a journal another cannot open it, and hears which process that is."""
    for given in ({"exclusive": True}, {"owner": "another"}):
        with pytest.raises(JournalLocked, match=rf"\b{holder.process.pid}\b.*stop it first"):
            opener(**given)


def test_a_second_journal_in_one_process_is_refused(opener: Any) -> None:
    """The hold is on the journal, not on the process."""
    opener(exclusive=True)
    with pytest.raises(JournalLocked, match=rf"\b{os.getpid()}\b"):
        opener(exclusive=True)


def test_a_shared_journal_is_not_held_alone(opener: Any, runner: asyncio.Runner) -> None:
    """While several share a journal nobody gets it alone; once all have gone, somebody does."""
    sharing = [opener(), opener()]
    for journal in sharing:
        with pytest.raises(JournalLocked, match="stop it first"):
            opener(exclusive=True)
        runner.run(journal.close())
    runner.run(opener(exclusive=True).ready())


def test_a_closed_journal_is_free(opener: Any, holder: Any, runner: asyncio.Runner) -> None:
    """Once the holder has ended in peace, the next one has the journal."""
    assert holder.end() == 0
    runner.run(opener(exclusive=True).ready())


def test_what_a_killed_process_had_in_flight_becomes_unknown(opener: Any, holder: Any, runner: asyncio.Runner) -> None:
    """A kill between claim and settle leaves the claim, frees the journal, and recovery makes it unknown."""
    holder.process.kill()
    holder.process.wait()
    journal = opener(exclusive=True)
    record = runner.run(journal.get("acme", holder.adjustment))
    assert record.state.status is Status.IN_PROGRESS
    assert runner.run(journal.recover()) == 1
    record = runner.run(journal.get("acme", holder.adjustment))
    assert record.state.status is Status.UNKNOWN
    kept = runner.run(journal.history(holder.adjustment))[-1]
    assert (kept.by, kept.evidence) == ("recovery", {"reason": "found in flight at start"})
    assert runner.run(journal.recover()) == 0


def test_a_reader_reads_beside_the_gateway(opener: Any, holder: Any, runner: asyncio.Runner) -> None:
    """Who only reads needs no hold; it sees what is committed and can write nothing."""
    reader = opener(exclusive=False)
    ((_, record),) = runner.run(reader.list(None, Filters(), limit=10))
    assert record.draft.id == holder.adjustment
    runner.run(reader.ready())
    with pytest.raises(StoreUnavailable, match="reading only"):
        runner.run(reader.claim(record.draft))


def test_a_reader_makes_no_journal(opener: Any, url: str) -> None:
    """Who only reads is told where there is no journal, and leaves nothing behind."""
    with pytest.raises(JournalMissing, match="no journal there yet"):
        opener(exclusive=False)
    assert not Path(url.removeprefix("sqlite:///")).exists()


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


@pytest.mark.parametrize("given", [{"owner": "a"}, {"exclusive": True}, {"exclusive": False}])
def test_a_newer_journal_is_refused(opener: Any, url: str, runner: asyncio.Runner, given: dict[str, Any]) -> None:
    """Tables that a later gateway has changed are not touched, and the hold is let go again."""
    runner.run(opener().close())
    engine = create_engine(engine_url(url))
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(JournalError, match="version 9999"):
        opener(**given)
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
    wanted = {
        "synchronous_commit": "on",
        "transaction_isolation": "read committed",
        "lock_timeout": "2500ms",
        "idle_in_transaction_session_timeout": "3s",
    }
    with engine.connect() as connection:
        assert {name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in wanted} == wanted


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    """A file of something else is left as it is, and the text names it."""
    path = tmp_path / "notes.txt"
    path.write_text("something else entirely, and long enough to be read as a header " * 20)
    for owner in ("a", ""):
        with pytest.raises(JournalError, match=r"notes\.txt cannot be opened: .*not a database"):
            Journal.open(f"sqlite:///{path}", owner=owner, clock=_clock, render=_render, exclusive=False)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "cannot be read"),
        ("postgresql://user:hunter2@host:port/x", "cannot be read"),
        ("mysql://localhost/x", "cannot be kept in mysql"),
        ("postgresql+asyncpg://localhost/x", "cannot be kept in"),
        ("sqlite://", "plain file"),
        ("sqlite:///:memory:", "plain file"),
        ("sqlite:///x.db?mode=ro", "plain file"),
        ("sqlite:////proc/nowhere/x.db", "cannot be opened"),
        ("postgresql://u:hunter2@127.0.0.1:1/x", "cannot be opened: .*refused"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url: str, said: str) -> None:
    """A plain sentence says what is wrong, without the password."""
    with pytest.raises(JournalError, match=said) as refused:
        Journal.open(url, owner="a", clock=_clock, render=_render)
    assert "hunter2" not in str(refused.value)


def test_one_file_under_two_names_is_one_journal(tmp_path: Path, runner: asyncio.Runner) -> None:
    """A link to a journal that is held leads to the same hold."""
    journal = Journal.open(f"sqlite:///{tmp_path}/a.db", clock=_clock, render=_render, exclusive=True)
    (tmp_path / "b.db").symlink_to(tmp_path / "a.db")
    with pytest.raises(JournalLocked):
        Journal.open(f"sqlite:///{tmp_path}/b.db", owner="b", clock=_clock, render=_render)
    runner.run(journal.close())


def test_a_journal_left_by_a_crash_is_whole(opener: Any, holder: Any, url: str) -> None:
    """After a kill SQLite finds its file sound."""
    holder.process.kill()
    holder.process.wait()
    opener()
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()


def _clock() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)


def _render(record: object) -> None:
    return None
