"""The simulator against its vendor's document, over real sockets."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from adapters.expiring_points.simulator import ExpiringPointsSimulator
from gateway.simulation import in_thread
from tests.deadlines import DEADLINE

SAMPLE = """{
"token": "abc123def456",
"loyalty_program_id": 123,
"points_currency_eid": "bonus_points",
"matching": "email",
"email": "user@example.com",
"date_from": "2023-09-01T00:00:00Z",
"date_to": "2023-09-30T23:59:59Z"
}"""
SAMPLE_XML = """<xml>
<token>abc123def456</token>
<loyalty_program_id>123</loyalty_program_id>
<points_currency_eid>bonus_points</points_currency_eid>
<matching>email</matching>
<email>user@example.com</email>
<date_from>2023-09-01T00:00:00Z</date_from>
<date_to>2023-09-30T23:59:59Z</date_to>
</xml>"""


@pytest.fixture
def vendor() -> Iterator[ExpiringPointsSimulator]:
    simulator = ExpiringPointsSimulator(now=lambda: datetime(2026, 1, 1, 12, tzinfo=UTC))
    with in_thread(simulator):
        yield simulator


def send(
    vendor: ExpiringPointsSimulator,
    body: str | dict[str, Any],
    *,
    path: str = "/api/v1.1/loyalty/account/expiring_points",
    method: str = "POST",
    content_type: str = "application/json",
) -> httpx.Response:
    return httpx.request(
        method,
        vendor.base_url + path,
        content=body if isinstance(body, str) else json.dumps(body),
        headers={"Content-Type": content_type},
        trust_env=False,
        timeout=DEADLINE,
    )


def sample(*without: str, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**json.loads(SAMPLE), **changes}.items() if name not in without}


def points(vendor: ExpiringPointsSimulator, body: dict[str, Any]) -> str:
    answer = send(vendor, body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["expiring_points"])


def test_the_sample_in_json(vendor: ExpiringPointsSimulator) -> None:
    """The document's sample is answered word for word."""
    answer = send(vendor, SAMPLE)
    assert answer.status_code == 200
    assert answer.json() == {
        "data": {"expiring_points": "150.24"},
        "error": 0,
        "error_text": "Successful operation",
    }


@pytest.mark.parametrize("content_type", ["application/xml", "text/xml; charset=utf-8"])
def test_the_sample_in_xml(vendor: ExpiringPointsSimulator, content_type: str) -> None:
    """The document's XML sample is answered word for word, in XML."""
    answer = send(vendor, SAMPLE_XML, content_type=content_type)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/xml")
    assert answer.text == (
        "<xml><data><expiring_points>150.24</expiring_points></data>"
        "<error>0</error><error_text>Successful operation</error_text></xml>"
    )


@pytest.mark.parametrize(
    "lookup",
    [
        {"matching": "phone", "phone": "+1234567890"},
        {"matching": "profile_id", "profile_id": "profile_123"},
        {"matching": "custom", "field_name": "user_id", "field_value": "12345"},
        {"matching": "custom", "field_name": "user_id", "field_value": 12345},
    ],
)
def test_every_way_of_matching(vendor: ExpiringPointsSimulator, lookup: dict[str, Any]) -> None:
    """The member is found by phone, profile ID and custom field (text or number), as by e-mail."""
    assert points(vendor, sample("email", **lookup)) == "150.24"


def test_a_custom_field_in_xml(vendor: ExpiringPointsSimulator) -> None:
    """XML names a custom field like any other parameter."""
    lookup = "<matching>custom</matching><field_name>user_id</field_name><field_value>12345</field_value>"
    body = SAMPLE_XML.replace("<matching>email</matching>\n<email>user@example.com</email>", lookup)
    assert "<expiring_points>150.24<" in send(vendor, body, content_type="application/xml").text


def test_a_currency_by_either_id(vendor: ExpiringPointsSimulator) -> None:
    """The currency is known by its internal ID too; both may be given where they agree."""
    assert points(vendor, sample("points_currency_eid", points_currency_iid=1)) == "150.24"
    assert points(vendor, sample(points_currency_iid=1)) == "150.24"
    assert points(vendor, sample("points_currency_eid", points_currency_iid=2)) == "0"
    assert send(vendor, sample(points_currency_iid=2)).json()["error"] == 400


@pytest.mark.parametrize(
    ("date_from", "date_to", "expected"),
    [
        ("2023-09-01T00:00:00Z", "2023-09-01T00:00:00Z", "100.10"),
        ("2023-09-01T00:00:00.0000001Z", "2023-09-30T23:59:58.999999999Z", "120.14"),
        ("2023-09-01T02:00:00+02:00", "2023-10-01T01:59:59+02:00", "150.24"),
        ("2023-08-01t00:00:00z", "2023-10-01T00:00:00Z", "165.24"),
        ("2026-01-01T12:00:00Z", "2026-04-01T12:00:00Z", "62.75"),
        ("0001-01-01T00:00:00+10:00", "2023-01-01T00:00:00Z", "0"),
    ],
)
def test_both_ends_are_included(vendor: ExpiringPointsSimulator, date_from: str, date_to: str, expected: str) -> None:
    """Points that expire on either end of the period count, exactly, whatever its offset; also in the days to come."""
    assert points(vendor, sample(date_from=date_from, date_to=date_to)) == expected


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (sample("token"), 401, 401),
        (sample(token="wrong"), 401, 401),
        (sample(token="tariff-used-up"), 200, 402),
        (sample(loyalty_program_id=999), 403, 403),
        (sample(email="nobody@example.com"), 404, 404),
    ],
)
def test_errors_come_in_the_envelope(
    vendor: ExpiringPointsSimulator, body: dict[str, Any], status: int, code: int
) -> None:
    """A refused token, tariff, programme or member is an error code with a text, and no data."""
    answer = send(vendor, body)
    assert (answer.status_code, answer.json()["error"], list(answer.json())) == (status, code, ["error", "error_text"])


@pytest.mark.parametrize(
    "body",
    [
        sample("loyalty_program_id"),
        sample(loyalty_program_id="123"),
        sample(loyalty_program_id=True),
        sample("points_currency_eid"),
        sample(points_currency_eid="gold"),
        sample("points_currency_eid", points_currency_iid=9),
        sample("points_currency_eid", points_currency_iid="1"),
        sample("date_from"),
        sample("date_to"),
        sample(date_from="2023-09-01"),
        sample(date_from="2023-09-01T00:00:00"),
        sample(date_from="2023-09-31T00:00:00Z"),
        sample(date_from="20230901T000000Z"),
        sample(date_from="2023-10-01T00:00:00Z"),
        sample("matching"),
        sample(matching="contact"),
        sample("email"),
        sample(email=5),
        sample(matching="custom", field_value="12345"),
        sample(matching="custom", field_name="user_id"),
        sample(matching="custom", field_name="user_id", field_value=1.5),
        sample(matching="phone"),
        sample(matching="profile_id"),
        sample(e_mail="user@example.com"),
        "",
        "[]",
        SAMPLE_XML,
    ],
)
def test_a_wrong_request_is_400(vendor: ExpiringPointsSimulator, body: str | dict[str, Any]) -> None:
    """A parameter that is missing, mistyped, unknown or contradictory is error 400."""
    answer = send(vendor, body)
    assert (answer.status_code, answer.json()["error"]) == (400, 400)


@pytest.mark.parametrize(
    "body",
    [
        SAMPLE_XML.replace("xml>", "request>"),
        SAMPLE_XML.replace(">123<", ">one<"),
        SAMPLE_XML.replace("</token>", "</token><token>abc123def456</token>"),
        SAMPLE_XML.replace("email>user", "email><b>user</b>"),
        '<!DOCTYPE x [<!ENTITY a "b">]>' + SAMPLE_XML.replace("abc123def456", "&a;"),
        "<xml>",
        SAMPLE,
    ],
)
def test_a_wrong_xml_request_is_400_in_xml(vendor: ExpiringPointsSimulator, body: str) -> None:
    """XML that is not plain parameters in one <xml> is error 400, said in XML."""
    answer = send(vendor, body, content_type="application/xml")
    assert answer.status_code == 400
    assert "<error>400</error>" in answer.text


def test_other_requests_are_refused(vendor: ExpiringPointsSimulator) -> None:
    """Another path, method or media type is refused, in the envelope."""
    assert send(vendor, SAMPLE, path="/api/v1.1/loyalty").json()["error"] == 404
    assert send(vendor, SAMPLE, method="PUT").json()["error"] == 405
    assert send(vendor, SAMPLE, content_type="text/plain").json()["error"] == 400
