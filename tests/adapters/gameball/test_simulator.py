"""The simulator against its vendor's published document, over real sockets."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from adapters.gameball.simulated_customers import SAMPLE, SAVER
from adapters.gameball.simulator import GameballSimulator
from gateway.simulation import in_thread
from tests.deadlines import DEADLINE
from tests.plain import PLAIN

HOLD = "a2a199ad-86f3-45c4-8253-7aaee50e4798"
HEADERS = {"apikey": "simulated-gameball-key", "secretkey": "simulated-gameball-secret"}
MANUAL = {
    "customerId": "cust_abc12345xyz67890",
    "email": "john.doe@example.com",
    "mobile": "+1234567890",
    "transactionId": "txn543211",
    "transactionTime": "2024-10-11T15:54:10.944Z",
    "username": "admin_user",
    "reason": "Referral bonus",
    "points": 50,
    "amount": 0,
    "expiryAfter": 30,
}
BALANCE = """{
  "totalPointsBalance": 1500,
  "totalPointsValue": 75.0,
  "availablePointsBalance": 1200,
  "availablePointsValue": 60.0,
  "pendingPoints": 300,
  "pendingPointsValue": 15.0,
  "currency": "USD",
  "pointsName": "Reward Points",
  "nextExpiringPointsAmount": 200,
  "nextExpiringPointsValue": 10.0,
  "nextExpiringPointsDate": "2024-12-01T00:00:00",
  "totalEarnedPoints": 2500
}"""
NOTHING: dict[str, Any] = {}


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2024, 11, 11, 8, 1, 24, 675_401, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vendor(clock: Clock) -> Iterator[GameballSimulator]:
    simulator = GameballSimulator(now=lambda: clock.now, new_id=lambda: UUID(HOLD))
    with in_thread(simulator):
        yield simulator


def ask(
    vendor: GameballSimulator,
    path: str,
    body: Any = None,
    *,
    method: str | None = None,
    headers: dict[str, str] = HEADERS,
    content_type: str = "application/json",
) -> tuple[int, Any]:
    """Post a body, or get without one; the status and the JSON that comes back, with exact numbers."""
    answer = httpx.request(
        method or ("GET" if body is None else "POST"),
        vendor.base_url + path,
        content=body if isinstance(body, str) or body is None else json.dumps(body),
        headers={**headers, **({} if body is None else {"Content-Type": content_type})},
        trust_env=False,
        verify=PLAIN,
        timeout=DEADLINE,
    )
    return answer.status_code, json.loads(answer.text, parse_float=Decimal)


def manual(vendor: GameballSimulator, **changes: Any) -> tuple[int, Any]:
    """A manual transaction of the least fields, with fields changed; None leaves one out."""
    body = {"customerId": SAMPLE, "transactionId": "t-1", "username": "admin_user", "reason": "Gift", "points": 5}
    return ask(vendor, "/transactions/manual", {k: v for k, v in {**body, **changes}.items() if v is not None})


def redeem(vendor: GameballSimulator, **changes: Any) -> tuple[int, Any]:
    """A redemption of the least fields, with fields changed."""
    body = {"customerId": SAMPLE, "transactionId": "txn98765", "transactionTime": "2024-10-11T10:57:43.382Z"}
    return ask(vendor, "/transactions/redeem", {**body, **changes})


def hold(vendor: GameballSimulator, **changes: Any) -> tuple[int, Any]:
    """A hold of the least fields, with fields changed."""
    body = {"customerId": SAMPLE, "transactionTime": "2024-10-11T16:15:15.071Z"}
    return ask(vendor, "/transactions/hold", {**body, **changes})


def available(vendor: GameballSimulator) -> int:
    """The points of the sample's customer that can be taken."""
    status, body = ask(vendor, f"/customers/{SAMPLE}/balance")
    assert status == 200
    return int(body["availablePointsBalance"])


def assert_error(answer: tuple[int, Any], status: int, code: int) -> None:
    """An error of the catalogue, with all of its fields."""
    assert list(answer[1]) == ["code", "type", "message", "documentationUrl", "requestId"]
    assert (answer[0], answer[1]["code"]) == (status, code)


def test_the_sample_of_a_manual_transaction(vendor: GameballSimulator) -> None:
    """The sample's request is applied and answered with the sample's fields and values."""
    status, body = ask(vendor, "/transactions/manual", MANUAL)
    assert (status, body) == (
        200,
        {
            "customerId": "cust_abc12345xyz67890",
            "gameballTransactionId": 11035201,
            "transactionId": "txn543211",
            "points": 50,
            "amount": Decimal("5.0"),
        },
    )
    [effect] = vendor.effects
    assert (effect.member, effect.points) == (f"customer_id:{SAMPLE}", 50)
    assert (effect.transaction_id, available(vendor)) == ("11035201", 150)


def test_the_sample_of_a_balance(vendor: GameballSimulator) -> None:
    """The balance of the sample is answered word for word."""
    assert ask(vendor, f"/customers/{SAVER}/balance") == (200, json.loads(BALANCE, parse_float=Decimal))


def test_the_sample_of_a_redemption(vendor: GameballSimulator) -> None:
    """The sample's redemption is answered word for word; 0 and null are no values."""
    sample = {"amount": 10, "points": 0, "holdReference": None, "reason": "Discount on order #12345"}
    assert redeem(vendor, **sample) == (
        200,
        {
            "customerId": SAMPLE,
            "gameballTransactionId": "11035201",
            "transactionId": "txn98765",
            "redeemAmount": Decimal("10.0"),
            "redeemEquivalentPoints": 100,
            "reason": "Discount on order #12345",
        },
    )
    assert ([effect.points for effect in vendor.effects], available(vendor)) == ([-100], 0)


def test_the_sample_of_a_hold(vendor: GameballSimulator) -> None:
    """The sample's hold is answered and read word for word; what is on hold is not available, and is no effect."""
    answer = {"customerId": SAMPLE, "holdAmount": Decimal("5.0"), "holdEquivalentPoints": 50}
    assert hold(vendor, amountToHold=None, pointsToHold=50, ruleId=None) == (200, {**answer, "holdReference": HOLD})
    read = ask(vendor, f"/transactions/hold/{HOLD}")
    assert read == (200, {**answer, "state": "active", "dateToExpire": "2024-11-11T08:11:24.675401"})
    assert (available(vendor), vendor.effects) == (50, [])


def test_an_equal_transaction_is_made_again(vendor: GameballSimulator) -> None:
    """The vendor's document has no error for an id that was used, so a repeat changes the points once more."""
    answers = [manual(vendor) for _ in range(2)]
    assert [status for status, _ in answers] == [200, 200]
    assert (len(vendor.effects), available(vendor)) == (2, 110)


def test_repeats_are_refused_where_it_is_switched_on(vendor: GameballSimulator) -> None:
    """With the third-hand codes an id and a time that were used are refused, each by its own."""
    vendor.refuses_repeated_ids = vendor.refuses_repeated_times = True
    at = "2024-10-11T15:54:10.944Z"
    assert manual(vendor, transactionTime=at)[0] == 200
    assert_error(manual(vendor, transactionTime="2024-10-11T15:54:10.945Z"), 422, 9004)
    assert_error(manual(vendor, transactionId="t-2", transactionTime=at), 422, 9003)
    assert_error(redeem(vendor, transactionId="t-1", points=1), 422, 9004)
    assert len(vendor.effects) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"expiryAfter": -1}, "Expiry cannot be negative"),
        ({"points": -5, "expiryAfter": 3}, "Deduction cannot have expiry"),
        ({"amount": 1}, "Only one rewarding method may be specified"),
        ({"points": None}, "A rewarding criteria is required"),
        ({"points": 0}, "A rewarding criteria is required"),
    ],
)
def test_documented_errors_of_a_manual_transaction(
    vendor: GameballSimulator, changes: dict[str, Any], message: str
) -> None:
    """The four errors that the document shows come word for word, and apply nothing."""
    assert manual(vendor, **changes) == (400, {"error": 400, "message": message})
    assert vendor.effects == []


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"customerId": None}, 400, 3000),
        ({"transactionId": ""}, 400, 3000),
        ({"username": None}, 400, 3000),
        ({"reason": None}, 400, 3000),
        ({"points": "5"}, 422, 3003),
        ({"points": 2.5}, 422, 3003),
        ({"points": True}, 422, 3003),
        ({"points": None, "amount": "1"}, 422, 3003),
        ({"points": None, "amount": 0.55}, 422, 3003),
        ({"customerId": 7}, 422, 3003),
        ({"note": "x"}, 400, 3016),
        ({"transactionTime": "yesterday"}, 422, 9007),
        ({"transactionTime": "2024-10-11"}, 422, 9007),
        ({"customerId": "cust_nobody"}, 404, 7000),
        ({"points": -101}, 422, 9008),
    ],
)
def test_a_wrong_manual_transaction_is_refused(
    vendor: GameballSimulator, changes: dict[str, Any], status: int, code: int
) -> None:
    """What is missing, of a wrong type or unknown, an unknown customer and too few points are refused by code."""
    assert_error(manual(vendor, **changes), status, code)
    assert vendor.effects == []


def test_points_by_money(vendor: GameballSimulator) -> None:
    """An amount stands for the points that it is worth, of either sign."""
    assert manual(vendor, points=None, amount=2.5)[1]["points"] == 25
    status, body = manual(vendor, points=None, amount=-1)
    assert (status, body["points"], body["amount"], available(vendor)) == (200, -10, Decimal("-1.0"), 115)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (NOTHING, 1000),
        ({**HEADERS, "apikey": "wrong"}, 1000),
        ({"apikey": HEADERS["apikey"]}, 1001),
        ({**HEADERS, "secretkey": "wrong"}, 1001),
        ({"Authorization": f"Bearer {HEADERS['apikey']}"}, 1000),
    ],
)
def test_needs_both_keys(vendor: GameballSimulator, headers: dict[str, str], code: int) -> None:
    """Without either key every call is 401, and nothing is applied."""
    assert_error(ask(vendor, "/transactions/manual", MANUAL, headers=headers), 401, code)
    assert_error(ask(vendor, f"/customers/{SAMPLE}/balance", headers=headers), 401, code)
    assert vendor.effects == []


def test_other_requests_are_refused(vendor: GameballSimulator) -> None:
    """Another path, method or media type, and what is no JSON object, are refused."""
    assert_error(ask(vendor, "/nothing"), 404, 4004)
    assert_error(ask(vendor, "/transactions/manual"), 405, 4000)
    assert_error(ask(vendor, "/transactions/manual", MANUAL, content_type="text/plain"), 415, 3013)
    for body in ("", "[]", "{", '{"points": 1, "points": 2}'):
        assert_error(ask(vendor, "/transactions/manual", body), 400, 3016)


def test_a_hold_is_redeemed_once(vendor: GameballSimulator) -> None:
    """A hold is redeemed by its reference, whole and once; its state says so."""
    hold(vendor, pointsToHold=60)
    assert_error(redeem(vendor, points=50), 422, 9008)
    status, body = redeem(vendor, holdReference=HOLD)
    assert (status, body["redeemEquivalentPoints"], available(vendor)) == (200, 60, 40)
    assert_error(redeem(vendor, holdReference=HOLD), 404, 9006)
    assert ask(vendor, f"/transactions/hold/{HOLD}")[1]["state"] == "used"


def test_a_hold_is_released_or_ends(vendor: GameballSimulator, clock: Clock) -> None:
    """A hold gives its points back when it is released, and by itself after its time."""
    hold(vendor, pointsToHold=60)
    released = ask(vendor, f"/transactions/hold/{HOLD}", method="DELETE")
    assert released == (200, {"success": True, "message": "Hold released successfully"})
    assert available(vendor) == 100
    assert_error(ask(vendor, f"/transactions/hold/{HOLD}", method="DELETE"), 404, 9006)
    hold(vendor, pointsToHold=60)
    clock.now += timedelta(minutes=10)
    assert (available(vendor), ask(vendor, f"/transactions/hold/{HOLD}")[1]["state"]) == (100, "expired")
    assert_error(redeem(vendor, holdReference=HOLD), 404, 9006)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        (NOTHING, 400, 3000),
        ({"points": 1, "amount": 1}, 400, 3000),
        ({"points": -1}, 422, 3003),
        ({"points": 1, "reason": "x" * 256}, 422, 3003),
        ({"points": 101}, 422, 9008),
        ({"holdReference": "x"}, 404, 9006),
        ({"points": 1, "transactionTime": None}, 400, 3000),
    ],
)
def test_a_wrong_redemption_is_refused(
    vendor: GameballSimulator, changes: dict[str, Any], status: int, code: int
) -> None:
    """A redemption is of exactly one kind, of points that are there."""
    assert_error(redeem(vendor, **changes), status, code)
    assert vendor.effects == []


def test_a_redemption_is_refunded(vendor: GameballSimulator) -> None:
    """A redemption is refunded in part and in whole, and not beyond; a manual transaction is not reversible."""
    redeem(vendor, points=40)
    body = {
        "customerId": SAMPLE,
        "refundTransactionId": "txn987657111",
        "reverseTransactionId": "txn98765",
        "transactionTime": "2024-10-13T17:11:00.249Z",
    }
    status, answer = ask(vendor, "/transactions/refund", {**body, "refundAmount": 1.5})
    assert (status, answer) == (
        200,
        {
            "gameballTransactionId": "11035202",
            "refundTransactionId": "txn987657111",
            "refundAmount": Decimal("1.5"),
            "refundEquivalentPoints": 15,
        },
    )
    assert ask(vendor, "/transactions/refund", body)[1]["refundEquivalentPoints"] == 25
    assert_error(ask(vendor, "/transactions/refund", body), 422, 9001)
    assert available(vendor) == 100
    assert_error(ask(vendor, "/transactions/refund", {**body, "reverseTransactionId": "x"}), 404, 9005)
    manual(vendor)
    assert_error(ask(vendor, "/transactions/refund", {**body, "reverseTransactionId": "t-1"}), 422, 9000)


def test_a_row_of_the_list(vendor: GameballSimulator) -> None:
    """A transaction is listed with every documented field; its points have no sign, its direction has."""
    manual(vendor, points=-10, transactionTime="2024-10-13T17:11:00.249Z", reason="trx reason")
    status, body = ask(vendor, f"/transactions?customerId={SAMPLE}")
    assert (status, body["count"], body["hasMore"]) == (200, 1, False)
    assert body["transactions"] == [
        {
            "transactionId": "t-1",
            "gameballTransactionId": "11035201",
            "type": "ManualDeduction",
            "direction": "-",
            "customerId": SAMPLE,
            "points": 10,
            "amount": Decimal("1.0"),
            "transactionTime": "2024-10-13T17:11:00.249",
            "status": "Active",
            "couponCode": None,
            "isCouponUsed": False,
            "couponType": None,
            "merchantName": None,
            "branchName": None,
            "reason": "trx reason",
            "achievementName": None,
            "expiryDate": None,
            "pointsBalanceBefore": 100,
            "pointsBalanceAfter": 90,
            "achievementType": None,
            "achievedRewardCampaignId": None,
            "achievedTierId": None,
        }
    ]


def test_pages_of_the_list(vendor: GameballSimulator) -> None:
    """Pages begin after the vendor's id of a transaction; filters narrow them, and the count."""
    for number in range(3):
        manual(vendor, transactionId=f"t-{number}")
    redeem(vendor, points=1)
    status, body = ask(vendor, "/transactions?limit=3")
    assert (status, [row["transactionId"] for row in body["transactions"]]) == (200, ["t-0", "t-1", "t-2"])
    assert (body["count"], body["hasMore"]) == (3, True)
    status, body = ask(vendor, f"/transactions?limit=3&startAfter={body['transactions'][-1]['gameballTransactionId']}")
    assert ([row["type"] for row in body["transactions"]], body["hasMore"]) == (["Redemption"], False)
    assert ask(vendor, "/transactions?direction=%2B")[1]["count"] == 3
    assert ask(vendor, f"/transactions/count?customerId={SAMPLE}&direction=-") == (200, {"count": 1})


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=201", 422, 3003),
        ("limit=0", 422, 3003),
        ("startAfter=x", 422, 3003),
        ("direction=up", 422, 3003),
        ("status=Done", 422, 3003),
        ("transactionId=t-1", 400, 3016),
        ("limit=1&limit=2", 400, 3016),
        ("customerId=cust_nobody", 404, 7000),
    ],
)
def test_a_wrong_list_is_refused(vendor: GameballSimulator, query: str, status: int, code: int) -> None:
    """Parameters that are unknown, repeated or wrong, and an unknown customer, are refused."""
    assert_error(ask(vendor, f"/transactions?{query}"), status, code)


def test_points_expire(vendor: GameballSimulator, clock: Clock) -> None:
    """Points that were added for some days go first, and leave a transaction when they expire."""
    manual(vendor, points=30, expiryAfter=2)
    manual(vendor, points=-10)
    _, body = ask(vendor, f"/customers/{SAMPLE}/balance")
    assert (body["nextExpiringPointsAmount"], body["nextExpiringPointsDate"]) == (20, "2024-11-13T08:01:24.675")
    clock.now += timedelta(days=2)
    assert available(vendor) == 100
    row = ask(vendor, "/transactions")[1]["transactions"][-1]
    assert (row["type"], row["points"], row["transactionId"]) == ("Expiry", 20, None)


def test_an_unknown_customer_has_no_balance(vendor: GameballSimulator) -> None:
    """A customer that does not exist is 404 with its code."""
    assert_error(ask(vendor, "/customers/cust_nobody/balance"), 404, 7000)


def test_reset_goes_back_to_the_seed(vendor: GameballSimulator) -> None:
    """After a reset the points are those of the seed, and nothing is refused that is third-hand."""
    vendor.refuses_repeated_ids = True
    manual(vendor)
    httpx.post(f"{vendor.origin}/_simulator/reset", trust_env=False, verify=PLAIN, timeout=DEADLINE)
    assert (available(vendor), vendor.refuses_repeated_ids) == (100, False)
