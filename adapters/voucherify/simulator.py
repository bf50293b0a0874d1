"""A simulator written from the vendor's own OpenAPI document: loyalty cards, their points and transactions (API v1).

Where the document is silent, the simulator chooses, and a comment says so. The document calls a change of a balance
asynchronous, and its answer has the new balance; here the change is made at once.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from adapters.voucherify import simulated_cards
from adapters.voucherify.simulated_cards import CAMPAIGN, CAMPAIGN_NAME, SAMPLE, Card
from adapters.voucherify.simulated_movements import Movements
from adapters.voucherify.simulated_refusals import Refusal, change, not_found, number, parameters
from gateway.simulation import Answer, Effect, Example, Request, Simulator

BALANCE, TOTAL = "balance", "total"


class VoucherifySimulator(Simulator):
    """Stores the loyalty cards of one campaign. Nothing is idempotent: an equal request changes the balance again."""

    name = "voucherify"
    written_from = "the vendor's OpenAPI document and guides"
    written_by = "who simulated it"
    example = Example(
        settings={
            "adapter": "voucherify",
            "app_id": "simulated-voucherify-app",
            "app_token": "simulated-voucherify-token",
        },
        base_path="",
        member=f"card:{SAMPLE}",
        unknown_member="card:IrKORhS",
    )

    def seed(self) -> None:
        """The card of the samples, and one without points."""
        self._cards = {card.code: card for card in simulated_cards.samples(self.now())}
        self._movements = Movements()
        for card in self._cards.values():
            points = {BALANCE: Decimal(card.balance), TOTAL: Decimal(card.total)}
            self.ledger.open(f"card:{card.code}", points)

    def handle(self, request: Request) -> Answer:
        """Answer the calls of cards; everything else is an error."""
        try:
            # Both keys come with every request. The texts of this error are guesses.
            keys = [request.header("X-App-Id"), request.header("X-App-Token")]
            if keys != [self.example.settings["app_id"], self.example.settings["app_token"]]:
                raise Refusal(401, "unauthorized", "Unauthorized", "Invalid or missing application id or token")
            method, call = self._call(request)
            if request.method != method:
                details = f"{request.method} is not supported by this endpoint. Did you mean {method}?"
                raise Refusal(405, None, "HTTP Method Not Allowed", details)
            self._expire()
            return call()
        except Refusal as refusal:
            return refusal.answer(f"v-{self.new_id().hex[:18]}")

    def _call(self, request: Request) -> tuple[str, Callable[[], Answer]]:
        """The method of what is at this address, and what answers it."""
        match request.path.split("/")[1:]:
            case ["v1", "loyalties", "members", code]:
                return "GET", lambda: self._read(code, request)
            case ["v1", "loyalties", "members", code, "balance"]:
                return "POST", lambda: self._change(code, request)
            case ["v1", "loyalties", "members", code, "transactions"]:
                return "GET", lambda: Answer.json(200, self._movements.page(self._card(code), request))
            case ["v1", "loyalties", campaign, "members", code]:
                return "GET", lambda: self._read(code, request, campaign)
            case ["v1", "loyalties", campaign, "members", code, "balance"]:
                return "POST", lambda: self._change(code, request, campaign)
            case ["v1", "loyalties", campaign, "members", code, "transactions"]:
                return "GET", lambda: Answer.json(200, self._movements.page(self._card(code, campaign), request))
            case ["v1", "loyalties", campaign, "members", code, "points-expiration"]:
                return "GET", lambda: self._expiring(code, request, campaign)
        raise Refusal(404, "not_found", "Resource not found", "There is nothing at this address")

    def _card(self, segment: str, campaign: str | None = None) -> Card:
        """A card by its code; a campaign is named by its id or its name, as documented."""
        if campaign is not None and unquote(campaign) not in (CAMPAIGN, CAMPAIGN_NAME):
            not_found("campaign", unquote(campaign))
        code = unquote(segment)
        if code not in self._cards:
            not_found("voucher", code)
        return self._cards[code]

    def _read(self, segment: str, request: Request, campaign: str | None = None) -> Answer:
        parameters(request, set())
        return Answer.json(200, self._card(segment, campaign).row())

    def _expiring(self, segment: str, request: Request, campaign: str) -> Answer:
        asked = parameters(request, {"limit", "page"})
        limit, page = number(asked, "limit", 10, 100), number(asked, "page", 1, 1000)
        rows = self._card(segment, campaign).expiring()
        data = rows[(page - 1) * limit : page * limit]
        return Answer.json(200, {"object": "list", "data_ref": "data", "data": data, "total": len(rows)})

    def _change(self, segment: str, request: Request, campaign: str | None = None) -> Answer:
        parameters(request, set())
        body, expires = change(request, self.now().date())
        card, points, now = self._card(segment, campaign), body["points"], self.now()
        if points > 0:
            card.add(points, expires, now, f"lopb_{self.new_id().hex[:24]}")
        else:
            # The key is documented, and that a balance is not below zero; that this call answers so is a guess.
            if -points > card.balance:
                details = "Loyalty card points were exceeded"
                raise Refusal(400, "loyalty_card_points_exceeded", "Loyalty card points exceeded", details)
            card.remove(-points, now)
        card.updated = now
        kind = "POINTS_ADDITION" if points > 0 else "POINTS_REMOVAL"
        balance = self._posted(card, kind, points, body, [BALANCE, TOTAL], "MANUAL")
        return Answer.json(200, balance)

    def _posted(
        self, card: Card, kind: str, points: int, body: dict[str, Any], accounts: list[str], operation: str
    ) -> dict[str, Any]:
        """Note a change that was made; returns it as an answer has it."""
        balance = {
            "points": points,
            "total": card.total,
            "balance": card.balance,
            "type": "loyalty_card",
            "object": "balance",
            "related_object": {"type": "voucher", "id": card.id},
            "operation_type": operation,
        }
        id_ = self._movements.add(card, kind, balance, self.now(), body)
        effect = Effect(self.now(), f"card:{card.code}", Decimal(points), None, id_, body)
        self.ledger.post(effect, accounts)
        return balance

    def _expire(self) -> None:
        """Let the points go whose date is over, by UTC, which is a guess."""
        for card in self._cards.values():
            if gone := card.expire(self.now().date()):
                self._posted(card, "POINTS_EXPIRATION", -gone, {}, [BALANCE], "AUTOMATIC")
