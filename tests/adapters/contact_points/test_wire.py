"""How the answers of contact-points are read: the whole ReadPointDto, its times, and the words of a refusal."""

from decimal import Decimal
from typing import Any

import pytest

from adapters.contact_points.wire import Point, message, utc
from gateway import exact
from gateway.errors import VendorBadResponse
from gateway.port import VendorResponse

ANSWER = """{
  "Id": 1,
  "ContactId": 1,
  "ContactCompanyId": 1,
  "Type": "sample string 2",
  "Amount": 3.0,
  "Sum": 4.0,
  "DateTime": "2024-03-29T06:37:11.5943992+00:00",
  "Description": "sample string 6",
  "SourceId": "sample string 7",
  "SourceDescription": "sample string 8",
  "StoreId": 1,
  "AdministratorId": 1,
  "BookValue": 1.0,
  "SubType": "sample string 9",
  "PointCalculationBase": 1.0,
  "ConverterTransactionId": 1,
  "IsCanceller": true,
  "CancellerPointId": 1
}"""
DETAILS = {
    "contact_id": 1,
    "contact_company_id": 1,
    "type": "sample string 2",
    "amount": Decimal(3),
    "date_time": "2024-03-29T06:37:11.5943992Z",
    "description": "sample string 6",
    "source_id": "sample string 7",
    "source_description": "sample string 8",
    "store_id": 1,
    "administrator_id": 1,
    "book_value": Decimal(1),
    "sub_type": "sample string 9",
    "point_calculation_base": Decimal(1),
    "converter_transaction_id": 1,
    "is_canceller": True,
    "canceller_point_id": 1,
}


def test_the_sample_answer_is_read_whole() -> None:
    """Every documented field has its place."""
    assert Point.of(VendorResponse(200, body=ANSWER.encode())) == Point(1, Decimal(4), DETAILS)


def test_the_sample_answer_is_no_proof_of_a_write() -> None:
    """It is of a canceller, which a point that was just made cannot be."""
    sent: dict[str, Any] = {"contact_id": 1, "type_": "sample string 2", "amount": Decimal(3)}
    assert Point.of(VendorResponse(200, body=ANSWER.encode())).contradicts(**sent)
    made = ANSWER.replace("true", "false").encode()
    assert not Point.of(VendorResponse(200, body=made)).contradicts(**sent)


def test_fields_that_are_absent_are_null() -> None:
    """All of them are there in the details."""
    assert Point.of(VendorResponse(200, body=b'{"Id": 7}')) == Point(7, None, dict.fromkeys(DETAILS))


def test_fields_that_cannot_be_read_are_null() -> None:
    """Each on its own."""
    fields: dict[str, Any] = {name: {"odd": []} for name in exact.loads(ANSWER)} | {"Id": 7}
    assert Point.of(VendorResponse(200, body=exact.dumps(fields))) == Point(7, None, dict.fromkeys(DETAILS))


@pytest.mark.parametrize("identifier", [None, True, Decimal("1.5"), "one", [1]])
def test_a_point_without_an_id_is_not_understood(identifier: object) -> None:
    """It is the one field that must be there."""
    with pytest.raises(VendorBadResponse):
        Point.of(VendorResponse(200, body=exact.dumps({"Id": identifier})))


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"Message": "Contact not found."}', "Contact not found."),
        (b'{"Message": ""}', ""),
        (b'{"Message": "No.", "ModelState": {"a": ["b", 7], "c": "d", "e": null}}', "No. a: b c: d"),
        (b'{"Message": "No.", "ModelState": []}', "No."),
        (b'{"Message": "%s"}' % (b"x" * 1000), "x" * 1000),
        (b'{"Message": null}', None),
        (b'{"message": "no route"}', None),
        (b'{"Message": 7}', None),
        (b'{"Message": "No.", "Message": "Yes."}', None),
        (b'{"Message": "No.", "Id": 7}', None),
        (b'{"Message": "No.", "Id": 7, "Id": null}', None),
        (b'{"Message": "No.", "Id": null}', "No."),
        (b'{"Message": "caf\xe9", "x": NaN}', "caf\ufffd"),
        (b"<html>Not Found</html>", None),
        (b"", None),
    ],
)
def test_a_refusal_is_known_by_its_message(body: bytes, detail: str | None) -> None:
    """With what its ModelState says, and bounded; any other body is not the vendor's refusal."""
    assert message(VendorResponse(400, body=body)) == detail


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-29T06:37:11.5943992+00:00", "2024-03-29T06:37:11.5943992Z"),
        ("2024-03-29T01:07:11.5943990+02:30", "2024-03-28T22:37:11.5943990Z"),
        ("2024-03-29T06:37:11Z", "2024-03-29T06:37:11Z"),
        ("0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+01:00", None),
        ("2024-03-29T06:37:11", None),
        ("2024-02-30T06:37:11Z", None),
        ("2024-03-29", None),
        (7, None),
    ],
)
def test_times_keep_every_digit_and_move_to_utc(text: object, expected: str | None) -> None:
    """Seven fractional digits, as the vendor writes them; without an offset there is no instant."""
    assert utc(text) == expected
