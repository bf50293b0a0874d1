"""Whether a new key may be taken: what every problem says of it, and that whoever obeys never credits twice."""

import re
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest

from points_gateway_client import IdempotencyKeyReused, PointsClient
from tests.deadlines import DEADLINE
from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.configuration import KEYS
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors

FIVE = {"member": "contact_id:1", "points": "5"}
NOBODY = {"member": "contact_id:404", "points": "5"}
SIX = {**FIVE, "points": "6.5", "description": "Other", "options": {"contact-points": {"sub_type": "web"}}}
DIFFERING = ["/points", "/description", "/options/contact-points/sub_type"]
MEMBER = re.compile(rb'"new_key_allowed":(true|false),')
Calling = Callable[[GatewayProcess], Caller]


def changed(gateway: GatewayProcess, statement: str, *values: Any) -> None:
    """Change the journal of a gateway, beside it where it runs."""
    with closing(sqlite3.connect(gateway.journal, timeout=DEADLINE)) as journal, journal:
        journal.execute(statement, values)


def test_a_changed_repeat_of_an_unknown_allows_no_new_key(api: Caller, vendors: Vendors) -> None:
    """The problem names the adjustment, its status and the fields that differ, and says what to do instead."""
    key = api.new_key()
    vendors.crm.fault("close", when="after")
    unknown = api.adjust(FIVE, key=key)
    assert unknown.status_code == 202
    problem = refused(api.adjust(SIX, key=key), 422, "idempotency_key_reused")
    assert (problem["adjustment"], problem["new_key_allowed"]) == (unknown.json()["id"], False)
    assert [each["pointer"] for each in problem["errors"]] == DIFFERING
    assert f"{unknown.json()['id']}, whose status is unknown" in problem["detail"]
    assert "Send what this key was first sent with, or look at GET /v1/adjustments/adj_" in problem["detail"]
    assert "new key" not in problem["detail"]
    assert not {"5", "6.5", "Other", "web"} & set(re.findall(r"[\w.]+", str(problem["errors"]) + problem["detail"]))


def test_an_app_that_obeys_credits_once(api: Caller, vendors: Vendors) -> None:
    """After an unknown, a careless repeat with another description tells the client's user to stay with the key."""
    key = api.new_key()
    vendors.crm.fault("close", when="after")
    api.adjust(FIVE, key=key)
    with (
        PointsClient(str(api.http.base_url), KEYS["anywhere"], tenant="acme") as points,
        pytest.raises(IdempotencyKeyReused) as raised,
    ):
        points.adjust(FIVE["member"], FIVE["points"], idempotency_key=key, description="Changed")
    assert not raised.value.new_key_allowed
    assert raised.value.errors[0].pointer == "/description"
    assert vendors.crm.points == [Decimal(5)]


def test_a_changed_repeat_says_what_the_adjustment_allows(api: Caller, vendors: Vendors) -> None:
    """Only where the key's adjustment has failed for good may another adjustment have a new key."""
    standing: dict[str, bool] = {}
    for name, first, fault in (
        ("succeeded", FIVE, {}),
        ("failed", NOBODY, {}),
        ("failed, retryable", FIVE, {"kind": "status", "status": 429}),
    ):
        key = api.new_key()
        if fault:
            vendors.crm.fault(**fault)
        api.adjust(first, key=key)
        problem = refused(api.adjust(SIX, key=key), 422, "idempotency_key_reused")
        assert f"whose status is {name.partition(',')[0]}" in problem["detail"]
        assert ("a new key" in problem["detail"]) == problem["new_key_allowed"]
        standing[name] = problem["new_key_allowed"]
    assert standing == {"succeeded": False, "failed": True, "failed, retryable": False}


def test_a_refusal_by_the_vendor_allows_a_new_key(api: Caller) -> None:
    """The refusal, its replay and the adjustment that has it say that this one has failed for good."""
    key = api.new_key()
    first = api.adjust(NOBODY, key=key)
    assert refused(first, 404, "member_not_found")["new_key_allowed"] is True
    assert api.adjust(NOBODY, key=key).content == first.content
    assert api.under(key)["problem"] == first.json()
    assert api.adjustment(first.json()["adjustment"])["problem"] == first.json()


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 429}, {"kind": "status", "status": 401}], ids=str)
def test_what_can_be_tried_again_allows_no_new_key(api: Caller, vendors: Vendors, fault: dict[str, Any]) -> None:
    """A retryable failure is for the same key."""
    vendors.crm.fault(**fault)
    key = api.new_key()
    first = api.adjust(FIVE, key=key)
    assert first.json()["new_key_allowed"] is False
    assert api.under(key)["problem"] == first.json()


@pytest.mark.parametrize(
    "body", ["{", {**FIVE, "points": 0}, {**FIVE, "pending": True}, {"member": "card:1", "points": 5}], ids=str
)
def test_a_problem_without_an_adjustment_allows_no_new_key(api: Caller, vendors: Vendors, body: Any) -> None:
    """An earlier request under the key may still be on its way: the corrected one goes under the same key."""
    key = api.new_key()
    problem = api.adjust(body, key=key).json()
    assert (problem["new_key_allowed"], "adjustment" in problem) == (False, False)
    assert api.adjust(FIVE, key=key).status_code == 201


def test_what_cannot_be_sent_again_names_its_adjustment(
    start: Starts, calling: Calling, vendors: Vendors, configured: Callable[..., dict[str, Any]]
) -> None:
    """A next attempt that the configuration of today refuses is about the key's adjustment, and allows no new key."""
    vendors.crm.fault("status", status=429)
    gateway = start()
    described = {**FIVE, "point_type": "base"}
    failed = refused(calling(gateway).adjust(described, key="key-mapped"), 503, "vendor_rate_limited")
    gateway.stop()
    crm = {**configured()["vendors"]["crm"], "point_types": {"bonus": "b"}, "default_point_type": "bonus"}
    api = calling(start(vendors={**configured()["vendors"], "crm": crm}))
    problem = refused(api.adjust(described, key="key-mapped"), 422, "field_not_supported")
    assert (problem.get("adjustment"), problem["new_key_allowed"]) == (failed["adjustment"], False)


def test_a_contradicted_decision_allows_no_new_key(start: Starts, calling: Calling, vendors: Vendors) -> None:
    """A person's `not_applied` allows a new key until a late success contradicts it: from then on no answer does."""
    gateway = start()
    api, key = calling(gateway), "key-contradicted"
    vendors.crm.fault("hang", when="before")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(api.adjust, FIVE, key=key)
        vendors.crm.requests.wait_for(1)
        changed(gateway, "UPDATE adjustments SET lease_until = created_at")
        identifier = api.adjust(FIVE, key=key).json()["id"]
        path, word = f"/v1/adjustments/{identifier}/resolution", {"outcome": "not_applied", "reason": "Not there."}
        assert api.send("POST", path, json=word).json()["problem"]["new_key_allowed"] is True
        before = api.adjust(FIVE, key=key)
        assert refused(before, 502, "not_applied")["new_key_allowed"] is True
        vendors.crm.release()
        waited = first.result()
    assert refused(waited, 502, "not_applied")["new_key_allowed"] is False
    after = api.adjust(FIVE, key=key)
    assert after.headers["idempotent-replayed"] == "true"
    assert after.content == before.content.replace(b'"new_key_allowed":true', b'"new_key_allowed":false')
    assert refused(api.adjust(SIX, key=key), 422, "idempotency_key_reused")["new_key_allowed"] is False
    assert refused(api.send("POST", path, json=word), 409, "not_resolvable")["new_key_allowed"] is False
    assert api.under(key)["problem"] == api.adjustment(identifier, history=True)["problem"] == after.json()
    assert vendors.crm.points == [Decimal(5)]


def test_answers_that_were_kept_before_have_the_member_too(start: Starts, calling: Calling, vendors: Vendors) -> None:
    """An answer of an earlier gateway, without the member, is replayed with it, and else byte for byte."""
    vendors.crm.fault("status", status=400, body=r'{"Message": "\"retryable\":false,\"new_key_allowed\":false,"}')
    gateway = start()
    api = calling(gateway)
    first = api.adjust(FIVE, key="key-old")
    assert refused(first, 422, "vendor_rejected")["new_key_allowed"] is True
    gateway.stop()
    old = MEMBER.sub(b"", first.content, count=1)
    changed(gateway, "UPDATE adjustments SET answer_body = ?, problem = ?", old, old.decode())
    api = calling(start())
    assert api.adjust(FIVE, key="key-old").content == first.content
    assert api.under("key-old")["problem"] == first.json()
