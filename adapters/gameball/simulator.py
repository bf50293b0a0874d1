"""A simulator written from the vendor's published OpenAPI document: customers, their points, holds and transactions.

Where the document is silent, the simulator chooses, and a comment says so. The codes of its errors are third-hand.
"""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from adapters.gameball import simulated_holds as holds
from adapters.gameball.simulated_customers import SAMPLE, SAVER, Customer, Hold, money, text
from adapters.gameball.simulated_payloads import (
    CHANNELS,
    CHECKED,
    BadRequest,
    Kind,
    Refusal,
    moment,
    one_of,
    payload,
    redemption,
)
from adapters.gameball.simulated_transactions import Transactions, refunded
from gateway.simulation import Answer, Effect, Example, Request, Simulator, urlencoded

AVAILABLE = "points"
_WHO: dict[str, Kind] = {"customerId": "text", "transactionId": "text"}


class GameballSimulator(Simulator):
    """Stores the customers of one account; a repeated id or time is refused only where that is switched on."""

    name = "gameball"
    written_from = "the vendor's OpenAPI document, and third-hand pages of its codes"
    written_by = "who simulated it"
    example = Example(
        settings={
            "adapter": "gameball",
            "api_key": "simulated-gameball-key",
            "secret_key": "simulated-gameball-secret",
        },
        base_path="/api/v4.0/integrations",
        member=f"customer_id:{SAMPLE}",
        unknown_member="customer_id:cust_nobody",
    )

    def seed(self) -> None:
        """The customer of most samples with 100 points, and the one whose balance a sample shows."""
        self.refuses_repeated_ids = False
        """Whether an id that a transaction of the account has is refused with 9004, as third-hand pages say."""
        self.refuses_repeated_times = False
        """Whether a transaction time that a transaction of the customer has is refused with 9003, as they say too."""
        self.hold_lasts = timedelta(minutes=10)  # the documented default
        self._transactions = Transactions(11035201)
        self._refunds: dict[str, list[dict[str, Any]]] = {}  # by the vendor's id of what they refund
        midnight = datetime.combine(self.now() + timedelta(days=20), time(), self.now().tzinfo)
        sample = Customer(SAMPLE, Decimal("0.1"), [(None, 100)], earned=100)
        saver = Customer(SAVER, Decimal("0.05"), [(midnight, 200), (None, 1000)], pending=300, earned=2500)
        self._customers = {customer.id: customer for customer in (sample, saver)}
        for customer in self._customers.values():
            self.ledger.open(f"customer_id:{customer.id}", {AVAILABLE: Decimal(customer.points)})

    def handle(self, request: Request) -> Answer:
        """Answer the calls of transactions, holds and balances; everything else is an error."""
        try:
            method, call = self._call(request)
            if method is None:
                raise Refusal(404, 4004, "Resource not found")
            if request.header("apikey") != self.example.settings["api_key"]:
                raise Refusal(401, 1000, "Unauthorized access")
            if request.header("secretkey") != self.example.settings["secret_key"]:
                raise Refusal(401, 1001, "Missing secret key")  # for a wrong one too, which is a guess
            if request.method != method:
                raise Refusal(405, 4000, "Method not allowed")  # a guess
            self._pass_time()
            return call()
        except Refusal as refusal:
            return refusal.answer(str(self.new_id()))

    def _call(self, request: Request) -> tuple[str | None, Callable[[], Answer]]:
        """The method of what is at this address, and what answers it; None where there is nothing."""
        match request.path.split("/")[1:]:
            case ["api", "v4.0", "integrations", "transactions", "manual"]:
                return "POST", lambda: self._manual(request)
            case ["api", "v4.0", "integrations", "transactions", "redeem"]:
                return "POST", lambda: self._redeem(request)
            case ["api", "v4.0", "integrations", "transactions", "refund"]:
                return "POST", lambda: self._refund(request)
            case ["api", "v4.0", "integrations", "transactions", "hold"]:
                return "POST", lambda: self._placed(holds.asked(request))
            case ["api", "v4.0", "integrations", "transactions", "hold", reference]:
                if request.method == "DELETE":
                    return "DELETE", lambda: holds.release(self._customers, reference)
                return "GET", lambda: holds.held(self._customers, reference)
            case ["api", "v4.0", "integrations", "transactions"]:
                return "GET", lambda: Answer.json(200, self._transactions.page(self._of_known(request)))
            case ["api", "v4.0", "integrations", "transactions", "count"]:
                return "GET", lambda: Answer.json(200, self._transactions.count(self._of_known(request)))
            case ["api", "v4.0", "integrations", "customers", customer, "balance"]:
                return "GET", lambda: self._balance(customer, request)
        return None, lambda: Answer(404)

    def _customer(self, id_: str) -> Customer:
        if id_ not in self._customers:
            raise Refusal(404, 7000, "Customer not found")
        return self._customers[id_]

    def _of_known(self, request: Request) -> Request:
        """The request, unless it filters by an unknown customer; that this is no empty list is a guess."""
        try:
            asked = urlencoded.read(request.query)
        except ValueError:
            return request
        if "customerId" in asked:
            self._customer(asked["customerId"])
        return request

    def _balance(self, segment: str, request: Request) -> Answer:
        # `expand` adds the tier and the referrals, which are not simulated.
        if request.query:
            raise Refusal(400, 3016, "Invalid payload: no parameters are expected")
        return Answer.json(200, self._customer(unquote(segment)).balance())

    def _manual(self, request: Request) -> Answer:
        given = payload(
            request,
            {**_WHO, "username": "text", "reason": "text"},
            {**CHANNELS, "transactionTime": "text", "points": "whole", "amount": "number", "expiryAfter": "whole"},
        )
        by = one_of(given, ("points", "amount"), _criteria)
        customer = self._customer(given["customerId"])
        points = given["points"] if by == "points" else customer.in_points(given["amount"])
        days = given.get("expiryAfter", 0)
        if days < 0:
            raise BadRequest("Expiry cannot be negative")
        if points < 0 and days:
            raise BadRequest("Deduction cannot have expiry")
        expires = self.now() + timedelta(days=days) if days else None
        kind = "ManualAccumulation" if points > 0 else "ManualDeduction"
        number = self._change(customer, kind, points, given, expires=expires)
        return Answer.json(
            200,
            {
                "customerId": customer.id,
                "gameballTransactionId": number,
                "transactionId": given["transactionId"],
                # That they are negative for a deduction, as they were sent, is a guess.
                "points": points,
                "amount": money(points, customer.worth),
            },
        )

    def _redeem(self, request: Request) -> Answer:
        by_what: dict[str, Kind] = {"amount": "number", "points": "whole", "holdReference": "text"}
        optional = {**CHANNELS, **CHECKED, **by_what, "reason": "text", "merchant": "object"}
        given = payload(request, {**_WHO, "transactionTime": "text"}, optional)
        if len(given.get("reason", "")) > 255:
            raise Refusal(422, 3003, "Invalid reason value")
        by = one_of(given, tuple(by_what), redemption)
        customer = self._customer(given["customerId"])
        hold = None
        if by == "holdReference":
            hold = customer.holds.get(given[by])
            if hold is None or hold.state != "active":
                raise Refusal(404, 9006, "Transaction hold reference not found")
            points = hold.points
        else:
            points = given["points"] if by == "points" else customer.in_points(given["amount"])
        if points <= 0:
            raise Refusal(422, 3003, f"Invalid {by} value")
        number = self._change(customer, "Redemption", -points, given, hold=hold)
        body = {
            "customerId": customer.id,
            "gameballTransactionId": str(number),
            "transactionId": given["transactionId"],
            "redeemAmount": money(points, customer.worth),
            "redeemEquivalentPoints": points,
        }
        return Answer.json(200, {**body, **({"reason": given["reason"]} if "reason" in given else {})})

    def _refund(self, request: Request) -> Answer:
        """Documented for cashback and redemptions; that a manual transaction is refused is a guess."""
        ids: dict[str, Kind] = {"customerId": "text", "refundTransactionId": "text", "reverseTransactionId": "text"}
        optional = {**CHANNELS, "refundAmount": "number", "merchant": "object", "lineItems": "list"}
        given = payload(request, {**ids, "transactionTime": "text"}, optional)
        customer = self._customer(given["customerId"])
        originals = list(self._transactions.of(customer, given["reverseTransactionId"]))
        if not originals:
            raise Refusal(404, 9005, "Reversed transaction not found")
        original = originals[-1]
        if original["type"] != "Redemption":
            raise Refusal(422, 9000, "Non-reversible transaction type")
        left = original["amount"] - refunded(self._refunds.setdefault(original["gameballTransactionId"], []))
        if not left:
            raise Refusal(422, 9001, "Transaction already cancelled")
        amount = Decimal(given.get("refundAmount", left))
        if not 0 < amount <= left:
            raise Refusal(422, 3011, "Operation exceeds limits")
        points = customer.in_points(amount)
        number = self._change(customer, "Refund", points, {**given, "transactionId": given["refundTransactionId"]})
        self._refunds[original["gameballTransactionId"]].append(self._transactions.rows[-1])
        return Answer.json(
            200,
            {
                "gameballTransactionId": str(number),
                "refundTransactionId": given["refundTransactionId"],
                "refundAmount": money(points, customer.worth),
                "refundEquivalentPoints": points,
            },
        )

    def _placed(self, given: dict[str, Any]) -> Answer:
        customer = self._customer(given["customerId"])
        return holds.place(customer, given, str(self.new_id()), self.now(), self.hold_lasts)

    def _change(
        self,
        customer: Customer,
        kind: str,
        points: int,
        given: dict[str, Any],
        *,
        expires: datetime | None = None,
        hold: Hold | None = None,
    ) -> int:
        """Apply a transaction; returns the vendor's id of it. Raises `Refusal`."""
        own, at = given["transactionId"], moment(given["transactionTime"]) if "transactionTime" in given else self.now()
        self._refuse_repeats(customer, own, at)
        before = customer.points
        if points < 0:
            customer.take(-points, hold)
        else:
            customer.lots.append((expires, points))
            # That a refund is not earned once more is a guess.
            customer.earned += 0 if kind == "Refund" else points
        number = self._transactions.add(
            customer, kind, points, own=own, at=at, before=before, reason=given.get("reason"), expires=expires
        )
        effect = Effect(self.now(), f"customer_id:{customer.id}", Decimal(points), None, str(number), given)
        self.ledger.post(effect, [AVAILABLE])
        return number

    def _refuse_repeats(self, customer: Customer, own: str, at: datetime) -> None:
        """Refuse an id or a time that was used, where that is switched on. That ids are the account's is a guess."""
        rows = self._transactions.rows
        if self.refuses_repeated_ids and any(row["transactionId"] == own for row in rows):
            raise Refusal(422, 9004, "Duplicate transaction ID")
        times = (row["transactionTime"] for row in rows if row["customerId"] == customer.id)
        if self.refuses_repeated_times and text(at) in times:
            raise Refusal(422, 9003, "Duplicate transaction timestamp")

    def _pass_time(self) -> None:
        """Let points and holds expire whose time has come; expired points are transactions too."""
        for customer in self._customers.values():
            before, gone = customer.points, customer.pass_time(self.now())
            if gone:
                number = self._transactions.add(customer, "Expiry", -gone, own=None, at=self.now(), before=before)
                effect = Effect(self.now(), f"customer_id:{customer.id}", Decimal(-gone), None, str(number))
                self.ledger.post(effect, [AVAILABLE])


def _criteria(found: str) -> Refusal:
    several = "Only one rewarding method may be specified"
    return BadRequest(several if found == "several" else "A rewarding criteria is required")
