"""A page of a list looks at a bounded part of an index, and the list goes on after it."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import text

from gateway.adjustments import Record, Status
from gateway.journal import Filters, Journal, Page
from gateway.journal.lists import EXAMINED
from tests.gateway.journal.test_lists import SLOW, engine_of, fill_apart

ROWS = 3 * EXAMINED
FITTING = 4, 8, 9_000, 9_001, 9_002, ROWS - 3
"""The numbers of the rows that `SLOW` fits, among `ROWS`, of which it reads every second one."""


def have_fitting(url: str) -> None:
    """Have a journal in which few adjustments fit two filters of which each fits a great many."""
    fill_apart(url, ROWS)
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE adjustments SET status = 'failed', reference = 'order-1'"
                f" WHERE seq IN ({', '.join(map(str, FITTING))})"
            )
        )
    engine.dispose()


def pages(runner: asyncio.Runner, journal: Journal, tenant: str | None, filters: Filters, limit: int) -> list[Page]:
    """A list, page by page."""
    found = [runner.run(journal.list(tenant, filters, limit=limit))]
    while found[-1].next is not None:
        found.append(runner.run(journal.list(tenant, filters, limit=limit, after=found[-1].next)))
    return found


def ids(records: Sequence[Record]) -> list[str]:
    """Their ids."""
    return [each.draft.id for each in records]


@pytest.mark.parametrize("tenant", ["acme", None])
def test_a_list_that_two_filters_narrow_is_whole(
    journal: Journal, url: str, runner: asyncio.Runner, tenant: str | None
) -> None:
    """What fits is found once each, newest first, on pages of which some are short, and some empty."""
    have_fitting(url)
    found = pages(runner, journal, tenant, SLOW, limit=2)
    assert [ids(each.records) for each in found] == [
        [f"adj_{ROWS - 3}"],
        ["adj_9002", "adj_9001"],
        ["adj_9000", "adj_8"],
        ["adj_4"],
    ]


def test_a_list_of_many_tenants_keeps_its_order(journal: Journal, url: str, runner: asyncio.Runner) -> None:
    """Of every tenant at once, a page ends where the first of them was not looked through further."""
    have_fitting(url)
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE adjustments SET tenant = 'outlet' WHERE seq % 4 = 0 AND seq > 100"))
        connection.execute(text("UPDATE adjustments SET tenant = 'zoo' WHERE seq IN (8, 9001)"))
    engine.dispose()
    found = pages(runner, journal, None, SLOW, limit=100)
    assert ids([record for page in found for record in page.records]) == [f"adj_{each}" for each in FITTING[::-1]]


def test_a_list_that_one_filter_narrows_has_full_pages(journal: Journal, url: str, runner: asyncio.Runner) -> None:
    """Where an index tells all that is asked, a page is short only at the end of the list."""
    fill_apart(url, ROWS)
    found = pages(runner, journal, "acme", Filters(status=Status.FAILED), limit=EXAMINED + 1)
    assert [len(each.records) for each in found] == [EXAMINED + 1, ROWS // 2 - EXAMINED - 1]
