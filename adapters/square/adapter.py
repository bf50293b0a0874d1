"""The adapter for square: adjusts the points of a loyalty account, and reads it, its history and who has it."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from pydantic import Field

from adapters.square import history, wire
from gateway import port
from gateway.errors import (
    BookedOtherwise,
    FieldNotSupported,
    MemberAmbiguous,
    MemberNotFound,
    VendorBadResponse,
    VendorRejected,
)
from gateway.model import Applied, Balance, Expiring, Member, Profile, Transactions
from gateway.port import (
    Adapter,
    Bearer,
    Exchange,
    Secret,
    VendorRequest,
    VendorResponse,
    VendorSettings,
    not_understood,
)

ACCOUNTS = "/v2/loyalty/accounts"
LARGEST = 2**31 - 1  # documented: points are integers of 32 bits


class Settings(VendorSettings):
    """The settings of a square seller."""

    identified_by = ("merchant_id",)

    access_token: Secret = Field(description="The bearer token of every call.")
    merchant_id: str | None = Field(
        None,
        min_length=1,
        description="The seller's id, which the vendor gives with a token; with it a new token is no new account.",
    )
    version: str = Field(
        "2026-08-19", pattern=r"^\d{4}-\d\d-\d\d$", description="The version of the API, sent as Square-Version."
    )
    keys_kept_for: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="For how many seconds the vendor surely remembers an idempotency key; it publishes no such time. "
        "Without it, no request of an unknown is sent again.",
    )


class Options(port.Options):
    """The options of an adjustment that only square has."""

    allow_negative_balance: bool = Field(False, description="Whether a debit may go below zero points.")


class Square(Adapter[Settings]):
    """The adapter for square; an error counts as a refusal only if its category says so and nothing else is there."""

    schemes = ("account_id",)
    lookup_schemes = ("account_id", "phone", "customer_id")
    fractions = False
    authentication = (Bearer(setting="access_token"),)
    refusals = {  # noqa: RUF012 (a ClassVar by its declaration in Adapter)
        **dict.fromkeys((400, 403, 404, 405, 415), VendorRejected),
        (404, "NOT_FOUND"): MemberNotFound,
        (400, "IDEMPOTENCY_KEY_REUSED"): BookedOtherwise,
    }

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        # Documented is the replay, and not for how long: that is the operator's to confirm.
        if settings.keys_kept_for is not None:
            self.repeat_safety, self.enforces, self.enforced_for = "enforced", "replay", settings.keys_kept_for

    def adjust(
        self,
        *,
        member: Member,
        points: Decimal,
        id: str,  # noqa: A002 (the name that the port gives it)
        description: str | None = None,
        options: Options = Options(),  # noqa: B008 (frozen)
    ) -> Exchange[Applied]:
        """Adjust an account by hand, under the adjustment's own id as the idempotency key."""
        if abs(points) > LARGEST:
            raise FieldNotSupported("points", f"the vendor takes {LARGEST} at most")
        change = {"points": points, **({} if description is None else {"reason": description})}
        body: dict[str, Any] = {"idempotency_key": id, "adjust_points": change}
        if options.allow_negative_balance:
            body["allow_negative_balance"] = True
        response = yield self._post(f"{_path(member)}/adjust", body)
        answer = self._success(response)
        event, details = wire.adjusted(answer, response, account_id=member.value, points=points)
        return Applied(event, details=details, booked=points)

    def balance(self, *, member: Member) -> Exchange[Balance]:
        """Read an account's points; they can be below zero."""
        response = yield self._get(_path(member))
        return wire.balance(wire.account(self._success(response), response, member.value), response)

    def expiring(self, *, member: Member) -> Exchange[Expiring]:
        """Read the schedule by which an account's points expire."""
        response = yield self._get(_path(member))
        return wire.expiring(wire.account(self._success(response), response, member.value), response)

    def transactions(
        self,
        *,
        member: Member,
        limit: int,
        cursor: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Exchange[Transactions]:
        """Search the ledger for one page of an account's events, the newest first; 30 at most are on a page."""
        body = history.search(member.value, limit, cursor, start, end)
        response = yield self._post("/v2/loyalty/events/search", body)
        return history.page(self._success(response), response, member.value, cursor=cursor, start=start, end=end)

    def lookup(self, *, member: Member) -> Exchange[Profile]:
        """Look an account up by its id, or search for it by the phone or the customer that it is of."""
        if member.scheme == "account_id":
            response = yield self._get(_path(member))
            found = [wire.account(self._success(response), response, member.value)]
        else:
            by_phone = {"mappings": [{"phone_number": member.value}]}
            query = by_phone if member.scheme == "phone" else {"customer_ids": [member.value]}
            response = yield self._post(f"{ACCOUNTS}/search", {"query": query})
            found = wire.rows(self._success(response), "loyalty_accounts", response)
        profiles = [wire.profile(row, response, member) for row in found]
        if len(profiles) != 1:
            self.refuse(MemberAmbiguous if profiles else MemberNotFound, response)
        return profiles[0]

    def probe(self) -> Exchange[None]:
        """Read the seller's one program."""
        response = yield self._get("/v2/loyalty/programs/main")
        self.judge(response, listed=False)

    def _get(self, path: str) -> VendorRequest:
        headers = {"Accept": "application/json", "Square-Version": self.settings.version}
        return self.authenticated(VendorRequest("GET", path, headers))

    def _post(self, path: str, body: dict[str, Any]) -> VendorRequest:
        headers = {"Square-Version": self.settings.version}
        return self.authenticated(VendorRequest.json("POST", path, body, headers=headers))

    def _success(self, response: VendorResponse) -> dict[str, Any]:
        """The answer, where it is a success without errors. Raises what any other answer means."""
        try:
            answer = response.json_object()
        except VendorBadResponse:
            self.judge(response, listed=False)
            raise
        failure = wire.Failure.of(answer)
        if failure is None:
            self.judge(response, listed=False)
        elif not response.ok:
            self.judge(response, listed=failure.refuses, code=failure.code, message=failure.message)
        if failure is not None:
            not_understood("Neither a success nor a refusal that is known", response)
        return answer


def _path(member: Member) -> str:
    return f"{ACCOUNTS}/{quote(member.value, safe='')}"
