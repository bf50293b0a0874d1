"""A gateway that runs and the fake are asked the same things at random, and answer alike."""

import random
from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest

from points_gateway_client import Adjustment, OutcomeUnknown, Problem
from points_gateway_client.operations import Outcome
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.test_client import serving as serving  # the same gateways, each started once for this file
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.worlds import Faked, Running, World

STEPS = 60
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
SAME = {"vendor_rate_limited": "busy", "vendor_unavailable": "busy"}
"""Codes that mean the same here: each vendor says in its own way that it is busy."""
Asked = tuple[str, tuple[Any, ...], dict[str, Any]]


class Script:
    """What an app asks, step by step, by the places of what it got before, so that it is the same for both."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)  # what is asked is no secret
        self.name = world.new_key()
        self.keys = 0
        self.made: list[str] = []
        """The adjustments that have succeeded or are unknown, oldest first."""

    def key(self) -> str:
        """One that was used, or a new one."""
        if self.keys and self.random.random() < 0.4:
            return f"{self.name}-{self.random.randrange(self.keys)}"
        return self.new_key()

    def new_key(self) -> str:
        """A new one."""
        self.keys += 1
        return f"{self.name}-{self.keys - 1}"

    def adjust(self) -> Any:
        """A credit, now and then of nobody or of nonsense."""
        member = self.random.choice(["contact_id:1", "contact_id:2", "contact_id:404"])
        points = self.random.choice([5, "2.5", "2.50", "7", "0", "1e3", "1.1234567"])
        fields = self.random.choice([{}, {}, {"description": "Thanks"}, {"reference": "order-1", "store": "12"}])
        return self.called("adjust", member, points, idempotency_key=self.key(), **fields)

    def disturbed(self) -> Any:
        """A credit that ends unknown, or is refused for now; then the same again."""
        key, applied = self.new_key(), self.random.random() < 0.5
        busy = self.random.random() < 0.5
        if busy:
            self.world.unavailable()
        else:
            self.world.unknown(applied=applied)
        first = self.called("adjust", "contact_id:1", 5, idempotency_key=key)
        return first, self.called("adjust", "contact_id:1", 5, idempotency_key=key)

    def reverse(self) -> Any:
        """Some or all of an earlier one."""
        if not self.made:
            return None
        place = self.random.choice(range(len(self.made)))
        points, linked = self.random.choice([None, None, 1, "2.5", 99]), self.random.choice([None, None, True, False])
        return self.called("reverse", self.made[place], points, idempotency_key=self.key(), linked=linked)

    def resolve(self) -> Any:
        """An earlier one, which may be unknown; where two people are needed, the second one may confirm it."""
        if not self.made:
            return None
        place, outcome = self.random.randrange(len(self.made)), self.random.choice(OUTCOMES)
        confirms = self.random.random() < 0.7
        decided: list[Adjustment] = []

        def call() -> Adjustment:
            decided.append(self.world.resolve(self.made[place], outcome, "seen"))
            return decided[0]

        first = self.outcome(call)
        if not decided or decided[0].proposal is None:
            return first
        proposed = first, decided[0].proposal.outcome, decided[0].proposal.reason
        return proposed, told(self.world.confirm(decided[0])) if confirms else None

    def withdraw(self) -> Any:
        """What was proposed of an earlier one, if anything."""
        return self.called("withdraw_proposal", self.random.choice(self.made)) if self.made else None

    def contest(self) -> Any:
        """A credit that ends unknown, and that another person decides about first."""
        first, then = self.random.choice(OUTCOMES), self.random.choice(OUTCOMES)
        self.world.unknown(applied=self.random.random() < 0.5)
        self.called("adjust", "contact_id:1", 5, idempotency_key=self.new_key())
        id_ = self.made[-1]
        decided = told(self.world.decide(id_, first, "seen"))
        withdrawn = self.called("withdraw_proposal", id_)
        return decided, withdrawn, self.outcome(lambda: self.world.resolve(id_, then, "seen"))

    def read(self) -> Any:
        """An earlier one, and lists of them."""
        if not self.made:
            return None
        place, status = self.random.randrange(len(self.made)), self.random.choice(["succeeded", "unknown"])
        kept = self.world.call("adjustment", self.made[place])
        parts = [(each.status, each.points, each.linked) for each in kept.reversals]
        found = self.world.call("iter_adjustments", reverses=kept.id, limit=2)
        return told(kept), kept.reversed, parts, [told(each) for each in found if each.status == status]

    def called(self, method: str, *arguments: Any, **named: Any) -> Any:
        """What a call comes to; an adjustment that is new is kept."""
        return self.outcome(lambda: self.once(method, *arguments, **named))

    def once(self, method: str, *arguments: Any, **named: Any) -> Any:
        """One call, without retries."""
        with self.world.sync(retries=0) as points:
            try:
                done = getattr(points, method)(*arguments, **named)
            except OutcomeUnknown as unknown:
                self.keep(unknown.id)
                raise
            self.keep(done.id)
            return done

    def keep(self, id_: str) -> None:
        """Remember an adjustment."""
        if id_ not in self.made:
            self.made.append(id_)

    def outcome(self, call: Callable[[], Any]) -> Any:
        """What an app would go by."""
        try:
            return told(call())
        except OutcomeUnknown as unknown:
            return "unknown", told(unknown.adjustment)
        except Problem as problem:
            pointers = sorted(each.pointer for each in problem.errors)
            about = self.made.index(problem.adjustment) if problem.adjustment in self.made else None
            kept = (problem.adjustment is not None, about)
            code = SAME.get(str(problem.code), problem.code)
            return code, problem.status, problem.retryable, problem.new_key_allowed, pointers, kept


def told(adjustment: Any) -> tuple[Any, ...]:
    """What an adjustment says, ids and times apart."""
    own = (adjustment.status, adjustment.member, adjustment.points, adjustment.description, adjustment.reference)
    return *own, adjustment.replayed, adjustment.attempts, adjustment.operation, adjustment.linked, adjustment.retryable


def steps(world: World, seed: int) -> Iterator[Any]:
    """What each step comes to."""
    script = Script(world, seed)
    kinds = ("adjust", "adjust", "adjust", "disturbed", "reverse", "reverse", "resolve", "withdraw", "contest", "read")
    for _ in range(STEPS):
        kind = script.random.choice(kinds)
        yield kind, getattr(script, kind)()


@pytest.mark.parametrize(("approvals", "seed"), [(1, 0), (1, 1), (1, 2), (1, 3), (2, 4), (2, 5)])
def test_they_answer_alike(
    serving: Callable[[int], GatewayProcess], vendors: Vendors, approvals: int, seed: int
) -> None:
    """Step by step the same status, code, pointers, replays, reversals and proposals."""
    gateway, fake = Running(serving(approvals), vendors.crm), Faked(approvals=approvals)
    for number, (theirs, ours) in enumerate(zip(steps(gateway, seed), steps(fake, seed), strict=True)):
        assert ours == theirs, f"step {number}"
