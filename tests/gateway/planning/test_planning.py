"""A call becomes a route, a translator and a request; the same plan without secrets can be shown."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.answers.plans import capabilities, preview
from gateway.errors import FieldNotSupported, OperationNotSupported
from gateway.model import Adjustment, Applied, Balance, Member, Period
from gateway.planning.planning import Planner
from gateway.planning.routing import Route, Router, Tenant
from gateway.planning.translation import Translator
from gateway.port import Adapter, Exchange, VendorRequest, VendorSettings
from gateway.port.registry import AdapterType
from gateway.reads import BalanceRead, ExpiringRead
from gateway.write import Write
from tests.adapters.fifth_vendor.adapter import Paper

SECRET = "secret-of-the-brand"
MEMBER = Member("card", "1")
PERIOD = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))


class Slip(Adapter[VendorSettings]):
    """Adjusts by the path alone, and reads nothing but balances."""

    schemes = ("email",)
    fractions = False

    def adjust(self, *, member: Member, points: Decimal) -> Exchange[Applied]:
        """Put it in the path."""
        yield VendorRequest("POST", f"/{member.value}?value={points}", {"Accept": "text/plain"}, effect=True)
        return Applied()

    def balance(self, *, member: Member) -> Exchange[Balance]:
        """Ask by the path."""
        yield VendorRequest("GET", f"/{member.value}")
        return Balance()


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor of the planner's: its adapter, and settings besides the address."""

    adapter: type[Adapter[Any]]
    settings: dict[str, Any]


VENDORS = {
    "pages": Vendor(
        Paper,
        {
            "client": "brand",
            "client_secret": SECRET,
            "point_types": {"base": "stamps", "bonus": "stars"},
            "default_point_type": "base",
        },
    ),
    "slips": Vendor(Slip, {"ignore": ["store"]}),
}
ROUTER = Router(
    {
        "acme": Tenant(
            "acme",
            {
                "adjust": (
                    Route("adjust[0]", "pages", member_schemes=frozenset({"card"})),
                    Route("adjust[1]", "pages", point_types=frozenset({"bonus", "base"})),
                    Route("adjust[2]", "slips"),
                ),
                "balance": (Route("balance", "slips"),),
                "expiring": (Route("expiring", "pages"),),
            },
        ),
        "quiet": Tenant("quiet", {}),
    }
)


@pytest.fixture
def planner() -> Planner:
    return Planner(ROUTER, {name: translator(name, vendor) for name, vendor in VENDORS.items()})


def translator(name: str, vendor: Vendor) -> Translator:
    kind = AdapterType.of(vendor.adapter.__name__.lower(), vendor.adapter)
    fields = {"adapter": kind.name, "base_url": f"https://{name}.example/v1/", **vendor.settings}
    return Translator(name, kind, kind.settings.model_validate(fields))


def adjustment(**fields: Any) -> Adjustment:
    return Adjustment(**{"member": MEMBER, "points": Decimal(5), **fields})


def test_the_first_rule_that_matches_decides(planner: Planner) -> None:
    """A plan says by which rule it came about, to which vendor, and with what request."""
    email = Member("email", "a@b.example")
    plans = [
        planner.write("acme", Write(asked), id="adj_1")
        for asked in (adjustment(), adjustment(member=email, point_type="bonus"), adjustment(member=email))
    ]
    assert [(plan.route.rule, plan.translator.name) for plan in plans] == [
        ("adjust[0]", "pages"),
        ("adjust[1]", "pages"),
        ("adjust[2]", "slips"),
    ]
    assert plans[2].translation.request.path == "/a@b.example?value=5"


def test_reads_are_planned_as_writes_are(planner: Planner) -> None:
    """Each operation has rules of its own."""
    assert planner.read("acme", BalanceRead(Member("email", "a@b.example"))).translator.name == "slips"
    assert planner.read("acme", ExpiringRead(MEMBER, "bonus", PERIOD)).translator.name == "pages"


def test_what_no_rule_leads_to_is_not_supported(planner: Planner) -> None:
    """A tenant without rules can do nothing."""
    with pytest.raises(OperationNotSupported, match="quiet"):
        planner.write("quiet", Write(adjustment()), id="adj_1")


def test_a_plan_is_refused_where_its_vendor_cannot_be_told(planner: Planner) -> None:
    """A rule that matches decides, even for a vendor that cannot say what is asked."""
    with pytest.raises(FieldNotSupported) as caught:
        planner.read("acme", BalanceRead(MEMBER))
    assert caught.value.field == "member"


def test_the_vendor_of_a_first_attempt_is_found_by_name(planner: Planner) -> None:
    """A vendor that is gone cannot be asked again."""
    assert planner.translator("slips").name == "slips"
    with pytest.raises(OperationNotSupported, match="'gone'"):
        planner.translator("gone")


def test_a_preview_shows_the_request_without_secrets(planner: Planner) -> None:
    """Rule, vendor, request, what is not sent, and whether it could be repeated."""
    document = preview(planner.masked().write("acme", Write(adjustment()), id="adj_preview"))
    assert (document.rule, document.vendor.name, document.vendor.adapter) == ("adjust[0]", "pages", "paper")
    assert (document.request.method, document.request.url) == ("POST", "https://pages.example/v1/token")
    assert document.request.headers["Content-Type"] == "application/json"
    assert document.request.body == "***", "a request for a token is confidential"
    assert document.request.effect is False
    assert (document.not_sent, document.repeat_safety) == ([], "enforced")


def test_a_preview_of_a_request_without_a_body_shows_none(planner: Planner) -> None:
    """Fields that will not be sent are named."""
    asked = adjustment(member=Member("email", "a@b.example"), store="12")
    document = preview(planner.masked().write("acme", Write(asked), id="adj_preview"))
    assert document.request.model_dump() == {
        "method": "POST",
        "url": "https://slips.example/v1/a@b.example?value=5",
        "headers": {"Accept": "text/plain"},
        "body": None,
        "effect": True,
    }
    assert (document.not_sent, document.repeat_safety) == (["store"], "none")


def test_capabilities_are_what_rules_and_signatures_say(planner: Planner) -> None:
    """One entry a rule, in the order of the rules; the id is not a field, and a period has two ends."""
    told = capabilities(planner, "acme").model_dump()
    adjust = told["operations"]["adjust"]
    assert told["tenant"] == "acme"
    assert [rule["when"] for rule in adjust] == [{"member": ["card"]}, {"point_type": ["base", "bonus"]}, {}]
    assert adjust[2] == {
        "when": {},
        "vendor": "slips",
        "adapter": "slip",
        "member_schemes": ["email"],
        "resolves": [],
        "fields": ["member", "points"],
        "point_types": [],
        "fractions": False,
        "balance_in_answer": False,
        "repeat_safety": "none",
        "reversals": [],
    }
    assert adjust[0]["point_types"] == ["base", "bonus"]
    assert "id" not in adjust[0]["fields"]
    [expiring] = told["operations"]["expiring"]
    assert expiring["fields"] == ["from", "member", "point_type", "to"]
    assert capabilities(planner, "quiet").model_dump()["operations"] == {
        "adjust": [],
        "balance": [],
        "expiring": [],
        "transactions": [],
        "lookup": [],
    }
