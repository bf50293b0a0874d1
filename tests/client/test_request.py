"""What goes out, in the one form that nothing on the way can mangle."""

from decimal import Decimal
from types import MappingProxyType

import pytest

from points_gateway_client import Points
from points_gateway_client.request import adjustment_body, base_address, points_text


@pytest.mark.parametrize(
    ("points", "text"),
    [
        (5, "5"),
        (-5, "-5"),
        (10**11, "100000000000"),
        (Decimal("7.0"), "7"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.000001"), "-0.000001"),
        ("0.10", "0.10"),
        ("1e5", "1e5"),
    ],
)
def test_points_are_sent_digit_for_digit(points: Points, text: str) -> None:
    """Decimals and ints go out in plain notation; text goes as it is, for the gateway to judge."""
    assert points_text(points) == text


def test_a_float_is_told_why() -> None:
    """The refusal says what is wrong with a float and what to pass instead."""
    with pytest.raises(TypeError, match=r"a float is not .* pass a Decimal"):
        points_text(0.1)  # type: ignore[arg-type]  # what is refused here


@pytest.mark.parametrize("points", ["NaN", "sNaN", "Infinity", "1E+1000000", "1E-1000000"])
def test_decimals_without_plain_digits_are_refused(points: Points) -> None:
    """What cannot be written out in a few digits is a `ValueError`, at once."""
    with pytest.raises(ValueError, match="points: expected a finite number"):
        points_text(Decimal(points))


def test_a_float_within_options_is_refused_by_its_place() -> None:
    """Options may hold amounts too, so a float is refused at any depth."""
    with pytest.raises(TypeError, match=r"options\.some-vendor\.values: a float"):
        adjustment_body("contact_id:1", 5, options={"some-vendor": {"values": ["a", 1.5]}})


def test_options_may_be_any_mapping() -> None:
    """Read-only mappings and tuples are sent like dicts and lists."""
    options = MappingProxyType({"some-vendor": MappingProxyType({"values": (1, None)})})
    body = adjustment_body("contact_id:1", 5, options=options)
    assert body == b'{"member":"contact_id:1","points":"5","options":{"some-vendor":{"values":[1,null]}}}'


def test_a_base_address_keeps_its_prefix() -> None:
    """Only final slashes go."""
    assert base_address("https://points.test:8443/gw/") == "https://points.test:8443/gw"


@pytest.mark.parametrize(
    "url",
    [
        "points.test",
        "ftp://points.test",
        "https://",
        "https://user:secret@points.test",
        "https://points.test?a=b",
        "https://points.test#a",
        "https://points.test:0",
        "https://points.test:99999",
        "https://points.test\n",
        "https://points.test/\x00",
    ],
)
def test_an_address_that_is_not_one_is_refused(url: str) -> None:
    """A user, a query or a fragment would travel with every call."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the standard library words some of them
        base_address(url)
    assert "secret" not in str(caught.value)
