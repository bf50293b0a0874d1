"""`was`: the first name of a client or tenant, under which the journal keeps what it has."""

import pytest

from gateway.settings import names_of

from .conftest import WHOLE, Load, Problems


def test_it_is_the_name_in_the_journal(load_text: Load) -> None:
    """Limits and names go by it; callers and keys go by the new one."""
    more = ("scopes: [points:read]", "scopes: [points:read], was: shop, limits: {max_points: 5}")
    settings = load_text(WHOLE, more, ("  acme: {", "  acme: {was: first, "))
    client = settings.clients["storefront"]
    assert (client.name, client.was, client.journal_name) == ("storefront", "shop", "shop")
    assert [name for _, name, _ in settings.ceilings.all()] == ["shop"]
    names = names_of(settings)
    assert names.journal_names == {("client", "storefront"): "shop", ("tenant", "acme"): "first"}
    assert set(names.keys.values()) == {"shop"}
    assert set(names.contents) == {("client", "shop"), ("tenant", "first")}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            "  outlet: {routes_from: acme, was: acme}",
            "6:36: tenants.outlet.was: expected the name of an entry that is not here any more, "
            "and 'acme' is configured",
        ),
        (
            "  a: {routes_from: acme, was: old}\n  b: {routes_from: acme, was: old}",
            "7:31: tenants.b.was: expected a name of its own in the journal: 'a' was 'old' already",
        ),
    ],
    ids=["still there", "twice"],
)
def test_it_names_what_is_gone_and_nobody_else_was(problems: Problems, more: str, told: str) -> None:
    """Two entries with one name in the journal would answer each other's keys."""
    assert problems(WHOLE, ("\n  acme: {", f"\n{more}\n  acme: {{")) == [told]


def test_equal_routes_have_equal_marks(load_text: Load) -> None:
    """A tenant's mark is of its routes, in which a vendor is its adapter and its address, whatever its name."""
    contents = names_of(load_text(WHOLE, ("\n  acme: {", "\n  outlet: {routes_from: acme}\n  acme: {"))).contents
    assert contents["tenant", "acme"] == contents["tenant", "outlet"]
    renamed = names_of(load_text(WHOLE, ("arcade", "games"))).contents
    assert renamed["tenant", "acme"] == contents["tenant", "acme"]
    other = names_of(load_text(WHOLE, ("9101", "9999"))).contents
    assert other["tenant", "acme"] != contents["tenant", "acme"]
