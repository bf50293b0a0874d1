"""Every documented scalar of the vendors' answers means the same in each JSON type that vendors send it in."""

import pytest

from gateway.errors import VendorError
from tests.adapters.answered import ARCADE, CLUB, CRM, JSON, PERKS, Vendor

# The values of the vendors' samples, and of each the other forms; a text that is no number has none.
WHOLE = {"1": ("1", "1.0", "1e0", '"1"', '"1.0"'), "5": ("5", "5.0", "5.00", '"5"', '"5.0"')}
DECIMAL = {"3.0": ("3", "3.0", "3.00", '"3"', '"3.00"'), "4.0": ("4", '"4"', '"4.0"'), "1.0": WHOLE["1"]}
FALSE = ("false", "0", '"false"', '"False"', '"FALSE"', '"0"', "0.0")
FORMS: dict[tuple[Vendor, str], tuple[str, ...]] = {
    (ARCADE, '"AvailablePoints": 5'): WHOLE["5"],
    (ARCADE, '"TotalPoints": 5'): WHOLE["5"],
    (ARCADE, '"LastUpdated": "/Date(1278521302499)/"'): (r'"\/Date(1278521302499)\/"', '"/Date(1278521302499-0600)/"'),
    (CLUB, '"status": 200'): ("200", "200.0", "2e2", '"200"', '"200.0"'),
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
}
TEXTS = {  # documented as texts: what they read as where a number comes
    (CLUB, "message"): '"Member points adjusted"',
    (CLUB, "Message"): '"100.0 points added"',
    (CLUB, "transactionCode"): '"78660e74-02e3-11e8-b443-00163e911bd2"',
    (PERKS, "error_text"): '"Successful operation"',
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
    documented = {line for line in lines if ": " in line and not line.endswith(("{", "{}"))}
    assert documented == {field for each, field in FORMS if each is vendor}
