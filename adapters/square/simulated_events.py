"""The ledger of events of the simulated vendor, and how it is searched."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.square.simulated_accounts import PROGRAM, WITH_EVENTS
from adapters.square.simulated_requests import Refusal, fields, invalid, listed, moment, text, time, whole

TYPES = (
    "ACCUMULATE_POINTS",
    "CREATE_REWARD",
    "REDEEM_REWARD",
    "DELETE_REWARD",
    "ADJUST_POINTS",
    "EXPIRE_POINTS",
    "OTHER",
    "ACCUMULATE_PROMOTION_POINTS",
)
LARGEST_PAGE = 30
SEARCH = fields(
    {},
    {
        "query": fields(
            {},
            {
                "filter": fields(
                    {},
                    {
                        "loyalty_account_filter": fields({"loyalty_account_id": text()}),
                        "type_filter": fields({"types": listed(text())}),
                        "date_time_filter": fields({"created_at": fields({}, {"start_at": time, "end_at": time})}),
                        "location_filter": fields({"location_ids": listed(text())}),
                        "order_filter": fields({"order_id": text()}),
                    },
                )
            },
        ),
        "limit": whole(1, LARGEST_PAGE),
        "cursor": text(),
    },
)


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it is answered; `order` is the order that it belongs to, also where the answer does not say so."""

    row: dict[str, Any]
    order: str | None = None


def event(
    kind: str, points: dict[str, Any], *, number: str, at: str, account: str, location: str | None = None
) -> dict[str, Any]:
    """An event as it is answered: the details of its kind stand under a name of that kind."""
    return {
        "id": number,
        "type": kind,
        "created_at": at,
        kind.lower(): {"loyalty_program_id": PROGRAM, **points},
        "loyalty_account_id": account,
        **({} if location is None else {"location_id": location}),
        "source": "LOYALTY_API",
    }


def samples() -> list[Event]:
    """The events of the sample, the oldest first, after those that gave the account its points."""
    order, reward, location = "PyATxhYLfsMqpVkcKJITPydgEYfZY", "d03f79f4-815f-3500-b851-cc1e68a457f9", "P034NEENMD09F"

    def one(kind: str, points: dict[str, Any], number: str, at: str, place: str | None) -> dict[str, Any]:
        return event(kind, points, number=number, at=f"2020-05-08T{at}Z", account=WITH_EVENTS, location=place)

    made_up = {"points": 20, "order_id": "RFZfrdtm3mhO1oGzf5Cx7fEMsmGZY"}
    created, redeemed = {"points": -10, "reward_id": reward}, {"order_id": order, "reward_id": reward}
    earned = {"points": 5, "order_id": order}
    rows = (
        (one("ACCUMULATE_POINTS", made_up, "0b0c5d1f-1f2e-3d4c-8b5a-69788796a5b4", "21:50:00", location), None),
        (one("CREATE_REWARD", created, "5e127479-0b03-3671-ab1e-15faea8b7188", "22:00:44", None), order),
        (one("REDEEM_REWARD", redeemed, "e4a5cbc3-a4d0-3779-98e9-e578885d9430", "22:01:15", location), order),
        (one("ACCUMULATE_POINTS", earned, "c27c8465-806e-36f2-b4b3-71f5887b5ba8", "22:01:30", location), order),
    )
    return [Event(row, belongs or row[row["type"].lower()].get("order_id")) for row, belongs in rows]


def page(events: Sequence[Event], body: dict[str, Any]) -> dict[str, Any]:
    """One page of a search that `SEARCH` has checked, the newest first. Raises `Refusal`."""
    query = body.get("query", {})
    found = [each for each in reversed(events) if _fits(each, query.get("filter", {}))]
    found.sort(key=lambda each: moment(each.row["created_at"]), reverse=True)
    begin, limit = 0, body.get("limit", LARGEST_PAGE)
    if "cursor" in body:
        begin = _begin(body["cursor"], query, [each.row["id"] for each in found])
    rows = [each.row for each in found[begin : begin + limit]]
    more = len(found) > begin + limit
    # That an empty list is left out is a guess.
    return {**({"events": rows} if rows else {}), **({"cursor": _cursor(query, rows[-1]["id"])} if more else {})}


def _fits(found: Event, wanted: dict[str, Any]) -> bool:
    for name, inner in wanted.items():
        match name, inner:
            case "loyalty_account_filter", {"loyalty_account_id": account}:
                fits = found.row["loyalty_account_id"] == account
            case "type_filter", {"types": types}:
                for each in types:
                    if each not in TYPES:
                        invalid(
                            "INVALID_ENUM_VALUE", f"{each} is not a type of event.", "query.filter.type_filter.types"
                        )
                fits = found.row["type"] in types
            case "location_filter", {"location_ids": locations}:
                fits = found.row.get("location_id") in locations
            case "order_filter", {"order_id": order}:
                fits = found.order == order
            case _:
                fits = _within(moment(found.row["created_at"]), inner["created_at"])
        if not fits:
            return False
    return True


def _within(at: datetime, period: dict[str, str]) -> bool:
    # The documents do not say whether `end_at` is in the period; here it is not.
    begins, ends = period.get("start_at"), period.get("end_at")
    return (begins is None or moment(begins) <= at) and (ends is None or at < moment(ends))


def _cursor(query: dict[str, Any], last: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([query, last], sort_keys=True).encode()).decode()


def _begin(cursor: str, query: dict[str, Any], ids: list[str]) -> int:
    """Where a page begins. Documented: a cursor comes with the query that it was given for."""
    try:
        asked, last = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if asked == query:
            return ids.index(last) + 1
    except (ValueError, TypeError):
        pass
    raise Refusal(400, "INVALID_CURSOR", "The pagination cursor is invalid.", "cursor")
