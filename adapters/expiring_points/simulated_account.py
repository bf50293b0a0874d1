"""The points account of the simulated vendor's member: portions that expire, and the transactions that changed it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from adapters.expiring_points.simulated_parameters import Refusal, amount, moment
from gateway.simulation import Effect, Ledger

# Without an expiration date the currency's own rule holds (public documents); this is the simulator's.
LIFETIME = timedelta(days=365)
# No code of the loyalty calls is published. Where points are wanting, and where a cancel cannot be done, the simulator
# answers one that no page lists, so that nobody relies on it.
NOT_POSSIBLE = 422


@dataclass(slots=True)
class Portion:
    """Points of one accrual; `left` is what is not redeemed."""

    left: Decimal
    activation: datetime
    expiration: datetime

    def active(self, now: datetime) -> bool:
        """Whether its points can be redeemed now."""
        return self.activation <= now < self.expiration


@dataclass(slots=True)
class Transaction:
    """A row of the history, and by how much it changed which portions."""

    currency: str
    row: dict[str, Any]
    changes: list[tuple[Portion, Decimal]]
    cancelled: bool = False


@dataclass(slots=True)
class Account:
    """One member's points by currency; the ledger has the total of each, without what expires while it runs."""

    member: str
    ledger: Ledger
    portions: dict[str, list[Portion]]
    transactions: list[Transaction] = field(default_factory=list)

    def active(self, currency: str, now: datetime) -> Decimal:
        """The points that can be redeemed now."""
        return self._sum(portion.left for portion in self.portions[currency] if portion.active(now))

    def total(self, currency: str, now: datetime) -> Decimal:
        """The active points and those that become active later; what the vendor's total counts is a guess."""
        return self._sum(portion.left for portion in self.portions[currency] if now < portion.expiration)

    def expiring(self, currency: str, start: datetime, end: datetime) -> Decimal:
        """The points that expire within a period, both ends included; of a past one, those that did."""
        return self._sum(portion.left for portion in self.portions[currency] if start <= portion.expiration <= end)

    def accrue(self, currency: str, parameters: dict[str, Any], number: str, now: datetime) -> Transaction:
        """Add points with the dates of the request. Raises `Refusal`."""
        points = amount(parameters)
        activation = moment(parameters, "activation_date") if "activation_date" in parameters else now
        expiration = moment(parameters, "expiration_date") if "expiration_date" in parameters else activation + LIFETIME
        portion = Portion(Decimal(0), activation, expiration)
        row = self._row("accrual", parameters, number, now)
        row |= {"activation_date": _rfc3339(activation), "expiration_date": _rfc3339(expiration)}
        self.portions[currency].append(portion)
        return self._book(Transaction(currency, row, [(portion, points)]), parameters, now)

    def redeem(self, currency: str, parameters: dict[str, Any], number: str, now: datetime) -> Transaction:
        """Take active points, those that expire first before the others (a guess). Raises `Refusal`."""
        missing = amount(parameters)
        row = self._row("redemption", parameters, number, now)
        changes = []
        for portion in sorted(self.portions[currency], key=lambda portion: portion.expiration):
            if portion.active(now) and portion.left and missing:
                part = min(portion.left, missing)
                missing = self.ledger.exact.subtract(missing, part)
                changes.append((portion, part.copy_negate()))
        if missing:
            raise Refusal(NOT_POSSIBLE, "Not enough points")
        return self._book(Transaction(currency, row, changes), parameters, now)

    def cancel(self, parameters: dict[str, Any], now: datetime) -> Transaction:
        """Take back a transaction named by its id or external id. Raises `Refusal`.

        No page says what follows: its row stays as it is, and no row is added, so that the list does not show it.
        """
        found = [
            transaction
            for transaction in self.transactions
            if all(transaction.row[name] == value for name, value in parameters.items())
        ]
        if not found:
            raise Refusal(404, "Transaction not found")
        # An external id that two transactions have, a second cancel, and points that are already spent: guesses.
        if len(found) > 1 or found[0].cancelled:
            raise Refusal(NOT_POSSIBLE, "The transaction cannot be cancelled")
        (transaction,) = found
        if any(portion.left < change for portion, change in transaction.changes):
            raise Refusal(NOT_POSSIBLE, "Not enough points")
        opposite = [(portion, change.copy_negate()) for portion, change in transaction.changes]
        self._change(opposite)
        self._post(transaction, opposite, parameters, now)
        transaction.cancelled = True
        return transaction

    def page(self, currency: str, from_id: str, limit: int) -> list[dict[str, Any]]:
        """The rows with an id above `from_id`, by id.

        Ids are UUIDs, and nothing says that later ones are higher: the simulator's are random.
        """
        rows = [transaction.row for transaction in self.transactions if transaction.currency == currency]
        later = (row for row in rows if row["transaction_id"] > from_id)
        return sorted(later, key=lambda row: str(row["transaction_id"]))[:limit]

    def _row(self, kind: str, parameters: dict[str, Any], number: str, now: datetime) -> dict[str, Any]:
        created = moment(parameters, "created_at") if "created_at" in parameters else now
        return {
            "transaction_id": number,
            # Nothing says that it is unique: the same one twice makes two transactions.
            "transaction_eid": parameters.get("transaction_eid"),
            "created_at": _rfc3339(created),
            # The sample has `accrual`; the word for a redemption is a guess.
            "transaction_type": kind,
            # That the amount of a redemption has no sign is a guess.
            "amount": parameters["amount"],
            "balance_before": None,
            "balance_after": None,
            "promo_iid": None,
            "promo_eid": parameters.get("promotion_id"),
            "description": None,
            "activation_date": None,
            "expiration_date": None,
            # The sample has `order`; the word for the API is a guess.
            "source_type": "api",
            "source_iid": None,
        }

    def _book(self, transaction: Transaction, parameters: dict[str, Any], now: datetime) -> Transaction:
        # That the balances of a row are those of active points is a guess.
        transaction.row["balance_before"] = format(self.active(transaction.currency, now), "f")
        self._change(transaction.changes)
        transaction.row["balance_after"] = format(self.active(transaction.currency, now), "f")
        self.transactions.append(transaction)
        self._post(transaction, transaction.changes, parameters, now)
        return transaction

    def _change(self, changes: list[tuple[Portion, Decimal]]) -> None:
        for portion, change in changes:
            portion.left = self.ledger.exact.add(portion.left, change)

    def _post(
        self,
        transaction: Transaction,
        changes: list[tuple[Portion, Decimal]],
        parameters: dict[str, Any],
        now: datetime,
    ) -> None:
        points = self._sum(change for _, change in changes)
        number, currency = transaction.row["transaction_id"], transaction.currency
        fields = {name: value for name, value in parameters.items() if name != "token"}
        self.ledger.post(Effect(now, self.member, points, currency, number, fields), [currency])

    def _sum(self, numbers: Iterable[Decimal]) -> Decimal:
        total = Decimal(0)
        for number in numbers:
            total = self.ledger.exact.add(total, number)
        return total


def _rfc3339(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
