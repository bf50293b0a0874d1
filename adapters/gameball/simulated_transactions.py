"""The transactions of the simulated vendor, and how they are listed."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from adapters.gameball.simulated_customers import Customer, money, text
from adapters.gameball.simulated_payloads import Refusal
from gateway.simulation import Request, urlencoded

STATES = ("Active", "Pending", "Blocked", "Expired")
_FILTERS = {"direction", "status", "customerId"}
_PAGING = {"startAfter", "limit"}


class Transactions:
    """Every transaction, the oldest first."""

    def __init__(self, first: int) -> None:
        self.rows: list[dict[str, Any]] = []
        self._next = first

    def add(
        self,
        customer: Customer,
        kind: str,
        points: int,
        *,
        own: str | None,
        at: datetime,
        before: int,
        reason: str | None = None,
        expires: datetime | None = None,
    ) -> int:
        """Note a change of points that was made; returns the vendor's id of it."""
        number, self._next = self._next, self._next + 1
        self.rows.append(
            {
                "transactionId": own,
                # Documented as a text here, and as a number in the answer to a manual transaction.
                "gameballTransactionId": str(number),
                "type": kind,
                "direction": "+" if points > 0 else "-",
                "customerId": customer.id,
                "points": abs(points),
                "amount": money(abs(points), customer.worth),
                "transactionTime": text(at),
                "status": "Active",
                "couponCode": None,
                "isCouponUsed": False,
                "couponType": None,
                "merchantName": None,
                "branchName": None,
                "reason": reason,
                "achievementName": None,
                "expiryDate": None if expires is None else text(expires),
                "pointsBalanceBefore": before,
                "pointsBalanceAfter": before + points,
                "achievementType": None,
                "achievedRewardCampaignId": None,
                "achievedTierId": None,
            }
        )
        return number

    def of(self, customer: Customer, own: str) -> Iterator[dict[str, Any]]:
        """The transactions of a customer under an id of the caller's."""
        return (row for row in self.rows if row["customerId"] == customer.id and row["transactionId"] == own)

    def count(self, request: Request) -> dict[str, Any]:
        """How many transactions the filters of a request leave. Raises `Refusal`."""
        return {"count": len(self._filtered(_parameters(request, _FILTERS)))}

    def page(self, request: Request) -> dict[str, Any]:
        """One page. Documented: 50 rows, 200 at most, after the vendor's id of a transaction. Raises `Refusal`."""
        asked = _parameters(request, _FILTERS | _PAGING)
        after, limit = _number(asked, "startAfter", 0), _number(asked, "limit", 50)
        # That a limit outside of these bounds is refused is a guess.
        if not 1 <= limit <= 200:
            raise Refusal(422, 3003, "Invalid limit value")
        rows = [row for row in self._filtered(asked) if int(row["gameballTransactionId"]) > after]
        return {"transactions": rows[:limit], "count": len(rows[:limit]), "hasMore": len(rows) > limit}

    def _filtered(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        if asked.get("direction", "+") not in ("+", "-"):
            raise Refusal(422, 3003, "Invalid direction value")
        if asked.get("status", "Active") not in STATES:
            raise Refusal(422, 3003, "Invalid status value")
        wanted = {name: value for name, value in asked.items() if name in _FILTERS}
        return [row for row in self.rows if all(row[name] == value for name, value in wanted.items())]


def _parameters(request: Request, known: set[str]) -> dict[str, str]:
    try:
        asked = urlencoded.read(request.query)
    except ValueError as error:
        raise Refusal(400, 3016, f"Invalid payload: {error}") from error
    if unknown := asked.keys() - known:
        raise Refusal(400, 3016, f"Invalid payload: {min(unknown)} is not known")
    return asked


def _number(asked: dict[str, str], name: str, default: int) -> int:
    value = asked.get(name, str(default))
    if not value.isascii() or not value.isdecimal() or len(value) > 18:
        raise Refusal(422, 3003, f"Invalid {name} value")
    return int(value)


def refunded(rows: list[dict[str, Any]]) -> Decimal:
    """The money of these refunds."""
    return sum((row["amount"] for row in rows), Decimal(0))
