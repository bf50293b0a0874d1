"""Points are exact: what is read digit for digit, what is refused, and that no float is ever in between."""

from decimal import Decimal

import orjson
import pytest

from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.vendors import Vendors

EXACT = (
    ('"5"', "5"),
    ("5", "5"),
    ("-2.5", "-2.5"),
    ('"-2.50"', "-2.5"),
    ("7.0", "7"),
    ('"7.000000"', "7"),
    ("0.1", "0.1"),
    ("0.000001", "0.000001"),
    ('"-0.000001"', "-0.000001"),
    ("999999999999.999999", "999999999999.999999"),
    ('"-999999999999.999999"', "-999999999999.999999"),
    ("123456789012.123456", "123456789012.123456"),
    ("1.005", "1.005"),
)


@pytest.mark.parametrize(("written", "text"), EXACT)
def test_points_are_read_digit_for_digit(api: Caller, vendors: Vendors, written: str, text: str) -> None:
    """A string or a JSON number reaches the vendor, the journal and the answer with exactly its digits."""
    response = api.adjust(f'{{"member": "contact_id:1", "points": {written}}}')
    assert (response.status_code, response.json()["points"]) == (201, text)
    assert vendors.crm.points == [Decimal(text)]
    assert b'"Amount":' + text.encode() + b"," in vendors.crm.requests[0].body
    assert api.adjustment(response.json()["id"])["points"] == text


REFUSED = (
    *("0", "0.0", "-0", "-0.000", '"0"', '"0.0"', '"-0"', '"0.000000"'),
    *('"NaN"', '"Infinity"', '"-Infinity"', '"inf"', '"nan"'),
    *("1e2", "1E2", "1e-2", "1.0e+1", '"1e2"', '"5E0"', "1e999999999", "-1e-999999999"),
    *('"+5"', '"05"', '"-05"', '"00"', '"5."', '".5"', '"-"', '""', '"--5"', '"5.-"'),
    *('" 5"', '"5 "', '"5\\n"', '"5\\t"', '"\\u00a05"', '"1 000"', '"1_000"', '"1,000"', '"1,5"'),
    *("true", "false", "null", "[]", "[5]", "{}", '{"points": 5}', '"five"', '"0x10"', '"5\\u0000"'),
    *('"\\u0665"', '"\\uff15"', '"\\u00b2"', '"\\u0967"', '"5\\u0660"'),
    *("1000000000000", '"1000000000000"', "0.0000001", '"0.0000001"', "1.0000000", '"5.0000000"'),
    *("9" * 13, f'"{"9" * 13}"', "9" * 400, f'"{"9" * 5000}"', "0." + "0" * 400 + "1", "-" + "1" * 5000),
)


@pytest.mark.parametrize("written", REFUSED, ids=lambda written: str(written)[:24])
def test_what_is_no_number_of_points(api: Caller, vendors: Vendors, written: str) -> None:
    """Zero, exponents, signs, padding, other digits, too many of them: 400 that points at it, and no vendor hears."""
    problem = refused(api.adjust(f'{{"member": "contact_id:1", "points": {written}}}'), 400, "invalid_request")
    assert [error["pointer"] for error in problem["errors"]] == ["/points"]
    assert vendors.requests == 0


@pytest.mark.parametrize(
    "written", ["NaN", "Infinity", "-Infinity", "05", "+5", ".5", "5.", "1_000", "0x5", "5d", "--5"]
)
def test_what_is_no_json_number(api: Caller, vendors: Vendors, written: str) -> None:
    """What JSON does not know is no body at all."""
    refused(api.adjust(f'{{"member": "contact_id:1", "points": {written}}}'), 400, "invalid_request")
    assert vendors.requests == 0


def test_sums_do_not_drift(api: Caller, vendors: Vendors) -> None:
    """A tenth ten times is one, as no float has it."""
    for _ in range(10):
        response = api.adjust('{"member": "contact_id:1", "points": 0.1}')
    assert response.json()["balance"]["available"] == "1"


@pytest.mark.parametrize(
    ("sum_", "text"),
    [
        ("0.1", "0.1"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("-0.000000000000000000000000000001", None),
        ("1234567890123456789012345678901", None),
        ("1e3", "1000"),
        ("1e30", None),
        ("-0.0", "0"),
        ('"150.24"', "150.24"),
        ("true", None),
        ("1.50", "1.5"),
    ],
)
def test_a_vendors_numbers_are_exact_too(api: Caller, vendors: Vendors, sum_: str, text: str | None) -> None:
    """A vendor's number comes through with its digits; past thirty it is not understood, and never cut or zero."""
    vendors.crm.fault("body", body=f'{{"Id": 1, "Sum": {sum_}}}', apply=True)
    document = api.adjust({"member": "contact_id:1", "points": "5"}).json()
    assert document["status"] == "succeeded"
    assert (document["balance"] and document["balance"]["available"]) == text


def test_options_are_exact_too(api: Caller, vendors: Vendors) -> None:
    """A decimal among the options goes out with its digits, and comes back as text."""
    options = '{"contact-points": {"book_value": 0.100001, "company_id": 12}}'
    response = api.adjust(f'{{"member": "contact_id:1", "points": 5, "options": {options}}}')
    assert response.json()["options"] == {"contact-points": {"book_value": "0.100001", "company_id": 12}}
    assert b'"BookValue":0.100001' in vendors.crm.requests[0].body
    assert orjson.loads(vendors.crm.requests[0].body)["ContactCompanyId"] == 12


def test_whole_points_only(api: Caller, vendors: Vendors) -> None:
    """A fraction that the vendor does not take is refused by name, and `7.0` is no fraction."""
    body = {"member": "email:jason@example.com"}
    problem = refused(api.adjust({**body, "points": "7.5"}), 422, "field_not_supported")
    assert problem["errors"][0]["pointer"] == "/points"
    assert vendors.requests == 0
    assert api.adjust({**body, "points": "7.0"}).status_code == 201
    assert vendors.arcade.points == [Decimal(7)]
