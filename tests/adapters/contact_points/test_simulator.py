"""The simulator against its vendor's document, over real sockets."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from adapters.contact_points.simulator import ContactPointsSimulator
from gateway.simulation import in_thread
from tests.deadlines import DEADLINE

KEY = "simulated-contact-points-key"
SAMPLE = """{
  "ContactId": 1,
  "ContactCompanyId": 1,
  "Type": "sample string 2",
  "Amount": 3.0,
  "Description": "sample string 4",
  "SourceId": "sample string 5",
  "SourceDescription": "sample string 6",
  "StoreId": 1,
  "BookValue": 1.0,
  "SubType": "sample string 7",
  "PointCalculationBase": 1.0,
  "Dynamic_": "sample string 8"
}"""


@pytest.fixture
def vendor() -> Iterator[ContactPointsSimulator]:
    simulator = ContactPointsSimulator(now=lambda: datetime(2024, 3, 29, 6, 37, 11, 594_399, tzinfo=UTC))
    with in_thread(simulator):
        yield simulator


def send(
    vendor: ContactPointsSimulator,
    body: str | dict[str, Any],
    *,
    path: str = "/api/v1/Points",
    method: str = "POST",
    key: str = KEY,
    content_type: str = "application/json",
) -> httpx.Response:
    return httpx.request(
        method,
        vendor.base_url + path,
        content=body if isinstance(body, str) else json.dumps(body),
        headers={"X-ApiKey": key, "Content-Type": content_type},
        trust_env=False,
        timeout=DEADLINE,
    )


def sample(**changes: Any) -> dict[str, Any]:
    return {**json.loads(SAMPLE), **changes}


@pytest.mark.parametrize("content_type", ["application/json", "text/json; charset=utf-8"])
def test_the_sample(vendor: ContactPointsSimulator, content_type: str) -> None:
    """The document's request is answered with every documented field, in its order; what was sent comes back."""
    answer = send(vendor, SAMPLE, content_type=content_type)
    assert answer.status_code == 200
    assert list(answer.json().items()) == [
        ("Id", 1),
        ("ContactId", 1),
        ("ContactCompanyId", 1),
        ("Type", "sample string 2"),
        ("Amount", 3.0),
        ("Sum", 4.0),
        ("DateTime", "2024-03-29T06:37:11.5943990+00:00"),
        ("Description", "sample string 4"),
        ("SourceId", "sample string 5"),
        ("SourceDescription", "sample string 6"),
        ("StoreId", 1),
        ("AdministratorId", None),
        ("BookValue", 1.0),
        ("SubType", "sample string 7"),
        ("PointCalculationBase", 1.0),
        ("ConverterTransactionId", None),
        ("IsCanceller", False),
        ("CancellerPointId", None),
    ]
    assert '"Amount": 3.0, "Sum": 4.0' in answer.text
    [effect] = vendor.effects
    assert (effect.member, effect.points, effect.point_type) == ("contact_id:1", Decimal(3), "sample string 2")
    assert (effect.transaction_id, effect.said["Dynamic_"]) == ("1", "sample string 8")


def test_only_four_fields_are_needed(vendor: ContactPointsSimulator) -> None:
    """What was not given, or given as null, comes back as null."""
    least = {"ContactId": 2, "Type": "x", "Amount": 5, "Description": "d"}
    nulls = dict.fromkeys(["ContactCompanyId", "SourceId", "StoreId", "BookValue", "SubType", "Dynamic_Test"])
    for body in (least, {**least, **nulls}):
        answer = send(vendor, body)
        assert answer.json()["StoreId"] is None
        assert answer.json()["BookValue"] is None
    assert '"Amount": 5.0, "Sum": 10.0' in answer.text


def test_numbers_are_exact(vendor: ContactPointsSimulator) -> None:
    """Amounts keep their digits, and sums are not rounded."""
    send(vendor, SAMPLE.replace("3.0", "0.1").replace("sample string 2", "x"))
    answer = send(vendor, SAMPLE.replace("3.0", "-12345678901234567890.20").replace("sample string 2", "x"))
    assert '"Amount": -12345678901234567890.20, "Sum": -12345678901234567890.10' in answer.text


def test_sum_is_of_contact_and_type(vendor: ContactPointsSimulator) -> None:
    """Each contact and type has a running total of its own."""
    send(vendor, sample(Type="a"))
    assert send(vendor, sample(Type="b")).json()["Sum"] == 3
    assert send(vendor, sample(Type="a", ContactId=2)).json()["Sum"] == 3
    assert send(vendor, sample(Type="a")).json()["Sum"] == 6


def test_the_same_source_twice_makes_two_points(vendor: ContactPointsSimulator) -> None:
    """SourceId is no guard against repeating."""
    assert [send(vendor, SAMPLE).json()["Id"] for _ in range(2)] == [1, 2]
    assert [effect.said["SourceId"] for effect in vendor.effects] == ["sample string 5"] * 2


def test_an_unknown_contact(vendor: ContactPointsSimulator) -> None:
    """A contact that is not there is 404 with a message, and nothing is applied."""
    answer = send(vendor, sample(ContactId=404))
    assert (answer.status_code, list(answer.json()), vendor.effects) == (404, ["Message"], [])


@pytest.mark.parametrize("key", ["", "wrong", f"Bearer {KEY}"])
def test_needs_the_key(vendor: ContactPointsSimulator, key: str) -> None:
    """Without the key in X-ApiKey the answer is 401, and nothing is applied."""
    assert (send(vendor, SAMPLE, key=key).status_code, vendor.effects) == (401, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ContactId", None),
        ("ContactId", "1"),
        ("ContactId", 1.0),
        ("ContactId", True),
        ("ContactCompanyId", "1"),
        ("Type", None),
        ("Type", ""),
        ("Type", "x" * 33),
        ("Amount", None),
        ("Amount", "3.0"),
        ("Amount", False),
        ("Description", None),
        ("Description", ""),
        ("SourceId", "x" * 256),
        ("SourceId", 5),
        ("SourceDescription", 5),
        ("StoreId", "12"),
        ("StoreId", 1.5),
        ("BookValue", "1.0"),
        ("SubType", "x" * 33),
        ("PointCalculationBase", []),
        ("Dynamic_Test", 5),
        ("Subtype", "x"),
    ],
)
def test_a_wrong_field_is_named(vendor: ContactPointsSimulator, field: str, value: Any) -> None:
    """A field that is not as documented is 400, named in ModelState, and nothing is applied."""
    answer = send(vendor, sample(**{field: value}))
    assert (answer.status_code, list(answer.json()), vendor.effects) == (400, ["Message", "ModelState"], [])
    assert list(answer.json()["ModelState"]) == [f"dto.{field}"]


@pytest.mark.parametrize(
    ("field", "length"), [("Type", 32), ("SubType", 32), ("SourceId", 255), ("Description", 5000), ("Dynamic_Test", 9)]
)
def test_lengths_up_to_the_documented_are_taken(vendor: ContactPointsSimulator, field: str, length: int) -> None:
    """The longest documented text is taken, and what has no documented length is not limited."""
    assert send(vendor, sample(**{field: "æ" * length})).status_code == 200


def test_other_requests_are_refused(vendor: ContactPointsSimulator) -> None:
    """Another path, method, media type, or a body that is not a JSON object is refused."""
    assert send(vendor, SAMPLE, path="/api/v1/points").status_code == 404
    assert send(vendor, SAMPLE, method="GET").status_code == 405
    assert send(vendor, "ContactId=1", content_type="application/x-www-form-urlencoded").status_code == 415
    assert [send(vendor, body).status_code for body in ("", "[]", "{")] == [400, 400, 400]
    assert vendor.effects == []
