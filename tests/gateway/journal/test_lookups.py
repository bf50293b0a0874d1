"""What can be asked of a journal: adjustments by their names, counts."""

import asyncio
import re
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from gateway.adjustments import Record, Settlement, Verdict
from gateway.journal import Journal
from gateway.journal.commands import Claimed
from gateway.journal.lookups import Origins
from gateway.model import Applied
from tests.gateway.journal.asked_statements import asked_of
from tests.gateway.journal.test_lists import asked, fill, plan


def test_another_tenants_adjustment_is_not_found(journal: Journal, kept: list[Record], runner: asyncio.Runner) -> None:
    """An id is found within its own tenant, and where no tenant is named."""
    identity = kept[9].draft.id
    assert runner.run(journal.get("acme", identity)) is None
    assert runner.run(journal.get("outlet", identity)) == kept[9]
    assert runner.run(journal.get(None, identity)) == kept[9]


@pytest.mark.parametrize("odd", ["adj_none", "", "\0", "\ud800", '"'])
def test_what_is_not_there_is_not_found(journal: Journal, runner: asyncio.Runner, odd: str) -> None:
    """Any text may be asked for; where nothing has that name, nothing is found."""
    assert runner.run(journal.get("acme", odd)) is None
    assert runner.run(journal.find("storefront", "acme", odd)) is None
    assert runner.run(journal.history(odd)) == ()


def test_what_has_not_ended_is_counted(
    journal: Journal, kept: list[Record], clock: Any, runner: asyncio.Runner
) -> None:
    """What is in progress and what is unknown have their numbers, and the oldest unknown one its time."""
    counts = runner.run(journal.counts())
    assert counts.by_status == {"in_progress": 9, "unknown": 1, "accepted": 0}
    assert (counts.oldest_unknown, counts.at) == (kept[2].created_at, clock.now)


def test_counts_of_an_empty_journal(journal: Journal, runner: asyncio.Runner) -> None:
    """Where there is nothing, nothing is counted and nothing is oldest."""
    counts = runner.run(journal.counts())
    assert counts.by_status == {"in_progress": 0, "unknown": 0, "accepted": 0}
    assert counts.oldest_unknown is None
    assert runner.run(journal.vendors(but=(), most=10)) == {}


def test_counting_reads_only_what_has_not_ended(journal: Journal, url: str, runner: asyncio.Runner) -> None:
    """Every count is made from an index that holds nothing else, so that it is cheap however much there is."""
    with asked_of(url) as asked:
        runner.run(journal.counts())
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        explain = "EXPLAIN QUERY PLAN"
        if url.startswith("postgresql"):
            explain = "EXPLAIN"
            connection.execute(text("SET enable_seqscan = off"))  # there are too few rows here for an index to pay
        counting = [f"{explain} {each.text}" for each in asked if "adjustments" in each.text]
        plans = [str(connection.execute(text(statement)).all()) for statement in counting]
    engine.dispose()
    assert len(plans) == 3
    assert "ix_adjustments_in_progress" in plans[0]
    assert "ix_adjustments_accepted" in plans[1]
    assert re.search("ix_adjustments_(unknown|due)", plans[2])


def test_vendors_are_counted(journal: Journal, kept: list[Record], runner: asyncio.Runner) -> None:
    """Every vendor that holds adjustments is named with how many, of all tenants and up to a bound, but for some."""
    assert runner.run(journal.vendors(but=(), most=10)) == {"crm": 7, "club": 3}
    assert runner.run(journal.vendors(but=("other",), most=2)) == {"crm": 2, "club": 2}
    assert runner.run(journal.vendors(but=("crm",), most=10)) == {"club": 3}


def test_vendors_are_skipped_through(journal: Journal, url: str, runner: asyncio.Runner) -> None:
    """Which vendors there are is read from one entry of the index for each, whatever statistics say."""
    fill(url, 3000)
    with asked() as statements:
        assert runner.run(journal.vendors(but=(), most=1000)) == {"crm": 1000}
        assert runner.run(journal.vendors(but=("crm",), most=1000)) == {}
    plans = [plan(*each) for each in statements]
    assert len(plans) == 5
    for each in plans:
        assert re.search(r"ix_adjustments_tenant_\w+", each), each
        assert not re.search("Seq Scan|SCAN adjustments(?! USING COVERING)|Sort|TEMP", each), each
    if url.startswith("sqlite"):
        # The next one is found after the last one, and not by going through those that have it.
        assert [("(tenant=? AND vendor>?)" in each) for each in plans] == [False, True, False, False, True]


ACCOUNTS = ("account-1", "account-2")


def settled(
    journal: Journal, draft: Any, runner: asyncio.Runner, transaction_id: str | None, **fields: Any
) -> tuple[str, str | None]:
    """The id of an adjustment that was applied as this transaction, and the transaction's id."""
    claimed = runner.run(journal.claim(draft(**{"account": ACCOUNTS[0], **fields})))
    assert isinstance(claimed, Claimed)
    applied = Applied(transaction_id)
    runner.run(journal.conclude(Settlement(claimed.record, Verdict.APPLIED, {}, applied=applied)))
    return claimed.record.draft.id, transaction_id


def test_a_transaction_leads_to_the_adjustment_that_made_it(
    journal: Journal, draft: Any, runner: asyncio.Runner
) -> None:
    """Within the tenant and its accounts alone; one that two adjustments have leads to neither."""
    first, _ = settled(journal, draft, runner, "t-1")
    second, _ = settled(journal, draft, runner, "t\x002", account=ACCOUNTS[1])
    settled(journal, draft, runner, "t-3", tenant="outlet")
    settled(journal, draft, runner, "t-4", account="another")
    for _ in range(2):
        settled(journal, draft, runner, "t-5")
    unsettled, _ = settled(journal, draft, runner, None)
    foreign, _ = settled(journal, draft, runner, None, tenant="outlet")
    found = runner.run(
        journal.origins(
            "acme",
            ACCOUNTS,
            ids=[unsettled, foreign, second, "adj_none", "\0", "\ud800"],
            transactions=["t-1", "t\x002", "t-3", "t-4", "t-5", "t-6", "\ud800"],
        )
    )
    assert found == Origins(frozenset((unsettled, second)), {"t-1": first, "t\x002": second})
    assert runner.run(journal.origins("acme", ACCOUNTS, ids=[], transactions=[])) == Origins(frozenset(), {})


@pytest.mark.parametrize("transaction_id", ["t" * 256, "", "\0" * 200])
def test_a_transaction_id_that_no_index_holds_settles_all_the_same(
    journal: Journal, draft: Any, runner: asyncio.Runner, transaction_id: str
) -> None:
    """What is too long for an index is kept with the adjustment, and leads nowhere."""
    adjustment, _ = settled(journal, draft, runner, transaction_id)
    record = runner.run(journal.get("acme", adjustment))
    assert record is not None
    assert record.applied == Applied(transaction_id)
    found = runner.run(journal.origins("acme", ACCOUNTS, ids=[], transactions=[transaction_id]))
    assert found.by_transaction == {}


def test_transactions_are_found_by_their_index(journal: Journal, url: str, draft: Any, runner: asyncio.Runner) -> None:
    """One statement for a page of rows, which reads two indexes however many adjustments there are."""
    settled(journal, draft, runner, "t-1")
    with asked_of(url) as asked:
        rows = [f"t-{number}" for number in range(100)]
        runner.run(journal.origins("acme", ACCOUNTS, ids=rows, transactions=rows))
    [(_, statement, parameters)] = [each for each in asked if "UNION ALL" in each.text]
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        explain = "EXPLAIN QUERY PLAN"
        if url.startswith("postgresql"):
            explain = "EXPLAIN"
            connection.execute(text("SET enable_seqscan = off"))  # there are too few rows here for an index to pay
        plan = str(connection.exec_driver_sql(f"{explain} {statement}", parameters).all())
    engine.dispose()
    assert "ix_adjustments_transaction_id" in plan
    assert re.search("autoindex_adjustments_1|uq_adjustments_id", plan)
