"""What proves that nothing was applied: a judged refusal of the right request, whatever else an adapter raises."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gateway.adjustments import Verdict
from gateway.delivery.outcome import Outcome
from gateway.errors import (
    InsufficientPoints,
    MemberNotFound,
    VendorAuthFailed,
    VendorBusy,
    VendorRateLimited,
    VendorRejected,
)
from gateway.port import VendorRequest, VendorResponse
from gateway.port.registry import AdapterType
from gateway.transport import Evidence
from tests.adapters.bench import Bench, Pair
from tests.adapters.fifth_vendor import refused
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.simulator import PaperSimulator

OLD = {"kind": "status", "status": 401, "body": '{"error": "that token is old"}'}
NONE = {"kind": "delay", "seconds": 0}


@contextmanager
def bench(adapter: type[Paper]) -> Iterator[Bench]:
    with Bench(Pair(AdapterType.of("paper", adapter), PaperSimulator)) as opened:
        yield opened


def written(adapter: type[Paper], *faults: dict[str, Any]) -> tuple[Outcome, list[str], int]:
    """What an adjustment came to with these faults, one for each request; the paths asked for, and the effects."""
    with bench(adapter) as paper:
        paper.simulator.faults.add(*faults)
        outcome = paper.adjust(id="adj_1")
        paths = [request.path.rpartition("/")[2] for request in paper.simulator.requests]
        return outcome, paths, len(paper.simulator.effects)


def answer(status: int, body: object) -> dict[str, Any]:
    return {"kind": "status", "status": status, "body": json.dumps(body)}


@pytest.mark.parametrize(
    ("status", "code", "error", "verdict"),
    [
        (400, "HOLDER_UNKNOWN", MemberNotFound, Verdict.REFUSED),
        (400, "EMPTY", InsufficientPoints, Verdict.REFUSED),
        (200, "EMPTY", InsufficientPoints, Verdict.REFUSED),
        (404, "HOLDER_UNKNOWN", MemberNotFound, Verdict.REFUSED),
        (404, "SOMETHING", VendorRejected, Verdict.REFUSED),
        (404, None, VendorRejected, Verdict.REFUSED),
        (429, "DAILY_CAP", VendorRejected, Verdict.REFUSED),
        (429, None, VendorRateLimited, Verdict.NOT_APPLIED),
        (401, "EMPTY", VendorAuthFailed, Verdict.NOT_APPLIED),
        (409, "LOCKED", VendorBusy, Verdict.NOT_APPLIED),
        (503, "CLOSED", VendorBusy, Verdict.NOT_APPLIED),
        (400, "SOMETHING", None, Verdict.UNKNOWN),
        (400, None, None, Verdict.UNKNOWN),
        (409, "EMPTY", None, Verdict.UNKNOWN),
        (409, None, None, Verdict.UNKNOWN),
        (503, None, None, Verdict.UNKNOWN),
    ],
)
def test_a_refusal_is_a_status_and_a_code(
    status: int, code: str | None, error: type[Exception] | None, verdict: Verdict
) -> None:
    """A listed code says more than its status; a status that is listed only with codes proves nothing without one."""
    outcome, _, _ = written(refused.Coded, answer(status, {"code": code, "error": "no"}))
    assert outcome.verdict is verdict
    assert type(outcome.error) is (error or type(None))
    if outcome.error is not None:
        assert outcome.error.retryable is (verdict is Verdict.NOT_APPLIED)
        assert (outcome.error.vendor_status, outcome.error.vendor_code) == (status, code)


def test_what_is_busy_may_be_tried_again() -> None:
    """A vendor that says that it applied nothing and could later is not available, for as long as it says."""
    fault = {**answer(409, {"code": "LOCKED"}), "headers": {"Retry-After": "7"}}
    outcome, _, _ = written(refused.Coded, fault)
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.status, outcome.error.retry_after) == ("vendor_unavailable", 503, 7)


@pytest.mark.parametrize("looked", [answer(404, {"error": "no such holder"}), answer(200, {})], ids=["status", "words"])
def test_a_refusal_before_the_effect_is_one(looked: dict[str, Any]) -> None:
    """A look-up that finds nobody, by its status or by an empty answer, is a final refusal; nothing was sent."""
    outcome, paths, _ = written(refused.LooksFirst, NONE, looked)
    assert (outcome.verdict, outcome.evidence["sent"]) == (Verdict.REFUSED, False)
    assert isinstance(outcome.error, MemberNotFound)
    assert paths == ["token", "balance"]


@pytest.mark.parametrize("status", [401, 429])
def test_credentials_refused_before_the_effect_are_retryable(status: int) -> None:
    """A 401 or 429 of a first request says so of the write, which was not sent."""
    outcome, paths, _ = written(refused.LooksFirst, answer(status, {"error": "not now"}))
    assert (outcome.verdict, outcome.evidence["sent"]) == (Verdict.NOT_APPLIED, False)
    assert isinstance(outcome.error, VendorAuthFailed if status == 401 else VendorRateLimited)
    assert paths == ["token"]


def test_no_other_answer_to_a_first_request_is_a_refusal() -> None:
    """What is no listed refusal before the effect is no final no: nothing was sent, and it may be tried again."""
    outcome, _, _ = written(refused.LooksFirst, NONE, answer(418, {"error": "?"}))
    assert outcome.verdict is Verdict.NOT_APPLIED
    assert outcome.error is not None
    assert outcome.error.retryable


@pytest.mark.parametrize("adapter", [refused.RefusesItsAnswer, refused.JudgesTheLookAgain])
def test_a_refusal_of_another_answer_proves_nothing(adapter: type[Paper]) -> None:
    """Once the effect has left only its own answer counts, and only by what the adapter lists."""
    outcome, _, effects = written(adapter)
    assert (outcome.verdict, outcome.evidence["sent"], effects) == (Verdict.UNKNOWN, True, 1)


def test_an_old_token_is_renewed_within_the_attempt() -> None:
    """After a judged 401 the entry leaves a second time, with another token, and its answer is the one that counts."""
    outcome, paths, effects = written(refused.Renewing, OLD)
    assert (outcome.verdict, effects) == (Verdict.APPLIED, 1)
    assert paths == ["entries", "token", "entries"]
    assert (outcome.evidence["refused_before"], outcome.evidence["status"]) == (401, 201)
    assert len(outcome.exchange) == 3


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "close", "when": "after"},
        {"kind": "reset", "when": "after"},
        answer(500, {}),
        answer(409, {"error": "?"}),
        {"kind": "cut"},
    ],
    ids=str,
)
def test_the_second_effect_decides_once_it_has_left(fault: dict[str, Any]) -> None:
    """Whatever is unclear about it is unknown, although the first was refused."""
    outcome, paths, _ = written(refused.Renewing, OLD, NONE, fault)
    assert (outcome.verdict, outcome.evidence["sent"]) == (Verdict.UNKNOWN, True)
    assert paths == ["entries", "token", "entries"]


def test_the_second_effect_can_be_refused() -> None:
    """A listed refusal of it is final, and a second 401 not applied."""
    outcome, _, _ = written(refused.Renewing, OLD, NONE, answer(404, {"error": "no such holder"}))
    assert (outcome.verdict, type(outcome.error)) == (Verdict.REFUSED, MemberNotFound)
    outcome, _, _ = written(refused.Renewing, OLD, NONE, OLD)
    assert (outcome.verdict, type(outcome.error)) == (Verdict.NOT_APPLIED, VendorAuthFailed)


@pytest.mark.parametrize("fault", [{"kind": "close", "when": "after"}, answer(500, {}), answer(401, {})], ids=str)
def test_a_token_that_cannot_be_renewed_applied_nothing(fault: dict[str, Any]) -> None:
    """The first effect was refused and a second did not leave: not applied, and not said to be unsent."""
    outcome, paths, effects = written(refused.Renewing, OLD, fault)
    assert (outcome.verdict, effects, paths) == (Verdict.NOT_APPLIED, 0, ["entries", "token"])
    assert outcome.error is not None
    assert outcome.error.retryable
    assert "nothing was sent" not in outcome.error.detail
    assert outcome.evidence["refused_before"] == 401


class Late(Bench):
    """A bench on which the time is over just before the second entry leaves."""

    def __enter__(self) -> "Late":
        super().__enter__()
        send, entries = self.transport.send, [0]

        async def late(
            request: VendorRequest, evidence: Evidence, *, deadline: float, expires: float | None = None
        ) -> VendorResponse:
            entries[0] += request.path == "/entries"
            expires = 0.0 if entries[0] == 2 else expires
            return await send(request, evidence, deadline=deadline, expires=expires)

        self.transport.send = late  # type: ignore[method-assign]  # the way out stays the real one
        return self


def test_a_second_effect_that_did_not_leave_applied_nothing() -> None:
    """Where no byte of it left, the judged 401 to the first is proof enough."""
    with Late(Pair(AdapterType.of("paper", refused.Renewing), PaperSimulator)) as paper:
        paper.simulator.faults.add(OLD)
        outcome = paper.adjust()
        assert (outcome.verdict, outcome.evidence["sent"]) == (Verdict.NOT_APPLIED, False)
        assert outcome.evidence["refused_before"] == 401
        assert [request.path for request in paper.simulator.requests] == ["/paper/entries", "/paper/token"]


def test_there_is_no_third_effect() -> None:
    """However often the vendor refuses the token: the third entry is stopped, and nothing was applied."""
    outcome, paths, effects = written(refused.RenewingForEver, OLD, NONE, OLD)
    assert (outcome.verdict, effects) == (Verdict.NOT_APPLIED, 0)
    assert paths == ["entries", "token", "entries", "token"]


@pytest.mark.parametrize("fault", [NONE, answer(500, {}), answer(404, {"error": "?"}), answer(403, {})], ids=str)
def test_nothing_but_a_judged_401_lets_a_second_effect_leave(fault: dict[str, Any]) -> None:
    """An adapter that takes another answer for an old token is stopped before the second, and the first is unknown."""
    outcome, paths, _ = written(refused.RenewingAtAnything, fault)
    assert (outcome.verdict, outcome.evidence["sent"]) == (Verdict.UNKNOWN, True)
    assert paths == ["entries", "token"]


@pytest.mark.parametrize(
    ("adapter", "fault"),
    [(refused.RenewingForNothing, OLD), (refused.MakesLightOfIt, OLD), (refused.MakesLightOfIt, answer(404, {}))],
)
def test_a_success_against_a_refusal_is_unknown(adapter: type[Paper], fault: dict[str, Any]) -> None:
    """An adapter that reports a success where the vendor refused is believed in neither."""
    with bench(adapter) as paper:
        paper.simulator.faults.add(fault)
        assert paper.adjust().verdict is Verdict.UNKNOWN
        assert paper.alarms("adapter") == 1
