"""A file or a server that cannot hold a journal is refused when it is opened, in one line that says what to do."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event

from gateway.adjustments import Draft, Settlement, Verdict
from gateway.journal import Journal, JournalError
from gateway.model import Adjustment, Member
from tests.conftest import PostgreSQL
from tests.deadlines import DEADLINE
from tests.nursery import ROOT, nursery

SCRIPT = Path(__file__).with_name("opened_as_owner.py")


def opened(store: str, *, to_read: bool = False) -> Journal:
    clock = lambda: datetime.now(UTC)  # noqa: E731
    if to_read:
        return Journal.to_read(store, clock=clock)
    return Journal.open(store, owner="a", clock=clock, render=lambda record: None)


def refusal(store: str, *, to_read: bool = False) -> str:
    """Why a journal cannot be opened: one line."""
    with pytest.raises(JournalError) as refused:
        opened(store, to_read=to_read)
    [line] = str(refused.value).splitlines()
    return line


def made(store: str, runner: asyncio.Runner) -> None:
    """Make a journal, and leave it."""
    runner.run(opened(store).close())


def said(url: str, *statements: str) -> None:
    """Have a server do something."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture
def server(postgresql: PostgreSQL) -> Callable[[str], str]:
    """Makes a database in another encoding; gives its URL."""

    def database(encoding: str) -> str:
        url, name = postgresql.database(), f"in_{encoding.lower()}"
        said(url, f"DROP DATABASE IF EXISTS {name}")
        said(url, f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
        return url.replace(url.partition("@/")[2].partition("?")[0], name)

    return database


@pytest.fixture
def alone() -> Iterator[PostgreSQL]:
    """A server to itself, which a test may stop and set up anew."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has little room
    try:
        server = PostgreSQL(folder)
        yield server
        server.stop("immediate")
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("to_read", [False, True], ids=["write", "read"])
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_JP"])
def test_a_database_in_another_encoding(server: Callable[[str], str], encoding: str, to_read: bool) -> None:
    """An encoding that cannot take every text, or looks at none, is named, with what to create instead."""
    message = refusal(server(encoding), to_read=to_read)
    assert f"its encoding is {encoding}, " in message
    assert "create a database with ENCODING 'UTF8'" in message


def test_the_encoding_of_a_session_is_ours(
    postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Whatever encoding the environment, the role and the database have in mind, every text is kept."""
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    url = postgresql.database()
    name = url.partition("@/")[2].partition("?")[0]
    said(url, f"ALTER DATABASE {name} SET client_encoding = 'LATIN1'")
    said(url, f"ALTER ROLE postgres IN DATABASE {name} SET client_encoding = 'SQL_ASCII'")
    journal = opened(url)
    content = "Ünï ポイント 🎁"
    record, _ = runner.run(journal.claim(draft(Adjustment(Member("email", "a@b"), Decimal(5), description=content))))
    runner.run(journal.conclude(Settlement(record, Verdict.APPLIED, {"words": content})))
    found = runner.run(journal.get(None, record.draft.id))
    assert found is not None
    assert found.draft.adjustment.description == content
    assert runner.run(journal.history(record.draft.id))[1].evidence == {"words": content}
    runner.run(journal.close())


@pytest.mark.parametrize("encoding", ["latin1", "SQL_ASCII", "WIN1252"])
def test_another_encoding_in_the_url(postgresql: PostgreSQL, encoding: str) -> None:
    """A URL that asks for another encoding is told to leave it out."""
    message = refusal(f"{postgresql.database()}&client_encoding={encoding}")
    assert message == "the journal's place cannot be read: expected a URL without client_encoding: it is always UTF8"


@pytest.mark.parametrize(
    ("where", "how"),
    [
        ("ALTER ROLE reader_{} SET", "set for role reader_{}; ALTER ROLE reader_{} RESET"),
        ("ALTER DATABASE {} SET", "set for database {}; ALTER DATABASE {} RESET"),
        (
            "ALTER ROLE reader_{} IN DATABASE {} SET",
            "set for role reader_{} in database {}; ALTER ROLE reader_{} IN DATABASE {} RESET",
        ),
        (None, "set by the URL in store, or by PGOPTIONS; take it out there"),
    ],
    ids=["role", "database", "both", "URL"],
)
def test_default_transaction_read_only(
    postgresql: PostgreSQL, where: str | None, how: str, runner: asyncio.Runner
) -> None:
    """A session that begins read-only is told by that name, with where it is set; who only reads is not refused."""
    url = postgresql.database()
    name = url.partition("@/")[2].partition("?")[0]
    said(url, f"CREATE ROLE reader_{name} LOGIN SUPERUSER")
    url = url.replace("postgres@", f"reader_{name}@")
    made(url, runner)
    if where is None:
        url += "&options=-c%20default_transaction_read_only=on"
    else:
        said(url, where.replace("{}", name) + " default_transaction_read_only = on")
    message = refusal(url)
    assert "default_transaction_read_only is on, and a gateway has to write" in message
    assert how.replace("{}", name) in message
    runner.run(opened(url, to_read=True).close())


def test_a_server_that_is_read_only(alone: PostgreSQL, runner: asyncio.Runner) -> None:
    """What the server's own configuration sets is told to be set there; a standby is told to be one."""
    url = alone.database()
    made(url, runner)
    said(url, "ALTER SYSTEM SET default_transaction_read_only = on")
    alone.stop()
    alone.start()
    assert "set in the server's own configuration; change it there" in refusal(url)
    alone.stop()
    folder = Path(url.partition("?host=")[2])
    (folder / "data" / "standby.signal").touch()
    alone.start()
    assert refusal(url).endswith("the server is a standby, which takes no writes: name the primary server in store")
    runner.run(opened(url, to_read=True).close())


def test_a_role_that_may_not_make_tables(postgresql: PostgreSQL) -> None:
    """A role without CREATE is told what is refused, and what to grant."""
    url = postgresql.database()
    name = url.partition("@/")[2].partition("?")[0]
    said(url, f"CREATE ROLE weak_{name} LOGIN")
    message = refusal(url.replace("postgres@", f"weak_{name}@"))
    assert "permission denied for schema public: GRANT the role CREATE on its schema" in message


@pytest.mark.parametrize(
    ("granted", "lacking"),
    [
        ("GRANT SELECT, INSERT ON {tables} TO {role}; GRANT USAGE ON {sequences} TO {role}", "adjustments (UPDATE)"),
        ("GRANT SELECT, INSERT, UPDATE ON {tables} TO {role}", "adjustments (USAGE of its sequence)"),
        ("GRANT SELECT, INSERT, UPDATE ON {tables} TO {role}; GRANT USAGE ON {sequences} TO {role};"
         "REVOKE INSERT ON transitions FROM {role}", "transitions (INSERT)"),
    ],
    ids=["no update", "no sequence", "no insert"],
)  # fmt: skip
def test_a_role_that_may_claim_and_not_settle(
    postgresql: PostgreSQL, granted: str, lacking: str, runner: asyncio.Runner
) -> None:
    """A right that only shows once points were sent is asked for before; with every right the journal opens."""
    url = postgresql.database()
    made(url, runner)
    role = f"partial_{url.partition('@/')[2].partition('?')[0]}"
    names = {
        "role": role,
        "tables": "ALL TABLES IN SCHEMA public",
        "sequences": "ALL SEQUENCES IN SCHEMA public",
    }
    theirs = url.replace("postgres@", f"{role}@")
    said(url, f"CREATE ROLE {role} LOGIN", *granted.format(**names).split(";"))
    assert f"role {role} lacks rights on table {lacking}: GRANT them to it" in refusal(theirs)
    said(url, f"GRANT SELECT, INSERT, UPDATE ON {names['tables']} TO {role}")
    said(url, f"GRANT USAGE ON {names['sequences']} TO {role}")
    made(theirs, runner)


@pytest.mark.parametrize("to_read", [False, True], ids=["write", "read"])
def test_a_file_in_another_encoding(tmp_path: Path, to_read: bool) -> None:
    """A database of SQLite whose texts are UTF-16 is another program's."""
    with closing(sqlite3.connect(tmp_path / "other.db", timeout=DEADLINE)) as connection:
        connection.execute("PRAGMA encoding = 'UTF-16le'")
        connection.execute("CREATE TABLE theirs (a)")
    message = refusal(f"sqlite:///{tmp_path}/other.db", to_read=to_read)
    assert "its texts are in UTF-16le, not UTF-8" in message


def _circle(path: Path) -> None:
    path.symlink_to(path)


def _damaged(path: Path) -> None:
    with asyncio.Runner() as runner:
        made(f"sqlite:///{path}", runner)
    whole = bytearray(path.read_bytes())
    whole[100:4096] = b"\xff" * 3996
    path.write_bytes(whole)


@pytest.mark.parametrize("to_read", [False, True], ids=["write", "read"])
@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (Path.mkdir, "it is a folder: name a file in it"),
        (_circle, "its links lead in a circle"),
        (os.mkfifo, "it is not a plain file"),
        (lambda path: path.write_text("words " * 500), "file is not a database: name another file in store"),
        (_damaged, "malformed: the file is damaged: put a back-up in its place"),
    ],
    ids=["folder", "circle", "pipe", "words", "damaged"],
)
def test_what_is_no_database(tmp_path: Path, make: Callable[[Path], Any], cause: str, to_read: bool) -> None:
    """What stands in a journal's place is named for what it is, at once, and left as it is."""
    make(tmp_path / "points.db")
    assert cause in refusal(f"sqlite:///{tmp_path}/points.db", to_read=to_read)


def as_owner(store: str, way: str = "write") -> str:
    """What its owner is told, who may not write where the mode of a file forbids it; empty where all is well."""
    done = nursery().run(SCRIPT, store, way, folder=ROOT)
    assert (done.code, done.err) == (0, b"")
    return done.out.decode()


@pytest.mark.parametrize(
    ("closed", "store", "way", "cause"),
    [
        ("var/points.db", "var/points.db", "write", "attempt to write a readonly database"),
        ("var", "var/points.db", "write", "attempt to write a readonly database"),
        ("var", "var/points.db", "read", "attempt to write a readonly database"),
        ("var", "var/new.db", "write", "Permission denied ("),
        ("var", "var/deeper/new.db", "write", "Permission denied ("),
    ],
    ids=["file", "folder", "folder, to read", "new file", "new folder"],
)
def test_what_may_not_be_written(
    tmp_path: Path, runner: asyncio.Runner, closed: str, store: str, way: str, cause: str
) -> None:
    """A file or folder without leave to write is refused before anything depends on it."""
    made(f"sqlite:///{tmp_path}/var/points.db", runner)
    assert as_owner(f"sqlite:///{tmp_path}/var/points.db") == ""
    path = tmp_path / closed
    mode = path.stat().st_mode
    path.chmod(mode & ~0o222)
    try:
        told = as_owner(f"sqlite:///{tmp_path}/{store}", way)
    finally:
        path.chmod(mode)
    assert len(told.splitlines()) == 1
    assert cause in told
    assert "let the user that runs this write to the file and to its folder" in told


def test_a_full_disk(tmp_path: Path, runner: asyncio.Runner) -> None:
    """Where the file cannot grow, that is found when it is opened, not with the first claim."""
    store = f"sqlite:///{tmp_path}/points.db"

    def full(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    event.listen(Engine, "connect", full)
    try:
        assert "is full: make room on the disk" in refusal(store)
    finally:
        event.remove(Engine, "connect", full)
    made(store, runner)


def test_a_disk_that_takes_no_more(tmp_path: Path) -> None:
    """What the system refuses to write is told as the disk's, with where to look."""
    program = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192));"
        f"sys.argv = [{str(SCRIPT)!r}, {f'sqlite:///{tmp_path}/points.db'!r}, 'write', 'bounded'];"
        f"runpy.run_path({str(SCRIPT)!r})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=DEADLINE)
    assert "disk I/O error: the disk is full, over its quota or broken: look into the system's log" in done.stdout
    assert len(done.stdout.splitlines()) == 1
