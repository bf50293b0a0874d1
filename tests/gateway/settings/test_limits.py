"""`limits` of clients and tenants: exact points, and every mistake told where it stands."""

from decimal import Decimal

import pytest

from gateway.limits import Limits

from .conftest import WHOLE, Load, Problems

DAILY = "daily: {base: {credit: 1000, debit: '0.5'}, '*': {debit: 0}}"


SCOPES = "scopes: [points:read]"


def test_limits_are_read_exactly(load_text: Load) -> None:
    """Whole numbers and texts are what they say, of clients and of tenants; a tenant does not inherit them."""
    outlet = (
        "  outlet: {routes_from: acme, limits: {max_points: '999999999999.999999'}}\n  other: {routes_from: outlet}\n"
    )
    limits = f"limits: {{max_points: 250.25, {DAILY}}}"
    settings = load_text(WHOLE, (SCOPES, f"{SCOPES}, {limits}"), ("clients:", f"{outlet}clients:"))
    daily = {("base", "credit"): Decimal(1000), ("base", "debit"): Decimal("0.5"), ("*", "debit"): Decimal(0)}
    assert settings.clients["storefront"].limits == Limits(Decimal("250.25"), daily)
    assert settings.tenant_limits == {"outlet": Limits(Decimal("999999999999.999999"))}


def test_there_are_none_unless_set(load_text: Load) -> None:
    """Neither for clients nor for tenants."""
    settings = load_text()
    assert settings.clients["storefront"].limits is None
    assert settings.tenant_limits == {}


@pytest.mark.parametrize(
    ("limits", "where", "detail"),
    [
        ("{max_points: 0}", "limits.max_points", "more than 0"),
        ("{max_points: -5}", "limits.max_points", "expected points such as"),
        ("{max_points: true}", "limits.max_points", "expected points such as"),
        ("{max_points: 123456789012.123456}", "limits.max_points", "in quotes"),
        ("{max_points: 1000000000000}", "limits.max_points", "at most 12 digits"),
        ("{daily: {}}", "limits.daily", ""),
        ("{daily: {base: {credits: 5}}}", "limits.daily.base.credits", ""),
        ("{daily: {base: {credit: .inf}}}", "limits.daily.base.credit", "expected points such as"),
        ("{daily: {base: 5}}", "limits.daily.base", ""),
        ("{monthly: 5}", "limits.monthly", ""),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(problems: Problems, limits: str, where: str, detail: str) -> None:
    """Each mistake has its place and what is expected there."""
    [told] = problems(WHOLE, (SCOPES, f"{SCOPES}, limits: {limits}"))
    assert f"clients.storefront.{where}: " in told
    assert detail in told
