"""A trial at a real account, for which a simulator on a real socket stands in, sends nothing twice and ends in time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from gateway.conformance import fitting
from gateway.conformance.account import Account, Trying
from gateway.conformance.live_trial import Ended, LiveTrial
from gateway.conformance.pair import Pair, installed
from gateway.errors import VendorAuthFailed
from gateway.model import Applied, Member
from gateway.planning.translation import Translator
from gateway.port import Exchange
from gateway.port.registry import AdapterType
from gateway.simulation import Answer, Effect, Request, Simulator, jsontext
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.deadlines import FACTOR, scaled
from tests.gateway.declared.described import made
from tests.gateway.declared.shop import DESCRIPTION, TokenShop

DELAY = {"kind": "delay", "seconds": 0, "method": "POST"}
LOST = {"kind": "close", "when": "after", "method": "POST"}
SHORT = {"error": "short", "text": "Too few."}


@dataclass
class Told:
    """What a trial came to: the reason of its end, if it has ended, and all that was seen on the way."""

    simulator: Simulator
    why: str = ""
    kept: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    used: int = 0
    slept: list[float] = field(default_factory=list)
    begun: int = 0

    @property
    def points(self) -> list[Decimal]:
        """The changes of points that the vendor has made in the trial."""
        return [effect.points for effect in self.simulator.effects[self.begun :]]

    @property
    def posts(self) -> int:
        """How many writes have arrived."""
        return sum(request.method == "POST" for request in self.simulator.requests)


def tried(
    pair: Pair,
    *faults: dict[str, Any],
    simulator: Simulator | None = None,
    at: Callable[[Told], None] = lambda told: None,
    held: Decimal | None = None,
    **trying: Any,
) -> Told:
    """Try an account; `at` is called before each repeated read, in place of the time that passes.

    `held`: points that the member has been given before, since a vendor may have no number for one who never had any.
    """

    async def had(own: Simulator) -> Told:
        told = Told(own)
        example = fitting.example(pair)
        settings = fitting.settings(pair, own.settings, timeout=10.0 * FACTOR)
        translator = Translator("vendor", pair.kind, settings)

        async def sleep(seconds: float) -> None:
            told.slept.append(seconds)
            at(told)

        member = Member.parse(example.member)
        if held is not None:
            async with Account(translator, Trying(member)) as account:
                assert (await account.written(held, "adj_before")).applied
            own.requests.clear()
        told.begun = len(own.effects)
        async with Account(translator, Trying(member, **trying)) as account:
            trial = LiveTrial(account, told.lines.append, sleep)
            own.faults.add(*faults)
            try:
                await trial.run()
            except Ended as ended:
                told.why = str(ended)
            told.kept, told.broken, told.used = trial.kept, trial.broken, account.allowance.used
            return told

    async def served() -> Told:
        assert pair.simulator is not None
        async with simulator or pair.simulator() as own:
            return await asyncio.wait_for(had(own), scaled(60))

    return asyncio.run(served())


@pytest.fixture(scope="module")
def tokens() -> Pair:
    """An invented vendor, by its description."""
    return Pair(made(DESCRIPTION), TokenShop)


@pytest.mark.parametrize("pair", list(installed()), ids=lambda pair: pair.kind.name)
def test_an_account_is_left_as_it_was(pair: Pair) -> None:
    """At every vendor there is, the credit and the debit hold, and no requests are sent but those that are counted."""
    told = tried(pair, held=Decimal(5))
    assert (told.why, told.broken) == ("", [])
    assert told.points == [1, -1]
    assert told.used == len(told.simulator.requests)
    assert {"balance", "credit", "credit-moves-the-balance", "debit", "debit-moves-the-balance"} <= set(told.kept)
    assert told.slept == []


@pytest.mark.parametrize("fault", [{**LOST}, {**LOST, "when": "before"}, {"kind": "html", "method": "POST"}], ids=str)
@pytest.mark.parametrize("write", ["credit", "debit"])
def test_an_unknown_outcome_ends_it(tokens: Pair, fault: dict[str, Any], write: str) -> None:
    """Nothing more is sent, not even a read; the message has the id, and what the balance was."""
    before = [DELAY] if write == "debit" else []
    told = tried(tokens, *before, fault)
    assert f"The outcome of the {write} of 1 point(s) is unknown" in told.why
    assert "bring the balance back by hand to 10" in told.why
    [announced] = [line for line in told.lines if line.startswith(f"{write}: about to send")]
    assert announced.split("under the id ")[1].split(";")[0] in told.why
    assert told.posts == len(before) + 1
    assert told.simulator.requests[-1].method == "POST"


def test_a_refused_credit_leaves_nothing(tokens: Pair) -> None:
    """The vendor's own refusal is shown."""
    refusal = {"kind": "status", "status": 409, "body": jsontext.write(SHORT), "method": "POST"}
    told = tried(tokens, refusal)
    assert told.why.startswith("The credit was not applied: ")
    assert told.why.endswith("Nothing was changed.")
    assert (told.points, told.posts) == ([], 1)


def test_a_refused_debit_says_what_is_left(tokens: Pair) -> None:
    """The credit is still there, and a person is told so."""
    refusal = {"kind": "status", "status": 409, "body": jsontext.write(SHORT), "method": "POST"}
    told = tried(tokens, DELAY, refusal)
    assert "The debit was not applied: " in told.why
    assert "is at the account: bring the balance back by hand to 10" in told.why
    assert told.points == [1]


def test_a_failing_read_ends_it_before_anything_is_written(tokens: Pair) -> None:
    """What is wrong is found while nothing is changed."""
    told = tried(tokens, {"kind": "status", "status": 500, "method": "GET", "times": 9})
    assert told.why.startswith("A read failed: ")
    assert told.posts == 0


def test_a_failing_read_after_the_credit_keeps_no_debit_back(tokens: Pair) -> None:
    """The balance shows the credit; what failed beside it is broken, and the points are taken back."""
    between = [{"kind": "delay", "seconds": 0, "method": "GET"}] * 3  # a balance, a page and a search
    told = tried(tokens, *between, {"kind": "status", "status": 500, "method": "GET"})
    assert told.why == ""
    assert [each.partition(":")[0] for each in told.broken] == ["search for the credit"]
    assert told.points == [1, -1]


class Forgetting(TokenShop):
    """Says that it has booked, and books nothing."""

    def _booked(self, member: str, body: dict[str, object]) -> Answer:
        answer = super()._booked(member, body)
        self.ledger.accounts[member]["left"] = Decimal(10)
        self.effects.clear()
        return answer


def test_a_credit_that_no_read_shows_is_not_taken_back(tokens: Pair) -> None:
    """A debit would take points that were never there."""
    told = tried(tokens, simulator=Forgetting())
    assert "No read shows the credit, so that no debit is sent." in told.why
    assert told.posts == 1
    assert [each.partition(":")[0] for each in told.broken] == ["credit-is-found", "credit-moves-the-balance"]


class Doubling(TokenShop):
    """Books what it is asked for twice."""

    def _booked(self, member: str, body: dict[str, object]) -> Answer:
        answer = super()._booked(member, body)
        effect = self.effects[-1]
        again = Effect(self.now(), member, effect.points, transaction_id=str(self.new_id()), fields=effect.fields)
        self.ledger.post(again, ["left"])
        return answer


def test_a_credit_that_is_found_twice_ends_it(tokens: Pair) -> None:
    """A person has to see it."""
    told = tried(tokens, simulator=Doubling())
    assert "A search finds 2 bookings of the credit" in told.why
    assert told.posts == 1


def test_other_points_than_were_sent_are_broken(tokens: Pair) -> None:
    """Without a search, a balance that moves by another number proves no credit."""
    without = made(DESCRIPTION[: DESCRIPTION.index("find:")] + DESCRIPTION[DESCRIPTION.index("probe:") :])
    told = tried(Pair(without, TokenShop), simulator=Doubling())
    assert "No read shows the credit" in told.why
    assert "credit-moves-the-balance: expected 11 available; instead: 12" in told.broken


class Late(TokenShop):
    """Shows what it has booked in the balance only once it is `current`."""

    current = True

    def _booked(self, member: str, body: dict[str, object]) -> Answer:
        before = self.ledger.balance(member, "left")
        answer = super()._booked(member, body)
        self._true, self.current = self.ledger.balance(member, "left"), False
        self._shown = before
        return answer

    def handle(self, request: Request) -> Answer:
        answer = super().handle(request)
        if request.method == "GET" and request.path.endswith("/7") and not self.current:
            return Answer.json(200, {"left": self._shown})
        return answer


def test_a_balance_that_comes_late_is_asked_for_again(tokens: Pair) -> None:
    """After a pause, and without another write."""

    def catch_up(told: Told) -> None:
        assert isinstance(told.simulator, Late)
        told.simulator.current = True

    told = tried(tokens, simulator=Late(), at=catch_up)
    assert (told.why, told.broken) == ("", [])
    assert len(told.slept) == 2
    assert told.posts == 2


def test_no_more_requests_than_were_allowed(tokens: Pair) -> None:
    """With few, what is not shown by a read is broken; the debit has what it needs, since some are kept for it."""
    enough = tried(tokens).used
    for most in range(1, enough):
        told = tried(tokens, requests=most)
        assert len(told.simulator.requests) == told.used <= most
        assert told.points in ([], [1], [1, -1])
        assert told.points != [1] or "bring the balance back by hand" in told.why
        assert told.why or told.broken


class Renewing(Paper):
    """Fetches another token where the one that it has is refused, and sends the entry again, as the port allows."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002
        try:
            return (yield from super().adjust(member=member, points=points, id=id))
        except VendorAuthFailed:
            return (yield from super().adjust(member=member, points=points, id=id))


def test_a_write_that_was_refused_for_its_token_is_not_sent_again() -> None:
    """A gateway may do that once; a trial sends each write once."""
    pair = Pair(AdapterType.of("paper", Renewing), PaperSimulator)
    told = tried(pair)
    assert (told.why, told.points) == ("", [1, -1])
    written = [each.method == "POST" and each.path.endswith("/entries") for each in told.simulator.requests]
    refusal = {"kind": "status", "status": 401, "body": '{"error": "expired"}'}
    told = tried(pair, *[{"kind": "delay", "seconds": 0}] * written.index(True), refusal)
    assert told.why.startswith("The credit was not applied: A trial sends one request with an effect for a write")
    assert told.points == []
    assert sum(each.method == "POST" and each.path.endswith("/entries") for each in told.simulator.requests) == 1


def test_an_interruption_says_what_may_be_at_the_account(tokens: Pair) -> None:
    """Whoever stops it is told how the account stands."""

    def stop(told: Told) -> None:
        raise asyncio.CancelledError

    told = tried(tokens, simulator=Late(), at=stop)
    assert told.why.startswith("It was interrupted. The credit (id adj_")
    assert "bring the balance back by hand to 10" in told.why
