import pytest

from gateway.errors import OperationNotSupported
from gateway.model import Member
from gateway.planning.routing import Route, Router, Tenant

EMAIL = Member("email", "jason@example.com")
CONTACT = Member("contact_id", "1")
RULES = (
    Route("acme.adjust[0]", "crm", member_schemes=frozenset({"contact_id"})),
    Route("acme.adjust[1]", "club", member_schemes=frozenset({"email"}), point_types=frozenset({"base", "bonus"})),
    Route("acme.adjust[2]", "arcade", member_schemes=frozenset({"email", "custom.*"})),
)


@pytest.fixture
def router() -> Router:
    reads = {"balance": (Route("other.balance", "arcade", cache=30.0),)}
    return Router({"acme": Tenant("acme", {"adjust": RULES}), "other": Tenant("other", reads)})


def test_the_first_rule_that_matches_wins(router: Router) -> None:
    """Both the second and the third rule match; the second is taken."""
    assert router.route("acme", "adjust", EMAIL, "base").vendor == "club"


def test_every_condition_of_a_rule_must_match(router: Router) -> None:
    """A point type that only the second rule lists does not help a member scheme that it does not."""
    assert router.route("acme", "adjust", CONTACT, "base").vendor == "crm"
    assert router.route("acme", "adjust", EMAIL, "status").vendor == "arcade"


def test_a_call_without_point_type_matches_no_point_type_rule(router: Router) -> None:
    """The second rule is passed over where the call names no point type."""
    assert router.route("acme", "adjust", EMAIL, None).vendor == "arcade"


def test_custom_star_matches_every_custom_scheme(router: Router) -> None:
    """`custom.*` takes in any custom field, and `custom.user_id` only that one."""
    assert router.route("acme", "adjust", Member("custom.user_id", "1"), None).vendor == "arcade"
    rule = Route("r", "v", member_schemes=frozenset({"custom.user_id"}))
    exact = Router({"acme": Tenant("acme", {"adjust": (rule,)})})
    assert exact.route("acme", "adjust", Member("custom.user_id", "1"), None).vendor == "v"
    with pytest.raises(OperationNotSupported):
        exact.route("acme", "adjust", Member("custom.other", "1"), None)


def test_a_rule_without_conditions_matches_everything(router: Router) -> None:
    """Neither scheme nor point type matters to it."""
    assert router.route("other", "balance", CONTACT, "any").cache == 30.0


def test_no_match_names_what_was_looked_for_but_not_the_member(router: Router) -> None:
    """Tenant, operation, scheme and point type are named; who the member is stays out."""
    with pytest.raises(OperationNotSupported) as caught:
        router.route("acme", "adjust", Member("phone", "+1234567890"), "base")
    assert caught.value.detail == (
        "No route of tenant 'acme' for 'adjust' matches member scheme 'phone' and point type 'base'"
    )
    with pytest.raises(OperationNotSupported, match="scheme 'phone' without point type"):
        router.route("acme", "adjust", Member("phone", "+1234567890"), None)


@pytest.mark.parametrize(("tenant", "operation"), [("acme", "expiring"), ("nobody", "adjust")])
def test_an_operation_without_rules_is_not_supported(router: Router, tenant: str, operation: str) -> None:
    """An operation that the tenant does not route, or a tenant that is not there, has no route."""
    with pytest.raises(OperationNotSupported, match=f"{tenant!r} has no route for {operation!r}"):
        router.route(tenant, operation, EMAIL, None)  # type: ignore[arg-type]  # a parameter is plain text


def test_the_rules_of_an_operation_can_be_listed(router: Router) -> None:
    """In their order, and empty where there are none."""
    assert router.routes("acme", "adjust") == RULES
    assert router.routes("acme", "balance") == ()
