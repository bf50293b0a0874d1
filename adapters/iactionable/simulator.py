"""A simulator written from the vendor's document: profiles with current and lifetime points, addressed by URL.

Where the document is silent, the simulator chooses, and a comment says so.
"""

from datetime import UTC, datetime
from decimal import Decimal

from adapters.iactionable import simulated_point_types
from adapters.iactionable.simulated_profiles import Refusal, change, decoded, profile
from gateway.simulation import Answer, Effect, Example, Request, Simulator

CURRENT, LIFETIME, UPDATED = "current", "lifetime", "LastUpdated"


class IActionableSimulator(Simulator):
    """Stores the points of one partner's profiles."""

    name = "iactionable"
    example = Example(
        settings={"adapter": "iactionable", "partner_id": 99999, "api_key": "simulated-iactionable-key"},
        base_path="/API",
        member="email:jason@example.com",
    )

    @property
    def v3_url(self) -> str:
        """The base of the v3 API, while the simulator runs; its version is a part of the path."""
        return f"{self.origin}/v3"

    def seed(self) -> None:
        """The profile of the samples, with their time of the last update and no points."""
        self._updated = {"email:jason@example.com": datetime.fromtimestamp(1278521302.499, UTC)}
        self.ledger.open("email:jason@example.com", {CURRENT: Decimal(0), LIFETIME: Decimal(0)})

    def furnish(self) -> None:
        """One more profile, of the member whom other vendors' samples have."""
        self._updated["email:user@example.com"] = self.now()
        self.ledger.open("email:user@example.com", {CURRENT: Decimal(40), LIFETIME: Decimal(60)})

    def handle(self, request: Request) -> Answer:
        """Answer GET and POST of a profile's points, and the POST that spends them; everything else is an error."""
        try:
            if request.path.startswith("/v3/"):
                return Answer.json(200, simulated_point_types.points(self, request))
            member, transaction = self._addressed(request)
            if transaction is not None:
                self._spend(member, transaction, request)
            elif request.method == "POST":
                self._adjust(member, request)
            elif request.query:
                raise Refusal(400, "No parameters are expected in the query")
            if not self.ledger.knows(member):
                raise Refusal(400, "There is no such profile")
            return self._points(member)
        except Refusal as refusal:
            # The document says that an error comes "with a message"; the shape of the body is a guess.
            return Answer.json(refusal.status, {"Message": refusal.message})

    def _addressed(self, request: Request) -> tuple[str, str | None]:
        """The profile of a request, and the transaction that is to spend its points."""
        methods: tuple[str, ...] = ("GET", "POST")
        transaction = None
        match request.path.split("/")[1:]:
            case ["API", "Partners", partner, "Profiles", id_type, entity, "Points"]:
                pass
            # Only the page of routes has it, and there everything is in lower case. Its GET is documented without the
            # fields of its answer, so it is not simulated, and neither is the list of transactions.
            case ["API", "Partners", partner, "Profiles", id_type, entity, "Points" | "points", "transactions", id_]:
                methods, transaction = ("POST",), decoded(id_)
            case _:
                raise Refusal(404, "There is nothing at this address")
        if request.method not in methods:
            raise Refusal(405, "Points are read by GET and changed by POST")
        if request.method == "POST" and request.header("Authorization") != self.example.settings["api_key"]:
            raise Refusal(401, "A valid API key is required")
        if partner != str(self.example.settings["partner_id"]):
            raise Refusal(400, "There is no such partner")
        if transaction == "":
            raise Refusal(400, "A transaction ID is required")
        return profile(id_type, entity), transaction

    def _adjust(self, member: str, request: Request) -> None:
        value, parameters = change(request)
        now = self.now()
        # The document has no call that creates a profile, so the first POST for one creates it here.
        self.ledger.open(member, {CURRENT: Decimal(0), LIFETIME: Decimal(0)})
        self.ledger.post(
            Effect(now, member, value, fields={"description": parameters.get("description")}),
            (CURRENT, LIFETIME),
        )
        self._updated[member] = now

    def _spend(self, member: str, transaction: str, request: Request) -> None:
        # Documented is only that current points are spent, and not the total. Guesses: the caller chooses the
        # transaction's id, the parameters are those of the other POST, the value is positive, and one beyond the
        # current points is refused. Nothing says that an id can be used once only, so the same one spends again.
        value, parameters = change(request)
        if value <= 0:
            raise Refusal(400, "Value must be positive")
        if not self.ledger.knows(member):
            raise Refusal(400, "There is no such profile")
        if value > self.ledger.balance(member, CURRENT):
            raise Refusal(400, "There are not enough points")
        now = self.now()
        fields = {"description": parameters.get("description")}
        self.ledger.post(Effect(now, member, value.copy_negate(), None, transaction, fields), [CURRENT])
        self._updated[member] = now

    def _points(self, member: str) -> Answer:
        since_1970 = self._updated[member] - datetime(1970, 1, 1, tzinfo=UTC)
        milliseconds = since_1970.days * 86_400_000 + since_1970.seconds * 1000 + since_1970.microseconds // 1000
        return Answer.json(
            200,
            {
                "AvailablePoints": self.ledger.balance(member, CURRENT),
                UPDATED: f"/Date({milliseconds})/",
                "TotalPoints": self.ledger.balance(member, LIFETIME),
            },
        )
