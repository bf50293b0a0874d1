"""Reversals: by the vendor's own cancel or by an adjustment of the opposite sign, and never of more than there was."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.port import registry
from gateway.port.registry import AdapterType
from gateway.simulation import Simulator, in_thread
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.adapters.served import Served, configured, served

ROUTES = {
    # Which vendor: whether it has a cancel of its own, and whether the rule lets adjustments be compensated.
    "cancel": {"vendor": "crm"},
    "both": {"vendor": "crm", "compensate": True},
    "compensate": {"vendor": "paper", "compensate": True},
    "none": {"vendor": "paper"},
}
LATER = ({"kind": "delay", "seconds": 0},)
"""Let pass the request for a token, which comes before the effect."""
MEMBERS = {"crm": "contact_id:1", "paper": "card:1"}


@dataclass(slots=True)
class Shop:
    """A running gateway with two vendors: one that can cancel, and one that cannot."""

    gateway: Served
    crm: Simulator
    paper: PaperSimulator
    keys: Iterator[int]

    def adjust(self, tenant: str, points: str = "5", **body: Any) -> str:
        """The id of an adjustment that has succeeded."""
        member = MEMBERS[ROUTES[tenant]["vendor"]]  # type: ignore[index]
        answer = self.gateway.adjust(tenant, {"member": member, "points": points, "description": "d", **body})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def reverse(self, tenant: str, original: str, key: str | None = None, **body: Any) -> httpx.Response:
        """A reversal, with a new key where none is given."""
        headers = {"X-Tenant": tenant, "Idempotency-Key": key or f"reversal-{next(self.keys)}"}
        return self.gateway.http.post(f"/v1/adjustments/{original}/reversal", json=body, headers=headers)

    def see(self, tenant: str, id_: str, **query: str) -> dict[str, Any]:
        """An adjustment as it stands."""
        document: dict[str, Any] = self.gateway.get(tenant, f"adjustments/{id_}", **query).json()
        return document

    def balance(self, tenant: str) -> Decimal:
        """What all effects at the tenant's vendor come to."""
        vendor: Simulator = self.crm if ROUTES[tenant]["vendor"] == "crm" else self.paper
        return sum((each.points for each in vendor.effects), Decimal(0))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One gateway for all of these tests."""
    kinds = {"contact-points": registry.adapters()["contact-points"], "paper": AdapterType.of("paper", Paper)}
    crm, paper = registry.simulators()["contact-points"](), PaperSimulator()
    with in_thread(crm), in_thread(paper):
        vendors = {
            "crm": {**crm.settings, "account": "sample"},
            "paper": paper.settings,
            # The same programme at another address is another account.
            "moved": {**paper.settings, "base_url": paper.settings["base_url"].replace("127.0.0.1", "localhost")},
        }
        tenants = {name: {"routes": {"adjust": rule}} for name, rule in ROUTES.items()}
        folder: Path = tmp_path_factory.mktemp("gateway")
        with served(configured(folder, vendors, kinds, **tenants), kinds) as gateway:
            yield Shop(gateway, crm, paper, count())


@pytest.fixture
def shop(opened: Shop) -> Shop:
    """The gateway, and vendors to whom nothing has happened yet."""
    for vendor in (opened.crm, opened.paper):
        opened.gateway.http.post(f"{vendor.origin}/_simulator/reset").raise_for_status()
    return opened


def test_a_whole_adjustment_is_cancelled_where_the_vendor_can(shop: Shop) -> None:
    original = shop.adjust("both", "7.5")
    answer = shop.reverse("both", original)
    assert answer.status_code == 201, answer.text
    reversal = answer.json()
    assert (reversal["operation"], reversal["reverses"], reversal["linked"]) == ("reverse", original, True)
    assert (reversal["points"], reversal["member"], reversal["status"]) == ("-7.5", "contact_id:1", "succeeded")
    assert answer.headers["location"] == f"/v1/adjustments/{reversal['id']}"
    assert [effect.points for effect in shop.crm.effects] == [Decimal("7.5"), Decimal("-7.5")]
    assert reversal["vendor"]["transaction_id"] == shop.crm.effects[-1].transaction_id
    seen = shop.see("both", original)
    assert seen["reversed"] == "7.5"
    assert seen["reversals"] == [{"id": reversal["id"], "status": "succeeded", "points": "7.5", "linked": True}]
    assert "reversals" not in shop.see("both", reversal["id"])


@pytest.mark.parametrize("tenant", ["both", "compensate"])
def test_a_part_is_taken_back_by_the_opposite(shop: Shop, tenant: str) -> None:
    """The vendor's cancel takes back the whole, so it is not used for the rest either."""
    original = shop.adjust(tenant, "-5")
    first = shop.reverse(tenant, original, points="2", description="r").json()
    assert (first["points"], first["linked"]) == ("2", False)
    second = shop.reverse(tenant, original, description="r").json()
    assert (second["points"], second["linked"]) == ("3", False)
    assert shop.balance(tenant) == 0
    problem = shop.reverse(tenant, original).json()
    assert (problem["status"], problem["code"], problem["new_key_allowed"]) == (409, "not_reversible", False)
    assert shop.see(tenant, original)["reversed"] == "5"


def test_no_more_than_is_left(shop: Shop) -> None:
    original = shop.adjust("compensate", "5")
    assert shop.reverse("compensate", original, points="5.01").json()["code"] == "not_reversible"
    shop.reverse("compensate", original, points="4")
    problem = shop.reverse("compensate", original, points="2").json()
    assert problem["code"] == "not_reversible"
    assert "1 points of it are left" in problem["detail"]
    assert shop.balance("compensate") == 1


def test_a_key_means_one_reversal(shop: Shop) -> None:
    """A repeat is answered from the journal, with nothing left too; another body, original or operation is refused."""
    original, other = shop.adjust("compensate", "5"), shop.adjust("compensate", "5")
    first = shop.reverse("compensate", original, key="one")
    again = shop.reverse("compensate", original, key="one")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    reused = [
        shop.reverse("compensate", original, key="one", points="5"),
        shop.reverse("compensate", original, key="one", linked=False),
        shop.reverse("compensate", other, key="one"),
        shop.gateway.adjust("compensate", {"member": "card:1", "points": "-5"}, key="one"),
    ]
    assert {each.json()["code"] for each in reused} == {"idempotency_key_reused"}
    pointers = [[error["pointer"] for error in each.json().get("errors", [])] for each in reused]
    assert pointers == [["/points"], ["/linked"], ["{id}"], []]
    assert shop.balance("compensate") == 5
    # The answer to the original's own key is what it was.
    assert shop.see("compensate", original)["reversed"] == "5"


def test_a_reversal_is_of_an_adjustment_that_has_succeeded(shop: Shop) -> None:
    original = shop.adjust("compensate", "5")
    reversal = shop.reverse("compensate", original, points="1").json()["id"]
    assert shop.reverse("compensate", reversal).json()["code"] == "not_reversible"
    assert shop.reverse("compensate", "adj_none").json()["code"] == "not_found"
    assert shop.reverse("both", original).json()["code"] == "not_found"  # of another tenant
    shop.paper.faults.add(*LATER, {"kind": "status", "status": 500})
    body = {"member": "card:1", "points": "5", "description": "d"}
    unknown = shop.gateway.adjust("compensate", body)
    assert unknown.status_code == 202
    assert shop.reverse("compensate", unknown.json()["id"]).json()["code"] == "not_reversible"


@pytest.mark.parametrize(
    ("tenant", "body", "code"),
    [
        ("none", {}, "operation_not_supported"),
        ("none", {"linked": True}, "operation_not_supported"),
        ("cancel", {"points": "1"}, "operation_not_supported"),
        ("cancel", {"linked": False}, "operation_not_supported"),
        ("cancel", {"linked": True, "points": "1"}, "not_reversible"),
        ("cancel", {"points": "-1"}, "invalid_request"),
        ("cancel", {"points": "0"}, "invalid_request"),
        ("cancel", {"amount": "1"}, "invalid_request"),
    ],
)
def test_what_cannot_be_reversed_that_way_is_refused(shop: Shop, tenant: str, body: dict[str, Any], code: str) -> None:
    original = shop.adjust(tenant)
    assert shop.reverse(tenant, original, **body).json()["code"] == code
    assert shop.balance(tenant) == 5


def test_a_cancel_is_told_no_description(shop: Shop) -> None:
    """The vendor's cancel takes none, so that one is refused by name unless the operator has consented."""
    original = shop.adjust("both")
    assert (
        shop.reverse("both", original, linked=True, description="why").json()["errors"][0]["pointer"] == "/description"
    )


def test_lists_and_capabilities(shop: Shop) -> None:
    original, other = shop.adjust("compensate", "5"), shop.adjust("compensate", "6")
    made = [shop.reverse("compensate", original, points="1").json()["id"] for _ in range(3)]
    found = shop.gateway.get("compensate", "adjustments", reverses=original).json()["data"]
    assert [each["id"] for each in found] == made[::-1]
    assert shop.gateway.get("compensate", "adjustments", reverses=other).json()["data"] == []
    page = shop.gateway.get("compensate", "adjustments", operation="reverse", limit="2").json()
    assert [each["id"] for each in page["data"]] == made[:0:-1]
    adjusted = shop.gateway.get("compensate", "adjustments", operation="adjust", limit="2").json()["data"]
    assert [each["id"] for each in adjusted] == [other, original]
    ways = {
        tenant: shop.gateway.get(tenant, "capabilities").json()["operations"]["adjust"][0]["reversals"]
        for tenant in ROUTES
    }
    assert ways == {
        "cancel": ["linked"],
        "both": ["linked", "compensation"],
        "compensate": ["compensation"],
        "none": [],
    }


def test_what_a_hand_has_cancelled_is_not_taken_back_again(shop: Shop) -> None:
    """The vendor shows it: the reversal is refused for good, and so is every other one, of whatever kind."""
    original = shop.adjust("both", "5")
    cancelled = f"{shop.crm.origin}/api/v1/Points/{shop.crm.effects[0].transaction_id}/Cancel"
    shop.gateway.http.post(cancelled, headers={"X-ApiKey": shop.crm.settings["api_key"]}).raise_for_status()
    first = shop.reverse("both", original, key="by-hand").json()
    assert (first["status"], first["code"], first["new_key_allowed"]) == (409, "already_reversed", True)
    assert shop.see("both", original)["at_vendor"] is True
    for body in ({"points": "1"}, {"linked": False}, {}):
        assert shop.reverse("both", original, **body).json()["code"] == "already_reversed"
    assert shop.balance("both") == 0


def test_a_lost_answer_to_a_cancel_is_found(shop: Shop) -> None:
    """The reversal holds its share until then, and a repeat of its key is answered by what was found."""
    original = shop.adjust("both", "5")
    shop.crm.faults.add({"kind": "reset", "when": "after", "method": "POST"})
    unknown = shop.reverse("both", original, key="lost")
    assert unknown.status_code == 202, unknown.text
    assert shop.reverse("both", original).json()["code"] == "not_reversible"
    assert shop.balance("both") == 0


def test_of_fifty_at_once_no_more_than_there_was(shop: Shop) -> None:
    original = shop.adjust("compensate", "10")
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: shop.reverse("compensate", original, points="3"), range(50)))
    assert sorted(each.status_code for each in answers) == [201] * 3 + [409] * 47
    assert shop.balance("compensate") == 1
    assert shop.reverse("compensate", original).json()["points"] == "-1"
    assert shop.balance("compensate") == 0


def test_a_failed_reversal_frees_its_share_and_does_not_come_back(shop: Shop) -> None:
    """One that failed retryably holds nothing; once another has taken it, it has failed for good.

    Its caller may ask for what is left under another key.
    """
    original = shop.adjust("compensate", "5")
    shop.paper.faults.add(*LATER, {"kind": "status", "status": 429})
    failed = shop.reverse("compensate", original, key="first", points="3")
    assert (failed.json()["code"], failed.json()["retryable"]) == ("vendor_rate_limited", True)
    assert shop.reverse("compensate", original, key="second", points="3").status_code == 201
    again = shop.reverse("compensate", original, key="first", points="3").json()
    assert (again["code"], again["adjustment"], again["new_key_allowed"]) == (
        "not_reversible",
        failed.json()["adjustment"],
        True,
    )
    replay = shop.reverse("compensate", original, key="first", points="3")
    assert (replay.json()["code"], replay.headers["idempotent-replayed"]) == ("not_reversible", "true")
    assert shop.balance("compensate") == 2
