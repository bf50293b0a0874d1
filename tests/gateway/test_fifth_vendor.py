"""A vendor that the gateway was not written for: registered by name alone, and trusted no further than any other."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.port import registry
from gateway.port.registry import AdapterType
from gateway.simulation import in_thread
from tests.adapters.fifth_vendor.broken import ADAPTERS, BROKEN_AFTER, BROKEN_BEFORE
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.adapters.served import Served, configured, served
from tests.deadlines import scaled

MIXED = {
    "routes": {
        "adjust": [
            {"when": {"member": ["card", "custom.*"]}, "vendor": "paper"},
            {"when": {"point_type": ["bonus"]}, "vendor": "paper"},
            {"vendor": "other"},
        ],
        "balance": {"vendor": "paper", "cache": 30},
    }
}


@dataclass(frozen=True, slots=True)
class Shop:
    """A running gateway with the fifth vendor, whole and broken in every way, and the vendor itself."""

    gateway: Served
    vendor: PaperSimulator

    def adjust(self, tenant: str = "paper", *, key: str | None = None, **body: Any) -> httpx.Response:
        """Ask for 5 points for a holder that is known, with fields changed."""
        return self.gateway.adjust(tenant, {"member": "card:1", "points": "5", **body}, key=key)

    def history(self, identifier: str, tenant: str = "paper") -> list[dict[str, Any]]:
        """Every step of an adjustment."""
        document = self.gateway.get(tenant, f"adjustments/{identifier}", include="history").json()
        steps: list[dict[str, Any]] = document["history"]
        return steps


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One gateway for all of these tests."""
    kinds = {**registry.adapters(), **{name: AdapterType.of(name, adapter) for name, adapter in ADAPTERS.items()}}
    # Any installed adapter that can adjust serves as the neighbour.
    other = next(each() for name, each in registry.simulators().items() if "adjust" in kinds[name].operations)
    vendor = PaperSimulator()
    folder: Path = tmp_path_factory.mktemp("gateway")
    with in_thread(vendor, other):
        vendors = {name: {**vendor.settings, "adapter": name, "timeout": scaled(10)} for name in ADAPTERS}
        settings = configured(
            folder, {**vendors, "other": {**other.settings, "timeout": scaled(10)}}, kinds, mixed=MIXED
        )
        with served(settings, kinds) as gateway:
            yield Shop(gateway, vendor)


@pytest.fixture
def shop(opened: Shop) -> Shop:
    """The gateway, and a vendor to whom nothing has happened yet."""
    opened.gateway.http.post(f"{opened.vendor.origin}/_simulator/reset").raise_for_status()
    return opened


def test_works_from_end_to_end(shop: Shop) -> None:
    """An adjustment with every field, a balance and what expires go to the vendor and come back."""
    answer = shop.adjust(
        point_type="bonus",
        description="Well done",
        reason="goodwill",
        reference="order-1",
        store="12",
        pending=True,
        options={"paper": {"pen": "blue", "page": 3}},
    )
    document = answer.json()
    [effect] = shop.vendor.effects
    assert (answer.status_code, document["status"], document["not_sent"]) == (201, "succeeded", [])
    assert document["vendor"]["transaction_id"] == effect.transaction_id
    assert document["balance"]["available"] == "5"
    assert effect.fields == {
        "holder": "card:1",
        "amount": 5,
        "kind": "stars",
        "text": "Well done",
        "cause": "gift",
        "ref": "order-1",
        "shop": "12",
        "held": True,
        "pen": "blue",
        "page": 3,
    }
    balance = shop.gateway.get("paper", "members/card:1/balance", point_type="bonus").json()
    assert balance["available"] == "5"
    period = {"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}
    assert shop.gateway.get("paper", "members/card:1/expiring", **period).json()["points"] == "7.25"


def test_appears_in_capabilities(shop: Shop) -> None:
    """What its signature and attributes say is what callers are told, rule by rule."""
    document = shop.gateway.get("mixed", "capabilities").json()["operations"]
    assert [(rule["when"], rule["vendor"]) for rule in document["adjust"]] == [
        ({"member": ["card", "custom.*"]}, "paper"),
        ({"point_type": ["bonus"]}, "paper"),
        ({}, "other"),
    ]
    assert document["adjust"][0] == {
        "when": {"member": ["card", "custom.*"]},
        "vendor": "paper",
        "adapter": "paper",
        "member_schemes": ["card", "email", "custom.*"],
        "fields": sorted(
            ("member", "points", "point_type", "description", "reason", "reference", "store", "pending", "options")
        ),
        "point_types": ["base", "bonus"],
        "fractions": True,
        "balance_in_answer": True,
        "repeat_safety": "enforced",
        "resolves": [],
        "reversals": [],
    }
    assert [rule["vendor"] for rule in document["balance"]] == ["paper"]
    assert document["expiring"] == []


def test_is_routed_to_by_the_configuration(shop: Shop) -> None:
    """Rules of a tenant lead to it by member scheme and point type, and past it to another vendor."""
    assert shop.adjust("mixed").json()["vendor"]["name"] == "paper"
    assert (
        shop.adjust("mixed", member="email:jason@example.com", point_type="bonus").json()["code"] == "member_not_found"
    )
    arrived = len(shop.vendor.requests)
    shop.adjust("mixed", member="email:jason@example.com")
    assert len(shop.vendor.requests) == arrived


def test_its_options_are_part_of_the_api(shop: Shop) -> None:
    """Its options are read by its own model, and stand in the OpenAPI document."""
    problem = shop.adjust(options={"paper": {"page": 0}}).json()
    assert problem["errors"][0]["pointer"] == "/options/paper/page"
    assert shop.vendor.requests == []
    schemas = shop.gateway.http.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["PaperOptions"]["properties"].keys() == {"pen", "page"}


def test_a_debit_beyond_the_balance_is_final(shop: Shop) -> None:
    """`insufficient_points` is told as such, with the vendor's words, and repeated for its key without asking again."""
    answers = [shop.adjust(points="-1000", key="debit-1") for _ in range(2)]
    problem = answers[0].json()
    assert [answer.status_code for answer in answers] == [422, 422]
    assert (problem["code"], problem["retryable"]) == ("insufficient_points", False)
    assert problem["vendor"]["message"] == "not enough left"
    assert answers[1].content == answers[0].content
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert (len(shop.vendor.requests), shop.vendor.effects) == (2, [])


def test_a_refused_token_is_retryable_and_the_same_key_tries_again(shop: Shop) -> None:
    """A token exchange that fails with 401 applied nothing; the next attempt of the same adjustment succeeds."""
    shop.vendor.faults.add({"kind": "status", "status": 401, "body": '{"error": "who are you?"}'})
    first = shop.adjust(key="token-1")
    problem = first.json()
    assert (first.status_code, problem["code"], problem["retryable"]) == (502, "vendor_auth_failed", True)
    assert first.headers["Retry-After"] == "60"
    [_, failed] = shop.history(problem["adjustment"])
    assert (failed["to"], failed["evidence"]["sent"]) == ("failed", False)
    second = shop.adjust(key="token-1")
    assert (second.status_code, second.json()["attempts"]) == (201, 2)
    assert second.json()["id"] == problem["adjustment"]
    assert len(shop.vendor.effects) == 1


@pytest.mark.parametrize("kind", ["reset", "close"])
def test_a_token_exchange_that_breaks_is_no_evidence_of_the_write(shop: Shop, kind: str) -> None:
    """Bytes of a request without an effect left, and still the write is known not to have been applied."""
    shop.vendor.faults.add({"kind": kind, "when": "after"})
    answer = shop.adjust()
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["retryable"]) == (503, "vendor_unavailable", True)
    assert shop.history(problem["adjustment"])[-1]["evidence"]["sent"] is False
    assert shop.vendor.effects == []


@pytest.mark.parametrize("kind", ["reset", "close"])
def test_an_entry_that_breaks_is_unknown(shop: Shop, kind: str) -> None:
    """Once bytes of the request with the effect have left, only its answer could prove anything."""
    shop.vendor.faults.add({"kind": "delay", "seconds": 0}, {"kind": kind, "when": "after"})
    answer = shop.adjust()
    assert (answer.status_code, answer.json()["status"]) == (202, "unknown")
    evidence = shop.history(answer.json()["id"])[-1]
    assert evidence["evidence"]["sent"] is True
    assert [step["request"]["url"].rpartition("/")[2] for step in evidence["exchange"]] == ["token", "entries"]
    assert len(shop.vendor.effects) == 1


@pytest.mark.parametrize("tenant", BROKEN_BEFORE)
def test_an_adapter_that_fails_before_the_effect_applied_nothing(shop: Shop, tenant: str) -> None:
    """Whatever it raises then, and whatever it calls it: not applied, and worth trying again."""
    answer = shop.adjust(tenant)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["retryable"]) == (503, "vendor_unavailable", True)
    assert ([request.path for request in shop.vendor.requests], shop.vendor.effects) == (["/paper/token"], [])


@pytest.mark.parametrize("tenant", BROKEN_AFTER)
def test_an_adapter_that_fails_after_the_effect_proves_nothing(shop: Shop, tenant: str) -> None:
    """Whatever it raises then, and whatever it calls it: unknown, and the same key never sends it again."""
    answers = [shop.adjust(tenant, key=f"after-{tenant}") for _ in range(2)]
    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [(202, "unknown")] * 2
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert len(shop.vendor.effects) == 1


def test_an_adapter_that_asks_for_a_second_effect_is_stopped(shop: Shop) -> None:
    """The second request with an effect is never sent, and what the first came to is unknown."""
    answer = shop.adjust("writes-twice")
    assert (answer.status_code, answer.json()["status"]) == (202, "unknown")
    assert [request.path for request in shop.vendor.requests].count("/paper/entries") == 1
    assert len(shop.vendor.effects) == 1


def test_an_adapter_that_fails_to_translate_claims_nothing(shop: Shop) -> None:
    """A fault before anything could be sent is a fault of the gateway; the key stays free."""
    answer = shop.adjust("loses-itself-at-once", key="free-1")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    listed = shop.gateway.get("loses-itself-at-once", "adjustments", idempotency_key="free-1").json()
    assert (listed["data"], shop.vendor.requests) == ([], [])
