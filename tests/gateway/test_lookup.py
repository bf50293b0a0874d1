"""The look-up of a member over HTTP: what is answered, what is refused, and what is masked."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from gateway.port.registry import AdapterType
from gateway.simulation import in_thread
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.adapters.served import Served, configured, served

PHONE = "phone:+1234567890"


@dataclass(frozen=True, slots=True)
class Shop:
    """A running gateway, and the vendor whose members it looks up."""

    gateway: Served
    vendor: PaperSimulator

    def look_up(self, member: str, tenant: str = "paper", **query: str) -> httpx.Response:
        """The answer to a look-up."""
        return self.gateway.get(tenant, f"members/{member}", **query)

    def answer_with(self, *holders: object) -> None:
        """Let the vendor answer the next look-up with these holders."""
        answer = {"kind": "body", "body": json.dumps({"holders": holders})}
        self.vendor.faults.add({"kind": "delay", "seconds": 0}, answer)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One gateway for all of these tests."""
    kinds, vendor = {"paper": AdapterType.of("paper", Paper)}, PaperSimulator()
    with in_thread(vendor):
        vendors = {"paper": {**vendor.settings, "adapter": "paper"}}
        rules = [{"vendor": "paper", "when": {"member": ["phone"]}}]
        tenants = {"phones": {"routes": {"lookup": rules}}, "none": {"routes": {"adjust": "paper"}}}
        settings = configured(tmp_path_factory.mktemp("gateway"), vendors, kinds, **tenants)
        with served(settings, kinds) as gateway:
            yield Shop(gateway, vendor)


@pytest.fixture
def shop(opened: Shop) -> Shop:
    """The gateway, and a vendor to whom nothing has happened yet."""
    opened.gateway.http.post(f"{opened.vendor.origin}/_simulator/reset").raise_for_status()
    return opened


def test_a_member_is_answered_under_the_name_that_was_asked(shop: Shop) -> None:
    """Every name that the vendor gives is there, and what it does not say is null."""
    document = shop.look_up(PHONE, include="vendor_response").json()
    assert document["vendor"].pop("response")["status"] == 200
    assert document == {
        "member": PHONE,
        "ids": {"card": "1", "phone": "+1234567890"},
        "status": None,
        "tier": "plain",
        "enrolled_at": None,
        "vendor": {"name": "paper", "adapter": "paper", "details": {}},
        "as_of": document["as_of"],
    }
    assert "response" not in shop.look_up(PHONE).json()["vendor"]


@pytest.mark.parametrize(
    ("member", "tenant", "status", "code"),
    [
        ("phone:+1000000", "paper", 404, "member_not_found"),
        ("email:a@example.com", "paper", 422, "field_not_supported"),
        ("card:1", "phones", 422, "operation_not_supported"),
        (PHONE, "none", 422, "operation_not_supported"),
        ("phone:1", "paper", 400, "invalid_request"),
    ],
)
def test_what_is_refused(shop: Shop, member: str, tenant: str, status: int, code: str) -> None:
    """Nobody, a name that the vendor is not asked by, no route, and no member."""
    answer = shop.look_up(member, tenant)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("query", [{"point_type": "base"}, {"include": "history"}, {"limit": "1"}])
def test_a_query_is_checked(shop: Shop, query: dict[str, str]) -> None:
    """A look-up has no point type, and nothing else that it does not know."""
    answer = shop.look_up(PHONE, **query)
    assert (answer.status_code, shop.vendor.requests) == (400, [])


def test_several_members_of_one_name_are_ambiguous(shop: Shop) -> None:
    """Nobody is chosen of them."""
    shop.vendor.phones["2"] = shop.vendor.phones["1"]
    answer = shop.look_up(PHONE)
    assert (answer.status_code, answer.json()["code"]) == (409, "member_ambiguous")
    assert answer.json()["retryable"] is False


def test_another_member_than_the_one_that_was_asked_is_not_understood(shop: Shop) -> None:
    """The row has to have the value."""
    shop.answer_with({"card": "2", "phone": "+1987654321"})
    assert shop.look_up(PHONE).json()["code"] == "vendor_bad_response"


def test_our_secrets_are_masked_in_every_name(shop: Shop) -> None:
    """A vendor that echoes a secret in a name, or in its own words, shows it to nobody."""
    secret = PaperSimulator.example.settings["client_secret"]
    shop.answer_with({"card": secret, "phone": "+1234567890", "paper": f"tier {secret}"})
    answer = shop.look_up(PHONE)
    assert secret not in answer.text
    assert (answer.json()["ids"]["card"], answer.json()["tier"]) == ("***", "tier ***")


def test_capabilities_name_the_schemes_of_the_look_up(shop: Shop) -> None:
    """They may be others than those of the other operations."""
    operations = shop.gateway.get("paper", "capabilities").json()["operations"]
    [lookup], [balance] = operations["lookup"], operations["balance"]
    assert (lookup["member_schemes"], lookup["fields"], lookup["point_types"]) == (["card", "phone"], ["member"], [])
    assert balance["member_schemes"] == ["card", "email", "custom.*"]
