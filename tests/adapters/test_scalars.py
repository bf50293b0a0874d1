"""Every documented scalar of the vendors' answers means the same in each JSON type that vendors send it in."""

import pytest

from gateway.errors import VendorError
from tests.adapters.answered import (
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
    Vendor,
)

# The values of the vendors' samples, and of each the other forms; a text that is no number has none.
WHOLE = {"1": ("1", "1.0", "1e0", '"1"', '"1.0"'), "5": ("5", "5.0", "5.00", '"5"', '"5.0"')}
DECIMAL = {"3.0": ("3", "3.0", "3.00", '"3"', '"3.00"'), "4.0": ("4", '"4"', '"4.0"'), "1.0": WHOLE["1"]}
FALSE = ("false", "0", '"false"', '"False"', '"FALSE"', '"0"', "0.0")
STATUS = ("200", "200.0", "2e2", '"200"', '"200.0"')
MEMBER_POINTS = {
    "totalPoints": 301,
    "points": 302,
    "memberPointsEarned": 600,
    "memberPointsDeducted": 101,
    "memberPointsUsed": 102,
    "memberPointsExpired": 103,
    "memberPointsAvailable": 300,
    "memberPointsLocked": 104,
    "totalCurrencyValue": 150,
}
EXPIRY = {
    "expiryDuration": 30,
    "unRestrictedTotalPoints": 100,
    "restrictedTotalPoints": 12,
    "totalPoints": 112,
    "pointValue": 112,
    "points": 13,
}


def each_form(number: int) -> tuple[str, ...]:
    """A whole number as vendors send it."""
    return f"{number}", f"{number}.0", f"{number}e0", f'"{number}"', f'"{number}.0"'


FORMS: dict[tuple[Vendor, str], tuple[str, ...]] = {
    (ARCADE, '"AvailablePoints": 5'): WHOLE["5"],
    (ARCADE, '"TotalPoints": 5'): WHOLE["5"],
    (ARCADE, '"LastUpdated": "/Date(1278521302499)/"'): (r'"\/Date(1278521302499)\/"', '"/Date(1278521302499-0600)/"'),
    (ARCADE_V3, '"Points": 120'): each_form(120),
    (ARCADE_V3, '"Key": "experience"'): (),
    (ARCADE_V3, '"Name": "Experience Points"'): (),
    (ARCADE_V3, '"Name": "Regular"'): (),
    (ARCADE_V3, '"Number": 2'): each_form(2),
    (ARCADE_V3, '"RequiredPoints": 100'): each_form(100),
    (ARCADE_V3, '"Key": "experience_levels"'): (),
    (ARCADE_V3, '"Name": "Experience Levels"'): (),
    (ARCADE_V3, '"Reason": "You are cool"'): (),
    (CLUB, '"status": 200'): STATUS,
    (CLUB, '"message": "Member points adjusted"'): (),
    (CLUB, '"Message": "100.0 points added"'): (),
    (CLUB, '"futureDate": false'): FALSE,
    (CLUB, '"ExceptionString": ""'): ("null",),
    (CLUB, '"transactionCode": "78660e74-02e3-11e8-b443-00163e911bd2"'): (),
    (PERKS, '"error": 0'): ("0", "0.0", "-0", '"0"', '"0.0"'),
    (PERKS, '"error_text": "Successful operation"'): (),
    (PERKS, '"expiring_points": "150.24"'): ("150.24", "150.240", "1.5024e2", '"150.240"'),
    (CRM, '"Id": 1'): WHOLE["1"],
    (CRM, '"ContactId": 1'): WHOLE["1"],
    (CRM, '"ContactCompanyId": 1'): WHOLE["1"],
    (CRM, '"Type": "sample string 2"'): (),
    (CRM, '"Amount": 3.0'): DECIMAL["3.0"],
    (CRM, '"Sum": 4.0'): DECIMAL["4.0"],
    (CRM, '"DateTime": "2024-03-29T06:37:11.5943992+00:00"'): ('"2024-03-29T06:37:11.5943992Z"',),
    (CRM, '"Description": "sample string 6"'): (),
    (CRM, '"SourceId": "sample string 7"'): (),
    (CRM, '"SourceDescription": "sample string 8"'): (),
    (CRM, '"StoreId": 1'): WHOLE["1"],
    (CRM, '"AdministratorId": 1'): WHOLE["1"],
    (CRM, '"BookValue": 1.0'): DECIMAL["1.0"],
    (CRM, '"SubType": "sample string 9"'): (),
    (CRM, '"PointCalculationBase": 1.0'): DECIMAL["1.0"],
    (CRM, '"ConverterTransactionId": 1'): WHOLE["1"],
    (CRM, '"IsCanceller": false'): FALSE,
    (CRM, '"CancellerPointId": 1'): WHOLE["1"],
    (CLUB_BALANCE, '"status": 200'): STATUS,
    (CLUB_BALANCE, '"message": "Success"'): (),
    **{(CLUB_BALANCE, f'"{name}": {points}'): each_form(points) for name, points in MEMBER_POINTS.items()},
    (CLUB_BALANCE, '"pointType": "Base"'): (),
    (CLUB_BALANCE, '"subType": "Web"'): (),
    (CLUB_BALANCE, '"restrictedLocation": "4321"'): ("4321", "4321.0"),
    (CLUB_EXPIRING, '"status": 200'): STATUS,
    (CLUB_EXPIRING, '"message": "Success"'): (),
    **{(CLUB_EXPIRING, f'"{name}": {points}'): each_form(points) for name, points in EXPIRY.items()},
    (CLUB_EXPIRING, '"restrictedLocation": "demo_store"'): (),
    (CLUB_EXPIRING, '"expiryDate": "2020-03-20T01:30:08.180856"'): ('"2020-03-20T01:30:08.180856Z"',),
    (PERKS_BALANCE, '"error": 0'): ("0", "0.0", "-0", '"0"', '"0.0"'),
    (PERKS_BALANCE, '"error_text": "Successful operation"'): (),
    (PERKS_BALANCE, '"total_balance": "1000.00"'): ("1000", "1e3", '"1000"'),
    (PERKS_BALANCE, '"active_balance": "800.50"'): ("800.5", "8.005e2", '"800.5"'),
    (PERKS_ACCRUAL, '"error": 0'): ("0", "0.0", "-0", '"0"', '"0.0"'),
    (PERKS_ACCRUAL, '"error_text": "Successful operation"'): (),
    (PERKS_ACCRUAL, '"transaction_id": "0b9a2b1e-6f5d-4f6c-9c55-0a1b2c3d4e5f"'): (),
    (PERKS_ACCRUAL, '"balance": "800.50"'): ("800.5", "8.005e2", '"800.5"'),
    (CRM_BALANCE, '"ContactId": 1'): WHOLE["1"],
    (CRM_BALANCE, '"Type": "sample string 1"'): (),
    (CRM_BALANCE, '"Sum": 2.0'): each_form(2),
    (CRM_BALANCE, '"LastModified": "2025-11-03T21:35:38.5152363+01:00"'): ('"2025-11-03T20:35:38.5152363Z"',),
}
TEXTS = {  # documented as texts: what they read as where a number comes
    (ARCADE_V3, "Reason"): '"You are cool"',
    (CLUB, "message"): '"Member points adjusted"',
    (CLUB, "Message"): '"100.0 points added"',
    (CLUB, "transactionCode"): '"78660e74-02e3-11e8-b443-00163e911bd2"',
    (CLUB_BALANCE, "message"): '"Success"',
    (CLUB_BALANCE, "pointType"): '"Base"',
    (CLUB_BALANCE, "subType"): '"Web"',
    (CLUB_EXPIRING, "restrictedLocation"): '"demo_store"',
    (PERKS, "error_text"): '"Successful operation"',
    (PERKS_ACCRUAL, "transaction_id"): '"0b9a2b1e-6f5d-4f6c-9c55-0a1b2c3d4e5f"',
    (CRM, "Description"): '"sample string 6"',
    (CRM, "SourceId"): '"sample string 7"',
    (CRM, "SourceDescription"): '"sample string 8"',
    (CRM, "SubType"): '"sample string 9"',
}


EACH_FORM = [(*place, form) for place, forms in FORMS.items() for form in forms]


@pytest.mark.parametrize(("vendor", "field", "form"), EACH_FORM, ids=str)
def test_a_scalar_means_the_same_in_each_form(vendor: Vendor, field: str, form: str) -> None:
    """What comes of the whole answer does not depend on it."""
    name = field.partition(":")[0]
    result = vendor.made_of(vendor.sample.replace(field, f"{name}: {form}"))
    assert not isinstance(result, VendorError)
    assert result == vendor.made_of(vendor.sample)


@pytest.mark.parametrize(("vendor", "name"), TEXTS, ids=str)
@pytest.mark.parametrize(("number", "digits"), [("7502", "7502"), ("7502.0", "7502"), ("12345678901234567", None)])
def test_a_number_where_a_text_is_due_is_its_digits(vendor: Vendor, name: str, number: str, digits: str | None) -> None:
    """As the text of the same digits would be, however many they are."""
    documented = f'"{name}": {TEXTS[vendor, name]}'
    assert vendor.sample.count(documented) == 1
    result = vendor.made_of(vendor.sample.replace(documented, f'"{name}": {number}'))
    assert not isinstance(result, VendorError)
    assert result == vendor.made_of(vendor.sample.replace(documented, f'"{name}": "{digits or number}"'))
    assert result != vendor.made_of(vendor.sample)


@pytest.mark.parametrize("vendor", JSON, ids=str)
def test_every_documented_scalar_is_in_the_table(vendor: Vendor) -> None:
    """Each line of a sample that has a scalar."""
    lines = (line.strip().removesuffix(",") for line in vendor.sample.splitlines())
    documented = {line for line in lines if ": " in line and not line.endswith(("{", "{}", "["))}
    assert documented == {field for each, field in FORMS if each is vendor}
