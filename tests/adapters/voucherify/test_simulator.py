"""The simulator against its vendor's own document, over real sockets."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from adapters.voucherify.simulated_cards import EMPTY, SAMPLE
from adapters.voucherify.simulator import VoucherifySimulator
from gateway.simulation import in_thread
from tests.deadlines import DEADLINE
from tests.plain import PLAIN

HEADERS = {"X-App-Id": "simulated-voucherify-app", "X-App-Token": "simulated-voucherify-token"}
REQUEST = "v-0a96cd820301c0483a"
CARD = """{
  "id": "v_0aMj6Mdp0i3zuXrd9NnBKboc7746mlgF",
  "code": "MmFAzfDe",
  "campaign": "Loyalty Program",
  "campaign_id": "camp_7s3uXI44aKfIk5IhmeOPr6ic",
  "category": null,
  "category_id": "cat_0b6152ce12414820de",
  "categories": [],
  "type": "LOYALTY_CARD",
  "discount": null,
  "gift": null,
  "loyalty_card": {
    "points": 13435,
    "balance": 13135,
    "next_expiration_date": "2022-11-30",
    "next_expiration_points": 12
  },
  "start_date": null,
  "expiration_date": null,
  "validity_timeframe": null,
  "validity_day_of_week": null,
  "active": true,
  "additional_info": null,
  "metadata": {},
  "is_referral_code": false,
  "created_at": "2022-02-18T14:03:59.954Z",
  "updated_at": "2022-11-21T13:49:54.949Z",
  "holder_id": "cust_sehkNIi8Uq2qQuRqSr7xn4Zi",
  "redemption": {
    "quantity": null,
    "redeemed_quantity": 1,
    "redeemed_points": 300,
    "object": "list",
    "url": "/v1/vouchers/MmFAzfDe/redemptions?page=1&limit=10"
  },
  "publish": {
    "object": "list",
    "count": 1,
    "url": "/v1/vouchers/MmFAzfDe/publications?page=1&limit=10"
  },
  "object": "voucher"
}"""
NOTHING: dict[str, Any] = {}


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2022, 11, 21, 14, 0, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vendor(clock: Clock) -> Iterator[VoucherifySimulator]:
    id_ = UUID(hex=REQUEST.removeprefix("v-") + "0" * 14)
    simulator = VoucherifySimulator(now=lambda: clock.now, new_id=lambda: id_)
    with in_thread(simulator):
        yield simulator


def ask(
    vendor: VoucherifySimulator,
    path: str,
    body: Any = None,
    *,
    method: str | None = None,
    headers: dict[str, str] = HEADERS,
    content_type: str = "application/json",
) -> tuple[int, Any]:
    """Post a body, or get without one; the status and the JSON that comes back."""
    answer = httpx.request(
        method or ("GET" if body is None else "POST"),
        f"{vendor.base_url}/v1/loyalties{path}",
        content=body if isinstance(body, str) or body is None else json.dumps(body),
        headers={**headers, **({} if body is None else {"Content-Type": content_type})},
        trust_env=False,
        verify=PLAIN,
        timeout=DEADLINE,
    )
    return answer.status_code, answer.json()


def change(vendor: VoucherifySimulator, points: Any, code: str = SAMPLE, **more: Any) -> tuple[int, Any]:
    """Add points to a card, or remove them."""
    return ask(vendor, f"/members/{code}/balance", {"points": points, **more})


def reset(vendor: VoucherifySimulator) -> None:
    """Go back to the seed, at the time that it is now."""
    httpx.post(f"{vendor.origin}/_simulator/reset", trust_env=False, verify=PLAIN, timeout=DEADLINE)


def rows(vendor: VoucherifySimulator, query: str = "", code: str = SAMPLE) -> list[dict[str, Any]]:
    """A card's transactions."""
    status, body = ask(vendor, f"/members/{code}/transactions{query}")
    assert status == 200
    return list(body["data"])


def card(vendor: VoucherifySimulator, code: str = SAMPLE) -> dict[str, Any]:
    """The points of a card."""
    status, body = ask(vendor, f"/members/{code}")
    assert status == 200
    return dict(body["loyalty_card"])


def test_the_sample_of_a_change(vendor: VoucherifySimulator) -> None:
    """The sample's answer comes word for word, with the type of the operation, which newer samples have."""
    assert change(vendor, 101)[1]["balance"] == 13236
    assert change(vendor, -100) == (
        200,
        {
            "points": -100,
            "total": 13436,
            "balance": 13136,
            "type": "loyalty_card",
            "object": "balance",
            "related_object": {"type": "voucher", "id": "v_0aMj6Mdp0i3zuXrd9NnBKboc7746mlgF"},
            "operation_type": "MANUAL",
        },
    )
    effect = vendor.effects[-1]
    assert (effect.member, effect.points, effect.fields) == (f"card:{SAMPLE}", -100, {"points": -100})


def test_the_sample_of_a_card(vendor: VoucherifySimulator) -> None:
    """The sample's card comes word for word without its assets, and with points that were documented since."""
    status, body = ask(vendor, f"/members/{SAMPLE}")
    newer = {"pending_points": 0, "expired_points": 0, "subtracted_points": 0}
    sample = json.loads(CARD)
    assert (status, body) == (200, {**sample, "loyalty_card": {**sample["loyalty_card"], **newer}})


def test_the_sample_of_a_transaction(vendor: VoucherifySimulator, clock: Clock) -> None:
    """The sample's addition of points is listed word for word, but for its campaign and what was there before it."""
    clock.now = datetime(2023, 3, 17, 16, 14, 16, 524_000, tzinfo=UTC)
    reset(vendor)
    change(vendor, 100, EMPTY, source_id="20230317_add_1", reason="Adding points to card")
    [row] = rows(vendor, code=EMPTY)
    assert row.pop("details")["balance"] == {
        "type": "loyalty_card",
        "total": 100,
        "object": "balance",
        "points": 100,
        "balance": 100,
        "related_object": {"id": "v_lWRrcwNm0vqxBaU5nsSMzRRHusCsS4Vl", "type": "voucher"},
        "operation_type": "MANUAL",
    }
    assert row == {
        "id": "vtx_0c9dd2527696ba081b",
        "source_id": "20230317_add_1",
        "voucher_id": "v_lWRrcwNm0vqxBaU5nsSMzRRHusCsS4Vl",
        "campaign_id": "camp_7s3uXI44aKfIk5IhmeOPr6ic",
        "source": None,
        "reason": "Adding points to card",
        "type": "POINTS_ADDITION",
        "related_transaction_id": None,
        "created_at": "2023-03-17T16:14:16.524Z",
    }


def test_the_samples_of_errors(vendor: VoucherifySimulator) -> None:
    """A date that is past or none, and a card that does not exist, are refused word for word."""
    error = {"code": 400, "key": "invalid_expiration_date", "message": "Invalid Expiration Date"}
    error |= {"details": "Expiration date cannot be set in the past", "request_id": REQUEST}
    assert change(vendor, 100, expiration_type="CUSTOM_DATE", expiration_date="2022-11-20") == (400, error)
    error = {"code": 400, "key": "invalid_payload", "message": "Invalid payload"}
    details = "Property .expiration_date cannot be recognized as a ISO-8601 compliant date"
    for wrong in ("tomorrow", "2022-13-01"):
        answer = change(vendor, 100, expiration_type="CUSTOM_DATE", expiration_date=wrong)
        assert answer == (400, {**error, "details": details, "request_id": REQUEST})
    error = {"code": 404, "key": "not_found", "message": "Resource not found"}
    error |= {"details": "Cannot find voucher with id IrKORhS", "request_id": REQUEST}
    error |= {"resource_id": "IrKORhS", "resource_type": "voucher"}
    for path, body in (("", None), ("/balance", {"points": 1}), ("/transactions", None)):
        assert ask(vendor, f"/members/IrKORhS{path}", body) == (404, error)
    assert vendor.effects == []


def test_a_wrong_method_is_hinted(vendor: VoucherifySimulator) -> None:
    """The sample's error of a wrong method says which one is right."""
    status, body = ask(vendor, f"/members/{SAMPLE}/balance", "{}", method="PUT")
    assert (status, body["code"], body["message"]) == (405, 405, "HTTP Method Not Allowed")
    assert body["details"] == "PUT is not supported by this endpoint. Did you mean POST?"


def test_an_equal_request_changes_once_more(vendor: VoucherifySimulator) -> None:
    """Nothing makes one of two requests, not even an equal source id."""
    answers = [change(vendor, 5, source_id="s-1") for _ in range(2)]
    assert [body["balance"] for _, body in answers] == [13140, 13145]
    assert [row["source_id"] for row in rows(vendor)] == ["s-1", "s-1"]


def test_a_card_is_of_its_campaign(vendor: VoucherifySimulator) -> None:
    """The calls with a campaign do the same under its id and its name, and refuse another one."""
    for campaign in ("camp_7s3uXI44aKfIk5IhmeOPr6ic", "Loyalty%20Program"):
        assert ask(vendor, f"/{campaign}/members/{SAMPLE}")[1]["code"] == SAMPLE
        assert ask(vendor, f"/{campaign}/members/{SAMPLE}/balance", {"points": 1})[0] == 200
        assert ask(vendor, f"/{campaign}/members/{SAMPLE}/transactions")[0] == 200
    status, body = ask(vendor, f"/camp_other/members/{SAMPLE}/balance", {"points": 1})
    assert (status, body["resource_type"], body["resource_id"]) == (404, "campaign", "camp_other")
    assert len(vendor.effects) == 2


@pytest.mark.parametrize(
    "headers",
    [
        NOTHING,
        {"X-App-Id": HEADERS["X-App-Id"]},
        {"X-App-Token": HEADERS["X-App-Token"]},
        {**HEADERS, "X-App-Token": "wrong"},
        {"Authorization": f"Bearer {HEADERS['X-App-Token']}"},
    ],
)
def test_needs_both_keys(vendor: VoucherifySimulator, headers: dict[str, str]) -> None:
    """Without either key every call is 401, and nothing is applied."""
    for path, body in ((f"/members/{SAMPLE}", None), (f"/members/{SAMPLE}/balance", {"points": 1})):
        status, answer = ask(vendor, path, body, headers=headers)
        assert (status, answer["code"]) == (401, 401)
    assert vendor.effects == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        NOTHING,
        {"points": 0},
        {"points": "5"},
        {"points": 2.5},
        {"points": True},
        {"points": None},
        {"points": 5, "amount": 5},
        {"points": 5, "source_id": 7},
        {"points": 5, "reason": None},
        {"points": 5, "expiration_type": "NEVER"},
        {"points": 5, "expiration_type": "CUSTOM_DATE"},
    ],
)
def test_a_wrong_change_is_refused(vendor: VoucherifySimulator, body: Any) -> None:
    """What is missing, of a wrong type or unknown is an invalid payload, and nothing is applied."""
    status, answer = ask(vendor, f"/members/{SAMPLE}/balance", body)
    assert (status, answer["key"], vendor.effects) == (400, "invalid_payload", [])


def test_another_media_type_is_refused(vendor: VoucherifySimulator) -> None:
    """A body that is no JSON by its media type is 415."""
    assert ask(vendor, f"/members/{SAMPLE}/balance", {"points": 1}, content_type="text/plain")[0] == 415


def test_too_few_points(vendor: VoucherifySimulator) -> None:
    """No more is removed than there is."""
    status, body = change(vendor, -13136)
    assert (status, body["key"], vendor.effects) == (400, "loyalty_card_points_exceeded", [])
    assert change(vendor, -13135)[1]["balance"] == 0


def test_what_expires_soonest_is_removed_first(vendor: VoucherifySimulator) -> None:
    """Points go by their dates; a date of which nothing is left is still the next one, as in a sample."""
    change(vendor, -10)
    assert (card(vendor)["next_expiration_points"], card(vendor)["subtracted_points"]) == (2, 10)
    change(vendor, -5)
    assert (card(vendor)["next_expiration_date"], card(vendor)["next_expiration_points"]) == ("2022-11-30", 0)
    assert (card(vendor)["points"], card(vendor)["balance"]) == (13420, 13120)


def test_the_sample_of_expiring_points(vendor: VoucherifySimulator) -> None:
    """A card's points by date are listed as in the sample, those without a date last."""
    path = f"/camp_7s3uXI44aKfIk5IhmeOPr6ic/members/{SAMPLE}/points-expiration"
    status, body = ask(vendor, path)
    assert (status, body["object"], body["data_ref"], body["total"]) == (200, "list", "data", 3)
    assert body["data"][0] == {
        "id": "lopb_zdeIBq3EsnPnRSDa7Tyyb6X2",
        "voucher_id": "v_0aMj6Mdp0i3zuXrd9NnBKboc7746mlgF",
        "campaign_id": "camp_7s3uXI44aKfIk5IhmeOPr6ic",
        "bucket": {"total_points": 12},
        "status": "ACTIVE",
        "expires_at": "2022-11-30",
        "created_at": "2022-11-21T13:49:54.949Z",
        "object": "loyalty_points_bucket",
    }
    assert "expires_at" not in body["data"][-1]
    assert sum(row["bucket"]["total_points"] for row in body["data"]) == card(vendor)["balance"]
    assert [row["id"] for row in ask(vendor, f"{path}?limit=2&page=2")[1]["data"]] == ["lopb_dQE1TwyTkHAJDlVCPlqSC0nu"]


def test_points_expire(vendor: VoucherifySimulator, clock: Clock) -> None:
    """Points go after their date, and leave a transaction; the total stays."""
    change(vendor, 100, expiration_type="CUSTOM_DATE", expiration_date="2022-11-30")
    assert card(vendor)["next_expiration_points"] == 112
    clock.now += timedelta(days=9)
    assert card(vendor)["balance"] == 13235
    clock.now += timedelta(days=1)
    points = card(vendor)
    assert (points["balance"], points["points"], points["expired_points"]) == (13123, 13535, 112)
    [row, _] = rows(vendor)
    assert (row["type"], row["details"]["balance"]["points"]) == ("POINTS_EXPIRATION", -112)


def test_pages_of_transactions(vendor: VoucherifySimulator) -> None:
    """The newest come first, ten on a page; pages follow one another by the id that the last one gave."""
    for number in range(1, 12):
        change(vendor, number)
    assert [row["details"]["balance"]["points"] for row in rows(vendor)] == list(range(11, 1, -1))
    _, body = ask(vendor, f"/members/{SAMPLE}/transactions?limit=8")
    assert (body["has_more"], body["more_starting_after"]) == (True, body["data"][-1]["id"])
    _, body = ask(vendor, f"/members/{SAMPLE}/transactions?limit=8&starting_after_id={body['more_starting_after']}")
    assert ([row["details"]["balance"]["points"] for row in body["data"]], body["has_more"]) == ([3, 2, 1], False)
    assert rows(vendor, "?order=id&limit=1")[0]["details"]["balance"]["points"] == 1
    wanted = body["data"][0]["id"]
    assert [row["id"] for row in rows(vendor, f"?filters[id][conditions][$is][0]={wanted}")] == [wanted]
    assert rows(vendor, code=EMPTY) == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=101",
        "limit=0",
        "order=created_at",
        "starting_after_id=x",
        "source_id=s",
        "limit=1&limit=1",
        "filters[x]=1",
    ],
)
def test_a_wrong_list_is_refused(vendor: VoucherifySimulator, query: str) -> None:
    """Parameters that are unknown, repeated or wrong are refused."""
    status, body = ask(vendor, f"/members/{SAMPLE}/transactions?{query}")
    assert (status, body["key"]) == (400, "invalid_query_params")


def test_reset_goes_back_to_the_seed(vendor: VoucherifySimulator) -> None:
    """After a reset the points are those of the sample, and there are no transactions."""
    change(vendor, 5)
    reset(vendor)
    assert (card(vendor)["balance"], rows(vendor)) == (13135, [])
