"""The simulator against its vendor's document, over real sockets."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from adapters.fabric.simulator import FabricSimulator
from gateway.simulation import in_thread
from tests.deadlines import DEADLINE

TRANSACTION = "78660e74-02e3-11e8-b443-00163e911bd2"
TOKEN = "simulated-fabric-token"
SAMPLE = """{
  "profileId": "f90a1da5-c072-48b7-a9ea-eb35c5dd506b",
  "pointType": "Base",
  "billingEntity": "Company_Club",
  "points": 100,
  "reasonCode": "7502",
  "setToPending": false
}"""


@pytest.fixture
def vendor() -> Iterator[FabricSimulator]:
    simulator = FabricSimulator(new_id=lambda: UUID(TRANSACTION))
    with in_thread(simulator):
        yield simulator


def ask(
    vendor: FabricSimulator,
    body: str | dict[str, Any],
    *,
    path: str = "/v1/members/points-adjustment",
    method: str = "POST",
    authorization: str = f"Bearer {TOKEN}",
    content_type: str = "application/json",
) -> tuple[int, Any]:
    """Send a body; the HTTP status and the envelope that comes back."""
    answer = httpx.request(
        method,
        vendor.base_url + path,
        content=body if isinstance(body, str) else json.dumps(body),
        headers={"Authorization": authorization, "Content-Type": content_type},
        trust_env=False,
        timeout=DEADLINE,
    )
    return answer.status_code, answer.json()


def sample(**changes: Any) -> dict[str, Any]:
    return {**json.loads(SAMPLE), **changes}


def test_the_sample(vendor: FabricSimulator) -> None:
    """The document's sample is answered word for word, and applied."""
    assert ask(vendor, SAMPLE) == (
        200,
        {
            "message": "Member points adjusted",
            "errors": {},
            "data": {
                "Message": "100.0 points added",
                "futureDate": False,
                "ExceptionString": "",
                "transactionCode": TRANSACTION,
            },
            "status": 200,
        },
    )
    [effect] = vendor.effects
    assert effect.member == "profile_id:f90a1da5-c072-48b7-a9ea-eb35c5dd506b"
    assert (effect.points, effect.point_type, effect.transaction_id) == (Decimal(100), "Base", TRANSACTION)
    assert effect.said["reasonCode"] == "7502"


def test_only_points_and_profile_are_needed(vendor: FabricSimulator) -> None:
    """Null is the same as absent for the fields that may be null, and points are then Base."""
    least = {"points": 1, "profileId": sample()["profileId"]}
    assert ask(vendor, least)[1]["status"] == 200
    assert ask(vendor, {**least, "pointType": None, "billingEntity": None, "reasonCode": None})[1]["status"] == 200
    assert vendor.ledger.accounts[vendor.example.member] == {"Base": 2}


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ("-0.1", "0.1 points deducted"),
        ("2.50", "2.50 points added"),
        ("12345678901234567890.123456789012", "12345678901234567890.123456789012 points added"),
    ],
)
def test_points_are_exact(vendor: FabricSimulator, points: str, message: str) -> None:
    """Points are read digit for digit, positive or negative."""
    assert ask(vendor, SAMPLE.replace("100", points))[1]["data"]["Message"] == message
    assert vendor.ledger.balance(vendor.example.member, "Base") == Decimal(points)


def test_pending_points_are_kept_apart(vendor: FabricSimulator) -> None:
    """With setToPending the points are pending and not active."""
    ask(vendor, sample(setToPending=True))
    assert vendor.ledger.accounts[vendor.example.member] == {"Base (pending)": 100}


@pytest.mark.parametrize("authorization", ["", TOKEN, "Bearer wrong"])
def test_needs_the_token(vendor: FabricSimulator, authorization: str) -> None:
    """Without the bearer token the answer is 401, in the envelope too, and nothing is applied."""
    status, body = ask(vendor, SAMPLE, authorization=authorization)
    assert (status, body["status"], vendor.effects) == (401, 401, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("points", None),
        ("points", "100"),
        ("points", True),
        ("profileId", None),
        ("profileId", 1),
        ("pointType", ""),
        ("pointType", "Gold"),
        ("billingEntity", ""),
        ("billingEntity", 1),
        ("reasonCode", ""),
        ("reasonCode", 7502),
        ("reasonCode", "1"),
        ("setToPending", "false"),
        ("setToPending", None),
        ("setPending", True),
    ],
)
def test_a_wrong_field_is_named(vendor: FabricSimulator, field: str, value: Any) -> None:
    """A field that is not as documented is a failure inside HTTP 200, with lists by field, and applies nothing."""
    status, body = ask(vendor, sample(**{field: value}))
    assert (status, body["status"], list(body["errors"])) == (200, 400, [field])
    assert all(isinstance(reasons, list) for reasons in body["errors"].values())
    assert "transactionCode" not in body["data"]
    assert vendor.effects == []


def test_an_unknown_profile(vendor: FabricSimulator) -> None:
    """A profile that nobody has is status 404 inside HTTP 200."""
    unknown = str(vendor.example.unknown_member).partition(":")[2]
    status, body = ask(vendor, sample(profileId=unknown))
    assert (status, body["status"], list(body["errors"]), vendor.effects) == (200, 404, ["profileId"], [])


@pytest.mark.parametrize("body", ["", "[]", "{", '{"points": NaN}', '{"points": 1, "points": 2}'])
def test_what_is_not_a_json_object_is_refused(vendor: FabricSimulator, body: str) -> None:
    """A body that cannot be read is 400."""
    assert ask(vendor, body)[0] == 400


def test_other_requests_are_refused(vendor: FabricSimulator) -> None:
    """Another path, method or media type is refused in the envelope."""
    assert ask(vendor, SAMPLE, path="/v1/members")[1]["status"] == 404
    assert ask(vendor, SAMPLE, path="/v1/members/points-adjustment?x=1")[1]["status"] == 404
    assert ask(vendor, SAMPLE, method="PUT")[1]["status"] == 405
    assert ask(vendor, SAMPLE, content_type="text/plain")[1]["status"] == 415
    assert vendor.effects == []
