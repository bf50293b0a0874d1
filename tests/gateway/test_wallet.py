"""All that a member has: which balances are asked, what stands in place of one that fails, and what they are worth."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from gateway.port.registry import AdapterType
from gateway.simulation import in_thread
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.adapters.served import Served, configured, served

PHONE, CARD, OTHER = "phone:+1234567890", "card:1", "card:2"
RATES = {
    "exact": {"paper": {"base": "0.000000000001", "bonus": "123456789012.123456789012"}},
    "flat": {"paper": 2},
    "half": {"paper": {"base": 1}},
    "whole": {"sums": 3},
    "divided": {"sums": {"base": 1, "bonus": 1}},
}
"""The rates of a tenant, by its name."""


class Sums(Paper):
    """Paper whose balance without a point type is of all kinds together."""

    aggregates = True


class Plain(Paper):
    """Paper whose balance has no kinds."""

    def balance(self, *, member: Any) -> Any:  # type: ignore[override]
        """Read what a holder has of the default kind."""
        return (yield from super().balance(member=member))


class Broken(Paper):
    """Paper whose adapter fails at one kind of points, and at every phone."""

    def balance(self, *, member: Any, point_type: str | None = None) -> Any:
        """Read what a holder has, unless it is of bonus points."""
        if point_type == "bonus":
            raise KeyError(point_type)
        return (yield from super().balance(member=member, point_type=point_type))

    def lookup(self, *, member: Any) -> Any:
        """Fail before anything is asked."""
        yield {}[member.value]


CLASSES = {"paper": Paper, "sums": Sums, "plain": Plain, "broken": Broken}
KINDS = {name: AdapterType.of(name, kind) for name, kind in CLASSES.items()}


@dataclass(frozen=True, slots=True)
class Shop:
    """A running gateway, and the vendors whose members it asks about; `other` is that of the vendor `plain`."""

    gateway: Served
    vendor: PaperSimulator
    other: PaperSimulator

    def ask(self, tenant: str, *members: str) -> httpx.Response:
        """The answer about a member with these names."""
        params = [("member", member) for member in members]
        return self.gateway.http.get("/v1/wallet", params=params, headers={"X-Tenant": tenant})

    def wallet(self, tenant: str, *members: str) -> dict[str, Any]:
        """The wallet of a member with these names."""
        answer = self.ask(tenant, *members)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One gateway for all of these tests."""
    vendor, other = PaperSimulator(), PaperSimulator()
    with in_thread(vendor, other):
        vendors: dict[str, Any] = {
            name: {**vendor.settings, "adapter": name, "resolve": ["phone"], "timeout": 5} for name in KINDS
        }
        # Another address is another account; a third name of the first account, with another name of one kind.
        vendors["sums"]["base_url"] = vendor.settings["base_url"].replace("127.0.0.1", "localhost")
        vendors["plain"]["base_url"] = other.settings["base_url"]
        vendors["twin"] = {**vendors["paper"], "point_types": {"basic": "stamps", "bonus": "stars"}}
        vendors["twin"]["default_point_type"] = "basic"
        tenants: dict[str, Any] = {
            name: {
                "routes": {"balance": next(iter(rates))},
                "rates": {"currency": "EUR", "vendors": rates},
            }
            for name, rates in RATES.items()
        }
        rules = [
            {"vendor": "twin", "when": {"point_type": ["basic"]}},
            {"vendor": "paper", "when": {"point_type": ["base"]}},
            {"vendor": "sums", "when": {"point_type": ["bonus"]}},
            {"vendor": "plain", "when": {"member": ["phone"]}},
            {"vendor": "paper"},
        ]
        tenants["several"] = {"routes": {"balance": rules}}
        tenants["without"] = {"routes": {"adjust": "paper"}}
        tenants["cards"] = {"routes": {"balance": [{"vendor": "paper", "when": {"member": ["card"]}}]}}
        tenants["kept"] = {"routes": {"balance": {"vendor": "paper", "cache": 60}}}
        settings = configured(tmp_path_factory.mktemp("gateway"), vendors, KINDS, **tenants)
        with served(settings, KINDS) as gateway:
            yield Shop(gateway, vendor, other)


@pytest.fixture
def shop(opened: Shop) -> Shop:
    """The gateway, and a vendor to whom nothing has happened yet."""
    opened.gateway.http.post(f"{opened.vendor.origin}/_simulator/reset").raise_for_status()
    return opened


def rows(wallet: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Where each balance is, of what, how much, and whether it is counted."""
    return [
        (
            each["vendor"]["name"],
            each["point_type"],
            each["balance"] and each["balance"]["available"],
            each["counted"],
        )
        for each in wallet["balances"]
    ]


def test_every_kind_of_points_of_a_vendor_is_asked(shop: Shop) -> None:
    """Each by its canonical name, and none for the default a second time."""
    wallet = shop.wallet("paper", CARD)
    assert rows(wallet) == [("paper", "base", "100", True), ("paper", "bonus", "0", True)]
    first = wallet["balances"][0]
    assert (first["member"], first["problem"], first["rate"], first["worth"]) == (CARD, None, None, None)
    assert "resolved" not in first
    assert (wallet["members"], wallet["currency"], wallet["total"]) == ([CARD], None, None)


def test_the_routes_decide_where_each_kind_is_asked(shop: Shop) -> None:
    """As they would decide a call about it; two vendors of one account are not asked for the same twice."""
    assert rows(shop.wallet("several", PHONE)) == [
        ("plain", None, "100", True),
        ("twin", "basic", "100", True),
        ("sums", "bonus", "0", True),
    ]
    assert rows(shop.wallet("several", CARD)) == [("twin", "basic", "100", True), ("sums", "bonus", "0", True)]


def test_two_names_of_one_member_are_one_entry(shop: Shop) -> None:
    """The name that is looked up leads to the same id, and each balance is asked once, by the first name."""
    for names in ((PHONE, CARD), (CARD, PHONE)):
        shop.vendor.requests.clear()
        wallet = shop.wallet("paper", *names)
        assert rows(wallet) == [("paper", "base", "100", True), ("paper", "bonus", "0", True)]
        assert [each["member"] for each in wallet["balances"]] == [names[0]] * 2
        assert [each.get("resolved") for each in wallet["balances"]] == [CARD if names[0] == PHONE else None] * 2
        asked = [request.path for request in shop.vendor.requests if request.path.endswith("/balance")]
        assert len(asked) == 2


@pytest.mark.parametrize("names", [(PHONE, OTHER), (CARD, OTHER), ("email:a@example.com", "email:b@example.com")])
def test_two_members_are_a_problem(shop: Shop, names: tuple[str, str]) -> None:
    """Names that lead to two ids at one vendor are not one member's, and nothing of either is told."""
    wallet = shop.wallet("exact", *names)
    assert rows(wallet) == [("paper", "base", None, True), ("paper", "bonus", None, True)]
    assert {each["problem"]["code"] for each in wallet["balances"]} == {"member_ambiguous"}
    assert wallet["total"] is None


def test_the_letter_case_of_an_email_is_no_second_member(shop: Shop) -> None:
    """The vendor is asked by the first spelling."""
    wallet = shop.wallet("plain", "email:a@example.com", "email:A@example.com")
    assert [each["problem"]["code"] for each in wallet["balances"]] == ["member_not_found"]
    assert shop.other.requests[-1].path.endswith("/email%3Aa%40example.com/balance")


def test_a_name_that_nobody_has_says_nothing_of_the_others(shop: Shop) -> None:
    """Without another name it is the problem of each balance."""
    assert rows(shop.wallet("paper", "phone:+1000000", CARD))[0] == ("paper", "base", "100", True)
    problems = [each["problem"] for each in shop.wallet("paper", "phone:+1000000")["balances"]]
    assert [each["code"] for each in problems] == ["member_not_found"] * 2
    assert problems[0]["vendor"]["name"] == "paper"


def test_a_look_up_that_fails_is_the_problem_of_its_vendor_alone(shop: Shop) -> None:
    """Nobody knows whether the names are one member's there; other vendors are asked all the same."""
    shop.vendor.phones = {"1": "+1234567890", "2": "+1234567890"}
    wallet = shop.wallet("paper", CARD, PHONE)
    assert {each["problem"]["code"] for each in wallet["balances"]} == {"member_ambiguous"}


def test_a_problem_stands_in_place_of_what_failed(shop: Shop) -> None:
    """The other balances are told, and there is no total."""
    body = json.dumps({"error": "no such kind"})
    well = {"kind": "delay", "seconds": 0}
    shop.vendor.faults.add(well, well, {"kind": "status", "status": 422, "body": body})
    wallet = shop.wallet("flat", CARD)
    told = sorted((each["problem"] or {}).get("code", "") for each in wallet["balances"])
    assert told == ["", "vendor_rejected"]
    assert (wallet["currency"], wallet["total"]) == ("EUR", None)


def test_a_fault_of_an_adapter_is_the_problem_of_its_vendor(shop: Shop) -> None:
    """Nothing of it is told, and the other balances are there."""
    base, bonus = shop.wallet("broken", CARD)["balances"]
    assert (base["balance"]["available"], bonus["problem"]["code"]) == ("100", "internal_error")
    assert "KeyError" not in str(bonus)
    told = [each["problem"]["code"] for each in shop.wallet("broken", PHONE)["balances"]]
    assert told == ["internal_error"] * 2


def test_a_total_is_exact(shop: Shop) -> None:
    """No digit is lost, and each rate is shown beside what its points are worth."""
    for points, point_type in (("899999999999.999999", "base"), ("999999999999.999999", "bonus")):
        body = {"member": CARD, "points": points, "point_type": point_type}
        assert shop.gateway.adjust("paper", body).status_code == 201
    wallet = shop.wallet("exact", CARD)
    base, bonus = wallet["balances"]
    assert (base["rate"], base["worth"]) == ("0.000000000001", "0.900000000099999999")
    assert (bonus["rate"], bonus["worth"]) == (
        "123456789012.123456789012",
        "123456789012123456665555.210987876543210988",
    )
    assert wallet["total"] == "123456789012123456665556.110987876643210987"


@pytest.mark.parametrize(
    ("tenant", "counted", "total"),
    [
        ("flat", [("base", "2", "200"), ("bonus", "2", "0")], "200"),
        ("half", [("base", "1", "100"), ("bonus", None, None)], None),
        ("whole", [(None, "3", "300")], "300"),
        ("divided", [("base", "1", "100"), ("bonus", "1", "0")], "100"),
    ],
)
def test_what_is_counted(shop: Shop, tenant: str, counted: list[Any], total: str | None) -> None:
    """Each kind of points, or all of them together, and never both; a rate that is missing leaves no total."""
    wallet = shop.wallet(tenant, CARD)
    told = [(each["point_type"], each["rate"], each["worth"]) for each in wallet["balances"] if each["counted"]]
    assert (told, wallet["total"]) == (counted, total)
    others = [each for each in wallet["balances"] if not each["counted"]]
    assert all(each["balance"] is not None and each["rate"] is None and each["worth"] is None for each in others)
    assert len(others) == {"whole": 2, "divided": 1}.get(tenant, 0)


def test_a_balance_may_be_from_a_moment_ago(shop: Shop) -> None:
    """Where the route allows it, as in a read of it alone, by whichever name."""
    shop.gateway.adjust("paper", {"member": CARD, "points": "1"})  # drops what was kept
    assert [each["cached"] for each in shop.wallet("kept", CARD)["balances"]] == [False, False]
    assert [each["cached"] for each in shop.wallet("kept", PHONE)["balances"]] == [True, True]


@pytest.mark.parametrize(
    ("tenant", "members", "status", "code"),
    [
        ("paper", (), 400, "invalid_request"),
        ("paper", ("card",), 400, "invalid_request"),
        ("paper", (CARD, CARD), 400, "invalid_request"),
        ("paper", tuple(f"card:{number}" for number in range(11)), 400, "invalid_request"),
        ("without", (CARD,), 422, "operation_not_supported"),
        ("cards", (PHONE,), 422, "operation_not_supported"),
        ("paper", ("contact_id:1",), 422, "operation_not_supported"),
    ],
)
def test_what_is_refused(shop: Shop, tenant: str, members: tuple[str, ...], status: int, code: str) -> None:
    """No name, a wrong one, one twice, too many, and names that lead nowhere; nothing is sent."""
    answer = shop.ask(tenant, *members)
    assert (answer.status_code, answer.json()["code"], shop.vendor.requests) == (status, code, [])


def test_only_the_names_may_be_repeated(shop: Shop) -> None:
    """Another parameter is refused by name."""
    answer = shop.gateway.http.get(
        "/v1/wallet?member=card:1&member=card:2&limit=1&limit=2", headers={"X-Tenant": "paper"}
    )
    assert answer.json()["errors"][0]["pointer"] == "?limit"
