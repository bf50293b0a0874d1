"""A journal is where `store` says: a path character for character, a URL as it is encoded, and no password is shown."""

import asyncio
import json
import os
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from urllib.parse import quote, unquote

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from gateway.adjustments import Draft
from gateway.errors import StoreUnavailable
from gateway.journal import Journal, JournalError
from gateway.journal.database import Database
from gateway.store import BESIDE, ENCODE, EXPECTED, Store
from tests.conftest import PostgreSQL
from tests.deadlines import until

ODD = [
    "a%2Fb.db",
    "a%20b.db",
    "a b.db",
    "a?mode=ro",
    "a#b",
    "ünï ポイント.db",
    "a\nb",
    "\\a'b\"",
    "%",
    "${x}",
    " a ",
    "a+b&c=d",
]
NAMES = (
    st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1, max_size=60)
    .filter(lambda name: name not in (".", "..", ":memory:") and not name.startswith("file:"))
    .filter(lambda name: not name.endswith(BESIDE))
)
PASSWORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40)

BAD_ENCODINGS = (
    "expected UTF-8 in what is percent-encoded in the URL of a server",
    "expected no %00 in the URL of a server",
)


def _clock() -> datetime:
    return datetime.now(UTC)


def opened(store: str) -> Journal:
    """A journal, opened by an owner like no other."""
    return Journal.open(store, owner=token_hex(8), clock=_clock, render=lambda record: None)


def parsed(text: str, folder: Path = Path()) -> Path:
    """The file that a text names."""
    file = Store.parse(text, folder).file
    assert file is not None
    return file


@given(NAMES)
@settings(max_examples=20)
def test_a_file_is_where_its_path_says(name: str) -> None:
    """Whatever characters a path has, the journal and what is kept beside it are there, and nothing is elsewhere."""
    with tempfile.TemporaryDirectory() as folder:
        Journal.prepare(f"sqlite:///{folder}/{name}", clock=_clock)
        found = set(os.listdir(folder))
        assert found == {name, f"{name}.lock", f"{name}.opening", f"{name}.turn"}


@given(st.lists(NAMES, min_size=1, max_size=3), st.lists(NAMES, min_size=1, max_size=3))
def test_paths_that_differ_never_share_a_journal(one: list[str], other: list[str]) -> None:
    """Two relative paths are one file only where they are one path; what was read is read again as the same."""
    folder = Path("/nowhere")
    first, second = (parsed("sqlite:///" + "/".join(each), folder) for each in (one, other))
    assert first == folder.joinpath(*one)
    assert (first == second) == (one == other)
    assert parsed(Store.parse("sqlite:///" + "/".join(one), folder).text) == first


@pytest.mark.parametrize(("one", "other"), [("a%2Fb.db", "a/b.db"), ("a%20b.db", "a b.db"), ("a.db?x", "a.db")])
def test_what_looks_like_an_encoding_is_none(
    tmp_path: Path, draft: Callable[..., Draft], runner: asyncio.Runner, one: str, other: str
) -> None:
    """A key that is claimed in one is unknown in the other."""
    journals = [opened(f"sqlite:///{tmp_path}/{each}") for each in (one, other)]
    claims = [runner.run(journal.claim(draft(key="k", client="c"))) for journal in journals]
    assert [ours for _, ours in claims] == [True, True]
    for journal in journals:
        runner.run(journal.close())
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.db*") if path.stat().st_size) == sorted(
        (one, other)
    )


def test_a_journal_that_an_earlier_version_kept_elsewhere(
    tmp_path: Path, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Paths were decoded once. A new journal would know none of its keys, so it is not begun beside the old one."""
    old = opened(f"sqlite:///{tmp_path}/my points.db")
    runner.run(old.claim(draft(key="k", client="c")))
    runner.run(old.close())
    store = f"sqlite:///{tmp_path}/my%20points.db"
    for refused in (lambda: opened(store), lambda: Journal.to_read(store, clock=_clock)):
        with pytest.raises(JournalError, match=r"an earlier version kept it at .*/my points\.db: move that file here"):
            refused()
    (tmp_path / "my points.db").rename(tmp_path / "my%20points.db")
    moved = opened(store)
    assert runner.run(moved.claim(draft(key="k", client="c")))[1] is False
    runner.run(moved.close())


@pytest.mark.parametrize("name", ODD)
def test_what_is_shown_is_one_line(tmp_path: Path, name: str) -> None:
    """A path that cannot be opened is shown in printable characters, in one line."""
    (tmp_path / name).mkdir()
    with pytest.raises(JournalError) as refused:
        opened(f"sqlite:///{tmp_path}/{name}")
    assert str(refused.value).isprintable()
    assert "it is a folder" in str(refused.value)


def test_a_folder_whose_name_is_no_text(tmp_path: Path, runner: asyncio.Runner) -> None:
    """Bytes that are not UTF-8 in the path of a folder stay what they are."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    folder.mkdir()
    runner.run(opened(Store.parse("sqlite:///points.db", folder).text).close())
    assert (folder / "points.db").exists()


def test_a_file_of_several_names_is_refused(tmp_path: Path, runner: asyncio.Runner) -> None:
    """A hard link would have a lock and a write-ahead log of its own: two writers would ruin the file."""
    runner.run(opened(f"sqlite:///{tmp_path}/points.db").close())
    (tmp_path / "other").mkdir()
    os.link(tmp_path / "points.db", tmp_path / "other" / "points.db")
    for name in ("points.db", "other/points.db"):
        with pytest.raises(JournalError, match=r"it has 2 names \(hard links\), and may have one only"):
            opened(f"sqlite:///{tmp_path}/{name}")
        with pytest.raises(JournalError, match="2 names"):
            Journal.to_read(f"sqlite:///{tmp_path}/{name}", clock=_clock)
    (tmp_path / "other" / "points.db").unlink()
    runner.run(opened(f"sqlite:///{tmp_path}/points.db").close())


@pytest.mark.parametrize("ending", BESIDE)
def test_the_files_beside_a_journal_are_none(tmp_path: Path, ending: str, runner: asyncio.Runner) -> None:
    """A name that another journal's lock or log has is refused, by itself and through a link."""
    runner.run(opened(f"sqlite:///{tmp_path}/points.db").close())
    (tmp_path / "link.db").symlink_to(tmp_path / f"points.db{ending}")
    for name in (f"points.db{ending}", "link.db"):
        with pytest.raises(JournalError, match="expected a file whose name does not end in"):
            opened(f"sqlite:///{tmp_path}/{name}")


@pytest.mark.parametrize(
    "text",
    ["", "points.db", "sqlite:", "sqlite://x.db", "sqlite:///", "sqlite:///x/", "sqlite:///:memory:", "sqlite:///a\0b",
     "sqlite:///file:x?mode=memory", "mysql://u:hunter2@h/d", "postgresql://", "postgresql+psycopg://u:hunter2@h/d"],
)  # fmt: skip
def test_what_names_no_place(text: str) -> None:
    """What is neither a file nor a server is told by what is expected, and not shown."""
    with pytest.raises(ValueError, match="expected") as refused:
        Store.parse(text)
    assert str(refused.value) == EXPECTED
    with pytest.raises(JournalError, match="the journal's place cannot be read: expected sqlite:///"):
        opened(text)


@given(PASSWORDS, PASSWORDS, PASSWORDS)
def test_what_is_encoded_is_read_as_it_was(user: str, password: str, name: str) -> None:
    """Any user, password and name can be said, percent-encoded; the password is in nothing that is shown."""
    password = f"hunter2{password}hunter2"
    encoded = [quote(each, safe="") for each in (user, password, name)]
    store = Store.parse("postgresql://{}:{}@db.example:5433/{}".format(*encoded))
    assert store.parameters == {
        "user": user,
        "password": password,
        "host": "db.example",
        "port": "5433",
        "dbname": name,
    }
    assert store.shown.isprintable()
    assert store.shown.endswith(":***@db.example:5433/" + encoded[2])
    assert password not in store.shown + repr(store)
    assert repr(store).count("hunter2") == 0


@given(PASSWORDS)
def test_a_raw_password_is_read_as_it_is_or_refused(password: str) -> None:
    """What is not encoded never becomes a part of something else, such as a host that is shown; nor is it quoted."""
    text = f"postgresql://points:{password}@db.example:5433/points"
    try:
        store = Store.parse(text)
    except ValueError:
        with pytest.raises(ValueError, match="URL of a server") as refused:
            Store.parse(text)
        assert str(refused.value) in (ENCODE, *BAD_ENCODINGS)
        return
    assert store.parameters == {
        "user": "points",
        "password": unquote(password, errors="strict"),
        "host": "db.example",
        "port": "5433",
        "dbname": "points",
    }
    assert store.shown == "postgresql://points:***@db.example:5433/points"


@pytest.mark.parametrize("password", ["hunter@2", "hunter/2", "12/34", "hunter?2", "hunter#2", "hunter 2", "100%", "ü"])
def test_a_password_to_be_encoded_is_told_so(password: str) -> None:
    """The refusal says how it is written, and where else it can be given."""
    with pytest.raises(JournalError) as refused:
        opened(f"postgresql://points:{password}@127.0.0.1:1/points")
    assert str(refused.value) == f"the journal's place cannot be read: {ENCODE}"
    assert "%40" in ENCODE
    assert "PGPASSFILE" in ENCODE


@pytest.mark.parametrize(
    ("url", "parameters"),
    [
        ("postgresql:///points", {"dbname": "points"}),
        ("postgresql://u@/d?host=/run/pg", {"user": "u", "dbname": "d", "host": "/run/pg"}),
        ("postgresql://%2Frun%2Fpg/d", {"host": "/run/pg", "dbname": "d"}),
        ("postgresql://[::1]:5433/d", {"host": "::1", "port": "5433", "dbname": "d"}),
        (
            "postgresql://a:1,b,[::1]:3/d?target_session_attrs=read-write",
            {"host": "a,b,::1", "port": "1,,3", "dbname": "d", "target_session_attrs": "read-write"},
        ),
        ("postgresql://h/d?password=p%26+q", {"host": "h", "dbname": "d", "password": "p&+q"}),
        ("postgresql://u:a:b@h/d?client_encoding=UTF-8", {"user": "u", "password": "a:b", "host": "h", "dbname": "d"}),
        ("postgresql://h/d?options=-c%20x%3Dy", {"host": "h", "dbname": "d", "options": "-c x=y"}),
    ],
)
def test_a_url_is_read_as_postgresql_reads_it(url: str, parameters: dict[str, str]) -> None:
    """The parts are libpq's; what libpq itself makes of the same URL agrees."""
    store = Store.parse(url)
    assert dict(store.parameters) == parameters
    theirs = psycopg.conninfo.conninfo_to_dict(url)
    theirs.pop("client_encoding", None)
    assert theirs == parameters
    ours = psycopg.conninfo.conninfo_to_dict(store.conninfo(connect_timeout=5))
    assert ours == {"connect_timeout": "5", **parameters, "client_encoding": "utf8"}


@pytest.mark.parametrize(
    "url",
    ["postgresql://u:pass/d", "postgresql://h:0/d", "postgresql://h:65536/d", "postgresql://h:1:2/d", "postgresql://[x]/d",
     "postgresql://h/d?x", "postgresql://h/d?x=1&x=2", "postgresql://h/d?X-y=1", "postgresql://%ff@h/d",
     "postgresql://h/d?password=a@b", "postgresql://h/%00"],
)  # fmt: skip
def test_a_url_that_is_none(url: str) -> None:
    """What PostgreSQL would read otherwise, or not at all, is refused here, and nothing of it shown."""
    with pytest.raises(ValueError, match=r"expected|percent-encoded") as refused:
        Store.parse(url)
    assert "pass/d" not in str(refused.value)


@contextmanager
def asking_for_passwords(server: PostgreSQL) -> Iterator[str]:
    """The URL of a database without its role, while roles that begin with `keyed` have to give a password."""
    url = server.database()
    rules = Path(url.partition("?host=")[2]) / "data" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text("local all /^keyed scram-sha-256\n" + before)
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE ROLE keyed LOGIN SUPERUSER PASSWORD 'unlikely'")
            connection.execute("SELECT pg_reload_conf()")
            until(lambda: _refused(url.replace("postgres@", "keyed@")))
        yield url
    finally:
        rules.write_text(before)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("REASSIGN OWNED BY keyed TO postgres")
            connection.execute("DROP ROLE keyed")


def _refused(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return True
    return False


@pytest.fixture(scope="module")
def keyed(postgresql: PostgreSQL) -> Iterator[str]:
    with asking_for_passwords(postgresql) as url:
        yield url


def set_password(url: str, password: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE keyed PASSWORD {}").format(sql.Literal(password)))


def test_every_password_opens_the_journal_of_a_server(keyed: str) -> None:
    """What is encoded in the URL arrives at the server, character for character."""

    @given(PASSWORDS)
    @settings(max_examples=20)
    def check(password: str) -> None:
        set_password(keyed, password)
        Journal.prepare(keyed.replace("postgres@", f"keyed:{quote(password, safe='')}@"), clock=_clock)

    check()


@pytest.mark.parametrize("by", ["PGPASSFILE", "PGPASSWORD"])
def test_a_password_beside_the_url(keyed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    """A password as it is can come by a file or the environment, and then the URL holds none."""
    password = "p@ss/ w%rd?#"
    set_password(keyed, password)
    if by == "PGPASSFILE":
        (tmp_path / "pass").write_text(f"*:*:*:keyed:{password}\n")
        (tmp_path / "pass").chmod(0o600)
        monkeypatch.setenv(by, str(tmp_path / "pass"))
    else:
        monkeypatch.setenv(by, password)
    Journal.prepare(keyed.replace("postgres@", "keyed@"), clock=_clock)


@pytest.mark.parametrize("form", ["keyed:{}@", "keyed@", "keyed:x@"], ids=["URL", "option", "both"])
def test_no_part_of_a_password_is_shown(keyed: str, form: str) -> None:
    """Neither in the error, nor in its traceback, nor by what represents the database and its connections."""
    words = ("hunter2", "swordfish", "letmein")
    password = quote("@".join(words), safe="")
    url = keyed.replace("postgres@", form.format(password))
    if "{}" not in form:
        url += f"&password={password}"
    set_password(keyed, "another")
    with pytest.raises(JournalError, match="password authentication failed") as refused:
        opened(url)
    database = Database.parse(url, patience=1.0, clock=_clock)
    engine = database.writer()
    shown = "".join(traceback.format_exception(refused.value))
    shown += repr(database) + str(database) + repr(engine) + str(engine.url) + repr(engine.pool)
    assert not [word for word in words if word in shown]


def test_a_server_that_turns_away_later_shows_no_password(keyed: str, runner: asyncio.Runner) -> None:
    """What the gateway says of a journal that it has lost holds no password either."""
    set_password(keyed, "hunter2@hunter2")
    journal = opened(keyed.replace("postgres@", "keyed:hunter2%40hunter2@"))
    set_password(keyed, "another")
    with psycopg.connect(keyed, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'keyed'")
        until(lambda: not connection.execute("SELECT 1 FROM pg_stat_activity WHERE usename = 'keyed'").fetchall())
    with pytest.raises(StoreUnavailable) as lost:
        runner.run(journal.ready())
    shown = "".join(traceback.format_exception(lost.value)) + json.dumps(lost.value.detail)
    assert "password authentication failed" in shown
    assert "hunter2" not in shown
    runner.run(journal.close())
