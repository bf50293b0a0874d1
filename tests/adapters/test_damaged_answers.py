"""What cannot be told of an answer is null where nothing depends on it, and proves nothing where something does."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from gateway.errors import VendorError
from tests.adapters.answered import (
    ALL,
    ARCADE,
    ARCADE_V3,
    CLUB,
    CLUB_BALANCE,
    CLUB_EXPIRING,
    CRM,
    CRM_BALANCE,
    JSON,
    PERKS,
    PERKS_ACCRUAL,
    PERKS_BALANCE,
    Result,
    Vendor,
    refused,
)
from tests.memory import bounded

EVIDENCE = {
    ARCADE: {"AvailablePoints"},
    ARCADE_V3: {"Points"},
    CLUB: {"status", "ExceptionString", "transactionCode"},
    PERKS: {"error", "expiring_points"},
    CRM: {"Id"},
    CLUB_BALANCE: {"status", "memberPointsAvailable"},
    CLUB_EXPIRING: {"status", "totalPoints"},
    PERKS_BALANCE: {"error", "active_balance"},
    CRM_BALANCE: {"ContactId", "Type", "Sum"},
    PERKS_ACCRUAL: {"error"},
}
"""What a success cannot do without, or would not be one with."""
COMPARED = {CRM: {"ContactId", "Type", "Amount", "IsCanceller"}}
"""What is compared with what was sent: it need not be there, and must not be another."""
REFUSALS: tuple[tuple[Vendor, int, str], ...] = (
    (ARCADE, 400, '{"Message": "No such profile"}'),
    (CLUB, 400, '{"message": "No", "errors": {"points": ["over the cap"]}, "data": null, "status": 400}'),
    (CLUB, 200, '{"message": "No", "errors": {"points": ["over the cap"]}, "data": {}, "status": 200}'),
    (CRM, 404, '{"Message": "Contact not found."}'),
    (CRM, 400, '{"Message": "Invalid.", "ModelState": {"a": ["b"]}}'),
    (CLUB_BALANCE, 200, '{"message": "No", "errors": {"profileId": ["unknown"]}, "data": [], "status": 404}'),
    (CRM_BALANCE, 404, '{"Message": "Contact not found."}'),
    (PERKS_ACCRUAL, 200, '{"error": 400, "error_text": "No."}'),
)


def scalars(vendor: Vendor) -> Iterator[tuple[str, str]]:
    """Each scalar of a sample by its name, and the text of its line without the comma."""
    for line in vendor.sample.splitlines():
        text = line.strip().removesuffix(",")
        if ": " in text and not text.endswith(("{", "{}", "[")):
            yield text.partition(":")[0].strip('"'), text


FIELDS = [(vendor, *field) for vendor in JSON for field in scalars(vendor)]


def flat(result: Result) -> dict[str, Any]:
    """What a success tells, by dotted names."""
    assert not isinstance(result, VendorError)
    found: dict[str, Any] = {}
    rest = [("", asdict(result))]
    while rest:
        path, value = rest.pop()
        if isinstance(value, list | tuple):
            value = dict(enumerate(value))
        if isinstance(value, dict) and value:
            rest.extend((f"{path}.{name}", inner) for name, inner in value.items())
        else:
            found[path] = None if value == {} else value
    return found


def lost(vendor: Vendor, result: Result) -> set[str]:
    """What is null in a success and was not in the sample's; raises `AssertionError` where anything is another."""
    whole, left = flat(vendor.made_of(vendor.sample)), flat(result)
    for path in [path for path, value in left.items() if value is None]:  # it goes with all that is in it
        left |= {name: None for name in whole if name.startswith(f"{path}.")}
    changed = {name for name in whole if left[name] != whole[name]}
    assert all(left[name] is None for name in changed)
    return changed


@pytest.mark.parametrize(("vendor", "name", "field"), FIELDS, ids=str)
@pytest.mark.parametrize("damage", ["NaN", "-Infinity", "undefined", "007x"])
def test_a_word_that_is_no_value(vendor: Vendor, name: str, field: str, damage: str) -> None:
    """An echo becomes null alone; what a success cannot do without leaves nothing proven."""
    result = vendor.made_of(vendor.sample.replace(field, f'"{name}": {damage}'))
    if name in EVIDENCE[vendor]:
        assert isinstance(result, VendorError)
        assert not result.judged
    else:
        assert len(lost(vendor, result)) == 1


@pytest.mark.parametrize(("vendor", "name", "field"), FIELDS, ids=str)
@pytest.mark.parametrize("damage", [b"\xe9", b"\n", b"\x00", b"\\x", b"\xf0\x9f"], ids=repr)
def test_a_character_that_cannot_be_told(vendor: Vendor, name: str, field: str, damage: bytes) -> None:
    """One byte in another encoding, a raw line feed: its text becomes null alone, or proves nothing."""
    if not field.endswith('"') or field.endswith('""'):
        return
    body = vendor.sample.encode().replace(field.encode(), field[:-2].encode() + damage + field[-2:].encode())
    result = vendor.made_of(body)
    unlike = damage == b"\\x" and name in COMPARED.get(vendor, ())  # the letter is not of what was sent
    if name in EVIDENCE[vendor] or unlike:
        assert isinstance(result, VendorError)
        assert not result.judged
    else:
        assert len(lost(vendor, result)) == 1


@pytest.mark.parametrize(("vendor", "name", "field"), FIELDS, ids=str)
def test_a_name_that_is_given_twice(vendor: Vendor, name: str, field: str) -> None:
    """With one value it has that; with two an echo becomes null alone, and evidence proves nothing."""
    assert vendor.made_of(vendor.sample.replace(field, f"{field}, {field}")) == vendor.made_of(vendor.sample)
    for other in ("404", '"other"', "true", "{}"):
        for both in (f'{field}, "{name}": {other}', f'"{name}": {other}, {field}'):
            result = vendor.made_of(vendor.sample.replace(field, both))
            if name in EVIDENCE[vendor]:
                assert isinstance(result, VendorError)
                assert not result.judged
            elif name in COMPARED.get(vendor, ()):
                assert not refused(result)
                assert isinstance(result, VendorError) or lost(vendor, result)
            else:
                assert len(lost(vendor, result)) == 1


@pytest.mark.parametrize("vendor", ALL, ids=str)
def test_each_beginning_of_a_sample_proves_nothing(vendor: Vendor) -> None:
    """Cut at every byte, it is neither a success nor a refusal."""
    for at in range(len(vendor.sample)):
        result = vendor.made_of(vendor.sample.encode()[:at])
        assert isinstance(result, VendorError)
        assert not result.judged


@pytest.mark.parametrize("vendor", ALL, ids=str)
@pytest.mark.parametrize("byte", [b"\xff", b"\x00", b"\xc3", b"\x1b"], ids=repr)
def test_one_byte_of_a_sample_that_is_another(vendor: Vendor, byte: bytes) -> None:
    """Wherever it stands: a success tells what the sample does, but for what is null; and nothing is refused."""
    raw = vendor.sample.encode()
    for at in range(len(raw)):
        result = vendor.made_of(raw[:at] + byte + raw[at + 1 :])
        if isinstance(result, VendorError):
            assert not result.judged
        else:
            lost(vendor, result)


@pytest.mark.parametrize(("vendor", "status", "body"), REFUSALS, ids=str)
@pytest.mark.parametrize("byte", [b"\xff", b"\x00", b"\\"], ids=repr)
def test_one_byte_of_a_refusal_that_is_another(vendor: Vendor, status: int, body: str, byte: bytes) -> None:
    """It stays a refusal of the same kind, or proves nothing; a clear one stays clear in its words."""
    whole = vendor.made_of(body, status=status)
    assert refused(whole)
    for at in range(len(body)):
        result = vendor.made_of(body.encode()[:at] + byte + body.encode()[at + 1 :], status=status)
        assert isinstance(result, VendorError)
        assert not result.judged or type(result) is type(whole)
    assert refused(vendor.made_of(body.encode().replace(b"o", b"\xf6"), status=status)) is ("o" not in json_names(body))


def json_names(body: str) -> str:
    """All names of an object, in one text."""
    return "".join(json.loads(body))


TWO_WAYS = (
    (CLUB, 200, '{"status": 200, "status": 400, "errors": {"a": ["b"]}, "message": "No"}'),
    (CLUB, 200, '{"status": 400, "status": 200, "message": "No"}'),
    (CLUB, 400, '{"status": 400, "status": 200, "message": "No"}'),
    (CLUB, 200, '{"status": 200, "errors": {"a": ["b"]}, "errors": {}, "message": "No"}'),
    (CLUB, 200, '{"status": NaN, "errors": {"a": ["b"]}, "message": "No"}'),
    (CLUB, 200, '{"status": 200, "errors": NaN, "message": "No"}'),
    (CLUB, 400, '{"status": 400, "message": "No", "data": {"transactionCode": "t"}, "data": null}'),
    (CLUB, 400, '{"status": 400, "message": "No", "data": {"transactionCode": "t", "transactionCode": ""}}'),
    (CLUB, 400, '{"status": 400, "message": "No", "data": {"transactionCode": NaN}}'),
    (CLUB, 400, '{"status": 400, "message": "No", "data": {"transactionC\xfede": "t"}}'),
    (CLUB, 400, '{"status": 400, "message": "No", "data": {"ExceptionString": "a", "ExceptionString": null}}'),
    (CLUB, 400, '{"status": 400, "message": "No", "d\xfeta": {"transactionCode": "t"}}'),
    (CRM, 404, '{"Message": "No.", "Message": null}'),
    (CRM, 404, '{"Message": "No.", "M\xfessage": 7}'),
    (CRM, 404, '{"Message": "No.", "Id": 7, "Id": 8}'),
    (CRM, 200, '{"Id": 7, "Id": 8}'),
    (CRM, 200, '{"Id": 7, "Amount": 3, "Amount": -3}'),
    (CRM, 200, '{"Id": 7, "IsCanceller": false, "IsCanceller": true}'),
    (CRM, 200, '{"Id": 7, "Type": "b\xfenus"}'),
    (CRM, 200, '{"Id": 7, "ContactId": 1, "ContactId": 2}'),
    (ARCADE, 200, '{"AvailablePoints": 5, "AvailablePoints": 6}'),
    (PERKS_ACCRUAL, 200, '{"error": 400, "error": 0}'),
    (PERKS_ACCRUAL, 200, '{"err\xfer": 400, "error": 400, "error_text": "No."}'),
    (PERKS_ACCRUAL, 200, '{"error": 400, "data": NaN}'),
    (PERKS_ACCRUAL, 200, '{"error": 400, "data": {"a": 1}, "data": null}'),
)


@pytest.mark.parametrize(("vendor", "status", "body"), TWO_WAYS, ids=str)
def test_what_can_be_read_in_two_ways_proves_nothing(vendor: Vendor, status: int, body: str) -> None:
    """Neither a success nor a refusal, whichever of the two would be."""
    result = vendor.made_of(body.encode("latin-1"), status=status)
    assert isinstance(result, VendorError)
    assert not result.judged


def test_a_damaged_echo_that_could_be_what_was_sent_contradicts_nothing() -> None:
    """What can be told of it fits."""
    result = CRM.made_of(CRM.sample.encode().replace(b"sample string 2", b"sample str\xeeng 2"))
    assert lost(CRM, result) == {".details.type"}


@pytest.mark.parametrize(("vendor", "name", "field"), FIELDS, ids=str)
def test_a_number_that_would_be_gigabytes(vendor: Vendor, name: str, field: str) -> None:
    """It is like any other that has too many digits, alone as beside another value of its name."""
    for giant in ("1E700000000", "1e-700000000"):
        for damaged in (f'"{name}": {giant}', f'"{name}": {giant}, {field}', f'{field}, "{name}": {giant}'):
            with bounded():
                result = vendor.made_of(vendor.sample.replace(field, damaged))
            if name in EVIDENCE[vendor]:
                assert isinstance(result, VendorError)
                assert not result.judged
            else:
                assert len(lost(vendor, result)) == 1
