"""The transactions of the simulated vendor's cards, and how they are listed."""

import re
from datetime import datetime
from typing import Any

from adapters.voucherify.simulated_cards import CAMPAIGN, Card, text
from adapters.voucherify.simulated_refusals import Refusal, number, parameters
from gateway.simulation import Request

_FILTER = re.compile(r"filters\[id\]\[conditions\]\[\$(is|in)\]\[\d{1,4}\]\Z", re.ASCII)
_FIRST = 0x0C9DD2527696BA081B  # that of a sample


class Movements:
    """Every transaction of every card, the oldest first; ids rise with time."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []

    def add(self, card: Card, kind: str, balance: dict[str, Any], now: datetime, body: dict[str, Any]) -> str:
        """Note a change of points that was made; returns its id."""
        id_ = f"vtx_{_FIRST + len(self._rows):018x}"
        self._rows.append(
            {
                "id": id_,
                "source_id": body.get("source_id"),
                "voucher_id": card.id,
                "campaign_id": CAMPAIGN,
                # As the samples have it for changes with an id of the caller's.
                "source": None,
                "reason": body.get("reason"),
                "type": kind,
                "details": {"balance": balance},
                "related_transaction_id": None,
                "created_at": text(now),
            }
        )
        return id_

    def page(self, card: Card, request: Request) -> dict[str, Any]:
        """One page of a card's transactions; that the newest come first without `order` is as in the sample."""
        asked = parameters(request, {"limit", "order", "starting_after_id"})
        limit, order = number(asked, "limit", 10, 100), asked.get("order", "-id")
        if order not in ("id", "-id"):
            raise Refusal(400, "invalid_query_params", "Invalid query params", "Parameter order is not known")
        wanted = [value for name, value in asked.items() if name.startswith("filters[") and _known(name)]
        rows = [row for row in self._rows if row["voucher_id"] == card.id and (not wanted or row["id"] in wanted)]
        if order == "-id":
            rows.reverse()
        if (after := asked.get("starting_after_id")) is not None:
            ids = [row["id"] for row in rows]
            if after not in ids:  # a guess
                details = f"There is no transaction {after}"
                raise Refusal(400, "invalid_query_params", "Invalid query params", details)
            rows = rows[ids.index(after) + 1 :]
        page, more = rows[:limit], len(rows) > limit
        # That the last page has no `more_starting_after` is a guess.
        following = {"more_starting_after": page[-1]["id"]} if more else {}
        return {"object": "list", "data_ref": "data", "data": page, "has_more": more, **following}


def _known(name: str) -> bool:
    """Whether a filter is by id, which is the only documented one. Raises `Refusal`."""
    if not _FILTER.match(name):
        raise Refusal(400, "invalid_query_params", "Invalid query params", f"Parameter {name} is not known")
    return True
