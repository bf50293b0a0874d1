"""What can be asked of a journal: adjustments by their names, counts."""

import asyncio
import re
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text

from gateway.adjustments import Record
from gateway.journal import Journal


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
