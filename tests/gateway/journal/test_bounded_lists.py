"""A page of a list looks at a bounded part of an index, and the list goes on after it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from gateway.adjustments import Record, Status
from gateway.journal import Filters, Journal, Page
from gateway.journal.lists import EXAMINED, page
from tests.gateway.journal.test_lists import DAY, SLOW, engine_of, fill, fill_apart

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


TENANTS = "acme", "outlet", "zoo"
SOME = 80
"""Rows of a small journal, in which many are of one moment."""


def mix(url: str) -> list[dict[str, Any]]:
    """Have a small journal of several tenants, in which every filter fits some; gives what is in it, newest first."""
    fill(url, SOME)
    chosen = Random(0)
    rows = [
        {
            "seq": number,
            "tenant": chosen.choice(TENANTS),
            "member": f"contact_id:{chosen.randrange(2)}",
            "reference": chosen.choice(["order-1", "order-2"]),
            "status": chosen.choice(["failed", "succeeded"]),
            "created_at": 1772323200000000 + chosen.randrange(20),
        }
        for number in range(1, SOME + 1)
    ]
    engine = engine_of(url)
    with engine.begin() as connection:
        changes = ", ".join(f"{name} = :{name}" for name in rows[0] if name != "seq")
        connection.execute(text(f"UPDATE adjustments SET {changes} WHERE seq = :seq"), rows)
    engine.dispose()
    return sorted(rows, key=lambda each: (each["created_at"], each["seq"]), reverse=True)


def test_pages_are_the_list_however_little_each_looks_at(journal: Journal, url: str) -> None:
    """Whatever is asked, all pages together are what fits, newest first, each of it once, and they come to an end."""
    rows, engine = mix(url), engine_of(url)
    maybe = st.sampled_from

    @given(
        tenant=maybe([*TENANTS, None]),
        member=maybe(["contact_id:0", "contact_id:1", None]),
        reference=maybe(["order-1", "order-2", None]),
        status=maybe([Status.FAILED, Status.SUCCEEDED]),
        since=maybe([None, 5, 12]),
        until=maybe([None, 8, 15]),
        limit=st.integers(1, 9),
        examined=st.integers(1, 40),
    )
    def alike(since: int | None, until: int | None, limit: int, examined: int, **asked: Any) -> None:
        tenant, equal = asked.pop("tenant"), {name: value for name, value in asked.items() if value is not None}
        times = {"created_from": since, "created_to": until}
        moments = {name: DAY + timedelta(microseconds=each) for name, each in times.items() if each is not None}
        filters = Filters(**equal, **moments)
        first, last = 0 if since is None else since, 19 if until is None else until
        fitting = [
            f"adj_{row['seq']}"
            for row in rows
            if tenant in (None, row["tenant"])
            and all(row[name] == value for name, value in equal.items())
            and first <= row["created_at"] - 1772323200000000 <= last
        ]
        found, after = [], None
        with engine.connect() as connection:
            for _ in range(2 * SOME):
                part = page(connection, tenant, filters, limit, after, examined=examined)
                assert len(part.records) <= limit
                found += ids(part.records)
                if (after := part.next) is None:
                    break
        assert (found, after) == (fitting, None)

    alike()
    engine.dispose()
