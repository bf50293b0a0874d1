"""Sets of the unknown: as they stand, and as they stood when a person was shown them; and where the unknown went."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import NullPool, create_engine, text

from gateway.adjustments import Draft, Record, Resolution, Settlement, Verdict
from gateway.journal import Filters, Journal, Whereabouts
from gateway.model import Adjustment, Member
from tests.gateway.journal.asked_statements import asked_of

ALL = Filters()


@dataclass
class Bench:
    """A journal, and adjustments in it by short names."""

    journal: Journal
    draft: Callable[..., Draft]
    clock: Any
    runner: asyncio.Runner
    records: dict[str, Record] = field(default_factory=dict)

    def claim(self, name: str, **more: Any) -> None:
        """Begin one."""
        self.records[name], _ = self.runner.run(self.journal.claim(self.draft(key=name, **more)))

    def conclude(self, name: str, verdict: Verdict) -> None:
        """Have its attempt come to this."""
        settlement = Settlement(self.records[name], verdict, {})
        self.records[name] = self.runner.run(self.journal.conclude(settlement)).record

    def unknown(self, *names: str, **more: Any) -> None:
        """Have each be unknown, its lease over."""
        for name in names:
            self.claim(name, lease=0.0, **more)
            self.conclude(name, Verdict.UNKNOWN)

    def decide(self, name: str, *, applied: bool = True) -> str | None:
        """Settle one by hand; gives why that was refused."""
        resolution = Resolution(applied=applied, reason="seen", by="a person", at=self.clock.now)
        return self.runner.run(self.journal.decide(self.records[name], resolution, {})).refused

    def set(self, *, tenant: str | None = None, filters: Filters = ALL, limit: int = 100) -> tuple[list[str], int, int]:
        """The keys of the unknown, how many there are, and their mark."""
        found = self.runner.run(self.journal.unknown(tenant, filters, limit=limit))
        return [record.draft.key for record in found.records], found.total, found.mark

    def set_at(self, mark: int, *, filters: Filters = ALL, limit: int = 100) -> dict[str, str]:
        """The set of a mark: the status of each by its key."""
        found = self.runner.run(self.journal.unknown_at(mark, None, filters, limit=limit))
        return {record.draft.key: record.state.status.value for record in found}


@pytest.fixture
def bench(journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner) -> Bench:
    return Bench(journal, draft, clock, runner)


def test_a_set_is_the_oldest_of_those_that_fit(bench: Bench) -> None:
    """What is in progress or settled is not among them; what does not fit into the limit is counted."""
    bench.unknown("a", "b", "c")
    bench.claim("busy")
    bench.claim("done")
    bench.conclude("done", Verdict.APPLIED)
    assert bench.set()[:2] == (["a", "b", "c"], 3)
    assert bench.set(limit=2)[:2] == (["a", "b"], 3)


def test_an_empty_set(bench: Bench) -> None:
    """Where nothing is unknown, there is nothing, and nothing at any mark."""
    assert bench.set() == ([], 0, 0)
    assert bench.set_at(0) == bench.set_at(10**15) == {}


@pytest.mark.parametrize(
    ("tenant", "filters", "keys"),
    [
        (None, Filters(vendor="club"), ["b"]),
        (None, Filters(client="till"), ["c"]),
        ("outlet", Filters(), ["d"]),
        (None, Filters(member="contact_id:2"), ["e"]),
        ("acme", Filters(vendor="crm", client="storefront"), ["a", "e"]),
        (None, Filters(vendor="\ud800"), []),
        ("\ud800", Filters(), []),
    ],
)
def test_a_set_is_narrowed(bench: Bench, tenant: str | None, filters: Filters, keys: list[str]) -> None:
    """By vendor, client, tenant, and whatever narrows a list; what it counts is narrowed too."""
    bench.unknown("a")
    bench.unknown("b", vendor="club")
    bench.unknown("c", client="till")
    bench.unknown("d", tenant="outlet")
    bench.unknown("e", adjustment=Adjustment(Member("contact_id", "2"), Decimal(1)))
    assert bench.set(tenant=tenant, filters=filters)[:2] == (keys, len(keys))
    mark = bench.set()[2]
    found = bench.runner.run(bench.journal.unknown_at(mark, tenant, filters, limit=100))
    assert [record.draft.key for record in found] == keys


def test_what_becomes_unknown_later_is_not_in_the_set(bench: Bench) -> None:
    """Neither what was claimed later, nor what was in progress when the set was read, nor what was tried again."""
    bench.unknown("a")
    bench.claim("busy")
    bench.claim("again")
    bench.conclude("again", Verdict.NOT_APPLIED)
    keys, _, mark = bench.set()
    bench.unknown("later")
    bench.conclude("busy", Verdict.UNKNOWN)
    begun = bench.runner.run(bench.journal.retry(bench.records["again"], 0.0, account=""))
    assert begun is not None
    bench.records["again"] = begun
    bench.conclude("again", Verdict.UNKNOWN)
    assert bench.set()[0] == ["a", "busy", "again", "later"]
    assert list(bench.set_at(mark)) == keys == ["a"]


def test_what_was_settled_since_is_in_the_set(bench: Bench) -> None:
    """By hand or by proof, each is there as it stands now."""
    bench.unknown("a", "b", "c", "d")
    mark = bench.set()[2]
    assert bench.decide("b", applied=False) is None
    bench.conclude("c", Verdict.APPLIED)
    assert bench.set_at(mark) == {"a": "unknown", "b": "failed", "c": "succeeded", "d": "unknown"}
    assert bench.set_at(mark, limit=3) == {"a": "unknown", "b": "failed", "c": "succeeded"}


def test_what_was_settled_before_is_not(bench: Bench) -> None:
    """A set holds what was unknown when it was read, and a late word about it changes nothing."""
    bench.unknown("a", "b")
    unknown = bench.records["b"]
    assert bench.decide("a") is None
    mark = bench.set()[2]
    bench.records["b"] = unknown
    bench.conclude("b", Verdict.UNKNOWN)
    assert bench.set_at(mark) == {"b": "unknown"}


STEPS = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["unknown", "applied", "decided", "shown"])))


class Life:
    """What becomes of a few adjustments, step by step, and the sets that were shown on the way."""

    def __init__(self, bench: Bench, round_: str) -> None:
        self.bench = bench
        self.round = round_
        self.status: dict[str, str] = {}
        self.shown: list[tuple[int, list[str]]] = []
        self.filters = Filters(client=round_)

    def step(self, name: str, what: str) -> None:
        key = f"{self.round}{name}"
        status = self.status.get(key)
        if what == "shown":
            keys, _, mark = self.bench.set(filters=self.filters)
            self.shown.append((mark, keys))
        elif status is None:
            self.bench.claim(key, lease=0.0, client=self.round)
            self.status[key] = "in_progress"
        elif what == "decided" and status == "unknown":
            assert self.bench.decide(key) is None
            self.status[key] = "succeeded"
        elif what == "applied" and status in ("in_progress", "unknown"):
            self.bench.conclude(key, Verdict.APPLIED)
            self.status[key] = "succeeded"
        elif what == "unknown" and status == "in_progress":
            self.bench.conclude(key, Verdict.UNKNOWN)
            self.status[key] = "unknown"


def test_every_set_can_be_read_again(bench: Bench) -> None:
    """Whatever happened since, the set of a mark is the one that was shown, each as it stands now."""
    numbers = iter(range(10**6))

    @settings(max_examples=25, deadline=None)
    @given(STEPS)
    def holds(steps: list[tuple[str, str]]) -> None:
        life = Life(bench, f"r{next(numbers)}")
        for name, what in steps:
            life.step(name, what)
        for mark, keys in life.shown:
            if keys:
                assert bench.set_at(mark, filters=life.filters) == {key: life.status[key] for key in keys}

    holds()


def test_where_the_unknown_went(bench: Bench) -> None:
    """Each vendor's accounts are told apart, with how many there are, and from when to when; the accepted count too."""
    begun = bench.clock.now
    for name, vendor, account in (("a", "crm", "x"), ("b", "crm", "x"), ("c", "crm", "y"), ("d", "club", "")):
        bench.unknown(name, vendor=vendor, account=account)
        bench.clock.advance(1)
    bench.claim("busy", vendor="crm", account="z")
    bench.claim("taken", vendor="deciding", account="z")
    bench.conclude("taken", Verdict.ACCEPTED)

    def at(seconds: int) -> Any:
        return begun + timedelta(seconds=seconds)

    assert bench.runner.run(bench.journal.whereabouts()) == (
        Whereabouts("club", "", 1, at(3), at(3)),
        Whereabouts("crm", "x", 2, at(0), at(1)),
        Whereabouts("crm", "y", 1, at(2), at(2)),
        Whereabouts("deciding", "z", 1, at(4), at(4)),
    )


def test_only_the_unknown_are_read(bench: Bench, url: str) -> None:
    """Where there are few unknown among many, neither sets nor whereabouts look at the others."""
    bench.unknown("a")
    mark = bench.set()[2]
    with asked_of(url) as asked:
        bench.set()
        bench.set_at(mark)
        bench.runner.run(bench.journal.whereabouts())
    plans = [plan(url, each.text, each.values) for each in asked if "adjustments" in each.text]
    assert len(plans) == 5
    for each in (plans[0], plans[1], *plans[3:]):
        assert re.search("ix_adjustments_(unknown|due|accepted)", each), each
    if url.startswith("sqlite"):
        assert "USING COVERING INDEX ix_adjustments_unknown" in plans[3], plans[3]
    for each in plans:
        assert not re.search(r"SCAN adjustments'|Seq Scan on adjustments", each), each


def plan(url: str, statement: str, values: Mapping[str, Any]) -> str:
    """How the database would go about a statement."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)
    with engine.connect() as connection:
        if not url.startswith("postgresql"):
            return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
        connection.execute(text("SET enable_seqscan = off"))  # there are too few rows here for an index to pay
        return str(connection.exec_driver_sql(f"EXPLAIN {statement}", values).all())
