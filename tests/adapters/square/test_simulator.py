"""The simulator against its vendor's public documents, over real sockets."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from adapters.square.simulated_accounts import PROGRAM, SAMPLE, WITH_EVENTS
from adapters.square.simulator import SquareSimulator
from gateway.simulation import in_thread
from tests.deadlines import DEADLINE
from tests.plain import PLAIN

EVENT = "613a6fca-8d67-39d0-bad2-3b4bc45c8637"
HEADERS = {"Authorization": "Bearer simulated-square-token", "Square-Version": "2026-08-19"}
ADJUST = """{
  "idempotency_key": "bc29a517-3dc9-450e-aa76-fae39ee849d1",
  "adjust_points": {
    "points": 10,
    "reason": "Complimentary points"
  }
}"""
ADJUSTED = """{
  "event": {
    "adjust_points": {
      "loyalty_program_id": "d619f755-2d17-41f3-990d-c04ecedd64dd",
      "points": 10,
      "reason": "Complimentary points"
    },
    "created_at": "2020-05-08T21:42:32Z",
    "id": "613a6fca-8d67-39d0-bad2-3b4bc45c8637",
    "loyalty_account_id": "5adcb100-07f1-4ee7-b8c6-6bb9ebc474bd",
    "source": "LOYALTY_API",
    "type": "ADJUST_POINTS"
  }
}"""
ACCOUNT = """{
  "balance": 10,
  "created_at": "2020-05-08T21:44:32Z",
  "customer_id": "Q8002FAM9V1EZ0ADB2T5609X6NET1H0",
  "id": "79b807d2-d786-46a9-933b-918028d7a8c5",
  "lifetime_points": 20,
  "mapping": {
    "created_at": "2020-05-08T21:44:32Z",
    "id": "66aaab3f-da99-49ed-8b19-b87f851c844f",
    "phone_number": "+14155551234"
  },
  "program_id": "d619f755-2d17-41f3-990d-c04ecedd64dd",
  "updated_at": "2020-05-08T21:44:32Z"
}"""
EVENTS = """[
  {
    "accumulate_points": {
      "loyalty_program_id": "d619f755-2d17-41f3-990d-c04ecedd64dd",
      "order_id": "PyATxhYLfsMqpVkcKJITPydgEYfZY",
      "points": 5
    },
    "created_at": "2020-05-08T22:01:30Z",
    "id": "c27c8465-806e-36f2-b4b3-71f5887b5ba8",
    "location_id": "P034NEENMD09F",
    "loyalty_account_id": "5adcb100-07f1-4ee7-b8c6-6bb9ebc474bd",
    "source": "LOYALTY_API",
    "type": "ACCUMULATE_POINTS"
  },
  {
    "created_at": "2020-05-08T22:01:15Z",
    "id": "e4a5cbc3-a4d0-3779-98e9-e578885d9430",
    "location_id": "P034NEENMD09F",
    "loyalty_account_id": "5adcb100-07f1-4ee7-b8c6-6bb9ebc474bd",
    "redeem_reward": {
      "loyalty_program_id": "d619f755-2d17-41f3-990d-c04ecedd64dd",
      "order_id": "PyATxhYLfsMqpVkcKJITPydgEYfZY",
      "reward_id": "d03f79f4-815f-3500-b851-cc1e68a457f9"
    },
    "source": "LOYALTY_API",
    "type": "REDEEM_REWARD"
  },
  {
    "create_reward": {
      "loyalty_program_id": "d619f755-2d17-41f3-990d-c04ecedd64dd",
      "points": -10,
      "reward_id": "d03f79f4-815f-3500-b851-cc1e68a457f9"
    },
    "created_at": "2020-05-08T22:00:44Z",
    "id": "5e127479-0b03-3671-ab1e-15faea8b7188",
    "loyalty_account_id": "5adcb100-07f1-4ee7-b8c6-6bb9ebc474bd",
    "source": "LOYALTY_API",
    "type": "CREATE_REWARD"
  }
]"""


class Clock:
    """A time that a test sets, and ids of which the first is a sample's."""

    def __init__(self) -> None:
        self.now = datetime(2020, 5, 8, 21, 42, 32, tzinfo=UTC)
        self.ids = [EVENT, *(f"{number:08x}-0000-4000-8000-000000000000" for number in range(100))]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vendor(clock: Clock) -> Iterator[SquareSimulator]:
    simulator = SquareSimulator(now=lambda: clock.now, new_id=lambda: UUID(clock.ids.pop(0)))
    with in_thread(simulator):
        yield simulator


def ask(
    vendor: SquareSimulator,
    path: str,
    body: str | dict[str, Any] | None = None,
    *,
    method: str | None = None,
    headers: dict[str, str] = HEADERS,
    content_type: str = "application/json",
) -> tuple[int, Any]:
    """Post a body, or get without one; the status and the JSON that comes back."""
    answer = httpx.request(
        method or ("GET" if body is None else "POST"),
        f"{vendor.base_url}/v2/loyalty{path}",
        content=body if isinstance(body, str) or body is None else json.dumps(body),
        headers={**headers, **({} if body is None else {"Content-Type": content_type})},
        trust_env=False,
        verify=PLAIN,
        timeout=DEADLINE,
    )
    return answer.status_code, answer.json()


def adjust(
    vendor: SquareSimulator, points: Any = 10, key: str = "k-1", account: str = SAMPLE, **changes: Any
) -> tuple[int, Any]:
    """Adjust the points of an account."""
    body = {"idempotency_key": key, "adjust_points": {"points": points}, **changes}
    return ask(vendor, f"/accounts/{account}/adjust", body)


def account(vendor: SquareSimulator, id_: str = SAMPLE) -> dict[str, Any]:
    """An account as it is answered."""
    status, body = ask(vendor, f"/accounts/{id_}")
    assert status == 200
    return dict(body["loyalty_account"])


def assert_error(answer: tuple[int, Any], status: int, code: str, field: str | None = None) -> None:
    """One error, with the category that the documents give its status, and nothing else."""
    [error] = answer[1]["errors"]
    category = "AUTHENTICATION_ERROR" if status == 401 else "INVALID_REQUEST_ERROR"
    assert (answer[0], list(answer[1])) == (status, ["errors"])
    assert (error["category"], error["code"], error.get("field")) == (category, code, field)
    assert error["detail"]


def test_the_sample_of_an_adjustment(vendor: SquareSimulator) -> None:
    """The sample's request gets the sample's answer, word for word, and is applied."""
    assert ask(vendor, f"/accounts/{WITH_EVENTS}/adjust", ADJUST) == (200, json.loads(ADJUSTED))
    [effect] = vendor.effects
    assert (effect.member, effect.points) == (f"account_id:{WITH_EVENTS}", Decimal(10))
    assert (effect.transaction_id, effect.fields) == (EVENT, json.loads(ADJUST))


def test_the_sample_of_an_account(vendor: SquareSimulator) -> None:
    """The sample's account is answered word for word, by its id and by its phone and customer."""
    assert ask(vendor, f"/accounts/{SAMPLE}") == (200, {"loyalty_account": json.loads(ACCOUNT)})
    for query in (
        {"mappings": [{"phone_number": "+14155551234"}]},
        {"customer_ids": ["Q8002FAM9V1EZ0ADB2T5609X6NET1H0"]},
    ):
        found = ask(vendor, "/accounts/search", {"query": query, "limit": 10})
        assert found == (200, {"loyalty_accounts": [json.loads(ACCOUNT)]})


def test_the_sample_of_events(vendor: SquareSimulator) -> None:
    """The sample's search by order is answered word for word, the newest first."""
    order = {"order_filter": {"order_id": "PyATxhYLfsMqpVkcKJITPydgEYfZY"}}
    search = {"query": {"filter": order}, "limit": 30}
    assert ask(vendor, "/events/search", search) == (200, {"events": json.loads(EVENTS)})


def test_points_are_added_and_taken(vendor: SquareSimulator) -> None:
    """Credits raise balance and lifetime points, debits lower the balance alone; an adjustment answers no balance."""
    status, body = adjust(vendor, 5, "a")
    assert (status, list(body)) == (200, ["event"])
    adjust(vendor, -12, "b")
    row = account(vendor)
    assert (row["balance"], row["lifetime_points"], row["updated_at"]) == (3, 25, "2020-05-08T21:42:32Z")


def test_the_same_key_gets_the_first_answer(vendor: SquareSimulator) -> None:
    """An equal request under its key is answered as before and changes nothing, whatever its layout."""
    first = adjust(vendor)
    again = ask(vendor, f"/accounts/{SAMPLE}/adjust", '{"adjust_points":{"points":10},   "idempotency_key":"k-1"}')
    assert first == again
    assert (len(vendor.effects), account(vendor)["balance"]) == (1, 20)


@pytest.mark.parametrize(
    ("points", "to", "changes"),
    [(11, SAMPLE, {}), (10, WITH_EVENTS, {}), (10, SAMPLE, {"allow_negative_balance": True})],
)
def test_a_key_of_another_request_is_refused(
    vendor: SquareSimulator, points: int, to: str, changes: dict[str, Any]
) -> None:
    """Another body or another account under a key that was used is an error, and changes nothing."""
    adjust(vendor)
    assert_error(adjust(vendor, points, account=to, **changes), 400, "IDEMPOTENCY_KEY_REUSED", "idempotency_key")
    assert len(vendor.effects) == 1


def test_a_refusal_leaves_its_key_free(vendor: SquareSimulator) -> None:
    """What was refused can be asked again under the same key."""
    assert adjust(vendor, -11)[0] == 400
    adjust(vendor, 5, "other")
    assert adjust(vendor, -11)[0] == 200


def test_too_few_points(vendor: SquareSimulator) -> None:
    """A debit beyond the balance is BAD_REQUEST, unless a negative balance is allowed."""
    assert_error(adjust(vendor, -11), 400, "BAD_REQUEST")
    assert vendor.effects == []
    assert adjust(vendor, -11, "b", allow_negative_balance=True)[0] == 200
    assert account(vendor)["balance"] == -1


def test_an_unknown_account(vendor: SquareSimulator) -> None:
    """An account that does not exist is NOT_FOUND for every call about it."""
    unknown = str(vendor.example.unknown_member).partition(":")[2]
    for answer in (adjust(vendor, account=unknown), ask(vendor, f"/accounts/{unknown}")):
        assert_error(answer, 404, "NOT_FOUND")
    assert ask(vendor, "/accounts/search", {"query": {"mappings": [{"phone_number": "+10000000000"}]}}) == (200, {})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "simulated-square-token"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "bearer simulated-square-token"},
    ],
)
def test_needs_the_token(vendor: SquareSimulator, headers: dict[str, str]) -> None:
    """Without the bearer token every call is UNAUTHORIZED, and nothing is applied."""
    for path, body in ((f"/accounts/{SAMPLE}", None), (f"/accounts/{SAMPLE}/adjust", ADJUST), ("/events/search", "{}")):
        assert_error(ask(vendor, path, body, headers=headers), 401, "UNAUTHORIZED")
    assert vendor.effects == []


def test_the_version_is_a_date(vendor: SquareSimulator) -> None:
    """The header with the version can be absent, and cannot be anything else than a date."""
    token = {"Authorization": HEADERS["Authorization"]}
    assert ask(vendor, f"/accounts/{SAMPLE}", headers=token)[0] == 200
    assert_error(ask(vendor, f"/accounts/{SAMPLE}", headers={**token, "Square-Version": "2"}), 400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ("", "EXPECTED_JSON_BODY", None),
        ("[]", "EXPECTED_JSON_BODY", None),
        ({"adjust_points": {"points": 1}}, "MISSING_REQUIRED_PARAMETER", "idempotency_key"),
        ({"idempotency_key": "k"}, "MISSING_REQUIRED_PARAMETER", "adjust_points"),
        ({"idempotency_key": "", "adjust_points": {"points": 1}}, "VALUE_EMPTY", "idempotency_key"),
        ({"idempotency_key": "k" * 129, "adjust_points": {"points": 1}}, "VALUE_TOO_LONG", "idempotency_key"),
        ({"idempotency_key": "k", "adjust_points": 1}, "INCORRECT_TYPE", "adjust_points"),
        ({"idempotency_key": "k", "adjust_points": {}}, "MISSING_REQUIRED_PARAMETER", "adjust_points.points"),
        ({"idempotency_key": "k", "adjust_points": {"points": "1"}}, "INCORRECT_TYPE", "adjust_points.points"),
        ({"idempotency_key": "k", "adjust_points": {"points": True}}, "INCORRECT_TYPE", "adjust_points.points"),
        ({"idempotency_key": "k", "adjust_points": {"points": 1.5}}, "INCORRECT_TYPE", "adjust_points.points"),
        ({"idempotency_key": "k", "adjust_points": {"points": 0}}, "INVALID_VALUE", "adjust_points.points"),
        ({"idempotency_key": "k", "adjust_points": {"points": 2**31}}, "VALUE_TOO_HIGH", "adjust_points.points"),
        (
            {"idempotency_key": "k", "adjust_points": {"points": 1, "reason": 2}},
            "INCORRECT_TYPE",
            "adjust_points.reason",
        ),
        ({"idempotency_key": "k", "adjust_points": {"points": 1}, "note": "x"}, "BAD_REQUEST", "note"),
        (
            {"idempotency_key": "k", "adjust_points": {"points": 1}, "allow_negative_balance": "no"},
            "INCORRECT_TYPE",
            "allow_negative_balance",
        ),
    ],
)
def test_a_wrong_adjustment_is_refused(
    vendor: SquareSimulator, body: str | dict[str, Any], code: str, field: str | None
) -> None:
    """What is missing, of a wrong type, too long or unknown is refused by its field, and nothing is applied."""
    assert_error(ask(vendor, f"/accounts/{SAMPLE}/adjust", body), 400, code, field)
    assert vendor.effects == []


def test_other_requests_are_refused(vendor: SquareSimulator) -> None:
    """Another path, method, media type or a query is refused."""
    path = f"/accounts/{SAMPLE}/adjust"
    assert_error(ask(vendor, "/nothing"), 404, "NOT_FOUND")
    assert_error(ask(vendor, path, ADJUST, method="PUT"), 405, "METHOD_NOT_ALLOWED")
    assert_error(ask(vendor, path, ADJUST, content_type="text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE")
    assert_error(ask(vendor, f"{path}?x=1", ADJUST), 400, "UNKNOWN_QUERY_PARAMETER")
    assert vendor.effects == []


def test_purchases_earn_points(vendor: SquareSimulator) -> None:
    """Points that a caller computed for a purchase are added at a location, once for a key; orders are unknown."""
    body = {"accumulate_points": {"points": 6}, "idempotency_key": "a", "location_id": "P034NEENMD09F"}
    first, again = (ask(vendor, f"/accounts/{SAMPLE}/accumulate", body) for _ in range(2))
    assert first == again
    [row] = first[1]["events"]
    assert (row["type"], row["accumulate_points"]["points"]) == ("ACCUMULATE_POINTS", 6)
    assert (row["location_id"], account(vendor)["lifetime_points"]) == ("P034NEENMD09F", 26)
    other = {**body, "idempotency_key": "b", "accumulate_points": {"order_id": "x"}}
    assert_error(ask(vendor, f"/accounts/{SAMPLE}/accumulate", other), 404, "NOT_FOUND")


def test_events_by_pages(vendor: SquareSimulator, clock: Clock) -> None:
    """Pages follow one another by the cursor, which is good for its own query alone; the last one has none."""
    for number in range(5):
        clock.now += timedelta(minutes=1)
        adjust(vendor, number + 1, f"k-{number}")
    query = {"filter": {"loyalty_account_filter": {"loyalty_account_id": SAMPLE}}}
    seen: list[int] = []
    search: dict[str, Any] = {"query": query, "limit": 2}
    for more in (True, True, False):
        status, body = ask(vendor, "/events/search", search)
        assert (status, "cursor" in body) == (200, more)
        seen += [row["adjust_points"]["points"] for row in body["events"]]
        search = {**search, "cursor": body.get("cursor")}
    assert seen == [5, 4, 3, 2, 1]
    cursor = ask(vendor, "/events/search", {"query": query, "limit": 2})[1]["cursor"]
    for wrong in ({"limit": 2, "cursor": cursor}, {"query": query, "cursor": "x"}):
        assert_error(ask(vendor, "/events/search", wrong), 400, "INVALID_CURSOR", "cursor")


@pytest.mark.parametrize(
    ("filters", "kinds"),
    [
        ({"type_filter": {"types": ["ADJUST_POINTS"]}}, ["ADJUST_POINTS"]),
        (
            {"date_time_filter": {"created_at": {"start_at": "2020-05-08T22:01:00Z"}}},
            ["ACCUMULATE_POINTS", "REDEEM_REWARD"],
        ),
        (
            {
                "date_time_filter": {
                    "created_at": {"start_at": "2020-05-09T00:00:44+02:00", "end_at": "2020-05-08T22:01:30Z"}
                }
            },
            ["REDEEM_REWARD", "CREATE_REWARD"],
        ),
        ({"location_filter": {"location_ids": ["elsewhere"]}}, None),
    ],
)
def test_filters_of_events(vendor: SquareSimulator, filters: dict[str, Any], kinds: list[str] | None) -> None:
    """Events are filtered by kind, period and location; a search that finds nothing has no list."""
    adjust(vendor)
    status, body = ask(vendor, "/events/search", {"query": {"filter": filters}})
    assert (status, [row["type"] for row in body["events"]] if "events" in body else None) == (200, kinds)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"limit": 31}, "VALUE_TOO_HIGH"),
        ({"limit": 0}, "VALUE_TOO_LOW"),
        ({"query": {"filter": {"type_filter": {"types": []}}}}, "ARRAY_EMPTY"),
        ({"query": {"filter": {"type_filter": {"types": ["EARN"]}}}}, "INVALID_ENUM_VALUE"),
        ({"query": {"filter": {"reason_filter": {}}}}, "BAD_REQUEST"),
        ({"query": {"filter": {"date_time_filter": {"created_at": {"start_at": "2020-05-08"}}}}}, "INVALID_TIME"),
    ],
)
def test_a_wrong_search_is_refused(vendor: SquareSimulator, body: dict[str, Any], code: str) -> None:
    """A page of more than 30 events, and filters that do not exist or cannot be read, are refused."""
    status, answer = ask(vendor, "/events/search", body)
    assert (status, answer["errors"][0]["code"]) == (400, code)


def test_accounts_by_pages(vendor: SquareSimulator) -> None:
    """All accounts are listed, the oldest first; phones and customers cannot be asked at once."""
    status, body = ask(vendor, "/accounts/search", {"limit": 1})
    assert (status, [row["id"] for row in body["loyalty_accounts"]]) == (200, [WITH_EVENTS])
    status, body = ask(vendor, "/accounts/search", {"limit": 1, "cursor": body["cursor"]})
    assert ([row["id"] for row in body["loyalty_accounts"]], "cursor" in body) == ([SAMPLE], False)
    both = {"mappings": [{"phone_number": "+14155551234"}], "customer_ids": ["x"]}
    assert_error(ask(vendor, "/accounts/search", {"query": both}), 400, "CONFLICTING_PARAMETERS", "query")


def test_points_expire(vendor: SquareSimulator, clock: Clock) -> None:
    """Where the program has points expire, the account lists the deadlines, and an event says what expired."""
    vendor.expiry_months = 12
    adjust(vendor, 7, "a")
    clock.now += timedelta(days=31)
    adjust(vendor, 5, "b")
    adjust(vendor, -3, "c")
    deadlines = [
        {"expires_at": "2021-05-08T21:42:32Z", "points": 4},
        {"expires_at": "2021-06-08T21:42:32Z", "points": 5},
    ]
    assert account(vendor)["expiring_point_deadlines"] == deadlines
    clock.now = datetime(2021, 5, 8, 21, 42, 32, tzinfo=UTC)
    assert (account(vendor)["balance"], account(vendor)["expiring_point_deadlines"]) == (15, deadlines[1:])
    status, body = ask(vendor, "/events/search", {"query": {"filter": {"type_filter": {"types": ["EXPIRE_POINTS"]}}}})
    assert (status, [row["expire_points"]["points"] for row in body["events"]]) == (200, [-4])


def test_the_program(vendor: SquareSimulator) -> None:
    """The one program is read by its id and by the word that stands for it."""
    for name in ("main", PROGRAM):
        status, body = ask(vendor, f"/programs/{name}")
        assert (status, body["program"]["id"], body["program"]["status"]) == (200, PROGRAM, "ACTIVE")
    assert ask(vendor, "/programs/other")[0] == 404


def test_reset_goes_back_to_the_seed(vendor: SquareSimulator) -> None:
    """After a reset the points are those of the sample, and keys are free."""
    adjust(vendor)
    httpx.post(f"{vendor.origin}/_simulator/reset", trust_env=False, verify=PLAIN, timeout=DEADLINE)
    assert account(vendor) == json.loads(ACCOUNT)
    assert adjust(vendor, 3)[0] == 200
