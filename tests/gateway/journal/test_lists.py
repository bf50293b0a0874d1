"""Lists: cut into pages, narrowed by filters, and each read by an index that holds what is asked for."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from threading import current_thread
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text

from gateway.adjustments import Draft, Record, Status
from gateway.errors import InvalidRequest, StoreUnavailable
from gateway.journal import Filters, Journal, Page
from tests.deadlines import DEADLINE
from tests.gateway.journal.test_migrations import ROW

DAY = datetime(2026, 3, 1, tzinfo=UTC)
ASKED = {
    "member": "contact_id:1",
    "status": Status.FAILED,
    "reference": "order-1",
    "key": "k",
    "created_from": DAY,
    "created_to": DAY + timedelta(days=1),
    "vendor": "crm",
    "client": "storefront",
    "operation": "reverse",
    "refers_to": "adj_1",
}
"""Something to ask for by each filter."""
NARROW = ("refers_to", "reference", "member", "operation", "status", "client", "vendor")
"""The filters that have an index."""
ROWS = r"""
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {})
INSERT INTO adjustments (id, client, tenant, key, fingerprint, vendor, adapter, member, points, reference, draft,
    status, retryable, attempt, created_at, lease_until)
SELECT 'adj_' || n, 'storefront', 'acme', 'k' || n, 'f', 'crm', 'example', 'contact_id\:1', '1', 'order-1', :draft,
    CASE WHEN n % 2 = 0 THEN 'failed' ELSE 'succeeded' END, false, 1, 1772323200000000 + n, 0 FROM numbers
"""


def engine_of(url: str) -> Engine:
    """Another way into the database of a journal."""
    return create_engine(url.replace("postgresql:", "postgresql+psycopg:"))


def fill(url: str, rows: int) -> None:
    """Have so many rows of one tenant, member and reference in the journal, and statistics.

    To whoever plans by statistics, no filter but the key's narrows anything.
    """
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text(ROWS.format(rows)), {"draft": ROW["draft"]})
        connection.execute(text("ANALYZE"))
    engine.dispose()


SLOW = Filters(reference="order-1", member="contact_id:1", status=Status.FAILED)
"""What many adjustments are, each in one way and none in all, once `fill_apart` was there."""


def fill_apart(url: str, rows: int) -> None:
    """As `fill`, but what has failed is of another reference than what has not."""
    fill(url, rows)
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE adjustments SET reference = 'order-2' WHERE status = 'failed'"))
    engine.dispose()


@contextmanager
def asked() -> Iterator[list[tuple[Engine, str, Any]]]:
    """What readers ask of databases meanwhile; a gateway that another test has left running may sweep, and erase."""
    seen: list[tuple[Engine, str, Any]] = []

    def executed(connection: Any, _: Any, statement: str, values: Any, *rest: Any) -> None:
        sweeping = "erase_as IS NOT NULL" in statement or current_thread().name == "journal-writer"
        if "FROM adjustments" in statement and not sweeping:
            seen.append((connection.engine, statement, values))

    event.listen(Engine, "before_cursor_execute", executed)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", executed)


def plan(engine: Engine, statement: str, values: Any) -> str:
    """How a database goes about a statement, on a connection like the one that it was asked on."""
    explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    with engine.connect() as connection:
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", values))


@pytest.mark.parametrize("rows", [0, 3000])
def test_every_list_is_read_by_an_index(journal: Journal, url: str, runner: asyncio.Runner, rows: int) -> None:
    """Whatever one filter or two ask, one index is read from a place on, in its order, and nothing beside it.

    So in an empty journal, and in one whose statistics say that no filter leaves anything out.
    """
    assert {*ASKED, "request_id"} == {each.name for each in fields(Filters)}  # the last is for people alone
    if rows:
        fill(url, rows)
    for number in range(3):
        for names in combinations(ASKED, number):
            filters = Filters(**{name: ASKED[name] for name in names})
            for after in [None, "adj_1000"] if rows else [None]:
                with asked() as statements:
                    runner.run(journal.list("acme", filters, limit=20, after=after))
                for engine, statement, values in statements:
                    look_well(plan(engine, statement, values), names, statement)


@pytest.mark.parametrize("rows", [0, 3000])
def test_every_list_of_all_tenants_is_read_by_an_index(
    journal: Journal, url: str, runner: asyncio.Runner, rows: int
) -> None:
    """Whatever one filter or two ask of all tenants, each tenant's part is read as a list of that tenant would be."""
    if rows:
        fill(url, rows)
    for number in (1, 2):
        for names in combinations(ASKED, number):
            filters = Filters(**{name: ASKED[name] for name in names})
            with asked() as statements:
                runner.run(journal.list(None, filters, limit=20))
            assert statements
            for engine, statement, values in statements:
                look_well(plan(engine, statement, values), names, statement)


def test_the_unknown_of_all_tenants_are_read_by_their_index(
    journal: Journal, kept: list[Record], url: str, runner: asyncio.Runner
) -> None:
    """Who looks for what is unknown reads, or counts, nothing else, however much the journal holds."""
    filters = Filters(status=Status.UNKNOWN)
    with asked() as statements:
        assert runner.run(journal.list(None, filters, limit=1, after=kept[9].draft.id)).records == (kept[2],)
        assert runner.run(journal.list(None, filters, limit=1, after=kept[2].draft.id)).records == ()
        assert runner.run(journal.unknown(None, Filters(), limit=1)).total == 1
    plans = [plan(*each) for each in statements if "status = 'unknown'" in each[1]]
    assert len(plans) == 3
    for each in plans:
        assert re.search("ix_adjustments_(unknown|due)", each), each
        assert not re.search(r"Seq Scan|SCAN adjustments(\n|$)|ix_adjustments_tenant", each), each


def look_well(plan: str, names: tuple[str, ...], statement: str) -> None:
    """Assert that a plan reads by the indexes that it may."""
    narrow = [name for name in NARROW if name in names]
    if "WITH RECURSIVE" in statement:
        assert re.search(r"ix_adjustments_tenant_\w+", plan), plan
    elif "count(" in statement:
        expected = {f"ix_adjustments_tenant_{name}_created_at_seq" for name in narrow}
        assert set(re.findall(r"ix_\w+", plan)) == expected, plan
    elif "id = " in statement:
        assert re.search(r"uq_adjustments_id|sqlite_autoindex_adjustments_1 \(id=", plan), plan
        return
    elif "key" in names:
        index = r"uq_adjustments_key_tenant_client|autoindex_adjustments_2 (\(\(key,tenant\)|\(key)[<>]"
        assert re.search(index, plan), plan
    else:
        ways = [f"tenant_{name}" for name in narrow] or ["tenant"]
        (used,) = set(re.findall(r"ix_\w+", plan))
        assert used in {f"ix_adjustments_{way}_created_at_seq" for way in ways}, plan
        assert re.search(r"Index Cond: \(\(ROW\(tenant, .*created_at|\(\(tenant,.*created_at\)>", plan), plan
        assert not re.search("Sort|TEMP", plan), plan
    assert not re.search("Seq Scan|Bitmap|SCAN adjustments", plan), plan


def test_of_two_filters_the_narrower_is_read_by(journal: Journal, url: str, runner: asyncio.Runner) -> None:
    """A list of what many adjustments have and few do is read by what few do, whatever statistics say."""
    fill(url, 3000)
    engine = engine_of(url)
    with engine.begin() as connection:
        for change in ("reference = 'rare' WHERE seq = 7", "member = 'contact_id:7' WHERE seq = 9"):
            connection.execute(text(f"UPDATE adjustments SET {change}".replace("id:7", r"id\:7")))
    engine.dispose()
    for filters, narrower in [
        (Filters(reference="rare", status=Status.SUCCEEDED), "reference"),
        (Filters(reference="order-1", status=Status.UNKNOWN), "status"),
        (Filters(reference="order-1", member="contact_id:7"), "member"),
    ]:
        with asked() as statements:
            runner.run(journal.list("acme", filters, limit=20))
        _, (engine, statement, values) = statements
        assert f"ix_adjustments_tenant_{narrower}_created_at_seq" in plan(engine, statement, values)


def test_of_two_filters_that_both_hold_many_the_narrower_is_read_by(
    journal: Journal, url: str, runner: asyncio.Runner
) -> None:
    """Where thousands fit either of them, the one that fewer fit is still found."""
    fill(url, 3000)
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE adjustments SET status = 'failed' WHERE seq <= 1500"))
    engine.dispose()
    with asked() as statements:
        runner.run(journal.list("acme", Filters(reference="order-1", status=Status.FAILED), limit=20))
    assert "ix_adjustments_tenant_status_created_at_seq" in plan(*statements[-1])


def test_a_read_that_takes_too_long_is_ended(opener: Callable[..., Journal], url: str, runner: asyncio.Runner) -> None:
    """A list that would go on reading says what to ask instead, and the next is read as if nothing had been."""
    journal = opener(longest_read=0.002)
    fill_apart(url, 30_000)
    with pytest.raises(StoreUnavailable, match="ask for less, as by idempotency_key"):
        runner.run(journal.list("acme", SLOW, limit=20))

    async def next_one() -> Page:
        while True:
            with suppress(StoreUnavailable):  # a busy machine can be too slow for this one too
                return await journal.list("acme", Filters(key="none"), limit=1)

    assert runner.run(asyncio.wait_for(next_one(), DEADLINE)).records == ()


def test_what_cannot_be_read_is_left_out(
    journal: Journal, kept: list[Record], url: str, runner: asyncio.Runner, caplog: pytest.LogCaptureFixture
) -> None:
    """A row that nobody understands is missing from its page, which is told to the operator, and no page ends there."""
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE adjustments SET draft = '{' WHERE seq = 6"))
    engine.dispose()
    first = runner.run(journal.list("acme", Filters(), limit=3))
    second = runner.run(journal.list("acme", Filters(), limit=3, after=first.next))
    assert [*first.records, *second.records] == [kept[7], kept[6], *kept[4:1:-1]]


def test_a_list_goes_on_only_after_what_is_there(journal: Journal, kept: list[Record], runner: asyncio.Runner) -> None:
    """After an id that is nobody's, or another tenant's, there is no list."""
    for after in ("adj_none", "\0", kept[9].draft.id):
        with pytest.raises(InvalidRequest, match="without a cursor"):
            runner.run(journal.list("acme", Filters(), limit=3, after=after))


def test_lists_leave_room_for_what_has_a_name(
    journal: Journal, draft: Callable[..., Draft], url: str, runner: asyncio.Runner
) -> None:
    """However many lists of a tenant are slow, an adjustment is found meanwhile, and another tenant's list is read."""
    record, _ = runner.run(journal.claim(draft(id="adj_mine", tenant="outlet", key="mine")))
    fill_apart(url, 20_000)

    async def run() -> int:
        lists = [asyncio.ensure_future(journal.list("acme", SLOW, limit=20)) for _ in range(16)]
        await asyncio.sleep(0)
        assert (await journal.list("outlet", Filters(), limit=1)).records == (record,)
        assert await journal.find("storefront", "outlet", "mine") == record
        left = [each for each in lists if not each.done()]
        await asyncio.gather(*lists)
        return len(left)

    assert runner.run(run()) >= 8


def test_a_list_is_newest_first_and_cut_into_pages(
    journal: Journal, kept: list[Record], runner: asyncio.Runner
) -> None:
    """Page after page, each adjustment of the tenant comes once, the newest first."""
    page = runner.run(journal.list("acme", Filters(), limit=3))
    seen = [*page.records]
    while page.next is not None:
        assert (len(page.records), page.next) == (3, seen[-1].draft.id)
        page = runner.run(journal.list("acme", Filters(), limit=3, after=page.next))
        seen += page.records
    assert seen == kept[7::-1]


def test_a_list_of_every_tenant(journal: Journal, kept: list[Record], runner: asyncio.Runner) -> None:
    """With no tenant named, the list is of all of them."""
    assert runner.run(journal.list(None, Filters(), limit=100)).records == tuple(kept[::-1])


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        (Filters(member="contact_id:1"), [9, 7, 5, 3, 1]),
        (Filters(vendor="club"), [9, 8, 7]),
        (Filters(client="storefront", created_to=datetime(2100, 1, 1, tzinfo=UTC)), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (Filters(created_from=datetime(2000, 1, 1, tzinfo=UTC)), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (Filters(key="k9"), [9]),
        (Filters(key="k1", member="contact_id:0"), []),
        (Filters(status=Status.FAILED), []),
        (Filters(status=Status.IN_PROGRESS, reference="order-2"), [9, 8]),
    ],
)
def test_filters_narrow_a_list_of_every_tenant(
    journal: Journal, kept: list[Record], runner: asyncio.Runner, filters: Filters, numbers: list[int]
) -> None:
    """With a filter too, a list of all tenants is newest first, and its pages follow each other."""
    seen: list[Record] = []
    page = Page((), None)
    while page.next is not None or not seen:
        page = runner.run(journal.list(None, filters, limit=2, after=page.next))
        seen += page.records
        if not page.records:
            break
    assert seen == [kept[number] for number in numbers]


def test_what_is_claimed_between_pages_moves_nothing(
    journal: Journal, kept: list[Record], draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """A new adjustment does not shift the pages that follow."""
    first = runner.run(journal.list("acme", Filters(), limit=4))
    runner.run(journal.claim(draft()))
    second = runner.run(journal.list("acme", Filters(), limit=4, after=first.next))
    assert [*first.records, *second.records] == kept[7::-1]
    assert second.next is None


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
        (Filters(member="contact_id:0", status=Status.UNKNOWN, reference="order-0"), [2]),
        (Filters(key="k3", member="contact_id:1"), [3]),
        (Filters(key="k3", member="contact_id:0"), []),
        (Filters(vendor="club", client="storefront"), [7]),
    ],
)
def test_filters_narrow_a_list(
    journal: Journal, kept: list[Record], runner: asyncio.Runner, filters: Filters, numbers: list[int]
) -> None:
    """Each filter, and all together, leave only what fits."""
    page = runner.run(journal.list("acme", filters, limit=100))
    assert page.records == tuple(kept[number] for number in numbers)


def test_both_ends_of_a_time_filter_are_included(journal: Journal, kept: list[Record], runner: asyncio.Runner) -> None:
    """What was created at the very moment of either end is in the list; a microsecond outside is not."""
    filters = Filters(created_from=kept[3].created_at, created_to=kept[5].created_at)
    assert runner.run(journal.list("acme", filters, limit=9)).records == tuple(kept[5:2:-1])
    tick = timedelta(microseconds=1)
    narrower = replace(filters, created_from=kept[3].created_at + tick, created_to=kept[5].created_at - tick)
    assert runner.run(journal.list("acme", narrower, limit=9)).records == (kept[4],)
