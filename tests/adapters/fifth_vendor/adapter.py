"""Translates for paper: every call begins by fetching an access token, which changes nothing at the vendor."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import Field

from gateway import port
from gateway.errors import InsufficientPoints, MemberAmbiguous, MemberNotFound, VendorBadResponse, VendorRejected
from gateway.model import (
    Applied,
    Balance,
    Expiring,
    Member,
    Period,
    Profile,
    RepeatSafety,
    Transactions,
    VendorTransaction,
    time_of,
    time_text,
)
from gateway.port import (
    Adapter,
    Exchange,
    Secret,
    VendorRequest,
    VendorResponse,
    VendorSettings,
    canonical,
    mapped,
    not_understood,
    number,
)


class Settings(VendorSettings):
    """What a configured paper account has."""

    identified_by = ("client",)

    client: str = Field(min_length=1, description="The account's name.")
    client_secret: Secret = Field(description="What access tokens are fetched with.")
    point_types: dict[str, str] = Field({}, description="The vendor's kind, by canonical point type.")
    default_point_type: str | None = Field(None, description="The canonical point type where a request names none.")
    reasons: dict[str, str] = Field({}, description="The vendor's cause, by canonical reason.")


class Options(port.Options):
    """What only paper can be told about an adjustment."""

    pen: str | None = Field(None, min_length=1, description="The colour that the entry is written in.")
    page: int | None = Field(None, ge=1, description="The page that the entry is written on.")


class Paper(Adapter[Settings]):
    """The adapter for paper: an entry is written once for its id, however often it is sent."""

    schemes = ("card", "email", "custom.*")
    lookup_schemes = ("card", "phone")
    balance_in_answer = True
    repeat_safety: RepeatSafety = "enforced"
    enforces = "replay"
    enforced_for = 1.0  # too short for a repeat to be sure, so that nothing is repeated: see `enforcing.Remembering`
    refusals = {402: InsufficientPoints, 404: MemberNotFound, 422: VendorRejected}  # noqa: RUF012 (a ClassVar)

    def adjust(
        self,
        *,
        member: Member,
        points: Decimal,
        id: str,  # noqa: A002 (the name that the port gives it)
        point_type: str | None = None,
        description: str | None = None,
        reason: str | None = None,
        reference: str | None = None,
        store: str | None = None,
        pending: bool = False,
        options: Options = Options(),  # noqa: B008 (frozen)
    ) -> Exchange[Applied]:
        """Write an entry for a holder."""
        fields = {
            "holder": str(member),
            "amount": points,
            "kind": self._kind(point_type),
            "text": description,
            "cause": mapped(self.settings.reasons, reason, None, field="reason"),
            "ref": reference,
            "shop": store,
            "held": pending,
            "pen": options.pen,
            "page": options.page,
        }
        access = yield from self._access()
        response = yield VendorRequest.json(
            "POST",
            "/entries",
            {name: value for name, value in fields.items() if value is not None},
            headers={"Authorization": f"Bearer {access}", "Entry-Key": id},
            issued=(access,),
        )
        document = self._success(response)
        entry = document.get("entry")
        if not isinstance(entry, str):
            not_understood("entry: not a text", response)
        left = document.get("left")
        return Applied(entry, None if left is None else Balance(number(left, "left", response)))

    def balance(self, *, member: Member, point_type: str | None = None) -> Exchange[Balance]:
        """Read what a holder has of one kind."""
        document, response = yield from self._read(member, "balance", {"kind": self._kind(point_type)})
        return Balance(number(document.get("left"), "left", response))

    def expiring(self, *, member: Member, period: Period, point_type: str | None = None) -> Exchange[Expiring]:
        """Read what expires of one kind within a period."""
        asked = {"kind": self._kind(point_type), "from": time_text(period.start), "to": time_text(period.end)}
        document, response = yield from self._read(member, "expiring", asked)
        return Expiring(number(document.get("fading"), "fading", response))

    def transactions(
        self,
        *,
        member: Member,
        limit: int,
        cursor: str | None = None,
        point_type: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Exchange[Transactions]:
        """Read a page of a holder's entries, the newest first; all kinds of them unless one is asked."""
        asked = {
            "kind": mapped(self.settings.point_types, point_type, None, field="point_type"),
            "since": None if start is None else time_text(start),
            "until": None if end is None else time_text(end),
            "before": cursor,
            "most": str(limit),
        }
        document, response = yield from self._read(member, "entries", asked)
        entries = document.get("entries")
        if not isinstance(entries, list):
            not_understood("entries: not a list", response)
        items = tuple(self._row(each, point_type, response) for each in entries)
        older = document.get("older")
        return Transactions(items, None if older is None else str(older), document.get("since") is None)

    def _row(self, entry: dict[str, Any], point_type: str | None, response: VendorResponse) -> VendorTransaction:
        points, reason = number(entry.get("amount"), "amount", response), entry.get("cause")
        kind = canonical(self.settings.point_types, entry["kind"], point_type)
        return VendorTransaction(
            id=entry["entry"],
            at=time_of(entry["written"]),
            points=points,
            kind="spend" if points < 0 else "earn",
            vendor_kind=reason,
            point_type=kind,
            reference=entry.get("ref"),
            description=entry.get("text"),
            adjustment=entry.get("key"),
            details={} if kind else {"kind": entry["kind"]},
        )

    def lookup(self, *, member: Member) -> Exchange[Profile]:
        """Look a holder up by card or phone."""
        access = yield from self._access()
        path = f"/holders?{urlencode({member.scheme: member.value})}"
        response = yield VendorRequest("GET", path, {"Authorization": f"Bearer {access}"}, issued=(access,))
        holders = self._success(response).get("holders")
        if not isinstance(holders, list):
            not_understood("holders: not a list", response)
        if len(holders) != 1:
            self.refuse(MemberAmbiguous if holders else MemberNotFound, response)
        card, phone = (holders[0].get(name) for name in ("card", "phone"))
        if not isinstance(card, str) or {"card": card, "phone": phone}[member.scheme] != member.value:
            not_understood("The holder is not the one that was asked for", response)
        ids = {"card": card, "phone": phone} if isinstance(phone, str) else {"card": card}
        return Profile(Member("card", card), ids, tier=holders[0].get("paper"))

    def probe(self) -> Exchange[None]:
        """Fetch an access token, which is all that every call begins with."""
        yield from self._access()

    def _read(
        self, member: Member, what: str, asked: dict[str, str | None]
    ) -> Exchange[tuple[dict[str, Any], VendorResponse]]:
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        access = yield from self._access()
        path = f"/holders/{quote(str(member), safe='')}/{what}?{query}"
        response = yield VendorRequest("GET", path, {"Authorization": f"Bearer {access}"}, issued=(access,))
        return self._success(response), response

    def _access(self) -> Exchange[str]:
        """An access token. A refusal of it is none of the adjustment, so only its 401 and 429 mean anything."""
        secret = self.settings.client_secret.reveal()
        fields = {"client": self.settings.client, "secret": secret}
        response = yield VendorRequest.json("POST", "/token", fields, effect=False, confidential=True)
        self.judge(response, listed=False)
        access = response.json_object().get("access")
        if not isinstance(access, str):
            not_understood("access: not a text", response)
        return access

    def _kind(self, point_type: str | None) -> str | None:
        return mapped(self.settings.point_types, point_type, self.settings.default_point_type, field="point_type")

    def _success(self, response: VendorResponse) -> dict[str, Any]:
        """The answer of a success. A refusal is one only with the vendor's own word for it in `error`."""
        if 200 <= response.status < 300:
            return response.json_object()
        words = _words(response)
        self.judge(response, listed=words is not None, message=words)
        return {}


def _words(response: VendorResponse) -> str | None:
    try:
        words = response.json_object().get("error")
    except VendorBadResponse:
        return None
    return words if isinstance(words, str) else None
