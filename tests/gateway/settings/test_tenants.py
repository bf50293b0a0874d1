import pytest

from gateway.planning.routing import Route

from .conftest import WHOLE, Load, Problems

ROUTES = "{adjust: arcade, balance: arcade, expiring: perks}"
ACME = f"  acme: {{routes: {ROUTES}}}\n"


def with_routes(routes: str) -> tuple[str, tuple[str, str]]:
    return WHOLE, (ROUTES, routes)


def with_tenants(*lines: str) -> tuple[str, tuple[str, str]]:
    return WHOLE, (ACME, ACME + "".join(f"  {line}\n" for line in lines))


def test_a_name_is_short_for_a_rule(load_text: Load) -> None:
    """The route is called by where it stands."""
    assert load_text().tenants["acme"].routes["expiring"] == (Route("tenants.acme.routes.expiring", "perks"),)


def test_one_rule_needs_no_list(load_text: Load) -> None:
    """A mapping is a rule, with everything that a rule may say."""
    routes = load_text(*with_routes("{balance: {vendor: arcade, cache: 30}}")).tenants["acme"].routes
    assert routes == {"balance": (Route("tenants.acme.routes.balance", "arcade", cache=30.0),)}


def test_rules_keep_their_order_and_conditions(load_text: Load) -> None:
    """Schemes and point types become sets; a condition that is not given is none."""
    rules = (
        "[{when: {member: [email, custom.*]}, vendor: arcade},"
        " {when: {point_type: [base], member: [custom.user_id]}, vendor: arcade}, {vendor: arcade}]"
    )
    assert load_text(*with_routes(f"{{adjust: {rules}}}")).tenants["acme"].routes["adjust"] == (
        Route("tenants.acme.routes.adjust[0]", "arcade", frozenset({"email", "custom.*"})),
        Route("tenants.acme.routes.adjust[1]", "arcade", frozenset({"custom.user_id"}), frozenset({"base"})),
        Route("tenants.acme.routes.adjust[2]", "arcade"),
    )


def test_routes_from_shares_the_routes_of_another_tenant(load_text: Load) -> None:
    """The same objects, through any number of steps, in whatever order they are written."""
    tenants = load_text(*with_tenants("far: {routes_from: near}", "near: {routes_from: acme}")).tenants
    assert tenants["far"].routes is tenants["near"].routes is tenants["acme"].routes
    assert tenants["far"].routes["adjust"][0].rule == "tenants.acme.routes.adjust"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["a: {routes_from: b}"], ["7:20: tenants.a.routes_from: no tenant is named 'b' (there are: acme, a)"]),
        (
            ["a: {routes_from: a}"],
            ["7:20: tenants.a.routes_from: tenants take routes from each other in a circle, and 'a' closes it"],
        ),
        (
            ["a: {routes_from: b}", "b: {routes_from: a}", "c: {routes_from: a}"],
            ["8:20: tenants.b.routes_from: tenants take routes from each other in a circle, and 'a' closes it"],
        ),
        (["a: {}"], ["7:3: tenants.a: expected exactly one of routes and routes_from"]),
        (
            ["a: {routes_from: acme, routes: {adjust: arcade}}"],
            ["7:3: tenants.a: expected exactly one of routes and routes_from"],
        ),
        (["a:"], ["7:5: tenants.a: expected a mapping"]),
        (
            ["a: {route: {}}"],
            [
                "7:7: tenants.a.route: unknown key: did you mean routes? "
                "(expected: routes, routes_from, limits, rates, webhooks, keep, was, paused)"
            ],
        ),
    ],
)
def test_what_is_wrong_with_a_tenant(problems: Problems, lines: list[str], found: list[str]) -> None:
    """A circle is told once, at the entry that closes it."""
    assert problems(*with_tenants(*lines)) == found


OPERATIONS = "'adjust', 'balance', 'expiring', 'transactions' or 'lookup'"
RULE = "a vendor's name, one rule ({vendor: NAME, ...}) or a list of rules"


@pytest.mark.parametrize(
    ("routes", "found"),
    [
        ("{}", ["6:18: tenants.acme.routes: expected at least 1 item"]),
        (
            "{adjst: arcade}",
            [f"6:19: tenants.acme.routes.adjst: expected {OPERATIONS}: did you mean adjust?"],
        ),
        ("{adjust: 5}", [f"6:27: tenants.acme.routes.adjust: expected {RULE}"]),
        ("{adjust: }", [f"6:27: tenants.acme.routes.adjust: expected {RULE}"]),
        ("{adjust: []}", ["6:27: tenants.acme.routes.adjust: expected at least 1 item"]),
        (
            "{adjust: arcde}",
            [
                "6:27: tenants.acme.routes.adjust: no vendor is named 'arcde': did you mean arcade? (there "
                "are: arcade, perks)"
            ],
        ),
        (
            "{adjust: perks}",
            ["6:27: tenants.acme.routes.adjust: this vendor cannot do adjust: its adapter, calendar, has expiring"],
        ),
        ("{adjust: [arcade]}", ["6:28: tenants.acme.routes.adjust[0]: expected a mapping"]),
        (
            "{adjust: {when: {member: [email]}}}",
            [
                "6:19: tenants.acme.routes.adjust.vendor: expected this key, and it is missing (The name "
                "of a vendor of this configuration)"
            ],
        ),
        ("{adjust: {vendor: arcade, cache: 5}}", ["6:51: tenants.acme.routes.adjust.cache: only balances are cached"]),
        (
            "{balance: {vendor: arcade, cache: 0}}",
            ["6:52: tenants.acme.routes.balance.cache: expected a number above 0"],
        ),
        (
            "{adjust: {vendor: arcade, when: {}}}",
            ["6:50: tenants.acme.routes.adjust.when: expected member or point_type"],
        ),
        (
            "{adjust: {vendor: arcade, when: {member: []}}}",
            ["6:59: tenants.acme.routes.adjust.when.member: expected at least 1 item"],
        ),
        (
            "{adjust: {vendor: arcade, when: {member: email}}}",
            ["6:59: tenants.acme.routes.adjust.when.member: expected a list"],
        ),
        (
            "{adjust: {vendor: arcade, when: {member: [Email]}}}",
            [
                "6:60: tenants.acme.routes.adjust.when.member[0]: expected a member scheme, such as email, "
                "custom.user_id or custom.*"
            ],
        ),
        (
            "{adjust: {vendor: arcade, when: {member: [email, email]}}}",
            ["6:59: tenants.acme.routes.adjust.when.member: expected each value once, and one is repeated"],
        ),
        (
            "{adjust: {vendor: arcade, when: {members: [a], point_type: [b]}}}",
            [
                "6:51: tenants.acme.routes.adjust.when.members: unknown key: did you mean member? "
                "(expected: member, point_type)"
            ],
        ),
        (
            "{adjust: {vendor: arcade, when: {point_type: [5]}}}",
            ["6:64: tenants.acme.routes.adjust.when.point_type[0]: expected text: quote the value"],
        ),
        (
            "{adjust: [{vendor: arcade}, {vendor: arcade}, {vendor: arcade}]}",
            ["6:46: tenants.acme.routes.adjust[1]: can never match: a rule before it matches every call"],
        ),
        (
            "{adjst: arcade, balance: [{vendor: nobody, cache: x}, {vendor: arcade}]}",
            [
                f"6:19: tenants.acme.routes.adjst: expected {OPERATIONS}: did you mean adjust?",
                "6:53: tenants.acme.routes.balance[0].vendor: no vendor is named 'nobody' (there are: arcade, perks)",
                "6:68: tenants.acme.routes.balance[0].cache: expected a number",
                "6:72: tenants.acme.routes.balance[1]: can never match: a rule before it matches every call",
            ],
        ),
    ],
)
def test_what_is_wrong_with_routes(problems: Problems, routes: str, found: list[str]) -> None:
    """What the form of a rule says and what only the vendors can tell are found together."""
    assert problems(*with_routes(routes)) == found


def test_a_vendor_that_has_problems_is_still_a_vendor(problems: Problems) -> None:
    """Routes to it are not called wrong because it is, and what its adapter cannot do is still known."""
    text, replacement = with_routes("{adjust: arcade, expiring: arcade}")
    found = problems(text, replacement, ("partner_id: 7", "partner_id: x"))
    assert [problem.split(": ")[1] for problem in found] == [
        "vendors.arcade.partner_id",
        "tenants.acme.routes.expiring",
    ]
