"""What operators look for in all tenants, and what waits for them: found by indexes, whatever the journal holds."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import create_engine

from gateway.adjustments import Record, Settlement, Status, Verdict
from gateway.errors import InvalidRequest
from gateway.journal import Claimed, Journal, finding
from gateway.journal import queue as waiting
from gateway.model import Adjustment, Applied, Member
from gateway.write import Write

TENANTS = ("acme", "north", "south")


@pytest.fixture
def claim(journal: Journal, runner: asyncio.Runner, draft: Any, clock: Any) -> Callable[..., Record]:
    def claim(*, member: str = "1", reference: str | None = None, **fields: Any) -> Record:
        clock.advance(1)
        write = Write(Adjustment(Member("contact_id", member), Decimal(5), reference=reference))
        claimed = runner.run(journal.claim(draft(write=write, lease=0.0, **fields)))
        assert isinstance(claimed, Claimed)
        return claimed.record

    return claim


@pytest.mark.parametrize("name", ["member", "reference"])
def test_one_value_is_found_in_every_tenant(
    journal: Journal, runner: asyncio.Runner, claim: Callable[..., Record], name: finding.Named
) -> None:
    """Newest first, page by page, and nothing else."""
    made = [claim(tenant=tenant, member="2", reference="order-7").draft.id for _ in range(3) for tenant in TENANTS]
    for tenant in TENANTS:
        claim(tenant=tenant)
    value = "contact_id:2" if name == "member" else "order-7"
    found: list[str] = []
    after = None
    while True:
        page = runner.run(journal.named(name, value, limit=4, after=after))
        found += [each.draft.id for each in page.records]
        after = page.next
        if after is None:
            break
    assert found == made[::-1]
    assert runner.run(journal.named(name, "nobody:1", limit=4)).records == ()
    with pytest.raises(InvalidRequest):
        runner.run(journal.named(name, value, limit=4, after="adj_nobody"))


def test_a_transaction_is_found_at_every_account(
    journal: Journal, runner: asyncio.Runner, claim: Callable[..., Record]
) -> None:
    """Of every tenant; two accounts may have the same id."""
    made = []
    for tenant in TENANTS:
        for account in ("one", "two"):
            for transaction in ("4711", "4712"):
                record = claim(tenant=tenant, account=account)
                applied = Applied(transaction_id=transaction)
                runner.run(journal.conclude(Settlement(record, Verdict.APPLIED, {}, applied=applied)))
                made += [record.draft.id] * (transaction == "4711")
    assert [each.draft.id for each in runner.run(journal.by_transaction("4711", limit=10))] == made[::-1]
    assert runner.run(journal.by_transaction("4713", limit=10)) == ()


def test_a_request_is_found_in_the_newest_steps(
    journal: Journal, runner: asyncio.Runner, claim: Callable[..., Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each adjustment once; a text that only looks like it is no request's id, and what is older is not looked at."""
    wanted, other = claim(), claim()
    for record, evidence in ((wanted, {"request_id": "a%b"}), (other, {"error": 'x"request_id":"a%b"'})):
        runner.run(journal.conclude(Settlement(record, Verdict.UNKNOWN, evidence)))
        runner.run(journal.conclude(Settlement(record, Verdict.APPLIED, evidence)))
    assert [each.draft.id for each in runner.run(journal.by_request("a%b", limit=10))] == [wanted.draft.id]
    assert runner.run(journal.by_request("axb", limit=10)) == ()
    monkeypatch.setattr(finding, "STEPS", 2)
    assert runner.run(journal.by_request("a%b", limit=10)) == ()


def test_what_waits_comes_oldest_first(
    journal: Journal, runner: asyncio.Runner, claim: Callable[..., Record], clock: Any
) -> None:
    """The unknown and the accepted together, page by page, each with its last evidence and what comes next."""
    made: list[str] = []
    for number in range(6):
        record = claim(tenant=TENANTS[number % 2], vendor="crm" if number < 4 else "club")
        verdict = Verdict.ACCEPTED if number % 3 == 2 else Verdict.UNKNOWN
        runner.run(journal.conclude(Settlement(record, verdict, {"number": number})))
        made.append(record.draft.id)
    claim()
    first = runner.run(journal.queue(None, None, limit=4))
    second = runner.run(journal.queue(None, None, limit=4, after=first.next))
    assert [each.record.draft.id for each in (*first.entries, *second.entries)] == made
    assert [each.evidence["number"] for each in first.entries] == [0, 1, 2, 3]
    assert second.next is None
    assert {each.record.state.status for each in first.entries} == {Status.UNKNOWN, Status.ACCEPTED}
    of_north = runner.run(journal.queue("north", "crm", limit=4))
    assert [each.record.draft.id for each in of_north.entries] == [made[1], made[3]]
    record = first.entries[0].record
    runner.run(journal.postpone(record, 60.0))
    (entry, *_) = runner.run(journal.queue(None, None, limit=1)).entries
    assert entry.next_look is not None
    assert (entry.next_look - clock.now).total_seconds() == 60.0
    assert (entry.next_repeat, entry.busy_until) == (None, None)
    with pytest.raises(InvalidRequest):
        runner.run(journal.queue(None, None, limit=1, after="adj_nobody"))


def test_what_is_contradicted_is_listed(journal: Journal, runner: asyncio.Runner, claim: Callable[..., Record]) -> None:
    """Newest first; what agrees is not among it."""
    made = []
    for verdict in (Verdict.REFUSED, Verdict.APPLIED, Verdict.REFUSED):
        record = claim()
        runner.run(journal.conclude(Settlement(record, verdict, {"sent": True})))
        runner.run(journal.conclude(Settlement(record, Verdict.APPLIED, {"sent": True, "again": True})))
        made += [record.draft.id] * (verdict is Verdict.REFUSED)
    assert [each.draft.id for each in runner.run(journal.contradicted(limit=10))] == made[::-1]
    assert len(runner.run(journal.contradicted(limit=1))) == 1


OF_TENANTS = ("member", "reference", "refers_to", "transaction")
"""Statements that put the pages of tenants together, so that those few rows are sorted."""
STATEMENTS = {
    "member": "ix_adjustments_tenant_member_created_at_seq",
    "reference": "ix_adjustments_tenant_reference_created_at_seq",
    "refers_to": "ix_adjustments_tenant_refers_to_created_at_seq",
    "transaction": "ix_adjustments_transaction_id",
    "conflict": "ix_adjustments_conflict",
    "unknown": "ix_adjustments_unknown",
    "accepted": "ix_adjustments_accepted_at",
}


def statement(what: str, dialect: Any) -> str:
    """A statement of those that operators have read, with values in it."""
    if what in ("conflict", "unknown", "accepted"):
        statuses = {"unknown": waiting.UNKNOWN, "accepted": waiting.ACCEPTED}
        if what == "conflict":
            made = waiting.contradicted_statement(5)
        else:
            made = waiting.waiting_statement(statuses[what], None, None, (1, 1)).limit(5)
        return str(made.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    sql = finding.TRANSACTION
    if what != "transaction":
        sql = finding.named_statement(dialect.name, what, paged=True)  # type: ignore[arg-type]
    for name, value in {":value": "'x'", ":most": "21", ":created_at": "1", ":seq": "1"}.items():
        sql = sql.replace(name, value)
    return sql


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize(("what", "index"), STATEMENTS.items(), ids=STATEMENTS)
def test_each_is_read_by_its_index(url: str, what: str, index: str) -> None:
    """So that none of it costs more in a journal that holds more."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.connect() as connection:
            sql = statement(what, connection.dialect)
            explain = "EXPLAIN QUERY PLAN"
            if connection.dialect.name == "postgresql":  # empty tables are scanned unless that is dear
                explain = "EXPLAIN"
                for kind in ("seqscan", "bitmapscan", "sort"):
                    connection.exec_driver_sql(f"SET enable_{kind} = off")
            plan = "\n".join(str(row) for row in connection.exec_driver_sql(f"{explain} {sql}"))
        assert index in plan, plan
        assert "USE TEMP B-TREE" not in plan or what in OF_TENANTS, plan
    finally:
        engine.dispose()
