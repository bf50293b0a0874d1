"""The fifth vendor's adapter, broken in every way that the gateway has to withstand."""

from decimal import Decimal

from pydantic import BaseModel

from gateway.errors import VendorRejected
from gateway.model import Applied, Balance, Found, Member
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
    """Says no in the vendor's name, although the vendor document yes."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        yield from super().adjust(member=member, points=points, id=id)
        raise VendorRejected("It looks wrong")


class JudgesAnotherAnswer(Paper):
    """Looks the holder up after the entry, and takes what is document about that for the answer."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        applied = yield from super().adjust(member=member, points=points, id=id)
        response = yield VendorRequest("GET", "/holders/card%3A1/balance?kind=stamps")
        self.judge(response, listed=True)
        return applied


class WritesTwice(Paper):
    """Sends a second entry when the first is answered."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        yield from super().adjust(member=member, points=points, id=id)
        return (yield from super().adjust(member=member, points=points, id=f"{id}-again"))


class ClaimsWithoutASign(Paper):
    """Reports a success when all that it has done is to fetch a token."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        yield from self._access()
        return Applied("made-up")


class DeniesItsEffect(Paper):
    """Writes an entry by a request that says that it has no effect."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        access = yield from self._access()
        entry = {"holder": str(member), "amount": points, "kind": "stamps"}
        headers = {"Authorization": f"Bearer {access}", "Entry-Key": id}
        response = yield VendorRequest.json("POST", "/entries", entry, headers=headers, effect=False)
        return Applied(str(response.json_object()["entry"]))


class ReturnsNothing(Paper):
    """Writes an entry, and forgets to say what came of it."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        yield from super().adjust(member=member, points=points, id=id)
        return None  # type: ignore[return-value]


class NumbersItsEntry(Paper):
    """Gives a number where a transaction's id is a text."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        yield from super().adjust(member=member, points=points, id=id)
        return Applied(7)  # type: ignore[arg-type]


class YieldsNoRequest(Paper):
    """Writes an entry, and then yields what is none."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        applied = yield from super().adjust(member=member, points=points, id=id)
        yield None  # type: ignore[misc]
        return applied


class GoesInCircles(Paper):
    """Fetches token after token."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        while True:
            yield from self._access()

    def balance(self, *, member: Member, point_type: str | None = None) -> Exchange[Balance]:
        """Do so as well."""
        while True:
            yield from self._access()


class GoesInCirclesAfter(Paper):
    """Fetches token after token once it has written an entry."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        yield from super().adjust(member=member, points=points, id=id)
        while True:
            yield from self._access()


class WritesWhenAsked(Paper):
    """Writes an entry in a read, and in a search."""

    def balance(self, *, member: Member, point_type: str | None = None) -> Exchange[Balance]:
        """Ask, and write."""
        yield from self._access()
        yield VendorRequest.json("POST", "/entries", {}, headers={"Entry-Key": "key"}, effect=True)
        return Balance()

    def find(self, *, id: str, member: Member, points: Decimal) -> Exchange[Found]:  # noqa: A002 (the port's name)
        """Write once more, by a method that changes things whatever is document of it."""
        yield VendorRequest.json("PUT", f"/entries/{id}", {})
        return Found(())


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
    "denies-its-effect": DeniesItsEffect,
    "returns-nothing": ReturnsNothing,
    "numbers-its-entry": NumbersItsEntry,
    "yields-no-request": YieldsNoRequest,
    "goes-in-circles-after": GoesInCirclesAfter,
}
ADAPTERS = {
    "paper": Paper,
    "loses-itself-at-once": LosesItselfAtOnce,
    "writes-twice": WritesTwice,
    "claims-without-a-sign": ClaimsWithoutASign,
    "goes-in-circles": GoesInCircles,
    "writes-when-asked": WritesWhenAsked,
    **BROKEN_BEFORE,
    **BROKEN_AFTER,
}
