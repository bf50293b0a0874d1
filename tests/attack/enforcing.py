"""Two adapters for vendors that enforce idempotency, installed for the attack alone: see `distribution/`."""

from decimal import Decimal

from gateway.errors import AlreadyBooked, VendorBadResponse, VendorRejected
from gateway.model import Applied, Member, RepeatSafety
from gateway.port import Adapter, Exchange, VendorRequest, VendorSettings


class Settings(VendorSettings):
    """What a configured account has: for how many seconds its vendor says that it knows a key again."""

    remembered: float


class Replaying(Adapter[Settings]):
    """A repeat of an entry is answered as the first one was."""

    path = "/cards"
    schemes = ("card",)
    repeat_safety: RepeatSafety = "enforced"
    enforces = "replay"
    enforced_for = 1.0
    refusals = {(400, "NO"): VendorRejected}  # noqa: RUF012 (a ClassVar)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.enforced_for = settings.remembered  # type: ignore[misc] (of the account here, and not of the class)

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # noqa: A002 (the port's name)
        """Make an entry under the adjustment's own id."""
        entry = {"holder": member.value, "points": points, "key": id}
        response = yield VendorRequest.json("POST", self.path, entry)
        try:
            answer = response.json_object()
        except VendorBadResponse:
            self.judge(response, listed=False)
            raise
        self.judge(response, listed=True, code=answer.get("code"))
        return Applied(str(answer["entry"]))


class Refusing(Replaying):
    """A repeat of an entry is refused, with a code that says so."""

    path = "/slips"
    schemes = ("slip",)
    enforces = "refuse"
    refusals = {**Replaying.refusals, (409, "BOOKED"): AlreadyBooked}  # noqa: RUF012 (a ClassVar)
