"""Members whom the vendor does not take by the name that callers use: looked up before a write and before a read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from gateway.port.registry import AdapterType
from gateway.simulation import in_thread
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.enforcing import Remembering
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.adapters.served import Served, configured, served

NUMBER, PHONE, CARD = "+1234567890", "phone:+1234567890", "card:1"
WELL: dict[str, Any] = {"kind": "delay", "seconds": 0}
"""What becomes of a request that nothing happens to: each call begins with one for a token."""
LOOKED_UP = [WELL, WELL]


class Whole(Paper):
    """Paper that takes whole points only."""

    fractions = False


KINDS = {
    name: AdapterType.of(name, kind)
    for name, kind in {"paper": Paper, "remembering": Remembering, "whole": Whole}.items()
}


@dataclass(frozen=True, slots=True)
class Shop:
    """A running gateway, and the vendor whose members it looks up."""

    gateway: Served
    vendor: PaperSimulator

    def adjust(self, key: str, member: str = PHONE, tenant: str = "paper", **body: Any) -> httpx.Response:
        """The answer to an adjustment of 5 points."""
        return self.gateway.adjust(tenant, {"member": member, "points": "5", **body}, key=key)

    def balance(self, member: str, tenant: str = "cached") -> dict[str, Any]:
        """The balance of a member."""
        answer = self.gateway.get(tenant, f"members/{member}/balance")
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def preview(self, *, member: str = PHONE, query: str = "", **body: Any) -> httpx.Response:
        """The preview of an adjustment of 5 points."""
        fields = {"member": member, "points": "5", **body}
        path = f"/v1/adjustments/preview{query}"
        return self.gateway.http.post(path, json=fields, headers={"X-Tenant": "paper"})

    def move(self) -> None:
        """Let the phone belong to another holder from now on."""
        self.vendor.phones = {"1": "+1111111", "2": NUMBER}

    @property
    def look_ups(self) -> int:
        """How many look-ups the vendor has received."""
        return sum(request.path.endswith("/holders") for request in self.vendor.requests)

    @property
    def credited(self) -> list[str]:
        """Whose points were changed."""
        return [effect.member for effect in self.vendor.effects]

    @property
    def listed(self) -> list[Any]:
        """The adjustments that the journal has of the tenant `fresh`."""
        found: list[Any] = self.gateway.get("fresh", "adjustments").json()["data"]
        return found


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One gateway for all of these tests."""
    vendor = PaperSimulator()
    with in_thread(vendor):
        base = {**vendor.settings, "resolve": ["phone"]}
        vendors = {name: {**base, "adapter": name} for name in KINDS}
        rule = {"vendor": "paper", "cache": 60}
        tenants = {
            "fresh": {"routes": {"adjust": "paper"}},
            "cached": {"routes": {"adjust": "paper", "balance": rule}},
            "undone": {"routes": {"adjust": {"vendor": "paper", "compensate": True}}},
            "apart": {"routes": {"adjust": [{"vendor": "paper", "when": {"member": ["card"]}}]}},
        }
        settings = configured(tmp_path_factory.mktemp("gateway"), vendors, KINDS, **tenants)
        with served(settings, KINDS) as gateway:
            yield Shop(gateway, vendor)


@pytest.fixture
def shop(opened: Shop) -> Shop:
    """The gateway, and a vendor to whom nothing has happened yet."""
    opened.gateway.http.post(f"{opened.vendor.origin}/_simulator/reset").raise_for_status()
    return opened


def test_a_write_names_the_member_as_the_vendor_does(shop: Shop) -> None:
    """The caller's name is answered, the vendor's own stands beside it, in the history too, and is credited."""
    answer = shop.adjust("w-1")
    document = answer.json()
    assert (answer.status_code, document["member"], document["resolved"]) == (201, PHONE, CARD)
    assert (shop.credited, shop.look_ups) == ([CARD], 1)
    found = shop.gateway.get("paper", f"adjustments/{document['id']}", include="history").json()
    assert (found["resolved"], found["history"][0]["evidence"]) == (CARD, {"resolved": CARD})
    listed = shop.gateway.get("paper", "adjustments", member=PHONE).json()["data"]
    assert listed[0]["id"] == document["id"]


def test_a_name_that_the_vendor_takes_is_not_looked_up(shop: Shop) -> None:
    """Nothing is resolved, and nothing says so."""
    answer = shop.adjust("n-1", CARD)
    assert (answer.status_code, "resolved" in answer.json(), shop.look_ups) == (201, False, 0)


def test_a_rule_is_chosen_by_the_name_that_the_caller_gave(shop: Shop) -> None:
    """The vendor's own name chooses no rule."""
    assert shop.adjust("r-1", tenant="apart").json()["code"] == "operation_not_supported"
    assert shop.vendor.requests == []


def test_a_replay_and_a_conflict_look_nobody_up(shop: Shop) -> None:
    """The key decides first, whoever has the name by now."""
    first = shop.adjust("k-1")
    shop.move()
    arrived = len(shop.vendor.requests)
    again, other = shop.adjust("k-1"), shop.adjust("k-1", points="6")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert other.json()["code"] == "idempotency_key_reused"
    assert len(shop.vendor.requests) == arrived


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        ([*LOOKED_UP[:1], {"kind": "body", "body": '{"holders": []}'}], "member_not_found"),
        ([*LOOKED_UP[:1], {"kind": "body", "body": '{"holders": [{}, {}]}'}], "member_ambiguous"),
        ([*LOOKED_UP[:1], {"kind": "body", "body": '{"holders": [{"card": "2"}]}'}], "vendor_bad_response"),
        (
            [*LOOKED_UP[:1], {"kind": "body", "body": '{"holders": [{"card": "a/b", "phone": "+1234567890"}]}'}],
            "vendor_bad_response",
        ),
        (
            [
                *LOOKED_UP[:1],
                {"kind": "body", "body": '{"holders": [{"card": "simulated-paper-secret", "phone": "+1234567890"}]}'},
            ],
            "vendor_bad_response",
        ),
        ([{"kind": "status", "status": 401}], "vendor_auth_failed"),
        ([{"kind": "status", "status": 429}], "vendor_rate_limited"),
    ],
)
def test_nothing_is_claimed_where_the_look_up_fails(shop: Shop, faults: list[dict[str, Any]], code: str) -> None:
    """The problem names no adjustment, the journal keeps nothing, and the key carries the next request."""
    before = len(shop.listed)
    shop.vendor.faults.add(*faults)
    key = f"f-{code}-{len(faults)}-{faults[-1].get('body', '')[-40:-20].strip()}".replace(" ", "")
    problem = shop.adjust(key, tenant="fresh").json()
    assert (problem["code"], problem["new_key_allowed"]) == (code, False)
    assert problem["vendor"]["name"] == "paper"
    assert "adjustment" not in problem
    assert (shop.vendor.effects, len(shop.listed)) == ([], before)
    if code != "vendor_rate_limited":  # which the gateway heeds for a while
        assert shop.adjust(key, tenant="fresh").status_code == 201


def test_a_look_up_is_repeated_as_a_read_is(shop: Shop) -> None:
    """An answer that broke off is asked again, and the write leaves once."""
    shop.vendor.faults.add(WELL, {"kind": "close", "when": "after"})
    assert shop.adjust("a-1").status_code == 201
    assert (shop.look_ups, shop.credited) == (2, [CARD])


def test_what_cannot_be_said_of_anybody_is_refused_before_the_look_up(shop: Shop) -> None:
    """Nobody is looked up for a request that cannot be made."""
    for preview in (False, True):
        answer = shop.gateway.adjust("whole", {"member": PHONE, "points": "2.5"}, preview=preview)
        assert (answer.json()["code"], shop.vendor.requests) == ("field_not_supported", [])


def test_the_next_attempt_credits_the_member_of_the_first(shop: Shop) -> None:
    """Whoever has the name by then: the vendor's own name stands from the claim on."""
    shop.vendor.faults.add(*LOOKED_UP, WELL, {"kind": "status", "status": 401, "body": '{"error": "no"}'})
    failed = shop.adjust("t-1").json()
    assert (failed["code"], failed["retryable"]) == ("vendor_auth_failed", True)
    shop.move()
    answer = shop.adjust("t-1")
    assert (answer.status_code, answer.json()["resolved"], answer.json()["attempts"]) == (201, CARD, 2)
    assert (shop.credited, shop.look_ups) == ([CARD], 1)


def test_a_repeat_of_an_unknown_is_the_same_request(shop: Shop) -> None:
    """An enforcing vendor is sent the request with the first member, whoever has the name by then."""
    shop.vendor.faults.add(*LOOKED_UP, WELL, {"kind": "close", "when": "before"})
    assert shop.adjust("e-1", tenant="remembering").json()["status"] == "unknown"
    shop.move()
    answer = shop.adjust("e-1", tenant="remembering")
    assert (answer.status_code, answer.json()["resolved"]) == (201, CARD)
    assert (shop.credited, shop.look_ups) == ([CARD], 1)


def test_a_reversal_is_about_the_member_of_the_original(shop: Shop) -> None:
    """Whoever has the name by then, the points are taken back where they were given."""
    original = shop.adjust("o-1", tenant="undone").json()["id"]
    shop.move()
    path, headers = f"/v1/adjustments/{original}/reversal", {"X-Tenant": "undone", "Idempotency-Key": "o-2"}
    answer = shop.gateway.http.post(path, json={}, headers=headers).json()
    assert (answer["member"], answer["resolved"], answer["points"]) == (PHONE, CARD, "-5")
    assert (shop.credited, shop.look_ups) == ([CARD, CARD], 1)


def test_reads_look_the_member_up(shop: Shop) -> None:
    """Each read is answered under the caller's name, with the vendor's own beside it."""
    shop.adjust("b-1")
    for path, query in (
        ("balance", {}),
        ("transactions", {}),
        ("expiring", {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}),
    ):
        answer = shop.gateway.get("paper", f"members/{PHONE}/{path}", **query).json()
        assert (answer["member"], answer["resolved"]) == (PHONE, CARD)
    assert "resolved" not in shop.gateway.get("paper", f"members/{CARD}/balance").json()
    assert shop.look_ups == 4


def test_a_cursor_belongs_to_the_vendors_own_name(shop: Shop) -> None:
    """Another name of the same member goes on; once the name leads to another member, the cursor is refused."""
    for number in range(3):
        shop.adjust(f"c-{number}")
    cursor = shop.gateway.get("paper", f"members/{PHONE}/transactions", limit="1").json()["next_cursor"]
    assert len(shop.gateway.get("paper", f"members/{CARD}/transactions", cursor=cursor).json()["data"]) == 2
    shop.move()
    answer = shop.gateway.get("paper", f"members/{PHONE}/transactions", cursor=cursor)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "?cursor")


@pytest.mark.parametrize(("reads", "writes"), [(PHONE, CARD), (CARD, PHONE)])
def test_a_write_by_one_name_drops_the_balance_read_by_another(shop: Shop, reads: str, writes: str) -> None:
    """Balances are kept by the vendor's own name, and the look-up of a name is not kept."""
    shop.adjust(f"d-{reads}", CARD)  # drops what an earlier test read
    before = shop.balance(reads)
    assert (shop.balance(writes)["cached"], shop.balance(reads)["available"]) == (True, before["available"])
    assert shop.adjust(f"d-{writes}-2", writes).status_code == 201
    after = shop.balance(reads)
    assert (after["cached"], int(after["available"]) - int(before["available"])) == (False, 5)


def test_a_balance_is_that_of_who_has_the_name_now(shop: Shop) -> None:
    """A kept balance of the member before is nobody else's."""
    shop.adjust("m-1", CARD)
    assert shop.balance(PHONE)["resolved"] == CARD
    shop.move()
    assert shop.balance(PHONE)["resolved"] == "card:2"


def test_a_preview_looks_nobody_up_unless_asked(shop: Shop) -> None:
    """Without `resolve` it is the look-up's request, with a placeholder; with it, the request that would be sent."""
    preview = shop.preview().json()
    assert (preview["resolved"], preview["request"]["effect"], shop.vendor.requests) == ("card:?", False, [])
    for query in ("?resolve=false", ""):
        assert shop.preview(query=query).json()["resolved"] == "card:?"
    resolved = shop.preview(query="?resolve=true").json()
    assert (resolved["resolved"], shop.look_ups, shop.vendor.effects) == (CARD, 1, [])
    assert "resolved" not in shop.preview(member=CARD, query="?resolve=true").json()
    assert shop.preview(query="?resolve=yes").status_code == 400
    shop.vendor.phones = {}
    assert shop.preview(query="?resolve=true").json()["code"] == "member_not_found"


def test_capabilities_name_what_is_looked_up(shop: Shop) -> None:
    """Beside the schemes that the vendor takes."""
    operations = shop.gateway.get("paper", "capabilities").json()["operations"]
    shown = {name: [rule["resolves"] for rule in rules] for name, rules in operations.items()}
    assert shown == {
        "adjust": [["phone"]],
        "balance": [["phone"]],
        "expiring": [["phone"]],
        "transactions": [["phone"]],
        "lookup": [[]],
    }
