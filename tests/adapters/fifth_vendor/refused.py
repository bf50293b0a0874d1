"""The fifth vendor's adapter, as it might read refusals, and go on after them; some of it wrongly."""

from contextlib import suppress
from decimal import Decimal

from gateway.errors import (
    InsufficientPoints,
    MemberNotFound,
    VendorAuthFailed,
    VendorBadResponse,
    VendorBusy,
    VendorError,
    VendorRejected,
)
from gateway.model import Applied, Member
from gateway.port import Exchange, VendorRequest, VendorResponse
from tests.adapters.fifth_vendor.adapter import Paper


class Coded(Paper):
    """Reads the code of a refusal, since one status of its means several things."""

    refusals = {  # noqa: RUF012 (a ClassVar)
        404: VendorRejected,
        (400, "HOLDER_UNKNOWN"): MemberNotFound,
        (400, "EMPTY"): InsufficientPoints,
        (404, "HOLDER_UNKNOWN"): MemberNotFound,
        (409, "LOCKED"): VendorBusy,
        (429, "DAILY_CAP"): VendorRejected,
        (200, "EMPTY"): InsufficientPoints,
        (503, "CLOSED"): VendorBusy,
    }

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        """Write an entry, and judge by status and code."""
        response = yield entry(member, points, id, "token")
        try:
            answer = response.json_object()
        except VendorBadResponse:
            self.judge(response, listed=False)
            raise
        code = answer.get("code")
        self.judge(response, listed=True, code=code if isinstance(code, str) else None, message=answer.get("error"))
        return Applied(str(answer["entry"]))


class LooksFirst(Paper):
    """Looks the holder up before it writes, and reads a refusal from that."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        """Look, and write."""
        access = yield from self._access()
        looked = yield VendorRequest("GET", "/holders/x/balance?kind=stamps", {"Authorization": f"Bearer {access}"})
        self.judge(looked, listed=True)
        if not looked.json_object():
            self.refuse(MemberNotFound, looked, message="nobody was found")
        response = yield entry(member, points, id, access)
        self.judge(response, listed=False)
        return Applied(str(response.json_object()["entry"]))


class RefusesItsAnswer(Paper):
    """Says of the answer to an entry what may be document only of one before it."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        """Write, and refuse."""
        access = yield from self._access()
        response = yield entry(member, points, id, access)
        self.refuse(VendorRejected, response)


class JudgesTheLookAgain(Paper):
    """Judges, after it has written, an answer that came before."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        """Look, write, and take the one for the other."""
        access = yield from self._access()
        looked = yield VendorRequest(
            "GET", "/holders/nobody/balance?kind=stamps", {"Authorization": f"Bearer {access}"}
        )
        yield entry(member, points, id, access)
        self.judge(looked, listed=True)
        return Applied()


class Renewing(Paper):
    """Keeps its token, and fetches another where the vendor refuses it."""

    access = "old"

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        """Write an entry, once more with another token if need be."""
        response = yield entry(member, points, id, self.access)
        try:
            self._refused(response)
        except VendorAuthFailed:
            self.access = yield from self._access()
            response = yield entry(member, points, id, self.access)
            self._refused(response)
        return Applied(str(response.json_object()["entry"]))

    def _refused(self, response: VendorResponse) -> None:
        self.judge(response, listed=response.status == 404)


class RenewingForEver(Renewing):
    """Fetches one token after the other."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        """Write until it is taken."""
        while True:
            response = yield entry(member, points, id, self.access)
            try:
                self._refused(response)
            except VendorAuthFailed:
                self.access = yield from self._access()


class RenewingAtAnything(Renewing):
    """Takes any error for a token that has run out."""

    access = "paper-access-token"

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        """Write, and write again whatever the answer was."""
        response = yield entry(member, points, id, self.access)
        try:
            self._refused(response)
            raise VendorAuthFailed("It looks like that")
        except VendorError:
            self.access = yield from self._access()
        response = yield entry(member, points, id, self.access)
        return Applied(str(response.json_object()["entry"]))


class RenewingForNothing(Renewing):
    """Fetches another token, and forgets what it was for."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        """Write, renew, and call it done."""
        response = yield entry(member, points, id, self.access)
        try:
            self._refused(response)
        except VendorAuthFailed:
            yield from self._access()
        return Applied("done")


class MakesLightOfIt(Renewing):
    """Catches a refusal and calls it a success."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        """Write, and believe the best."""
        response = yield entry(member, points, id, self.access)
        with suppress(VendorError):
            self._refused(response)
        return Applied("done")


def entry(member: Member, points: Decimal, key: str, access: str) -> VendorRequest:
    """The request that writes an entry."""
    fields = {"holder": str(member), "amount": points, "kind": "stamps"}
    headers = {"Authorization": f"Bearer {access}", "Entry-Key": key}
    return VendorRequest.json("POST", "/entries", fields, headers=headers)
