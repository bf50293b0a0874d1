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
    limits = {name: tenant.limits for name, tenant in settings.tenants.items()}
    assert limits == {"acme": None, "outlet": Limits(Decimal("999999999999.999999")), "other": None}


def test_there_are_none_unless_set(load_text: Load) -> None:
    """Neither for clients nor for tenants."""
    settings = load_text()
    assert settings.clients["storefront"].limits is None
    assert settings.tenants["acme"].limits is None


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
    [message] = problems(WHOLE, (SCOPES, f"{SCOPES}, limits: {limits}"))
    assert f"clients.storefront.{where}: " in message
    assert detail in message


TYPES = ("token: token-of-perks", "token: token-of-perks, point_types: {base: {iid: 1}}, default_point_type: base")


@pytest.mark.parametrize(
    ("daily", "where", "detail"),
    [
        ("{bsae: {credit: 5}, '*': {credit: 5}}", "bsae.credit", "no point type is named 'bsae': did you mean base?"),
        ("{base: {credit: 5, debit: 5}, '*': {credit: 9}}", "base.debit", "vendor 'perks' takes for this type"),
    ],
)
def test_a_budget_that_bounds_less_than_it_seems_is_doubtful(
    load_text: Load, daily: str, where: str, detail: str
) -> None:
    """One of an unknown type, and one that a request gets around by leaving out a type that is a vendor's default."""
    for owner, place in (("clients.storefront", SCOPES), ("tenants.acme", "routes: {adjust: arcade")):
        replaced = f"limits: {{daily: {daily}}}, {place}"
        [doubt] = load_text(WHOLE, TYPES, (place, replaced)).warnings
        assert (doubt.where, detail in doubt.detail) == (f"{owner}.limits.daily.{where}", True)


def test_budgets_that_bound_what_they_say_are_not_doubtful(load_text: Load) -> None:
    """With `*` beside it, one of a default type leaves nothing out; nor does any where there is no default."""
    complete = "limits: {daily: {base: {credit: 5}, '*': {credit: 9}}}"
    assert load_text(WHOLE, TYPES, (SCOPES, f"{complete}, {SCOPES}")).warnings == ()
    only = "limits: {daily: {base: {credit: 5}}}"
    no_default = (TYPES[0], TYPES[1].replace(", default_point_type: base", ""))
    assert load_text(WHOLE, no_default, (SCOPES, f"{only}, {SCOPES}")).warnings == ()
