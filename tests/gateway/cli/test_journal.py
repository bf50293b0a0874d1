"""`journal`: the journal is backed up, moved and verified, and what operators did is read."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.adjustments import Record, Transition
from gateway.answers.rendering import final_answer
from gateway.cli.options import with_journal
from gateway.journal import Filters, Journal
from gateway.journal.database import Database
from tests.conftest import PostgreSQL
from tests.deadlines import DEADLINE
from tests.gateway.cli.conftest import Command, Left, ran

Held = list[tuple[Record, tuple[Transition, ...]]]


def all_of(store: str) -> Held:
    """Everything that a journal holds, histories and answers too."""

    async def read(journal: Journal) -> Held:
        found = await journal.list(None, Filters(), limit=100)
        return [(record, await journal.history(record.draft.id)) for record in found.records]

    return with_journal(store, read)


def note(store: str, owner: str = "a") -> None:
    """Have an operator do something that is kept."""

    async def note(journal: Journal) -> bool:
        await journal.note("command line, uid 7 (ann)", "pause", {"vendor": "crm"})
        return True

    with_journal(store, note, owner=owner)


@contextmanager
def served(store: str) -> Iterator[None]:
    """A gateway that has the journal open."""
    journal = Journal.open(store, owner="served", clock=lambda: datetime.now(UTC), render=final_answer)
    try:
        yield
    finally:
        asyncio.run(journal.close())


def store_of(left: Left) -> str:
    return f"sqlite:///{left.config.parent}/points.db"


def said_by(left: Left, *statements: str) -> None:
    """Have somebody spoil the journal."""
    with closing(sqlite3.connect(left.config.parent / "points.db", timeout=DEADLINE)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_a_backup_holds_what_the_journal_held(command: Command, left: Left, tmp_path: Path) -> None:
    """While a gateway has the journal, a copy of it is one file of its owner's, with everything in it."""
    copied = tmp_path / "backup.db"
    with served(store_of(left)):
        done = command("journal", "backup", copied, "-c", left.config)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{copied}: 5 adjustments, 10 transitions, ")
    assert copied.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.glob("backup*")] == ["backup.db"]
    assert all_of(f"sqlite:///{copied}") == all_of(store_of(left)) != []


def test_a_backup_replaces_nothing(command: Command, left: Left, tmp_path: Path) -> None:
    """A file that exists stays as it is; one in a folder that does not exist is refused, and nothing is left."""
    there = tmp_path / "backup.db"
    there.write_text("yesterday's")
    done = command("journal", "backup", there, "-c", left.config)
    assert (done.code, there.read_text()) == (1, "yesterday's")
    assert "exists: name a new file" in done.err
    done = command("journal", "backup", tmp_path / "nowhere/backup.db", "-c", left.config)
    assert (done.code, "is no folder: make it first" in done.err) == (1, True)


def test_a_journal_is_moved_and_goes_on(command: Command, left: Left, tmp_path: Path, postgresql: PostgreSQL) -> None:
    """SQLite to PostgreSQL and back: both hold everything, and numbers go on after those that were copied."""
    note(store_of(left))
    config = tmp_path / "new.yaml"
    url = postgresql.database()
    config.write_text(f"store: {json.dumps(url)}\n")
    there = command("journal", "copy", "-c", left.config, "--to", config)
    assert (there.code, there.err) == (0, "")
    assert there.out.splitlines()[-1] == "copied; both journals were read and are equal"
    back = command("journal", "copy", "-c", config, "--to", f"sqlite:///{tmp_path}/back.db")
    assert (back.code, back.err) == (0, "")
    held = all_of(store_of(left))
    assert all_of(url) == all_of(f"sqlite:///{tmp_path}/back.db") == held != []
    assert there.out == back.out  # the same rows and digests both ways
    note(url, "b")
    assert len(command("journal", "audit", "-c", config).out.splitlines()) == 2


def test_no_number_of_a_step_comes_twice_in_a_moved_journal(
    command: Command, left: Left, tmp_path: Path, postgresql: PostgreSQL
) -> None:
    """Steps that were purged had the highest. Events are told by number, so the next step gets another anywhere."""
    said_by(left, "DELETE FROM transitions")
    config, back = tmp_path / "new.yaml", f"sqlite:///{tmp_path}/back.db"
    url = postgresql.database()
    config.write_text(f"store: {json.dumps(url)}\n")
    assert command("journal", "copy", "-c", left.config, "--to", config).code == 0
    assert command("journal", "copy", "-c", config, "--to", back).code == 0
    step = text(
        "INSERT INTO transitions (adjustment, at, after, attempt, by, evidence, exchange)"
        " SELECT id, 1, 'in_progress', 1, 'gateway', '{}', '[]' FROM adjustments LIMIT 1 RETURNING seq"
    )
    for store in (url, back):
        engine = Database.parse(store, patience=DEADLINE, clock=lambda: datetime.now(UTC)).writer()
        with engine.begin() as connection:
            assert connection.scalar(step) == 11


def test_a_journal_is_moved_all_or_nothing(
    command: Command, left: Left, tmp_path: Path, postgresql: PostgreSQL
) -> None:
    """Into a journal that has rows, beside a gateway on either, and onto itself nothing is copied."""
    url = postgresql.database()
    with served(store_of(left)):
        refused = command("journal", "copy", "-c", left.config, "--to", url)
        assert (refused.code, "stop it first" in refused.err) == (1, True)
    with served(url):
        refused = ran("journal", "copy", "-c", left.config, "--to", url)
        assert (refused.code, "stop it first" in refused.err) == (1, True)
    assert all_of(url) == []
    assert command("journal", "copy", "-c", left.config, "--to", url).code == 0
    refused = command("journal", "copy", "-c", left.config, "--to", url)
    assert (refused.code, "the target is not empty" in refused.err) == (1, True)
    refused = command("journal", "copy", "-c", left.config, "--to", store_of(left))
    assert (refused.code, "both name the same journal" in refused.err) == (1, True)
    assert command("journal", "copy", "-c", left.config, "--to", "mysql://x").code == 2


def test_a_journal_that_is_whole_is_verified(command: Command, left: Left) -> None:
    """What gateways wrote has no violation, and the command says how much it read; a gateway may have it."""
    with served(store_of(left)):
        done = command("journal", "verify", "-c", left.config)
    assert done == type(done)(0, "5 adjustments and 10 transitions: no violation\n", "")


SPOILED = {
    "status": ("UPDATE adjustments SET status = 'failed' WHERE key = 'first'", "the row stands where its last step"),
    "answer": ("UPDATE adjustments SET answer_status = 422 WHERE key = 'first'", "the answer agrees with the status"),
    "no answer": (
        "UPDATE adjustments SET answer_status = NULL, answer_body = NULL WHERE key = 'first'",
        "is succeeded for good, and has no answer",
    ),
    "step": ("DELETE FROM transitions WHERE adjustment = (SELECT id FROM adjustments LIMIT 1)", "no step led there"),
    "retryable": ("UPDATE adjustments SET retryable = 1 WHERE key = 'second'", "only a failure is retryable"),
    "completed": ("UPDATE adjustments SET completed_at = NULL WHERE key = 'first'", "the time of completion agrees"),
    "conflict": ("UPDATE adjustments SET conflict = 1 WHERE key = 'first'", "a conflict is noted"),
    "points": ("UPDATE adjustments SET points = 'many' WHERE key = 'first'", "it can be read"),
    "budget": ("INSERT INTO budgets VALUES ('acme', '-1')", "a budget is never negative"),
    "clock": ("DELETE FROM clock", "the journal has one clock"),
    "feed": ("UPDATE outbox SET published = 11", "nothing is told before it happens"),
    "webhook": (
        "INSERT INTO webhooks VALUES ('acme', 'app', 11, '', 0, 0, NULL, 0)",
        "acme/app: nothing is told before it happens",
    ),
    "sent again": (
        'INSERT INTO transitions (adjustment, at, before, after, attempt, "by", evidence, exchange)'
        " SELECT id, created_at, 'unknown', 'in_progress', 2, 'gateway', '{}', '[]' FROM adjustments"
        " WHERE key = 'second'",
        "nothing is sent again without proof",
    ),
    "reversal": (
        "UPDATE adjustments SET operation = 'reverse', refers_to = (SELECT id FROM adjustments WHERE key = 'fourth')"
        " WHERE key = 'third'",
        "a reversal reverses",
    ),
}


@pytest.mark.parametrize(("statement", "invariant"), SPOILED.values(), ids=SPOILED)
def test_what_cannot_be_is_found(command: Command, left: Left, statement: str, invariant: str) -> None:
    """Whatever somebody spoils is named, with the adjustment; the exit code is 1, and no member is shown."""
    said_by(left, statement)
    done = command("journal", "verify", "-c", left.config)
    assert done.code == 1
    assert invariant in done.out
    assert "contact_id" not in done.out
    assert "violation(s) in " in done.err


@pytest.mark.parametrize(
    ("where", "feed", "said"),
    [
        ("feed IS NOT NULL", "'outlet'", "is told to another tenant"),
        ("before IS NULL", "'acme'", "step 1 is told, and is no event"),
    ],
)
def test_an_event_that_is_told_to_the_wrong_tenant_is_found(
    command: Command, left: Left, where: str, feed: str, said: str
) -> None:
    """As far as the feed is published, the steps that are told are the events of each tenant."""
    said_by(left, "UPDATE outbox SET published = 10")
    assert command("journal", "verify", "-c", left.config).code == 0
    said_by(left, f"UPDATE transitions SET feed = {feed} WHERE {where}")
    done = command("journal", "verify", "-c", left.config)
    assert (done.code, "events are told to their tenant" in done.out, said in done.out) == (1, True, True)


def test_an_event_that_is_told_to_nobody_is_found(command: Command, left: Left) -> None:
    """One that follows another of its adjustment; what happened before there was a feed is none."""
    said_by(left, "UPDATE outbox SET published = 10", "UPDATE transitions SET feed = NULL")
    assert command("journal", "verify", "-c", left.config).code == 0
    late = (
        'INSERT INTO transitions (adjustment, at, before, after, attempt, "by", evidence, exchange, feed)'
        " SELECT id, created_at, status, status, 1, 'search', '{\"conflict\":true,\"late\":\"refused\"}', '[]', %s"
        " FROM adjustments WHERE key = 'first'"
    )
    said_by(left, late % "'acme'", late.replace("search", "repeat") % "NULL", "UPDATE outbox SET published = 12")
    done = command("journal", "verify", "-c", left.config)
    assert "step 4 is an event, and told to nobody" in done.out


def test_the_audit_log_is_read(command: Command, left: Left) -> None:
    """What operators did is listed for people and for scripts, and nothing is said of an empty log but that."""
    assert command("journal", "audit", "-c", left.config).err == "nothing is kept yet\n"
    note(store_of(left))
    shown = command("journal", "audit", "-c", left.config)
    assert shown.out.split(maxsplit=1)[1] == 'pause     command line, uid 7 (ann)  {"vendor":"crm"}\n'
    [entry] = json.loads(command("journal", "audit", "-c", left.config, "-o", "json").out)["data"]
    assert (entry["by"], entry["action"], entry["detail"]) == ("command line, uid 7 (ann)", "pause", {"vendor": "crm"})


def test_each_command_says_that_there_is_no_journal(command: Command, left: Left, tmp_path: Path) -> None:
    """None of the commands makes a journal where there is none."""
    (left.config.parent / "points.db").unlink()
    for words in (["verify"], ["audit"], ["backup", tmp_path / "b.db"], ["copy", "--to", f"sqlite:///{tmp_path}/c.db"]):
        done = command("journal", *words, "-c", left.config)
        assert done.code == 1, words
        assert "no journal" in done.err
    assert not list(tmp_path.glob("*.db"))


def test_a_journal_is_copied_by_a_process_of_its_own(left: Left, tmp_path: Path) -> None:
    """The command runs as an operator begins it."""
    assert ran("journal", "copy", "-c", left.config, "--to", f"sqlite:///{tmp_path}/other.db").code == 0
