"""The simulator against its vendor's documents, over real sockets."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from adapters.talon_one.simulator import SAMPLE, SUBLEDGER, TalonOneSimulator
from gateway.simulation import in_thread
from tests.deadlines import DEADLINE
from tests.plain import PLAIN

INTEGRATION = {"Authorization": "ApiKey-v1 simulated-talon-one-key"}
MANAGEMENT = {"Authorization": "ManagementKey-v1 simulated-talon-one-management-key"}
NOTHING: dict[str, Any] = {}
ADD = """{
  "points": 300,
  "name": "Compensation",
  "validityDuration": "5D",
  "pendingDuration": "12h",
  "subledgerId": "sub-123",
  "applicationId": 322
}"""
DEDUCT = """{
  "points": 300,
  "name": "Penalty",
  "applicationId": 322
}"""


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2021, 7, 20, 22, 0, 0, tzinfo=UTC)
        self.made = 0

    def id(self) -> UUID:
        """The next id."""
        self.made += 1
        return UUID(int=self.made, version=4)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vendor(clock: Clock) -> Iterator[TalonOneSimulator]:
    simulator = TalonOneSimulator(now=lambda: clock.now, new_id=clock.id)
    with in_thread(simulator):
        yield simulator


def ask(
    vendor: TalonOneSimulator,
    path: str,
    body: Any = None,
    *,
    method: str | None = None,
    headers: dict[str, str] | None = None,
    content_type: str = "application/json",
) -> tuple[int, Any]:
    """Put a body with the management key, or get with the other; the status and the JSON, with exact numbers."""
    key = (INTEGRATION if body is None else MANAGEMENT) if headers is None else headers
    answer = httpx.request(
        method or ("GET" if body is None else "PUT"),
        f"{vendor.base_url}/v1/loyalty_programs{path}",
        content=body if isinstance(body, str) or body is None else json.dumps(body),
        headers={**key, **({} if body is None else {"Content-Type": content_type})},
        trust_env=False,
        verify=PLAIN,
        timeout=DEADLINE,
    )
    return answer.status_code, json.loads(answer.text, parse_float=Decimal) if answer.text else None


def of(what: str, profile: str = SAMPLE, program: int = 33) -> str:
    """The path of a call about a profile."""
    return f"/{program}/profile/{profile}/{what}"


def add(vendor: TalonOneSimulator, points: Any, **more: Any) -> tuple[int, Any]:
    """Add points to the sample's profile."""
    return ask(vendor, of("add_points"), {"points": points, **more})


def deduct(vendor: TalonOneSimulator, points: Any, **more: Any) -> tuple[int, Any]:
    """Deduct points from the sample's profile."""
    return ask(vendor, of("deduct_points"), {"points": points, **more})


def balances(vendor: TalonOneSimulator, query: str = "") -> dict[str, Any]:
    """The balances of the sample's profile."""
    status, body = ask(vendor, of("balances") + query)
    assert status == 200
    return dict(body)


def rows(vendor: TalonOneSimulator, query: str = "", what: str = "transactions") -> list[dict[str, Any]]:
    """The transactions of the sample's profile."""
    status, body = ask(vendor, of(what) + query)
    assert status == 200
    return list(body["data"])


def assert_error(answer: tuple[int, Any], status: int, source: dict[str, str] | None = None) -> None:
    """An error with its status, and where in the request it is, if that is known."""
    assert (answer[0], answer[1]["StatusCode"]) == (status, status)
    assert answer[1]["message"]
    if source is not None:
        [error] = answer[1]["errors"]
        assert (list(error), error["source"]) == (["title", "details", "source"], source)


def test_the_samples_of_changes(vendor: TalonOneSimulator) -> None:
    """The samples' bodies are applied, and answered without a body."""
    assert ask(vendor, of("add_points"), ADD) == (204, None)
    assert ask(vendor, of("deduct_points"), DEDUCT) == (204, None)
    added, deducted = vendor.effects
    assert (added.member, added.points, added.point_type) == (f"integration_id:{SAMPLE}", 300, "sub-123")
    assert (deducted.points, deducted.point_type, deducted.fields) == (-300, None, json.loads(DEDUCT))
    assert [row["name"] for row in rows(vendor, "?pageSize=2")] == ["Penalty", "Compensation"]


def test_the_sample_of_balances(vendor: TalonOneSimulator) -> None:
    """The sample's subledger is answered word for word, beside the main ledger, for either key."""
    sample = {"activePoints": 286, "pendingPoints": 50, "spentPoints": 150, "expiredPoints": 25, "negativePoints": 0}
    main = {"activePoints": 300, "pendingPoints": 0, "spentPoints": 0, "expiredPoints": 0, "negativePoints": 0}
    expected = {"balance": main, "subledgerBalances": {SUBLEDGER: sample}}
    assert balances(vendor) == expected
    assert ask(vendor, of("ledger_balances"), headers=MANAGEMENT) == (200, expected)
    assert balances(vendor, "?subledgerId=other") == {"balance": main, "subledgerBalances": {}}


def test_a_row_of_the_list(vendor: TalonOneSimulator) -> None:
    """A transaction is listed with every documented field that a manual one has."""
    add(vendor, 10.25, name="Reward", validUntil="2022-08-02T15:04:05Z", subledgerId="sub-123")
    [row] = rows(vendor, "?subledgerId=sub-123")
    assert row == {
        "id": 128,
        "transactionUUID": vendor.effects[0].transaction_id,
        "created": "2021-07-20T22:00:00Z",
        "programId": 33,
        "type": "addition",
        "name": "Reward",
        "startDate": "immediate",
        "expiryDate": "2022-08-02T15:04:05Z",
        "subledgerId": "sub-123",
        "amount": Decimal("10.25"),
    }


def test_an_equal_request_is_made_again(vendor: TalonOneSimulator) -> None:
    """Documented for other calls only: the header with a key of the caller's makes no difference here."""
    for _ in range(2):
        headers = {**MANAGEMENT, "Idempotency-Key": "k-1"}
        assert ask(vendor, of("add_points"), {"points": 5}, headers=headers)[0] == 204
    assert balances(vendor)["balance"]["activePoints"] == 310


def test_fractions_are_exact(vendor: TalonOneSimulator) -> None:
    """Points keep their digits."""
    add(vendor, 0.1)
    add(vendor, 0.2)
    deduct(vendor, 300.25)
    assert balances(vendor)["balance"]["activePoints"] == Decimal("0.05")
    assert balances(vendor)["balance"]["spentPoints"] == Decimal("300.25")


def test_only_active_points_are_deducted(vendor: TalonOneSimulator) -> None:
    """Pending and expired points, and those of other ledgers, cannot be deducted."""
    assert_error(deduct(vendor, 300.01), 400, {"pointer": "/points"})
    assert_error(deduct(vendor, 287, subledgerId=SUBLEDGER), 400, {"pointer": "/points"})
    assert_error(deduct(vendor, 1, subledgerId="other"), 400, {"pointer": "/points"})
    assert vendor.effects == []
    assert deduct(vendor, 286, subledgerId=SUBLEDGER)[0] == 204


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (NOTHING, "points"),
        ({"points": 0}, "points"),
        ({"points": -5}, "points"),
        ({"points": "5"}, "points"),
        ({"points": True}, "points"),
        ({"points": 1000000000000}, "points"),
        ({"points": 5, "name": 7}, "name"),
        ({"points": 5, "name": "x" * 256}, "name"),
        ({"points": 5, "subledgerId": "x" * 65}, "subledgerId"),
        ({"points": 5, "applicationId": "322"}, "applicationId"),
        ({"points": 5, "reason": "x"}, "reason"),
    ],
)
def test_a_wrong_change_is_refused(vendor: TalonOneSimulator, body: dict[str, Any], field: str) -> None:
    """What is missing, of a wrong type, too long or unknown is refused by its field in both calls."""
    for what in ("add_points", "deduct_points"):
        assert_error(ask(vendor, of(what), body), 400, {"pointer": f"/{field}"})
    assert vendor.effects == []


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"validityDuration": "5 days"}, "validityDuration"),
        ({"validityDuration": "5H"}, "validityDuration"),
        ({"validityDuration": "5h_U"}, "validityDuration"),
        ({"validityDuration": "5W_D"}, "validityDuration"),
        ({"validityDuration": "999999Y"}, "validityDuration"),
        ({"validUntil": "2021-08-01"}, "validUntil"),
        ({"validUntil": "2021-08-01T00:00:00Z", "validityDuration": "5D"}, "validityDuration"),
        ({"pendingUntil": "2021-08-01T00:00:00Z", "pendingDuration": "12h"}, "pendingDuration"),
        ({"pendingDuration": "unlimited"}, "pendingDuration"),
    ],
)
def test_a_wrong_validity_is_refused(vendor: TalonOneSimulator, more: dict[str, Any], field: str) -> None:
    """A time that cannot be read, and two ways of saying it, are refused."""
    assert_error(add(vendor, 5, **more), 400, {"pointer": f"/{field}"})
    assert_error(deduct(vendor, 5, **more), 400)
    assert vendor.effects == []


@pytest.mark.parametrize(
    ("more", "starts", "expires"),
    [
        ({"validityDuration": "30s"}, "immediate", "2021-07-20T22:00:30Z"),
        ({"validityDuration": "unlimited"}, "immediate", "unlimited"),
        ({"validityDuration": "7W"}, "immediate", "2021-09-07T22:00:00Z"),
        ({"validityDuration": "7M"}, "immediate", "2022-02-20T22:00:00Z"),
        ({"validityDuration": "1M_U"}, "immediate", "2021-08-31T23:59:59Z"),
        ({"validityDuration": "1W_U"}, "immediate", "2021-08-01T23:59:59Z"),
        ({"validityDuration": "5D_D"}, "immediate", "2021-07-25T00:00:00Z"),
        ({"pendingDuration": "12h", "validityDuration": "1D"}, "2021-07-21T10:00:00Z", "2021-07-22T10:00:00Z"),
        ({"pendingUntil": "2021-08-01T02:00:00+02:00"}, "2021-08-01T00:00:00Z", "unlimited"),
        ({"pendingDuration": "on_action"}, "on_action", "unlimited"),
    ],
)
def test_when_points_are_valid(vendor: TalonOneSimulator, more: dict[str, Any], starts: str, expires: str) -> None:
    """Durations of every unit, rounded or not, and times say when points begin and end."""
    assert add(vendor, 5, **more)[0] == 204
    row = rows(vendor, "?pageSize=1")[0]
    assert (row["startDate"], row["expiryDate"]) == (starts, expires)


@pytest.mark.parametrize(
    ("what", "headers"),
    [
        ("add_points", INTEGRATION),
        ("add_points", {}),
        ("add_points", {"Authorization": MANAGEMENT["Authorization"].replace("ManagementKey-v1", "Bearer")}),
        ("balances", MANAGEMENT),
        ("balances", {}),
        ("ledger_balances", INTEGRATION),
        ("transactions", MANAGEMENT),
        ("points", {"Authorization": "simulated-talon-one-key"}),
    ],
)
def test_each_call_needs_its_key(vendor: TalonOneSimulator, what: str, headers: dict[str, str]) -> None:
    """The key of the other API, a key without its prefix and none are 401, and nothing is applied."""
    body = {"points": 5} if what == "add_points" else None
    assert_error(ask(vendor, of(what), body, headers=headers), 401)
    assert vendor.effects == []


def test_who_is_unknown(vendor: TalonOneSimulator) -> None:
    """A profile and a program that do not exist are 404 for every call."""
    for profile, program in (("nobody", 33), (SAMPLE, 34)):
        for what in ("balances", "transactions", "points"):
            assert_error(ask(vendor, of(what, profile, program)), 404)
        for what in ("add_points", "deduct_points"):
            assert_error(ask(vendor, of(what, profile, program), {"points": 5}), 404)
    assert vendor.effects == []


def test_other_requests_are_refused(vendor: TalonOneSimulator) -> None:
    """Another method, media type or address, and what is no JSON object, are refused."""
    assert_error(ask(vendor, of("add_points"), ADD, method="POST"), 405)
    assert_error(ask(vendor, of("add_points"), ADD, content_type="text/plain"), 415)
    assert_error(ask(vendor, of("nothing")), 404)
    for body in ("", "[]", "{"):
        assert_error(ask(vendor, of("add_points"), body), 400)


def test_balances_at_another_time(vendor: TalonOneSimulator) -> None:
    """Balances of the past and of the future are told: what was not there yet, and what will be active or expired."""
    add(vendor, 40, validityDuration="10D")
    deduct(vendor, 15)
    later = balances(vendor, "?endDate=2021-07-31")
    assert (later["balance"]["activePoints"], later["balance"]["expiredPoints"]) == (300, 25)
    assert balances(vendor, "?endDate=2021-05-21")["balance"]["activePoints"] == 0
    assert balances(vendor, "?endDate=2021-09-01T00:00:00Z")["subledgerBalances"][SUBLEDGER]["pendingPoints"] == 0


def test_tiers(vendor: TalonOneSimulator) -> None:
    """Where they are asked for, the tier by active points and the next one are told."""
    add(vendor, 50)
    deduct(vendor, 100)
    told = balances(vendor, "?includeTiers=true")["balance"]
    assert (told["currentTier"], told["pointsToNextTier"], told["nextTierName"]) == (
        {"id": 2, "name": "Silver"},
        50,
        "Gold",
    )
    assert balances(vendor, "?includeTiers=true")["subledgerBalances"][SUBLEDGER]["nextTierName"] == "Gold"
    add(vendor, 50)
    assert balances(vendor, "?includeTiers=true")["balance"]["nextTierName"] is None


def test_pages_of_transactions(vendor: TalonOneSimulator, clock: Clock) -> None:
    """The newest come first, and pages are skipped to; filters by id, kind, ledger and period narrow them."""
    for number in range(1, 4):
        clock.now += timedelta(hours=1)
        add(vendor, number)
    status, body = ask(vendor, of("transactions") + "?pageSize=2")
    assert (status, [row["amount"] for row in body["data"]], body["hasMore"]) == (200, [3, 2], True)
    assert [row["amount"] for row in rows(vendor, "?pageSize=2&skip=2")] == [1, 50]
    assert ask(vendor, of("transactions") + "?skip=7&pageSize=1")[1]["hasMore"] is False
    first, _, last = (str(effect.transaction_id) for effect in vendor.effects)
    assert [row["amount"] for row in rows(vendor, f"?transactionUUIDs={first}&transactionUUIDs={last}")] == [3, 1]
    period = "?startDate=2021-07-20T23:00:00Z&endDate=2021-07-21T02:00:00%2B02:00&loyaltyTransactionType=manual"
    assert [row["amount"] for row in rows(vendor, period)] == [2, 1]
    assert rows(vendor, "?loyaltyTransactionType=session") == []
    assert [row["type"] for row in rows(vendor, f"?subledgerId={SUBLEDGER}")].count("subtraction") == 1
    assert len(ask(vendor, of("ledger_transactions"), headers=MANAGEMENT)[1]["data"]) == 8


def test_points_that_are_left(vendor: TalonOneSimulator) -> None:
    """Unused points are listed by status with what is left of them, sorted as asked."""
    add(vendor, 40, validityDuration="10D")
    deduct(vendor, 15)
    found = rows(vendor, "?subledgerId=&sort=expiryDate", "points")
    assert [(row["amount"], row["expiryDate"]) for row in found] == [(25, "2021-07-30T22:00:00Z"), (300, "unlimited")]
    assert "type" not in found[0]
    for status, amount in (("pending", 50), ("expired", 25)):
        assert [row["amount"] for row in rows(vendor, f"?status={status}", "points")] == [amount]


@pytest.mark.parametrize(
    ("what", "query", "parameter"),
    [
        ("transactions", "pageSize=1001", "pageSize"),
        ("transactions", "pageSize=0", "pageSize"),
        ("transactions", "skip=-1", "skip"),
        ("transactions", "awaitsActivation=false", "awaitsActivation"),
        ("transactions", "loyaltyTransactionType=all", "loyaltyTransactionType"),
        ("transactions", "startDate=yesterday", "startDate"),
        ("transactions", "name=x", "name"),
        ("transactions", "skip=1&skip=2", "skip"),
        ("balances", "endDate=x", "endDate"),
        ("balances", "includeTiers=yes", "includeTiers"),
        ("points", "status=spent", "status"),
        ("points", "sort=amount", "sort"),
    ],
)
def test_a_wrong_query_is_refused(vendor: TalonOneSimulator, what: str, query: str, parameter: str) -> None:
    """Parameters that are unknown, repeated or wrong are refused by their name."""
    assert_error(ask(vendor, f"{of(what)}?{query}"), 400, {"parameter": parameter})


def test_points_wait_for_an_action(vendor: TalonOneSimulator, clock: Clock) -> None:
    """Points that wait for an action are pending until it comes, and their duration counts from then on."""
    add(vendor, 20, pendingDuration="on_action", validityDuration="5D")
    assert balances(vendor)["balance"]["pendingPoints"] == 20
    assert [row["amount"] for row in rows(vendor, "?awaitsActivation=true")] == [20]
    clock.now += timedelta(days=1)
    uuid = vendor.effects[0].transaction_id
    body = {"transactionUUIDs": [uuid]}
    status, answer = ask(vendor, "/33/activate_points", body, method="POST", headers=INTEGRATION)
    [entry] = answer["ledgerEntries"]
    assert (status, entry["startDate"], entry["expiryDate"]) == (200, "2021-07-21T22:00:00Z", "2021-07-26T22:00:00Z")
    assert (entry["customerProfileID"], balances(vendor)["balance"]["activePoints"]) == (SAMPLE, 320)
    assert_error(ask(vendor, "/33/activate_points", body, method="POST", headers=INTEGRATION), 404)


def test_a_profile_joins_once(vendor: TalonOneSimulator) -> None:
    """A profile that does not exist is made and joins; whoever has joined is refused."""
    assert ask(vendor, of("join", "new"), method="POST")[0] == 200
    assert ask(vendor, of("add_points", "new"), {"points": 5})[0] == 204
    assert_error(ask(vendor, of("join", "new"), method="POST"), 400)


def test_reset_goes_back_to_the_seed(vendor: TalonOneSimulator) -> None:
    """After a reset the points are those of the seed."""
    add(vendor, 5)
    httpx.post(f"{vendor.origin}/_simulator/reset", trust_env=False, verify=PLAIN, timeout=DEADLINE)
    assert (balances(vendor)["balance"]["activePoints"], len(rows(vendor))) == (300, 5)
