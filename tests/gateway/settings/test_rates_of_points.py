"""What points are worth: rates are exact, and of vendors and point types that there are."""

from decimal import Decimal

import pytest

from gateway.rates import Rates

from .conftest import WHOLE, Load, Problems
from .test_tenants import ACME

TYPES = ("token: token-of-perks", "token: token-of-perks, point_types: {base: {iid: 1}, bonus: {iid: 2}}")


def with_rates(text: str) -> tuple[str, tuple[str, str], tuple[str, str]]:
    """The whole configuration with kinds of points, and another tenant that has these rates."""
    return WHOLE, TYPES, (ACME, f"{ACME}  a: {{routes_from: acme, rates: {text}}}\n")


def test_rates_are_exact(load_text: Load) -> None:
    """A number or a text, of a vendor or of each of its kinds of points; another tenant has none of them."""
    text = '{currency: EUR, vendors: {arcade: "0.002", perks: {base: 0.01, bonus: 3}}}'
    settings = load_text(*with_rates(text))
    assert settings.rates == {
        "a": Rates("EUR", {"arcade": Decimal("0.002"), "perks": {"base": Decimal("0.01"), "bonus": Decimal(3)}})
    }
    rates = settings.rates["a"]
    assert (rates.of("arcade", None), rates.of("arcade", "base")) == (Decimal("0.002"), Decimal("0.002"))
    assert (rates.of("perks", "base"), rates.of("perks", None), rates.of("crm", None)) == (Decimal("0.01"), None, None)
    assert (rates.divides("perks"), rates.divides("arcade")) == (True, False)


EXPECTED = (
    'expected what a point is worth, such as "0.01": at most 12 digits before the point and 12 after, in quotes'
    " where they are many"
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{currency: euro, vendors: {arcade: 1}}", "rates.currency: expected text that matches ^[A-Z]{3}$"),
        ("{currency: EUR, vendors: {}}", "rates.vendors: expected at least 1 item"),
        ("{currency: EUR, vendors: {arcade: -1}}", f"rates.vendors.arcade: {EXPECTED}"),
        ("{currency: EUR, vendors: {arcade: 0.1234567890123456}}", f"rates.vendors.arcade: {EXPECTED}"),
        ("{currency: EUR, vendors: {arcade: .inf}}", f"rates.vendors.arcade: {EXPECTED}"),
        ("{currency: EUR, vendors: {arcade: true}}", f"rates.vendors.arcade: {EXPECTED}"),
        ("{currency: EUR, vendors: {perks: {base: many}}}", f"rates.vendors.perks.base: {EXPECTED}"),
        ("{currency: EUR, vendors: {perks: {}}}", "rates.vendors.perks: expected at least 1 item"),
        (
            "{currency: EUR, vendors: {arcad: 1}}",
            "rates.vendors.arcad: no vendor is named 'arcad': did you mean arcade? (there are: arcade, perks)",
        ),
        (
            "{currency: EUR, vendors: {perks: {bas: 1}}}",
            "rates.vendors.perks.bas: no point type is named 'bas': did you mean base? (there are: base, bonus)",
        ),
    ],
)
def test_what_is_wrong_with_rates(problems: Problems, text: str, found: str) -> None:
    """Each mistake is told at its place."""
    told = problems(*with_rates(text))
    assert [each.split(": tenants.a.", 1)[1] for each in told] == [found]
