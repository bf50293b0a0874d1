"""The kinds of fields: what is read is what the documentation's patterns say, and every digit of it."""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from gateway import exact
from gateway.api.field_types import MemberField, Moment, Points, Text64

POINTS: TypeAdapter[Decimal] = TypeAdapter(Points)
MEMBER: TypeAdapter[Any] = TypeAdapter(MemberField)
MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)
TEXT: TypeAdapter[str] = TypeAdapter(Text64)
PATTERN = POINTS.json_schema()["anyOf"][0]["pattern"]
AMOUNTS = st.decimals(min_value=-999_999_999_999, max_value=999_999_999_999, places=6).filter(bool)


def taken(adapter: TypeAdapter[Any], value: object) -> bool:
    """Whether a field takes a value."""
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True


@given(AMOUNTS)
def test_points_are_exact(amount: Decimal) -> None:
    """Any amount is read with all of its digits, as text and as a number."""
    text = exact.text(amount)
    assert POINTS.validate_python(text) == amount
    assert POINTS.validate_python(Decimal(text)) == amount
    if amount == amount.to_integral_value():
        assert POINTS.validate_python(int(amount)) == amount


@given(st.text("0123456789.-+eE_ ", max_size=22) | st.from_regex(r"-?[0-9]{1,14}(\.[0-9]{1,8})?", fullmatch=True))
@example("0.000000")
@example("-0")
@example("999999999999.999999")
@example("1\n")
def test_points_as_documented(text: str) -> None:
    """Text is taken exactly where the documented pattern matches it."""
    assert taken(POINTS, text) == bool(re.fullmatch(PATTERN, text) and "\n" not in text)


@pytest.mark.parametrize(
    "value", [5.0, True, False, None, b"5", [], {}, Decimal("NaN"), Decimal("Infinity"), Decimal("1E+2")]
)
def test_points_are_never_floats(value: object) -> None:
    """A float, a truth value or anything that is not finite is no amount; an exponent was refused before."""
    assert taken(POINTS, value) == (value == Decimal("1E+2"))


@given(st.from_regex(MEMBER.json_schema()["pattern"], fullmatch=True))
def test_members_as_documented(notation: str) -> None:
    """Whatever the documented pattern matches is a member."""
    if "\ud800" <= max(notation) <= "\udfff" or len(notation.partition(":")[2]) > 255:
        return
    assert str(MEMBER.validate_python(notation)) == notation


OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=OFFSETS))
def test_moments_are_exact(moment: datetime) -> None:
    """Any time with an offset is the same moment in UTC; one that UTC has no year for is refused."""
    try:
        expected = moment.astimezone(UTC)
    except OverflowError:
        assert not taken(MOMENT, moment.isoformat())
        return
    read = MOMENT.validate_python(moment.isoformat())
    assert (read, read.tzinfo) == (expected, UTC)


@given(st.text("0123456789-:TtZz+. ", max_size=30))
def test_no_moment_without_an_offset(text: str) -> None:
    """What is taken as a time always has its offset, and is never a date alone."""
    if taken(MOMENT, text):
        assert re.search(r"[Zz]$|[+-][0-9]{2}:[0-9]{2}$", text)
        assert len(text) >= len("2026-01-31T00:00:00Z")


@given(st.text())
def test_texts_as_documented(text: str) -> None:
    """A text is taken where its length fits and any database can hold it."""
    schema = TEXT.json_schema()
    fits = schema["minLength"] <= len(text) <= schema["maxLength"] and bool(re.search(schema["pattern"], text))
    sayable = not re.search("[\ud800-\udfff]", text)
    assert taken(TEXT, text) == (fits and sayable)
