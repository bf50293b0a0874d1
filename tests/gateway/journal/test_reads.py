"""What can be asked of a journal: lists cut into pages, filters, counts."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text

from gateway.adjustments import Draft, Record, Settlement, Status, Verdict
from gateway.journal import Filters, Journal
from gateway.model import Adjustment, Member


@pytest.fixture
def kept(journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner) -> list[Record]:
    """Ten adjustments, a second apart: of two members, in turn, the last two another tenant's, the third settled."""
    records = []
    for number in range(10):
        adjustment = Adjustment(Member("contact_id", str(number % 2)), Decimal(1), reference=f"order-{number // 4}")
        tenant = "acme" if number < 8 else "outlet"
        wanted = draft(adjustment, key=f"k{number}", tenant=tenant, vendor="crm" if number < 7 else "club")
        record, _ = runner.run(journal.claim(wanted))
        if number == 2:
            record = runner.run(journal.conclude(Settlement(record, Verdict.UNKNOWN, {}))).record
        records.append(record)
        clock.advance(1)
    return records


def test_a_list_is_newest_first_and_cut_into_pages(
    journal: Journal, kept: list[Record], runner: asyncio.Runner
) -> None:
    """Page after page, each adjustment of the tenant comes once, the newest first."""
    seen: list[Record] = []
    before = None
    while page := runner.run(journal.list("acme", Filters(), limit=3, before=before)):
        assert len(page) <= 3
        seen += [record for _, record in page]
        before = page[-1][0]
    assert seen == kept[7::-1]


def test_a_list_of_every_tenant(journal: Journal, kept: list[Record], runner: asyncio.Runner) -> None:
    """With no tenant named, the list is of all of them."""
    assert [record for _, record in runner.run(journal.list(None, Filters(), limit=100))] == kept[::-1]


def test_what_is_claimed_between_pages_moves_nothing(
    journal: Journal, kept: list[Record], draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """A new adjustment does not shift the pages that follow."""
    first = runner.run(journal.list("acme", Filters(), limit=4))
    runner.run(journal.claim(draft()))
    second = runner.run(journal.list("acme", Filters(), limit=4, before=first[-1][0]))
    assert [record for _, record in first + second] == kept[7::-1]


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        (Filters(member="contact_id:1"), [7, 5, 3, 1]),
        (Filters(status=Status.UNKNOWN), [2]),
        (Filters(status=Status.SUCCEEDED), []),
        (Filters(reference="order-1"), [7, 6, 5, 4]),
        (Filters(reference="order\0"), []),
        (Filters(key="k3"), [3]),
        (Filters(key="k8"), []),
        (Filters(member="contact_id:1", reference="order-0"), [3, 1]),
    ],
)
def test_filters_narrow_a_list(
    journal: Journal, kept: list[Record], runner: asyncio.Runner, filters: Filters, numbers: list[int]
) -> None:
    """Each filter, and all together, leave only what fits."""
    assert [r for _, r in runner.run(journal.list("acme", filters, limit=100))] == [kept[number] for number in numbers]


def test_both_ends_of_a_time_filter_are_included(journal: Journal, kept: list[Record], runner: asyncio.Runner) -> None:
    """What was created at the very moment of either end is in the list; a microsecond outside is not."""
    wanted = Filters(created_from=kept[3].created_at, created_to=kept[5].created_at)
    assert [r for _, r in runner.run(journal.list("acme", wanted, limit=9))] == kept[5:2:-1]
    tick = timedelta(microseconds=1)
    narrower = replace(wanted, created_from=kept[3].created_at + tick, created_to=kept[5].created_at - tick)
    assert [r for _, r in runner.run(journal.list("acme", narrower, limit=9))] == [kept[4]]


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
    assert counts.by_status == {"in_progress": 9, "unknown": 1}
    assert (counts.oldest_unknown, counts.at) == (kept[2].created_at, clock.now)


def test_counts_of_an_empty_journal(journal: Journal, runner: asyncio.Runner) -> None:
    """Where there is nothing, nothing is counted and nothing is oldest."""
    counts = runner.run(journal.counts())
    assert counts.by_status == {"in_progress": 0, "unknown": 0}
    assert counts.oldest_unknown is None
    assert runner.run(journal.vendors()) == {}


def test_counting_reads_only_what_has_not_ended(journal: Journal, url: str, runner: asyncio.Runner) -> None:
    """Every count is made from an index that holds nothing else, so that it is cheap however much there is."""
    asked: list[str] = []

    def executed(_: Any, __: Any, statement: str, *rest: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", executed)
    try:
        runner.run(journal.counts())
    finally:
        event.remove(Engine, "before_cursor_execute", executed)
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        explain = "EXPLAIN QUERY PLAN"
        if url.startswith("postgresql"):
            explain = "EXPLAIN"
            connection.execute(text("SET enable_seqscan = off"))  # there are too few rows here for an index to pay
        counting = [f"{explain} {statement}" for statement in asked if "adjustments" in statement]
        plans = [str(connection.execute(text(statement)).all()) for statement in counting]
    engine.dispose()
    assert len(plans) == 2
    assert "ix_adjustments_in_progress" in plans[0]
    assert re.search("ix_adjustments_(unknown|due)", plans[1])


def test_vendors_are_counted(journal: Journal, kept: list[Record], runner: asyncio.Runner) -> None:
    """Every vendor that holds adjustments is named with how many."""
    assert runner.run(journal.vendors()) == {"crm": 7, "club": 3}
