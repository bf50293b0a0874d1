"""The fifth vendor's adapter, broken in every way that the gateway has to withstand."""

from decimal import Decimal

from pydantic import BaseModel

from gateway.errors import VendorRejected
from gateway.model import Applied, Member
from gateway.port import Exchange, VendorRequest
from tests.adapters.fifth_vendor.adapter import Paper

NOTHING: dict[str, str] = {}


class Receipt(BaseModel):
    """What no answer of the vendor is."""

    receipt: int


class LosesItselfAtOnce(Paper):
    """Fails before it has made a request."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        yield VendorRequest("POST", NOTHING["path"])
        raise NotImplementedError


class LosesItselfBefore(Paper):
    """Fails between the token and the entry."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        yield from self._access()
        return Applied(NOTHING["entry"])


class MisreadsBefore(Paper):
    """Takes the token for something else."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        yield from self._access()
        return Applied(str(Receipt.model_validate({}).receipt))


class RejectsBefore(Paper):
    """Says no in the vendor's name before it has asked."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        yield from self._access()
        raise VendorRejected("No such holder, I should think")


class LosesItselfAfter(Paper):
    """Fails on the answer to the entry."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        yield from super().adjust(member=member, points=points, id=id)
        return Applied(NOTHING["entry"])


class MisreadsAfter(Paper):
    """Takes the answer for something else."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        yield from super().adjust(member=member, points=points, id=id)
        return Applied(str(Receipt.model_validate({}).receipt))


class RejectsAfter(Paper):
    """Says no in the vendor's name, although the vendor said yes."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        yield from super().adjust(member=member, points=points, id=id)
        raise VendorRejected("It looks wrong")


class JudgesAnotherAnswer(Paper):
    """Looks the holder up after the entry, and takes what is said about that for the answer."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        applied = yield from super().adjust(member=member, points=points, id=id)
        response = yield VendorRequest("GET", "/holders/card%3A1/balance?kind=stamps")
        self.judge(response.status)
        return applied


class WritesTwice(Paper):
    """Sends a second entry when the first is answered."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        yield from super().adjust(member=member, points=points, id=id)
        return (yield from super().adjust(member=member, points=points, id=f"{id}-again"))


BROKEN_BEFORE = {
    "loses-itself-before": LosesItselfBefore,
    "misreads-before": MisreadsBefore,
    "rejects-before": RejectsBefore,
}
BROKEN_AFTER = {
    "loses-itself-after": LosesItselfAfter,
    "misreads-after": MisreadsAfter,
    "rejects-after": RejectsAfter,
    "judges-another-answer": JudgesAnotherAnswer,
}
ADAPTERS = {
    "paper": Paper,
    "loses-itself-at-once": LosesItselfAtOnce,
    "writes-twice": WritesTwice,
    **BROKEN_BEFORE,
    **BROKEN_AFTER,
}
