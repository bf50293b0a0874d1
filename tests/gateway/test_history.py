"""A member's history at a vendor: its pages, its cursors, and the adjustments that made its rows."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.model import Member, Transactions
from gateway.port import Exchange
from gateway.port.registry import AdapterType
from gateway.simulation import in_thread
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.adapters.served import Served, configured, served

ROUTES = {"adjust": "paper", "transactions": "paper"}


class Keyless(Paper):
    """Paper whose rows do not carry the adjustment's own id."""

    def _row(self, entry: dict[str, Any], *rest: Any) -> Any:
        return super()._row({**entry, "key": None}, *rest)


class Verbose(Paper):
    """Paper whose cursors are too long for a caller."""

    def transactions(self, *, member: Member, limit: int) -> Exchange[Transactions]:  # type: ignore[override]
        """Read a page, and make its cursor long."""
        page = yield from super().transactions(member=member, limit=limit)
        return replace(page, next_cursor="c" * 2_000)


ADAPTERS = {"paper": Paper, "keyless": Keyless, "verbose": Verbose}


@dataclass(frozen=True, slots=True)
class Shop:
    """A running gateway, and the vendor whose history it reads."""

    gateway: Served
    vendor: PaperSimulator

    def adjust(self, points: str, tenant: str = "paper", **body: Any) -> str:
        """The id of an adjustment that was applied."""
        answer = self.gateway.adjust(tenant, {"member": "card:1", "points": points, **body})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def read(self, tenant: str = "paper", member: str = "card:1", **query: str) -> httpx.Response:
        """A page of the history."""
        return self.gateway.get(tenant, f"members/{member}/transactions", **query)

    def page(self, tenant: str = "paper", **query: str) -> dict[str, Any]:
        """A page that is answered."""
        answer = self.read(tenant, **query)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One gateway for all of these tests."""
    kinds = {name: AdapterType.of(name, adapter) for name, adapter in ADAPTERS.items()}
    vendor = PaperSimulator()
    folder: Path = tmp_path_factory.mktemp("gateway")
    with in_thread(vendor):
        vendors = {name: {**vendor.settings, "adapter": name} for name in ADAPTERS}
        # Another address is another account.
        vendors["elsewhere"] = {
            **vendors["paper"],
            "base_url": vendor.settings["base_url"].replace("127.0.0.1", "localhost"),
        }
        others = {"same": {"routes": ROUTES}, "none": {"routes": {"adjust": "paper"}}}
        settings = configured(folder, vendors, kinds, **others)
        with served(settings, kinds) as gateway:
            yield Shop(gateway, vendor)


@pytest.fixture
def shop(opened: Shop) -> Shop:
    """The gateway, and a vendor to whom nothing has happened yet."""
    opened.gateway.http.post(f"{opened.vendor.origin}/_simulator/reset").raise_for_status()
    return opened


def test_a_row_says_what_the_vendor_says(shop: Shop) -> None:
    """Points are signed and exact, the kind is canonical beside the vendor's word, and the point type is canonical."""
    first = shop.adjust("5.25", point_type="bonus", reference="order-1", description="Hello", reason="goodwill")
    second = shop.adjust("-2")
    document = shop.page(include="vendor_response")
    newest, oldest = document["data"]
    entries = [effect.transaction_id for effect in shop.vendor.effects]
    assert oldest == {
        "id": entries[0],
        "at": oldest["at"],
        "points": "5.25",
        "kind": "earn",
        "vendor_kind": "gift",
        "point_type": "bonus",
        "balance_after": None,
        "expires_at": None,
        "reference": "order-1",
        "description": "Hello",
        "reverses": None,
        "reversed_by": None,
        "adjustment": first,
        "details": {},
    }
    assert oldest["at"].endswith("Z")
    assert (newest["points"], newest["kind"], newest["point_type"]) == ("-2", "spend", "base")
    assert (newest["id"], newest["adjustment"]) == (entries[1], second)
    assert document["vendor"].pop("response")["status"] == 200
    assert document == {
        "member": "card:1",
        "point_type": None,
        "from": None,
        "to": None,
        "data": [newest, oldest],
        "next_cursor": None,
        "complete": True,
        "vendor": {"name": "paper", "adapter": "paper", "details": {}},
        "as_of": document["as_of"],
    }


def test_pages_lead_through_the_whole_history(shop: Shop) -> None:
    """Each page has at most `limit` rows, and its cursor leads to the next until there is none."""
    made = [shop.adjust("1") for _ in range(5)]
    found, query = [], {"limit": "2"}
    while True:
        page = shop.page(**query)
        assert len(page["data"]) <= 2
        found += [row["adjustment"] for row in page["data"]]
        if page["next_cursor"] is None:
            break
        assert len(page["next_cursor"]) <= 2_048
        query = {"limit": "2", "cursor": page["next_cursor"]}
    assert found == made[::-1]


@pytest.mark.parametrize("tenant", ["same", "paper"])
def test_a_transaction_belongs_to_the_tenant_that_made_it(shop: Shop, tenant: str) -> None:
    """Another tenant at the same account sees the row, and not whose adjustment it was."""
    made = shop.adjust("5")
    [row] = shop.page(tenant)["data"]
    assert row["adjustment"] == (made if tenant == "paper" else None)


def test_a_row_without_our_id_is_found_by_its_transaction_id(shop: Shop) -> None:
    """The journal knows which transaction an adjustment became."""
    made = shop.adjust("5", "keyless")
    [row] = shop.page("keyless")["data"]
    assert row["adjustment"] == made
    # The same transaction at another account would be another transaction.
    [row] = shop.page("elsewhere")["data"]
    assert row["adjustment"] is None


@pytest.mark.parametrize("key", ["adj_" + "0" * 32, "adj_1", "\0", "order-1"])
def test_an_id_that_the_journal_does_not_know_is_none_of_ours(shop: Shop, key: str) -> None:
    """A row may carry any text where ours would be."""
    shop.adjust("5")
    shop.vendor.faults.add(
        {"kind": "delay", "seconds": 0},
        {
            "kind": "body",
            "body": json.dumps(
                {"entries": [{"entry": "e", "key": key, "kind": "x", "amount": 1, "written": "2024-01-01T00:00:00Z"}]}
            ),
        },
    )
    [row] = shop.page()["data"]
    assert (row["adjustment"], row["point_type"], row["details"]) == (None, None, {"kind": "x"})


def test_an_empty_history_is_a_page(shop: Shop) -> None:
    """No rows is an answer, and the vendor's no is a problem."""
    assert shop.page()["data"] == []
    assert shop.read(member="card:404").json()["code"] == "member_not_found"


def test_a_period_may_have_one_end(shop: Shop) -> None:
    """`from` and `to` are inclusive, and each may be sent alone."""
    shop.adjust("1")
    [row] = shop.page()["data"]
    at, before, after = row["at"], "2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
    for query, rows in (
        ({"from": before}, [row]),
        ({"to": before}, []),
        ({"from": after}, []),
        ({"to": after}, [row]),
        ({"from": at, "to": at}, [row]),
    ):
        document = shop.page(**query)
        assert (document["data"], document["from"], document["to"]) == (rows, query.get("from"), query.get("to"))


CHANGES: dict[str, tuple[str, str, dict[str, str]]] = {
    "tenant": ("same", "card:1", {}),
    "vendor": ("elsewhere", "card:1", {}),
    "member": ("paper", "card:404", {}),
    "point type": ("paper", "card:1", {"point_type": "base"}),
    "from": ("paper", "card:1", {"from": "2000-01-01T00:00:00Z"}),
    "to": ("paper", "card:1", {"to": "2100-01-01T00:00:00Z"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_cursor_belongs_to_one_list(shop: Shop, change: str) -> None:
    """The cursor of another tenant, vendor, member, point type or period is refused, and nothing is sent."""
    for _ in range(3):
        shop.adjust("1")
    cursor = shop.page(limit="1")["next_cursor"]
    arrived = len(shop.vendor.requests)
    tenant, member, query = CHANGES[change]
    answer = shop.read(tenant, member, cursor=cursor, **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == "?cursor"
    assert len(shop.vendor.requests) == arrived
    assert len(shop.page(cursor=cursor, limit="100")["data"]) == 2  # the limit is no part of the list


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "\u00e9",
        "!" * 20,
        base64.urlsafe_b64encode(b"0" * 20).decode(),
        base64.urlsafe_b64encode(b"\xff" * 20).decode(),
    ],
)
def test_a_cursor_that_nobody_was_given_is_refused(shop: Shop, cursor: str) -> None:
    """A cursor is what a page gave, whole."""
    answer = shop.read(cursor=cursor)
    assert (answer.status_code, answer.json()["code"], shop.vendor.requests) == (400, "invalid_request", [])


def test_a_cursor_is_bounded(shop: Shop) -> None:
    """No cursor has more than 2,048 characters, from a caller or from a vendor."""
    assert shop.read(cursor="x" * 2_049).status_code == 400
    answer = shop.read("verbose")
    assert (answer.status_code, answer.json()["code"]) == (502, "vendor_bad_response")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": "0"}, "?limit"),
        ({"limit": "101"}, "?limit"),
        ({"limit": "ten"}, "?limit"),
        ({"from": "2024-01-02T00:00:00Z", "to": "2024-01-01T00:00:00Z"}, ""),
        ({"from": "2024-01-02"}, "?from"),
        ({"page": "2"}, "?page"),
    ],
)
def test_a_query_is_checked(shop: Shop, query: dict[str, str], pointer: str) -> None:
    """What cannot be read is refused with its name, and nothing is sent."""
    answer = shop.read(**query)
    assert (answer.status_code, answer.json()["code"], shop.vendor.requests) == (400, "invalid_request", [])
    assert answer.json()["errors"][0]["pointer"] == pointer or not pointer


def test_a_tenant_without_a_route_has_no_history(shop: Shop) -> None:
    """An operation that is not routed is refused by name."""
    assert shop.read("none").json()["code"] == "operation_not_supported"
    operations = shop.gateway.get("same", "capabilities").json()["operations"]
    assert [rule["fields"] for rule in operations["transactions"]] == [
        ["cursor", "from", "limit", "member", "point_type", "to"]
    ]


def test_our_secrets_are_masked_in_every_row(shop: Shop) -> None:
    """A vendor that echoes a secret in a row, or in its cursor, shows it to nobody."""
    secret = PaperSimulator.example.settings["client_secret"]
    row = {"entry": secret, "key": secret, "kind": secret, "amount": 1, "written": "2024-01-01T00:00:00Z"}
    row |= {"text": f"key: {secret}", "ref": secret, "cause": secret}
    shop.vendor.faults.add(
        {"kind": "delay", "seconds": 0},
        {"kind": "body", "body": json.dumps({"entries": [row], "older": f"{secret}-1"})},
    )
    answer = shop.read(include="vendor_response")
    assert answer.status_code == 200
    assert secret not in answer.text
    [shown] = answer.json()["data"]
    assert (shown["id"], shown["description"], shown["details"]) == ("***", "key: ***", {"kind": "***"})
    assert secret.encode() not in base64.urlsafe_b64decode(answer.json()["next_cursor"])
