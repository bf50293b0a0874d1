"""Whatever happens to adjustments in whatever order, a day's counter is the sum of what is not proven unapplied."""

import asyncio
import sqlite3
import tempfile
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gateway.adjustments import Draft, Record, Resolution, Settlement, Status, Verdict
from gateway.journal import Claimed, Journal, Refused
from gateway.limits import Budget
from gateway.model import Adjustment, Member
from gateway.write import Write
from tests.deadlines import DEADLINE

POINTS = [Decimal("0.5"), Decimal(3), Decimal(4), Decimal("7.25")]


@dataclass
class Modelled:
    """What the test knows of one adjustment: its last record, the day of each attempt, and late successes."""

    record: Record
    days: list[date]
    late: set[int] = field(default_factory=set)


class Budgeting:
    """One journal, with a budget of the client's, and a smaller one of the tenant's that all types share."""

    def __init__(self, folder: str, chance: Random) -> None:
        self.folder, self.chance = Path(folder), chance
        self.now = datetime(2026, 3, 1, 23, 59, 0, tzinfo=UTC)
        self.runner, self.numbers = asyncio.Runner(), count(1)
        self.all: list[Modelled] = []
        self.open()

    def open(self) -> None:
        owner, url = f"owner-{next(self.numbers)}", f"sqlite:///{self.folder}/points.db"
        self.journal = Journal.open(url, owner=owner, clock=lambda: self.now, render=lambda record: None)

    def close(self) -> None:
        self.runner.run(self.journal.close())
        self.runner.close()

    @property
    def limits(self) -> tuple[Budget, ...]:
        return (
            Budget("client", "app", "credit", "base", Decimal(20)),
            Budget("tenant", "acme", "credit", "*", Decimal("15.5")),
        )

    def expected(self) -> dict[date, Decimal]:
        """What is taken of each day."""
        taken: dict[date, Decimal] = defaultdict(Decimal)
        for each in self.all:
            points = each.record.draft.adjustment.points
            if each.record.state.status is not Status.FAILED:
                taken[each.days[-1]] += points
            for attempt in each.late:
                taken[each.days[attempt - 1]] += points
        return taken

    def fits(self, points: Decimal) -> bool:
        return self.expected()[self.now.date()] + points <= min(each.points for each in self.limits)

    def some(self, *states: Status) -> Modelled | None:
        among = [each for each in self.all if each.record.state.status in states]
        return self.chance.choice(among) if among else None

    def claim(self) -> None:
        points = self.chance.choice(POINTS)
        number = next(self.numbers)
        write = Write(Adjustment(Member("contact_id", "1"), points, "base"))
        named = (f"adj_{number}", "app", "acme", f"key-{number}", "f", write)
        draft = Draft(*named, vendor="crm", adapter="a", rule="r", not_sent=(), lease=30.0)
        fits = self.fits(points)
        outcome = self.runner.run(self.journal.claim(draft, self.limits))
        assert isinstance(outcome, Claimed if fits else Refused)
        if isinstance(outcome, Claimed):
            self.all.append(Modelled(outcome.record, [self.now.date()]))

    def repeat(self) -> None:
        each = self.some(*Status)
        if each is None:
            return
        outcome = self.runner.run(self.journal.claim(replace(each.record.draft, id="adj_other"), self.limits))
        assert isinstance(outcome, Claimed)
        assert (outcome.record.draft.id, outcome.ours) == (each.record.draft.id, False)

    def settle(self) -> None:
        verdict = self.chance.choice(list(Verdict))
        if each := self.some(Status.IN_PROGRESS, Status.UNKNOWN):
            settlement = Settlement(each.record, verdict, {"n": next(self.numbers)})
            each.record = self.runner.run(self.journal.conclude(settlement)).record

    def late_success(self) -> None:
        if each := self.some(Status.SUCCEEDED, Status.FAILED, Status.IN_PROGRESS):
            attempt = self.chance.randint(1, each.record.state.attempt)
            state = replace(each.record.state, attempt=attempt)
            settlement = Settlement(each.record._replace(state=state), Verdict.APPLIED, {"n": next(self.numbers)})
            concluded = self.runner.run(self.journal.conclude(settlement))
            if concluded.conflict:
                each.late.add(attempt)
            each.record = concluded.record

    def retry(self) -> None:
        each = self.some(Status.FAILED)
        if each is None or not each.record.state.retryable:
            return
        fits = self.fits(each.record.draft.adjustment.points)
        begun = self.runner.run(self.journal.retry(each.record, 30.0, account="", budgets=self.limits))
        assert isinstance(begun, Record if fits else Refused)
        if isinstance(begun, Record):
            each.record = begun
            each.days.append(self.now.date())

    def time_passes(self) -> None:
        self.now += timedelta(seconds=self.chance.choice([31, 86_400]))
        self.runner.run(self.journal.expire())
        for each in self.all:
            record = self.runner.run(self.journal.get(None, each.record.draft.id))
            assert record is not None
            each.record = record

    def resolve(self) -> None:
        if each := self.some(Status.UNKNOWN):
            resolution = Resolution(self.chance.random() < 0.5, "seen", "ops", self.now)
            each.record = self.runner.run(self.journal.decide(each.record, resolution, {})).record

    def restart(self) -> None:
        self.runner.run(self.journal.close())
        self.open()

    def counters_are_the_sum(self) -> None:
        with closing(sqlite3.connect(self.folder / "points.db", timeout=DEADLINE)) as connection:
            rows = connection.execute("SELECT counter, used FROM budgets").fetchall()
        found = {counter: Decimal(used) for counter, used in rows if Decimal(used)}
        expected = {day: points for day, points in self.expected().items() if points}
        assert found == {limit.counter(day): points for day, points in expected.items() for limit in self.limits}


USUAL = ("claim", "claim", "settle", "settle", "late_success", "retry", "time_passes", "resolve", "repeat", "restart")


@settings(max_examples=12, phases=[Phase.reuse, Phase.generate])  # to shrink would take minutes
@given(st.lists(st.sampled_from(USUAL), min_size=40, max_size=60), st.randoms(use_true_random=False))
def test_counters_are_the_sum_of_what_is_not_proven_unapplied(steps: list[str], chance: Random) -> None:
    """After every step, for every day, whichever adjustments are claimed, settled, retried, resolved or lost."""
    with tempfile.TemporaryDirectory() as folder:
        budgeting = Budgeting(folder, chance)
        try:
            for step in steps:
                getattr(budgeting, step)()
                budgeting.counters_are_the_sum()
        finally:
            budgeting.close()
