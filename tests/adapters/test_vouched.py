"""Statuses of which the operator vouches that nothing was applied count, unless the answer speaks of a success."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.adjustments import Verdict
from gateway.conformance.senseless import HTML
from gateway.conformance.senseless import served as served_as
from gateway.errors import VendorBusy
from gateway.port import not_understood, registry
from gateway.simulation import Answer, in_thread
from tests.adapters.bench import Bench, Pair
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.refused import RefusesItsAnswer, Renewing
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.adapters.served import configured, served

VOUCHED = (503, 409)
BODIES = ("", "no", "{}", "[]", "null", '"words"', '{"message": "down"}', '{"Message": "down"}', "{", HTML)


@pytest.fixture
def vouching(writer: Pair) -> Iterator[Bench]:
    """Each adapter that can adjust, with statuses that are vouched for."""
    with Bench(writer, not_applied=list(VOUCHED)) as bench:
        yield bench


def success(bench: Bench) -> Answer:
    """What the vendor answers to the effect; the test is skipped where that is nothing, which no answer contradicts."""
    answer = bench.answers("adjust")[bench.effect_number()]
    if not answer.body:
        pytest.skip("a success without a body says nothing under another status")
    return answer


@pytest.mark.parametrize("status", VOUCHED)
@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:12])
def test_a_failure_that_is_vouched_for_applied_nothing(vouching: Bench, status: int, body: str) -> None:
    """Not applied and worth another try, after as long as the vendor says; the evidence says on whose word."""
    vouching.spoil(vouching.effect_number(), served_as(body, status))
    outcome = vouching.adjust()
    assert (outcome.verdict, outcome.evidence["sent"], outcome.evidence["vouched"]) == (Verdict.NOT_APPLIED, True, True)
    assert isinstance(outcome.error, VendorBusy)
    assert (outcome.error.code, outcome.error.vendor_status) == ("vendor_unavailable", status)
    assert (outcome.error.retryable, outcome.error.retry_after) == (True, 7)


@pytest.mark.parametrize("status", VOUCHED)
def test_an_answer_that_speaks_of_a_success_is_unknown(vouching: Bench, status: int) -> None:
    """The body of a success under such a status contradicts it: nobody knows."""
    answer = success(vouching)
    vouching.spoil(vouching.effect_number(), served_as(answer, status, apply=True))
    outcome = vouching.adjust()
    assert (outcome.verdict, "vouched" in outcome.evidence) == (Verdict.UNKNOWN, False)


@pytest.mark.parametrize(
    "beside",
    ["[" + "0," * 4_000 + "0]", "[" * 5_000 + "]" * 5_000, "[" + "x    ,   " * 6_000 + "0]"],
    ids=["too many values", "too deep", "too much that cannot be told"],
)
def test_an_answer_that_is_not_read_may_speak_of_a_success(vouching: Bench, beside: str) -> None:
    """What is too costly to read is no proof, whatever it says."""
    answer = json.loads(success(vouching).body)
    body = f'{{"beside": {beside}, {json.dumps(answer)[1:]}'
    vouching.spoil(vouching.effect_number(), served_as(body, 503))
    outcome = vouching.adjust()
    assert (outcome.verdict, "vouched" in outcome.evidence) == (Verdict.UNKNOWN, False)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500, "body": "{}"},
        {"kind": "status", "status": 504, "body": ""},
        {"kind": "status", "status": 503, "body": "cut short", "headers": {"Content-Encoding": "gzip"}},
        {"kind": "close", "when": "after"},
        {"kind": "reset", "when": "before"},
    ],
    ids=str,
)
def test_nothing_else_is_vouched_for(vouching: Bench, fault: dict[str, Any]) -> None:
    """Another status, and an answer that did not come whole, stay unknown."""
    vouching.spoil(vouching.effect_number(), fault)
    outcome = vouching.adjust()
    assert (outcome.verdict, "vouched" in outcome.evidence) == (Verdict.UNKNOWN, False)


def test_by_default_nothing_is_vouched_for(writing: Bench) -> None:
    """A 503 is unknown unless the operator says otherwise."""
    writing.spoil(writing.effect_number(), served_as("", 503))
    assert writing.adjust().verdict is Verdict.UNKNOWN


def test_a_write_that_may_not_vouch_does_not(vouching: Bench) -> None:
    """In a repeat the statuses prove nothing, since nobody can tell which request they are about."""
    vouching.spoil(vouching.effect_number(), served_as("", 503))
    outcome = vouching.wait(vouching.delivery.write(vouching.translation("adjust")))
    assert outcome.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "body",
    [
        {"message": "down", "data": {"transactionCode": "t-1"}, "status": 503},
        {"message": "down", "data": {"ExceptionString": "late"}, "status": 503},
        {"message": "done", "data": {}, "status": 200},
    ],
)
def test_a_hint_at_an_effect_is_unknown(body: dict[str, Any]) -> None:
    """What an adapter takes for a hint that something happened is no less of one under a status that is vouched for."""
    pair = Pair(registry.adapters()["fabric"], registry.simulators()["fabric"])
    with Bench(pair, not_applied=[503]) as bench:
        bench.spoil(0, served_as(json.dumps(body), 503))
        assert bench.adjust().verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "body",
    [
        '{"Id": 7, "Id": 8, "Message": "down"}',
        '{"Message": "down", "Id": NaN}',
        '{"Message": "down", "Id": "7\ufffd"}',
        '{"Message": "down", "point": {"I\ufffd": 7}}',
    ],
)
def test_an_answer_of_which_something_cannot_be_told_is_unknown(body: str) -> None:
    """It may be the evidence of a success."""
    pair = Pair(registry.adapters()["contact-points"], registry.simulators()["contact-points"])
    with Bench(pair, not_applied=[503]) as bench:
        bench.spoil(0, served_as(body, 503))
        assert bench.adjust().verdict is Verdict.UNKNOWN


class Ignorant(Paper):
    """Takes any 2xx for a success, whatever the body."""

    def _success(self, response):  # type: ignore[no-untyped-def]
        """Judge by the status alone."""
        self.judge(response, listed=False)
        return {"entry": "e"}


class LosesItsWay(Paper):
    """Never asks in the same way twice."""

    calls = 0

    def _access(self):  # type: ignore[no-untyped-def]
        """Fetch a token, or not."""
        self.calls += 1
        if self.calls == 1:
            return (yield from super()._access())
        raise KeyError


@pytest.mark.parametrize(
    ("adapter", "verdict"),
    [
        (Ignorant, Verdict.NOT_APPLIED),
        (LosesItsWay, Verdict.UNKNOWN),
        (Renewing, Verdict.NOT_APPLIED),
        (RefusesItsAnswer, Verdict.NOT_APPLIED),
    ],
)
def test_what_an_adapter_reads_decides_what_speaks_of_a_success(adapter: type[Paper], verdict: Verdict) -> None:
    """A body that it does not look at says nothing; where it cannot be asked once more, nobody vouches."""
    from gateway.port.registry import AdapterType

    with Bench(Pair(AdapterType.of("paper", adapter), PaperSimulator), not_applied=[503]) as bench:
        bench.simulator.faults.add(
            *[{"kind": "delay", "seconds": 0}] * (adapter is not Renewing), served_as('{"error": "down"}', 503)
        )
        assert bench.adjust().verdict is verdict


@pytest.mark.parametrize("status", [200, 201])
def test_a_success_is_looked_for_under_each_usual_status(status: int) -> None:
    """An adapter may take only one of them for a success; the body of one speaks of it under a vouched status."""
    from gateway.port.registry import AdapterType

    class Particular(Paper):
        def _success(self, response):  # type: ignore[no-untyped-def]
            if response.status < 300 and response.status != status:
                not_understood("Neither a success nor a refusal", response)
            return super()._success(response)

    with Bench(Pair(AdapterType.of("paper", Particular), PaperSimulator), not_applied=[503]) as bench:
        bench.simulator.faults.add({"kind": "delay", "seconds": 0}, served_as('{"entry": "e-1"}', 503))
        outcome = bench.adjust()
    assert (outcome.verdict, "vouched" in outcome.evidence) == (Verdict.UNKNOWN, False)


def test_the_same_key_tries_again(tmp_path: Path) -> None:
    """Through a whole gateway: a 503 that is vouched for is retryable, and the next attempt is the one effect."""
    kinds = registry.adapters()
    vendor = registry.simulators()["contact-points"]()
    with in_thread(vendor):
        settings = configured(tmp_path, {"crm": {**vendor.settings, "not_applied": [503]}}, kinds)
        with served(settings, kinds) as gateway:
            vendor.faults.add({"kind": "status", "status": 503, "body": '{"Message": "Maintenance"}'})
            asked = {"member": "contact_id:1", "points": "5"}
            first, second = (gateway.adjust("crm", asked, key="key-1") for _ in range(2))
            problem = first.json()
            assert (first.status_code, problem["code"], problem["retryable"]) == (503, "vendor_unavailable", True)
            assert first.json()["vendor"]["message"] == "Maintenance"
            assert (second.status_code, second.json()["attempts"]) == (201, 2)
            assert len(vendor.effects) == 1
