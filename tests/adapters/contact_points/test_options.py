"""What contact-points takes as options: strict types, and decimals that are exact however they are written."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from adapters.contact_points.adapter import Options
from adapters.contact_points.decimals import ExactDecimal


@pytest.mark.parametrize("value", [5, Decimal("5.0"), "5", "5.00", Decimal(5)])
def test_a_decimal_option_is_the_same_however_it_is_written(value: object) -> None:
    """Equal, and with the same digits."""
    assert str(Options.model_validate({"book_value": value}).book_value) == "5"


@pytest.mark.parametrize(
    "value",
    [
        *("+5", "05", " 5", "5 ", "5\n", "5.", ".5", "1e3", "1_000", "\u0661", "", "NaN", "1234567890123", "0.1234567"),
        *(Decimal("1E+3"), Decimal("NaN"), Decimal("Infinity"), Decimal("0.1234567"), 10**12, True, 1.5, None, []),
        pytest.param(10**5000, id="longer-than-any-text"),
    ],
)
def test_what_is_no_strict_decimal_is_refused(value: object) -> None:
    """The rules of points, text by text."""
    with pytest.raises(ValidationError):
        TypeAdapter(ExactDecimal).validate_python(value)


@pytest.mark.parametrize(
    ("value", "text"), [("-0", "0"), (0, "0"), ("-0.000001", "-0.000001"), ("999999999999", "9" * 12)]
)
def test_decimal_options_reach_from_zero_to_the_bounds(value: object, text: str) -> None:
    """Zero is a value here, and has no sign."""
    assert format(TypeAdapter(ExactDecimal).validate_python(value), "f") == text


@pytest.mark.parametrize(
    "options",
    [
        {"company_id": True},
        {"company_id": "1"},
        {"company_id": Decimal(1)},
        {"company_id": 0},
        {"company_id": 2**63},
        {"sub_type": 7},
        {"dynamic": {"Test": 7}},
        {"unknown": 1},
    ],
)
def test_options_are_strict(options: dict[str, Any]) -> None:
    """Nothing is turned into something else, and nothing unknown is dropped."""
    with pytest.raises(ValidationError):
        Options.model_validate(options)


def test_options_have_a_schema() -> None:
    """The OpenAPI document shows both forms of a decimal, and the bounds of what is read."""
    schema = Options.model_json_schema()["properties"]["book_value"]
    forms = {form["type"]: form for form in schema["anyOf"]}
    assert forms.keys() == {"number", "string", "null"}
    bounds = forms["number"]["minimum"], forms["number"]["maximum"]
    assert [Options(book_value=bound).book_value for bound in bounds] == list(bounds)
    for beyond in (bounds[0] - 1, bounds[1] + 1):
        with pytest.raises(ValidationError):
            Options(book_value=beyond)


def test_options_are_kept_without_loss() -> None:
    """A decimal leaves the model as the decimal that it is, and as its text where JSON is asked for."""
    options = Options(book_value=Decimal("5.0"))
    assert options.model_dump(exclude_unset=True) == {"book_value": Decimal(5)}
    assert options.model_dump(mode="json", exclude_unset=True) == {"book_value": "5"}
