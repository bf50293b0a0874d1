"""Decimals and JSON without floats: every digit goes out, and comes in, as it was written."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import exact

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**20), max_value=10**20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | DECIMALS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(DECIMALS)
def test_text_is_plain_and_the_same_number(number: Decimal) -> None:
    """Written out, a number has no exponent, no needless zero, no negative zero, and its value."""
    text = exact.text(number)
    assert Decimal(text) == number
    assert set(text) <= set("-0123456789.")
    assert not (text.endswith(("0", ".")) and "." in text)
    assert text != "-0"


@pytest.mark.parametrize(
    ("number", "text"),
    [("7.0", "7"), ("1E+3", "1000"), ("1E-7", "0.0000001"), ("-0.0", "0"), ("100", "100"), ("0E5", "0")],
)
def test_spellings_of_one_number(number: str, text: str) -> None:
    """However a number was written, it is said in one way."""
    assert exact.text(Decimal(number)) == text


@given(VALUES)
def test_json_comes_back_as_it_went(value: Any) -> None:
    """What is written as JSON is read as an equal value, numbers to the last digit."""
    assert exact.loads(exact.dumps(value).decode()) == value


@given(st.dictionaries(st.text(), VALUES, max_size=6), st.randoms())
def test_the_order_of_names_does_not_matter(value: dict[str, Any], random: Any) -> None:
    """Equal objects have equal canonical bytes, whatever order they were built in."""
    names = list(value)
    random.shuffle(names)
    assert exact.canonical({name: value[name] for name in names}) == exact.canonical(value)


@pytest.mark.parametrize(
    "raw", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "a": 2}}]', "NaN", "[Infinity]", "-Infinity", "{", ""]
)
def test_what_is_not_read(raw: str) -> None:
    """Repeated names, NaN and infinities are not JSON here."""
    with pytest.raises(ValueError, match=r"."):
        exact.loads(raw)


def test_a_value_without_a_json_form() -> None:
    """Anything but plain values and decimals is refused, not guessed at."""
    with pytest.raises(TypeError, match=r"."):
        exact.dumps({"a": object()})


@given(st.integers(1, 30), st.integers(0, 30), st.booleans(), st.data())
def test_a_vendors_number_of_up_to_thirty_digits(before: int, after: int, quoted: bool, data: st.DataObject) -> None:
    """A number is taken with all of its digits up to thirty, and refused from the thirty-first."""
    digits = data.draw(st.text("123456789", min_size=before + after, max_size=before + after))
    text = digits[:before] + ("." + digits[before:] if after else "")
    value = text if quoted else exact.loads(text)
    if before + after <= 30:
        assert exact.number(value) == Decimal(text)
    else:
        with pytest.raises(ValueError, match=r"digits|not a number"):
            exact.number(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        "",
        " 5",
        "5 ",
        "+5",
        "1e5",
        "1E5",
        ".5",
        "5.",
        "NaN",
        "Infinity",
        "\u0665",
        "0x5",
        [],
        {},
        5.0,
        "--5",
    ],
)
def test_what_is_no_number(value: object) -> None:
    """Text that only resembles a number is none, and neither is a truth value or a float."""
    with pytest.raises(ValueError, match="not a number"):
        exact.number(value)


def test_an_exponent_cannot_make_a_giant() -> None:
    """A few characters that stand for a million digits are refused before anybody writes them out."""
    for text in ("1e999999", "1e-999999", "-9.9e99999999"):
        with pytest.raises(ValueError, match="digits"):
            exact.number(exact.loads(text))


def test_numbers_are_never_floats() -> None:
    """No float is made on the way in."""
    read = exact.loads(json.dumps({"a": 0.1, "b": 1, "c": 1e22}))
    assert [type(value) for value in read.values()] == [Decimal, int, Decimal]
