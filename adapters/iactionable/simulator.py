"""The vendor as its document has it: profiles with current and lifetime points, read and adjusted by URL alone.

Where the document is silent a choice is made here and marked as one.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qsl, unquote

from gateway.simulation import Answer, Effect, Example, Request, Simulator

CURRENT, LIFETIME, UPDATED = "current", "lifetime", "LastUpdated"
# Named in public documents; this one names Email, and its samples write it `email`, so case does not matter.
ID_TYPES = {"email", "facebook", "twitter", "phonenumber", "openid", "guid", "username", "custom"}
_WHOLE = re.compile(r"-?[0-9]{1,18}\Z")


class Refusal(Exception):
    """Raised when a request is answered with an error instead of points."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class IActionableSimulator(Simulator):
    """Keeps the points of one partner's profiles."""

    name = "iactionable"
    example = Example(
        settings={"adapter": "iactionable", "partner_id": 99999, "api_key": "simulated-iactionable-key"},
        base_path="/API",
        member="email:jason@example.com",
    )

    def seed(self) -> None:
        """The profile of the samples, last updated when the samples say, with nothing earned yet."""
        self._updated = {"email:jason@example.com": datetime.fromtimestamp(1278521302.499, UTC)}
        self.ledger.open("email:jason@example.com", {CURRENT: Decimal(0), LIFETIME: Decimal(0)})

    def handle(self, request: Request) -> Answer:
        """GET and POST of a profile's points; everything else is an error."""
        try:
            member = self._addressed(request)
            if request.method == "POST":
                self._adjust(member, request)
            elif request.query:
                raise Refusal(400, "No parameters are expected in the query")
            if not self.ledger.knows(member):
                raise Refusal(400, "There is no such profile")
            return self._points(member)
        except Refusal as refusal:
            # An error comes "with a message"; the shape of its body is not documented and this is a guess.
            return Answer.json(refusal.status, {"Message": refusal.message})

    def _addressed(self, request: Request) -> str:
        match request.path.split("/"):
            case ["", "API", "Partners", partner, "Profiles", id_type, entity, "Points"]:
                pass
            case _:
                raise Refusal(404, "There is nothing at this address")
        if request.method not in ("GET", "POST"):
            raise Refusal(405, "Points are read by GET and changed by POST")
        if request.method == "POST" and request.header("Authorization") != self.example.settings["api_key"]:
            raise Refusal(401, "A valid API key is required")
        if partner != str(self.example.settings["partner_id"]):
            raise Refusal(400, "There is no such partner")
        kind, value = _decoded(id_type).lower(), _decoded(entity)
        if kind not in ID_TYPES:
            raise Refusal(400, f"{id_type} is not a type of entity ID")
        if not value:
            raise Refusal(400, "An entity ID is required")
        # The table writes Jason@Example.com for the profile that the samples call Jason@example.com.
        return f"{kind}:{value.lower() if kind == 'email' else value}"

    def _adjust(self, member: str, request: Request) -> None:
        pairs = parse_qsl(request.query, keep_blank_values=True)
        given = dict(pairs)
        # Stricter than the document: a field under a wrong or repeated name must not vanish unseen.
        if len(given) != len(pairs) or given.keys() - {"value", "description"}:
            raise Refusal(400, "Expected value, and perhaps description, once each")
        # Points are whole in every sample; the document gives no type.
        if not _WHOLE.match(given.get("value", "")):
            raise Refusal(400, "Value must be a whole number")
        now = self.now()
        # The document has no call that makes a profile: the first points of an unknown one make it here.
        self.ledger.open(member, {CURRENT: Decimal(0), LIFETIME: Decimal(0)})
        self.ledger.post(
            Effect(now, member, Decimal(given["value"]), said={"description": given.get("description")}),
            (CURRENT, LIFETIME),
        )
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


def _decoded(segment: str) -> str:
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError as error:
        raise Refusal(400, "The address is not UTF-8") from error
