"""What differs between two configurations, in words."""

from dataclasses import fields, replace
from typing import Any

import pytest

from gateway.planning.routing import Tenant
from gateway.rates import Rates
from gateway.settings import LASTING, Client
from gateway.settings.difference import difference
from gateway.webhook import Webhook

from .conftest import WHOLE, Load

OF = {"tenants": Tenant, "clients": Client}
SHARED = "redis://:a-secret@counts/1"
OUTLET = ("\n  acme: {", "\n  outlet: {routes_from: acme, limits: {max_points: 9}}\n  acme: {")


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ([], []),
        ([("key-of-arcade", "a-key-that-is-new")], ["vendors.arcade.api_key: changed"]),
        ([("partner_id: 7", "partner_id: 8")], ["vendors.arcade.partner_id: 7 -> 8"]),
        (
            [("sqlite:///points.db", "postgresql://u:a-secret@db/points")],
            ["store: {store} -> postgresql://u:***@db/points (takes a new process)"],
        ),
        (
            [("store:", "server: {listen: '0.0.0.0:80', drain: 2.5, log_peer: false}\nstore:")],
            [
                "server.listen: 127.0.0.1:8080 -> 0.0.0.0:80 (takes a new process)",
                "server.drain: 20 -> 2.5",
                "server.log_peer: true -> false",
            ],
        ),
        (
            [("balance: arcade", "balance: [{when: {member: [email]}, vendor: arcade}]")],
            ["tenants.acme.routes.balance: arcade -> email: arcade"],
        ),
        ([(", expiring: perks", "")], ["tenants.acme.routes.expiring: perks -> none"]),
        ([OUTLET], ["tenants.outlet: new"]),
        ([("store:", f"server: {{shared: {SHARED}}}\nstore:")], ["server.shared: changed (takes a new process)"]),
        (
            [("scopes: [points:read]", "scopes: [points:read], paused: moving"), ("acme: {", "acme: {paused: true, ")],
            ["tenants.acme.paused: false -> true", "clients.storefront.paused: false -> moving"],
        ),
        (
            [("scopes: [points:read]", "scopes: [points:write], rate: 5/second, limits: {max_points: 5}")],
            [
                "clients.storefront.scopes: now with points:write and without points:read",
                "clients.storefront.rate: none -> 5/second",
                "clients.storefront.limits: none -> max_points 5",
            ],
        ),
        (
            [("keys: [", "keys: [another-key-of-its-own-000000000000, ")],
            ["clients.storefront.keys: 1 new, 0 removed"],
        ),
    ],
)
def test_what_has_changed(load_text: Load, changes: list[tuple[str, str]], lines: list[str]) -> None:
    """Each thing has a line with its path and both values; a secret's are not shown."""
    old, new = load_text(), load_text(WHOLE, *changes)
    assert list(difference(old, new)) == [line.format(store=old.store) for line in lines]


@pytest.mark.parametrize(
    ("section", "field"),
    [(section, each.name) for section, of in OF.items() for each in fields(of) if each.name != "name"],
)
def test_no_field_is_overlooked(load_text: Load, section: str, field: str) -> None:
    """Whatever field of an entry is another one, a line has its path; a field that is added is among them."""
    old = load_text()
    [name] = getattr(old, section)
    entry = getattr(old, section)[name]
    other: dict[str, Any] = {
        "tenants": frozenset(("b",)),
        "scopes": frozenset(),
        "routes": {},
        "rates": Rates("EUR", {}),
    }
    other["webhooks"] = {"app": Webhook("app", "https://app.example", ())}
    changed = replace(entry, **{field: other.get(field, "another")})
    lines = list(difference(old, replace(old, **{section: {name: changed}})))
    assert [line for line in lines if not line.startswith(f"{section}.{name}.{field}")] == []
    assert lines


def test_what_lasts_has_a_place(load_text: Load) -> None:
    """A reload that would change a setting of the process is refused with the line and column of that setting."""
    settings = load_text(
        WHOLE, ("store:", f"server: {{listen: '0.0.0.0:80', admin: '0.0.0.0:81', shared: {SHARED}}}\nstore:")
    )
    places = [settings.problem(f"server.{name}", "") for name in LASTING]
    assert len({(each.line, each.column) for each in places}) == len(LASTING)


def test_what_was_renamed(load_text: Load) -> None:
    """It is told as one, with the line that a client or tenant needs, and nothing that follows from it is told."""
    new = load_text(WHOLE, ("arcade", "games"), ("acme", "outlet"), ("storefront:", "shop:"))
    assert list(difference(load_text(), new)) == [
        "vendors.games: renamed, it was arcade",
        "vendors.games.api_key: changed",
        "vendors.games: adjustments that the journal holds for arcade cannot make a next attempt",
        "tenants.outlet: renamed, it was acme; it needs the line  was: acme",
        "clients.shop: renamed, it was storefront; it needs the line  was: storefront",
    ]


def test_a_renaming_that_is_written(load_text: Load) -> None:
    """It may come with changes, and a second one names the first name."""
    first = load_text(WHOLE, ("acme: {", "b: {was: acme, "), ("[acme]", "[b]"))
    second = load_text(WHOLE, ("acme: {", "c: {was: acme, limits: {max_points: 5}, "), ("[acme]", "[c]"))
    assert list(difference(load_text(), first)) == ["tenants.b: renamed, it was acme"]
    assert list(difference(first, second)) == [
        "tenants.c: renamed, it was b",
        "tenants.c.limits: none -> max_points 5",
    ]


def test_what_is_gone(load_text: Load) -> None:
    """An entry that has no like among the new ones was removed."""
    old = load_text(WHOLE, OUTLET)
    assert list(difference(old, load_text())) == ["tenants.outlet: removed"]
