"""From records to what callers are told: nothing final before it is, and nothing retryable once it was unknown."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adjustments import Draft, Record, Resolution, State, Status
from gateway.answers import rendering
from gateway.errors import FieldError, InvalidRequest, VendorRateLimited, VendorRejected
from gateway.model import Adjustment, Applied, Balance, Member
from gateway.write import Write

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
DRAFT = Draft(
    id="adj_1",
    client="app",
    tenant="acme",
    key="key",
    fingerprint="f",
    write=Write(Adjustment(Member("email", "a"), Decimal("5.0"), options={"x": {"value": Decimal("0.10"), "n": 3}})),
    vendor="crm",
    adapter="some-vendor",
    rule="tenants.acme.routes.adjust[0]",
    not_sent=("store",),
    lease=15.0,
)
RECORD = Record(DRAFT, State(), NOON, NOON)


def told(error: VendorRejected | VendorRateLimited) -> dict[str, Any]:
    """The problem of an error as it is kept."""
    error.vendor = ("crm", "some-vendor")
    error.adjustment = "adj_1"
    return rendering.problem(error, request_id="req_1").model_dump()


@pytest.mark.parametrize(
    "state",
    [State(), State(Status.UNKNOWN), State(Status.FAILED, retryable=True), State(Status.IN_PROGRESS, attempt=2)],
)
def test_nothing_is_kept_that_may_change(state: State) -> None:
    """There is no final answer while anything can still become of an adjustment."""
    record = RECORD._replace(state=state, problem=told(VendorRateLimited()) if state.retryable else None)
    assert rendering.final_answer(record) is None


def test_a_success_is_201() -> None:
    """The final answer of a success is the adjustment, with what the vendor said and null for what it did not."""
    applied = Applied("t1", Balance(available=Decimal("105.50")), {"amount": Decimal("5.0"), "list": [Decimal(1)]})
    answer = rendering.final_answer(RECORD._replace(state=State(Status.SUCCEEDED), applied=applied, completed_at=NOON))
    assert answer is not None
    assert answer.status == 201
    document = orjson.loads(answer.body)
    assert document["balance"] == {
        "available": "105.5",
        **dict.fromkeys(("total", "pending", "held", "lifetime", "next_expiry", "updated_at")),
    }
    assert document["vendor"]["details"] == {"amount": "5", "list": ["1"]}
    assert document["options"] == {"x": {"value": "0.1", "n": 3}}
    assert (document["points"], document["not_sent"], document["problem"]) == ("5", ["store"], None)


def test_a_success_without_a_balance() -> None:
    """A vendor that says no balance leaves null, not a balance of nulls."""
    record = RECORD._replace(state=State(Status.SUCCEEDED), applied=Applied("t1"))
    assert rendering.adjustment(record).balance is None


def test_a_refusal_keeps_its_problem() -> None:
    """The final answer of a refusal is the problem as its first caller was told it, and that it is for good."""
    problem = told(VendorRejected("No.", vendor_status=400, vendor_code="E1", vendor_message="No."))
    answer = rendering.final_answer(RECORD._replace(state=State(Status.FAILED), problem=problem))
    assert answer is not None
    assert (answer.status, orjson.loads(answer.body)) == (422, {**problem, "new_key_allowed": True})


FAILED = RECORD._replace(state=State(Status.FAILED))


@pytest.mark.parametrize(
    ("record", "allowed"),
    [
        (FAILED, True),
        (FAILED._replace(state=State(Status.FAILED, attempt=3)), True),
        (FAILED._replace(conflict=True), False),
        (FAILED._replace(state=State(Status.FAILED, retryable=True)), False),
        (FAILED._replace(state=State(Status.UNKNOWN)), False),
        (FAILED._replace(state=State(Status.IN_PROGRESS, attempt=2)), False),
        (FAILED._replace(state=State(Status.SUCCEEDED)), False),
    ],
)
def test_a_new_key_is_allowed_where_this_one_failed_for_good(record: Record, allowed: bool) -> None:
    """Failed, not retryable, and contradicted by nothing: only then can another key not apply the points twice."""
    assert record.new_key_allowed is allowed


TEXTS = st.text() | st.sampled_from(['"retryable":true,', '\\"retryable":false', '"new_key_allowed":true', '",'])


@given(detail=TEXTS, code=TEXTS, message=TEXTS, old=st.booleans(), conflict=st.booleans())
def test_a_replay_tells_of_a_new_key_as_it_is_now(
    detail: str, code: str, message: str, old: bool, conflict: bool
) -> None:
    """Whatever texts are in it, and whether it has the member or is older: that member is as it is now, and no byte
    of the rest is another."""
    problem = told(VendorRejected(detail, vendor_status=400, vendor_code=code, vendor_message=message))
    record = FAILED._replace(problem=problem)
    answer = rendering.final_answer(record)
    assert answer is not None
    head, member, tail = answer.body.partition(b',"new_key_allowed":true,"request_id":"req_1"')
    assert member
    kept = head + (b',"request_id":"req_1"' if old else member) + tail
    replay = rendering.replay(record._replace(answer=replace(answer, body=kept), conflict=conflict))
    assert replay is not None
    assert replay.status == answer.status
    assert replay.body == head + (member.replace(b"true", b"false") if conflict else member) + tail
    assert rendering.adjustment(record._replace(conflict=conflict)).problem == orjson.loads(replay.body)


def test_the_replay_of_a_success_is_what_is_kept() -> None:
    """A success is replayed byte for byte, whatever came late."""
    record = RECORD._replace(state=State(Status.SUCCEEDED), applied=Applied("t1"), conflict=True)
    answer = rendering.final_answer(record)
    assert answer is not None
    assert rendering.replay(record._replace(answer=answer)) == answer


def test_nothing_is_replayed_before_the_end() -> None:
    """What has no final answer has no replay."""
    assert rendering.replay(RECORD._replace(state=State(Status.FAILED, retryable=True))) is None


@pytest.mark.parametrize("resolved", [True, False])
def test_what_was_unknown_fails_for_good(resolved: bool) -> None:
    """A failure after `unknown` is 502 `not_applied` and not retryable, whoever settled it and whatever it was."""
    resolution = Resolution(applied=False, reason="No.", by="support", at=NOON) if resolved else None
    problem = None if resolved else told(VendorRateLimited("Slow down"))
    record = RECORD._replace(state=State(Status.FAILED), resolution=resolution, problem=problem)
    answer = rendering.final_answer(record)
    assert answer is not None
    document = orjson.loads(answer.body)
    assert (answer.status, document["code"], document["retryable"]) == (502, "not_applied", False)
    assert (document["adjustment"], document["vendor"]["name"]) == ("adj_1", "crm")
    assert ("person" in document["detail"]) is resolved


def test_a_vendors_words_are_bounded() -> None:
    """Nothing that a vendor says makes a problem long."""
    text = "x" * 10_000
    problem = told(VendorRejected(text, vendor_code=text, vendor_message=text))
    assert [len(problem["detail"]), len(problem["vendor"]["code"]), len(problem["vendor"]["message"])] == [500] * 3
    assert problem["detail"].endswith("…")


def test_parts_that_do_not_apply_are_left_out() -> None:
    """A problem about the request has neither vendor nor adjustment; one about the vendor has no fields."""
    error = InvalidRequest("No.", errors=(FieldError("/points", "wrong"),))
    said = rendering.problem(error, request_id="req_1").model_dump()
    assert said["errors"] == [{"pointer": "/points", "detail": "wrong"}]
    assert not {"vendor", "adjustment"} & said.keys()
    assert "errors" not in told(VendorRejected())
