"""The simulator against its vendor's document, over real sockets."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from adapters.contact_points.simulator import ContactPointsSimulator
from gateway.simulation import Request, in_thread
from tests.deadlines import DEADLINE
from tests.plain import PLAIN

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
        verify=PLAIN,
        timeout=DEADLINE,
    )


def read(vendor: ContactPointsSimulator, path: str, *, key: str = KEY) -> tuple[int, Any]:
    """Read a path with its query; the status and the JSON that comes back."""
    answer = send(vendor, "", path=path, method="GET", key=key)
    return answer.status_code, answer.json()


def ids(vendor: ContactPointsSimulator, path: str) -> list[int]:
    """The ids of the points that a path lists."""
    status, rows = read(vendor, path)
    assert status == 200, rows
    return [row["Id"] for row in rows]


def cancel(vendor: ContactPointsSimulator, point: int | str) -> httpx.Response:
    return send(vendor, "", path=f"/api/v1/Points/{point}/Cancel")


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
    assert (effect.transaction_id, effect.fields["Dynamic_"]) == ("1", "sample string 8")


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
    assert [effect.fields["SourceId"] for effect in vendor.effects] == ["sample string 5"] * 2


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


def test_a_point_by_its_id(vendor: ContactPointsSimulator) -> None:
    """A point is read with all fields that its creation answered; another id is 404 with a message."""
    created = send(vendor, SAMPLE).json()
    assert read(vendor, "/api/v1/Points/1") == (200, created)
    for unknown in ("/api/v1/Points/2", "/api/v1/Points/0"):
        status, body = read(vendor, unknown)
        assert (status, list(body)) == (404, ["Message"])
    assert read(vendor, "/api/v1/Points/2147483648")[0] == 400


def test_a_cancelled_point(vendor: ContactPointsSimulator) -> None:
    """Cancelling adds a point with the opposite amount, which the original names; the sum is as before."""
    amount = "12345678901234567890.123456789012"
    send(vendor, SAMPLE.replace("3.0", amount))
    answer = cancel(vendor, 1)
    assert (answer.status_code, answer.content) == (200, b"")
    original, canceller = (read(vendor, f"/api/v1/Points/{number}")[1] for number in (1, 2))
    assert (original["IsCanceller"], original["CancellerPointId"]) == (False, 2)
    assert (canceller["IsCanceller"], canceller["CancellerPointId"]) == (True, None)
    assert (canceller["ContactId"], canceller["Type"], canceller["Sum"]) == (1, "sample string 2", 1.0)
    assert (canceller["SourceId"], canceller["BookValue"]) == ("sample string 5", -1.0)
    assert [effect.points for effect in vendor.effects] == [Decimal(amount), Decimal(f"-{amount}")]
    assert vendor.effects[-1].transaction_id == "2"
    assert vendor.ledger.balance("contact_id:1", "sample string 2") == 1


def test_a_point_is_cancelled_once(vendor: ContactPointsSimulator) -> None:
    """A second cancel, the cancel of a canceller and one with a body are 400, of an unknown point 404; none applies."""
    send(vendor, SAMPLE)
    cancel(vendor, 1)
    for refused in (cancel(vendor, 1), cancel(vendor, 2)):
        assert (refused.status_code, list(refused.json())) == (400, ["Message"])
    assert cancel(vendor, 3).status_code == 404
    assert send(vendor, "{}", path="/api/v1/Points/1/Cancel").status_code == 400
    assert send(vendor, "", path="/api/v1/Points/1/Cancel", method="GET").status_code == 405
    assert len(vendor.effects) == 2


def test_the_sums_of_a_contact(vendor: ContactPointsSimulator) -> None:
    """There is one row for each type that the contact has points of, exact, with the time of its last change."""
    start = "2024-03-29T06:37:11.5943990+00:00"
    opening = {"ContactId": 1, "Type": "sample string 2", "Sum": 1.0, "LastModified": start}
    assert read(vendor, "/api/v1/Points/Sums?contactId=1") == (200, [opening])
    send(vendor, sample(Type="a", Amount=2))
    answer = send(vendor, "", path="/api/v1/Points/Sums?contactId=1&type=a", method="GET")
    assert answer.text == f'[{{"ContactId": 1, "Type": "a", "Sum": 2.0, "LastModified": "{start}"}}]'
    assert len(read(vendor, "/api/v1/Points/Sums?contactId=1")[1]) == 2


def test_no_point_is_no_sum(vendor: ContactPointsSimulator) -> None:
    """A contact without points of a type has no row for it, and neither has a contact that does not exist."""
    assert read(vendor, "/api/v1/Points/Sums?contactId=1&type=b") == (200, [])
    assert read(vendor, "/api/v1/Points/Sums?contactId=2") == (200, [])
    assert read(vendor, "/api/v1/Points/Sums?contactId=404") == (200, [])


def test_the_points_of_a_period(vendor: ContactPointsSimulator) -> None:
    """The account's points of one type are listed by creation time, both ends included, and by store."""
    send(vendor, sample(Type="a"))
    send(vendor, sample(Type="a", StoreId=2, ContactId=2))
    send(vendor, sample(Type="b"))
    moment = "2024-03-29T06:37:11.594399Z"
    assert ids(vendor, f"/api/v1/Points?type=a&from={moment}&to={moment}") == [1, 2]
    assert ids(vendor, f"/api/v1/Points?type=a&from={moment}&to={moment}&storeId=2") == [2]
    assert ids(vendor, f"/api/v1/Points?type=a&from=2024-03-29T06:37:12Z&to={moment}") == []


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("contactId=1", [1, 3]),
        ("contactId=2", [2]),
        ("sourceId=s", [1, 2]),
        ("contactId=1&sourceId=s&type=a", [1]),
        ("type=b", [3]),
        ("storeId=7", [3]),
        ("contactCompanyId=9", [2]),
        ("contactId=1&datetimeFrom=2024-03-29T06:37:11.5943990%2B00:00", [1, 3]),
        ("contactId=1&datetimeTo=2024-03-29T07:37:11.5943990%2B01:00", [1, 3]),
        ("contactId=1&datetimeFrom=2024-03-29T06:37:12.0000000%2B00:00", []),
        ("contactId=1&datetimeTo=2024-03-29T06:37:11.0000000%2B00:00", []),
        ("sourceId=", []),
    ],
)
def test_the_search_by_every_filter(vendor: ContactPointsSimulator, filters: str, found: list[int]) -> None:
    """A search finds the points that all filters match, oldest first."""
    send(vendor, sample(Type="a", SourceId="s"))
    send(vendor, sample(Type="a", SourceId="s", ContactId=2, ContactCompanyId=9))
    send(vendor, sample(Type="b", SourceId="t", StoreId=7))
    assert ids(vendor, f"/api/v2/sample/Points?{filters}") == found


def test_cancelled_points_are_hidden_unless_asked_for(vendor: ContactPointsSimulator) -> None:
    """Only with includeCancelPoints=true a search finds what was cancelled and what cancelled it."""
    send(vendor, sample(SourceId="s"))
    send(vendor, sample(SourceId="s"))
    cancel(vendor, 1)
    search = "/api/v2/sample/Points?contactId=1&sourceId=s"
    assert ids(vendor, search) == [2]
    assert ids(vendor, f"{search}&includeCancelPoints=false") == [2]
    assert ids(vendor, f"{search}&includeCancelPoints=true") == [1, 2, 3]


def test_the_points_page_by_page(vendor: ContactPointsSimulator) -> None:
    """A page has the rows after the last id, of all contacts, at most 100; an empty one is the end."""
    for number in range(105):
        vendor.handle(
            Request(
                "POST",
                "/api/v1/Points",
                (("X-ApiKey", KEY), ("Content-Type", "application/json")),
                json.dumps(sample(ContactId=1 + number % 2, Type="ab"[number % 2])).encode(),
            )
        )
    assert ids(vendor, "/api/v2/sample/Points/Page/0") == list(range(1, 21))
    assert ids(vendor, "/api/v2/sample/Points/Page/20?take=2") == [21, 22]
    assert ids(vendor, "/api/v2/sample/Points/Page/20?type=b&take=2") == [22, 24]
    assert len(ids(vendor, "/api/v2/sample/Points/Page/0?take=1000")) == 100
    assert ids(vendor, "/api/v2/sample/Points/Page/104?take=100") == [105]
    assert ids(vendor, "/api/v2/sample/Points/Page/105") == []


def test_a_point_of_v2_has_no_administrator(vendor: ContactPointsSimulator) -> None:
    """One point, a search and a page answer the same row in v2, which is that of v1 without AdministratorId."""
    created = send(vendor, SAMPLE).json()
    del created["AdministratorId"]
    assert read(vendor, "/api/v2/sample/Points/1") == (200, created)
    assert read(vendor, "/api/v2/sample/Points?contactId=1") == (200, [created])
    assert read(vendor, "/api/v2/sample/Points/Page/0") == (200, [created])


def test_a_contact_by_id_email_and_phone(vendor: ContactPointsSimulator) -> None:
    """A contact is found by its id, its email or its phone without the country code, and shows all of them."""
    status, contact = read(vendor, "/api/v1/Contacts/1")
    assert status == 200
    assert (contact["Id"], contact["Email"]) == (1, "user@example.com")
    assert (contact["PhoneCountryCode"], contact["Phone"]) == ("45", "12345678")
    assert read(vendor, "/api/v1/Contacts?email=user%40example.com") == (200, contact)
    assert read(vendor, "/api/v1/Contacts?phone=12345678") == (200, contact)
    assert read(vendor, "/api/v1/Contacts?email=other@example.com")[1]["Id"] == 2


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/Contacts/3",
        "/api/v1/Contacts?email=nobody@example.com",
        "/api/v1/Contacts?email=User@example.com",
        "/api/v1/Contacts?phone=%2B4512345678",
        "/api/v1/Contacts?phone=4512345678",
        "/api/v1/Contacts?phone=",
    ],
)
def test_no_such_contact_is_404(vendor: ContactPointsSimulator, path: str) -> None:
    """What no contact has is 404 with a message; a phone with its country code is nobody's."""
    status, body = read(vendor, path)
    assert (status, list(body)) == (404, ["Message"])


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/Points/one",
        "/api/v1/Points/Sums",
        "/api/v1/Points/Sums?contactId=x",
        "/api/v1/Points/Sums?contactId=1&contactId=1",
        "/api/v1/Points/Sums?contactId=1&kind=a",
        "/api/v1/Points?type=a&from=2024-01-01T00:00:00Z",
        "/api/v1/Points?type=a&from=2024-01-01&to=2024-01-02",
        "/api/v1/Contacts",
        "/api/v1/Contacts/x",
        "/api/v1/Contacts?email=user@example.com&phone=12345678",
        "/api/v1/Contacts?name=Ada",
    ],
)
def test_a_wrong_read_is_400(vendor: ContactPointsSimulator, path: str) -> None:
    """A parameter that is missing, repeated, unknown or of another type is 400, in the shape of v1."""
    status, body = read(vendor, path)
    assert (status, list(body)) == (400, ["Message", "ModelState"])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v2/sample/Points", 400),
        ("/api/v2/sample/Points?includeCancelPoints=true", 400),
        ("/api/v2/sample/Points?contactId=1&includeCancelPoints=True", 400),
        ("/api/v2/sample/Points?contactId=one", 400),
        ("/api/v2/sample/Points?contactid=1", 400),
        ("/api/v2/sample/Points?contactId=1&datetimeFrom=2024-03-29T06:37:11", 400),
        ("/api/v2/sample/Points?contactId=1&datetimeFrom=yesterday", 400),
        ("/api/v2/sample/Points/Page/x", 400),
        ("/api/v2/sample/Points/Page/0?last=1", 400),
        ("/api/v2/sample/Points/9", 404),
        ("/api/v2/other/Points?contactId=1", 404),
    ],
)
def test_errors_of_v2_are_problem_details(vendor: ContactPointsSimulator, path: str, expected: int) -> None:
    """An error of v2 is a problem with the status in it, and not the message of v1."""
    send(vendor, SAMPLE)
    answer = send(vendor, "", path=path, method="GET")
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (expected, "application/problem+json")
    assert list(problem)[:5] == ["type", "title", "status", "detail", "instance"]
    assert (problem["status"], "Message" in problem) == (expected, False)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/Points/1",
        "/api/v1/Points/Sums?contactId=1",
        "/api/v1/Contacts/1",
        "/api/v1/Contacts?email=user@example.com",
        "/api/v2/sample/Points?contactId=1",
        "/api/v2/sample/Points/Page/0",
        "/api/v2/sample/Points/1",
    ],
)
def test_a_read_needs_the_key_and_get(vendor: ContactPointsSimulator, path: str) -> None:
    """Every read is 401 without the key, and 405 by another method."""
    send(vendor, SAMPLE)
    assert read(vendor, path)[0] == 200
    assert read(vendor, path, key="wrong")[0] == 401
    assert send(vendor, "", path=path, method="POST").status_code == 405
