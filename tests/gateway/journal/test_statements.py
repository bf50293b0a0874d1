"""What a batch is made of: rows of any kind at once, each done once, found by an index whatever the size."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from gateway.adjustments import Draft, Record, Settlement, State, Verdict
from gateway.journal import Journal, codec
from gateway.journal.batch_operations import write
from gateway.journal.beginning import begin
from gateway.journal.commands import Claim
from gateway.journal.database import Database
from gateway.journal.looks import Looks
from gateway.journal.standing import REPEAT_COLUMNS
from gateway.journal.statements import CHANGED, NEW, STEP, Statements
from gateway.journal.tables import adjustments, transitions
from gateway.journal.transaction import Transaction


@pytest.fixture
def connection(journal: Journal, url: str) -> Iterator[Connection]:
    """A writer's connection to the journal, beside the one that the journal has."""
    engine = Database.parse(url, patience=5.0, clock=lambda: datetime(2026, 3, 1, tzinfo=UTC)).writer()
    with engine.connect() as connection:
        yield connection


def done(connection: Connection, operations: list[Any]) -> list[Any]:
    """One batch, committed."""
    statements = Statements.compiled(connection.dialect)
    looks = Looks(statements, connection.dialect, operations)
    seen = looks.seen(begin(connection, looks.asked))
    now = datetime(2026, 3, 1, tzinfo=UTC)
    results = write(Transaction(connection, statements, now, lambda record: None, lambda: now), operations, seen)
    connection.commit()
    return results


def test_a_batch_of_claims_that_is_done_again_does_the_rest(
    connection: Connection, journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Done again beside new and taken keys, a claim is ours still, and no key has a second row or beginning."""
    taken, _ = runner.run(journal.claim(draft(key="taken")))
    once = [Claim(draft(), f"me/{number}") for number in range(3)]
    assert [ours for _, ours in done(connection, once)] == [True] * 3
    new = [Claim(draft(), f"me/new-{number}") for number in range(3)]
    claimed = done(connection, [new[0], once[0], Claim(draft(key="taken"), "me/9"), *once[1:], *new[1:]])
    assert [ours for _, ours in claimed] == [True, True, False, True, True, True, True]
    assert claimed[2][0] == taken
    for record, _ in claimed:
        assert runner.run(journal.get(None, record.draft.id)) == record
        assert [step.before for step in runner.run(journal.history(record.draft.id))] == [None]


def test_a_repeated_claim_uses_up_no_number(
    connection: Connection, journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """However often a taken key is claimed again, the next new row has the number that follows."""
    runner.run(journal.claim(draft(key="k")))
    for _ in range(5):
        runner.run(journal.claim(draft(key="k")))
    runner.run(journal.claim(draft()))
    assert connection.scalars(select(adjustments.c.seq).order_by(adjustments.c.seq)).all() == [1, 2]


def test_one_id_under_another_key_is_refused_alone(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """A claim that brings an id that is there already fails, and the claims beside it do not."""
    runner.run(journal.claim(draft(id="adj_there")))

    async def claim_all() -> list[Any]:
        drafts = [draft(), draft(id="adj_there"), draft()]
        return await asyncio.gather(*map(journal.claim, drafts), return_exceptions=True)

    first, clash, last = runner.run(claim_all())
    assert (first[1], last[1], isinstance(clash, Exception)) == (True, True, True)


def test_the_steps_of_a_batch_are_kept_in_their_order(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """What many say of one adjustment at once stands in its history in the order in which they said it."""
    record, _ = runner.run(journal.claim(draft()))

    async def settle_all() -> None:
        words = (Settlement(record, Verdict.APPLIED, {"n": number}) for number in range(30))
        await asyncio.gather(*map(journal.conclude, words))

    runner.run(settle_all())
    history = runner.run(journal.history(record.draft.id))
    assert [step.evidence.get("n") for step in history] == [None, *range(30)]


def test_claims_and_settlements_share_a_batch(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Claims, outcomes of every kind and next attempts that come at once are each done, and kept whole."""
    verdicts = list(Verdict) * 3
    records = [runner.run(journal.claim(draft()))[0] for _ in verdicts]
    failed = runner.run(journal.claim(draft()))[0]
    failed = runner.run(journal.conclude(Settlement(failed, Verdict.NOT_APPLIED, {}))).record

    async def do_all() -> tuple[list[Any], list[Any], Record | None]:
        settlements = (Settlement(*each, {}) for each in zip(records, verdicts, strict=True))
        settled = asyncio.gather(*map(journal.conclude, settlements))
        begun = asyncio.ensure_future(journal.retry(failed, 9.0, account="b"))
        claimed = asyncio.gather(*(journal.claim(draft()) for _ in range(5)))
        return await settled, await claimed, await begun

    settled, claimed, begun = runner.run(do_all())
    assert begun is not None
    assert begun.state == State(attempt=2)
    assert all(ours for _, ours in claimed)
    for record in [*(one.record for one in settled), *(record for record, _ in claimed), begun]:
        assert runner.run(journal.get(None, record.draft.id)) == record


def test_every_column_is_written_by_a_statement_that_names_it() -> None:
    """A column that is added to a table has to be named where it is written, or here where something else writes it."""
    elsewhere = {
        *("seq", "conflict"),  # the database does
        *("look_at", "looks", "search_cursor"),  # searches do
        *("repeats", *REPEAT_COLUMNS),
        *("removal", "erase_as"),  # an erasure or a purge does
        "reversed_at_vendor",  # a reversal that saw it does, to its original
    }
    assert elsewhere.isdisjoint((*NEW, *CHANGED))
    assert {*NEW, *CHANGED, *elsewhere} == set(adjustments.columns.keys())
    assert {*STEP, "seq"} == set(transitions.columns.keys())
    assert all(adjustments.c[name].nullable for name in set(CHANGED) - set(NEW))


def test_a_row_has_a_value_for_every_column_that_is_named(connection: Connection, draft: Callable[..., Draft]) -> None:
    """PostgreSQL would take a value that is missing for a NULL, and one without a column for nothing."""
    now = datetime(2026, 3, 1, tzinfo=UTC)
    record = Record(draft(), State(), now, now)
    assert {*codec.row_of(record), "owner", "reserved"} == set(NEW)
    assert {*codec.changes_of(record), "owner", "reserved"} == set(CHANGED)
    transaction = Transaction(
        connection, Statements.compiled(connection.dialect), now, lambda record: None, lambda: now
    )
    transaction.step("adj_1", None, State(), "gateway", {}, tenant="acme")
    assert set(transaction.kept[0]) == set(STEP)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("lock", "uq_adjustments_id"),
        ("change", "uq_adjustments_id"),
        ("whole", "uq_adjustments_id"),
        ("named", "uq_adjustments_key_tenant_client"),
    ],
)
def test_a_plan_for_empty_tables_fits_full_ones(postgresql: Any, name: str, index: str, runner: asyncio.Runner) -> None:
    """On PostgreSQL what is looked up goes by an index, also where its plan was made before there were rows."""
    url = postgresql.database()
    runner.run(Journal.open(url, owner="a", clock=lambda: datetime.now(UTC), render=lambda record: None).close())
    engine = Database.parse(url, patience=5.0, clock=lambda: datetime.now(UTC)).writer()
    with engine.connect() as connection:
        text = getattr(Statements.compiled(connection.dialect), name).text
        for parameter in ("%(rows)s", "%(values)s"):
            text = text.replace(parameter, "$1")
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("SET plan_cache_mode = force_generic_plan")
        driver.execute(f"PREPARE looked_up AS {text}")
        plan = "\n".join(line for (line,) in driver.execute("EXPLAIN EXECUTE looked_up (NULL)"))
    assert index in plan
    assert "Seq Scan" not in plan


def test_only_the_database_in_use_is_loaded(opener: Any, url: str, runner: asyncio.Runner) -> None:
    """What SQLAlchemy knows of the other database is not in memory, nor are its parts that no journal uses."""
    runner.run(opener().close())
    script = (
        "import asyncio, sys; from gateway.journal import Journal;"
        "asyncio.run(Journal.open(sys.argv[1], owner='a', clock=None, render=None).close());"
        "print(*sys.modules)"
    )
    command = [sys.executable, "-W", "error", "-c", script, url]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    dialects = "sqlalchemy.dialects."
    other = (f"{dialects}postgresql", "psycopg") if url.startswith("sqlite") else (f"{dialects}sqlite",)
    unused = (*other, "sqlalchemy.orm", "sqlalchemy.ext", "alembic")
    assert [name for name in loaded if name.startswith(unused)] == []
