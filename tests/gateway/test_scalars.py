"""A scalar means the same in each of the JSON types that vendors send it in."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import lenient, scalars
from gateway.lenient import Unreadable

NOTHING: tuple[Any, ...] = (None, [], {}, ["5"], Unreadable(), Unreadable(5, 6), Unreadable(opaque=True), 5.0)
"""What is no scalar that can be told; a float is never made of JSON here."""


@pytest.mark.parametrize(
    ("read", "value", "meaning"),
    [
        (scalars.text, "x", "x"),
        (scalars.text, "", ""),
        (scalars.text, " x\n", " x\n"),
        (scalars.text, 7, "7"),
        (scalars.text, Decimal("7.0"), "7"),
        (scalars.text, Decimal("-1.50"), "-1.5"),
        (scalars.text, Decimal("1E+3"), "1000"),
        (scalars.text, True, None),
        (scalars.text, 10**31, None),
        (scalars.text, "caf\ufffd", None),
        (scalars.text, "half \ud800", None),
        (scalars.number, 7, Decimal(7)),
        (scalars.number, Decimal("1.50"), Decimal("1.5")),
        (scalars.number, "1.50", Decimal("1.5")),
        (scalars.number, "-7", Decimal(-7)),
        (scalars.number, "", None),
        (scalars.number, "1,5", None),
        (scalars.number, " 7", None),
        (scalars.number, "1e3", None),
        (scalars.number, True, None),
        (scalars.whole, 200, 200),
        (scalars.whole, Decimal("200.0"), 200),
        (scalars.whole, Decimal("2E+2"), 200),
        (scalars.whole, "200", 200),
        (scalars.whole, "200.0", 200),
        (scalars.whole, "0200", 200),
        (scalars.whole, Decimal("200.5"), None),
        (scalars.whole, "200 OK", None),
        (scalars.whole, False, None),
        (scalars.flag, True, True),
        (scalars.flag, False, False),
        (scalars.flag, "true", True),
        (scalars.flag, "False", False),
        (scalars.flag, 1, True),
        (scalars.flag, 0, False),
        (scalars.flag, Decimal("1.0"), True),
        (scalars.flag, "1", True),
        (scalars.flag, "0", False),
        (scalars.flag, 2, None),
        (scalars.flag, -1, None),
        (scalars.flag, "yes", None),
        (scalars.flag, "", None),
        (scalars.display_text, "caf\ufffd", "caf\ufffd"),
        (scalars.display_text, 7, "7"),
        (scalars.display_text, True, None),
    ],
)
def test_a_scalar_in_each_of_its_forms(read: Any, value: object, meaning: object) -> None:
    """Digits are digits, in a number or in a text; what only resembles a value is none."""
    found = read(value)
    assert (found, type(found)) == (meaning, type(meaning))


@pytest.mark.parametrize("read", [scalars.text, scalars.number, scalars.whole, scalars.flag, scalars.display_text])
@pytest.mark.parametrize("value", NOTHING, ids=repr)
def test_what_is_no_scalar_is_none(read: Any, value: object) -> None:
    """Null, a list, an object, and whatever cannot be told."""
    assert read(value) is None


@given(st.decimals(-(10**20), 10**20, places=6))
def test_a_number_and_its_text_are_one_value(number: Decimal) -> None:
    """Digit for digit, whichever way it comes."""
    assert scalars.number(scalars.text(number)) == scalars.number(number) == number


@pytest.mark.parametrize(
    ("value", "other", "could"),
    [
        ("base", "base", True),
        ("base", "bonus", False),
        ("Pr\ufffdmie", "Prämie", True),
        ("Pr\ufffd\ufffdmie", "Prämie", True),
        ("Pr\ufffdmie", "Prmie", True),
        ("Pr\ufffdmie", "bonus", False),
        ("\ufffd", "", True),
        ("\ufffd" * 100_000, "anything", True),
        ("a\ufffd" * 100_000, "anything", False),
        ("b\ufffd", "base", True),
        ("b\ufffdx", "base", False),
        ("\ufffd", "two\nlines", True),
        ("a\ufffda", "a", False),
        ("ab\ufffdba", "aba", False),
        ("\ufffdab\ufffdb", "xabxb", True),
        ("\ufffdb\ufffdab\ufffd", "xabxb", False),
        ("\ufffda" * 16 + "b", "a" * 32, False),
    ],
)
def test_a_damaged_text_could_be_whatever_its_sound_parts_allow(value: str, other: str, could: bool) -> None:
    """What can be told of it has to fit."""
    assert scalars.could_be(value, other) is could


def test_what_the_lenient_reader_gives_is_read() -> None:
    """Together they read a sloppy answer."""
    answer = lenient.loads('{"a": "200.0", "b": NaN, "c": 7, "c": 8, "d": "x\ny", "e": TRUE}')
    assert scalars.whole(answer["a"]) == 200
    assert [scalars.text(answer[name]) for name in "bcd"] == [None] * 3
    assert scalars.display_text(answer["d"]) == "x\ufffdy"
    assert scalars.flag(answer["e"]) is None
