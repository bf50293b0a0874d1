"""The adapter for contact-points: creates a point for a contact, reads and lists its points, and looks it up."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import quote, urlencode

from pydantic import Field, model_validator

from adapters.contact_points import contacts, history, wire
from adapters.contact_points.decimals import ExactDecimal
from gateway import port
from gateway.errors import AlreadyReversed, FieldNotSupported, MemberNotFound, OperationNotSupported, VendorRejected
from gateway.model import Applied, Balance, Found, Member, Profile, RepeatSafety, Transactions
from gateway.port import (
    Adapter,
    Exchange,
    Secret,
    VendorRequest,
    VendorResponse,
    VendorSettings,
    mapped,
    not_understood,
)

LARGEST = 2**63 - 1  # the largest signed 64-bit integer
SECOND = timedelta(seconds=1)
LONG_AGO = "2000-01-01T00:00:00Z"
_POSITIVE = re.compile(r"[1-9][0-9]{0,18}")


class Settings(VendorSettings):
    """The settings of a contact-points account."""

    identified_by = ("account",)

    api_key: Secret = Field(description="The key, sent as X-ApiKey.")
    point_types: dict[str, str] = Field({}, description="The vendor's Type, by canonical point type.")
    default_point_type: str | None = Field(None, description="The canonical point type where a request names none.")
    default_description: str | None = Field(
        None, min_length=1, description="The Description where a request has none; the vendor requires one."
    )
    source_id: Literal["adjustment", "reference"] = Field(
        "adjustment", description="What SourceId carries: the adjustment's own id, or the caller's reference."
    )

    account: str | None = Field(
        None, pattern=r"^[A-Za-z0-9_-]+$", description="The account's name in v2 paths, by which points are searched."
    )

    @model_validator(mode="after")
    def _default_is_mapped(self) -> "Settings":
        if self.default_point_type is not None and self.default_point_type not in self.point_types:
            raise ValueError("default_point_type is not one of point_types")
        return self


class Options(port.Options):
    """The options of an adjustment that only contact-points has."""

    company_id: int | None = Field(None, ge=1, le=LARGEST, description="ContactCompanyId.")
    sub_type: str | None = Field(None, description="SubType; at most 32 characters.")
    book_value: ExactDecimal | None = Field(None, description="BookValue, for bookkeeping.")
    point_calculation_base: ExactDecimal | None = Field(None, description="What the points were calculated from.")
    source_description: str | None = Field(None, description="SourceDescription.")
    dynamic: dict[str, str] = Field({}, description="Dynamic properties: Test is sent as Dynamic_Test.")


class ContactPoints(Adapter[Settings]):
    """The adapter for contact-points; a refusal counts only if it has the vendor's own `Message`."""

    schemes = ("contact_id",)
    lookup_schemes = ("contact_id", "email", "phone")
    balance_in_answer = True
    repeat_safety: RepeatSafety = "searchable"
    refusals = {400: VendorRejected, 404: MemberNotFound}  # noqa: RUF012 (a ClassVar by its declaration in Adapter)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        # The search is by SourceId, so it needs the adjustment's own id there.
        if settings.source_id == "reference":
            self.repeat_safety = "none"
        self.finds = settings.account is not None and settings.source_id == "adjustment"

    def adjust(
        self,
        *,
        member: Member,
        points: Decimal,
        id: str,  # noqa: A002 (the name that the port gives it)
        point_type: str | None = None,
        description: str | None = None,
        reference: str | None = None,
        store: str | None = None,
        options: Options = Options(),  # noqa: B008 (frozen)
    ) -> Exchange[Applied]:
        """Create a point for a contact; an answer with another point than the requested one proves nothing."""
        contact_id = _positive(member.value, "member")
        type_ = self._type(point_type)
        _at_most(32, options.sub_type, "options.contact-points.sub_type")
        fields: dict[str, Any] = {
            "ContactId": contact_id,
            "ContactCompanyId": options.company_id,
            "Type": type_,
            "Amount": points,
            "Description": self._description(description),
            **self._source(id, reference, options.source_description),
            "StoreId": None if store is None else _positive(store, "store"),
            "BookValue": options.book_value,
            "SubType": options.sub_type,
            "PointCalculationBase": options.point_calculation_base,
            **{f"Dynamic_{name}": value for name, value in options.dynamic.items()},
        }
        response = yield VendorRequest.json(
            "POST",
            "/api/v1/Points",
            {name: value for name, value in fields.items() if value is not None},
            headers={"X-ApiKey": self.settings.api_key.reveal()},
        )
        self._judged(response)
        point = wire.Point.of(response)
        if point.contradicts(contact_id=contact_id, type_=type_, amount=points):
            not_understood("The point in the answer is not the one that was sent", response)
        return Applied(str(point.id), None if point.sum is None else Balance(point.sum), point.details)

    def balance(self, *, member: Member, point_type: str | None = None) -> Exchange[Balance]:
        """Read the sum of a contact's points of one type (public documents); None if the vendor has no such sum."""
        contact_id, type_ = _positive(member.value, "member"), self._type(point_type)
        query = f"contactId={contact_id}&type={quote(type_, safe='')}"
        response = yield VendorRequest("GET", f"/api/v1/Points/Sums?{query}", self._reading())
        self._judged(response)
        return wire.balance(response, contact_id=contact_id, type_=type_)

    def reverse(
        self, *, transaction: str, member: Member, points: Decimal, point_type: str | None = None
    ) -> Exchange[Applied]:
        """Cancel a point (public documents), and read which point cancels it; the vendor answers nothing to the cancel.

        The point is read first: what a hand has cancelled there is not cancelled again.
        """
        created = self._created(member, -points, point_type)
        response = yield self._point(transaction)
        self._judged(response)
        if wire.canceller(response, transaction, **created) is not None:
            self.refuse(AlreadyReversed, response)
        response = yield VendorRequest("POST", f"/api/v1/Points/{transaction}/Cancel", self._reading(), effect=True)
        self._judged(response)
        response = yield self._point(transaction)
        self._judged(response)
        canceller = wire.canceller(response, transaction, **created)
        if canceller is None:
            not_understood("The vendor has accepted the cancel, and the point is not cancelled", response)
        return Applied(str(canceller))

    def find_reversal(
        self, *, transaction: str, member: Member, points: Decimal, point_type: str | None = None
    ) -> Exchange[Found]:
        """Read which point cancels this one, if any (public documents); who has cancelled it is not told."""
        created = self._created(member, -points, point_type)
        response = yield self._point(transaction)
        self._judged(response)
        canceller = wire.canceller(response, transaction, **created)
        if canceller is None and not wire.Point.of(response).is_not_cancelled(**created):
            not_understood("The answer does not say whether the point is cancelled", response)
        return Found(() if canceller is None else (Applied(str(canceller)),))

    def find(self, *, id: str, member: Member, points: Decimal, point_type: str | None = None) -> Exchange[Found]:  # noqa: A002
        """Search for points whose SourceId is the adjustment's own id (public documents)."""
        contact_id, type_ = _positive(member.value, "member"), self._type(point_type)
        query = f"contactId={contact_id}&sourceId={quote(id, safe='')}"
        response = yield VendorRequest("GET", f"/api/v2/{self.settings.account}/Points?{query}", self._reading())
        if not response.ok:
            message = wire.message(response)
            self.judge(response, listed=False, message=message)
        matches = wire.Point.all_of(response)
        for point in matches:
            # A point with another id shows that the vendor ignored the parameter: then absence proves nothing.
            if point.details["source_id"] != id or not point.is_exactly(
                contact_id=contact_id, type_=type_, amount=points
            ):
                not_understood("A point that was found is not the one that was sent", response)
        # A point's Sum dates from its creation, so it is not the current balance.
        return Found(tuple(Applied(str(point.id), None, point.details) for point in matches))

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
        """List all points of a contact, cancelled ones included, and give a page of them (public documents)."""
        settings = self.settings
        if settings.account is None:
            raise OperationNotSupported("the vendor lists points by the setting account, and it is not set")
        contact_id, before = _positive(member.value, "member"), history.before(cursor)
        type_ = mapped(settings.point_types, point_type, None, field="point_type")
        query = {
            "contactId": str(contact_id),
            "type": type_,
            # One second more on each side: see `history.fitting`.
            "datetimeFrom": None if start is None else _round_trip(start, -SECOND),
            "datetimeTo": None if end is None else _round_trip(end, SECOND),
            "includeCancelPoints": "true",
        }
        present = urlencode({name: value for name, value in query.items() if value is not None}, quote_via=quote)
        response = yield VendorRequest("GET", f"/api/v2/{settings.account}/Points?{present}", self._reading())
        if not response.ok:
            self.judge(response, listed=False, message=wire.message(response))
        points = wire.Point.all_of(response)
        if any(point.details["contact_id"] != contact_id for point in points):
            not_understood("A point in the answer is not known to be of this contact", response)
        found = history.fitting(points, type_=type_, start=start, end=end)
        left = [point for point in found if before is None or point.id < before]
        page = left[:limit]
        next_cursor = str(page[-1].id) if len(left) > limit else None
        items = history.rows(page, points, settings.point_types, point_type)
        return Transactions(items, next_cursor, complete=True)

    def lookup(self, *, member: Member) -> Exchange[Profile]:
        """Look a contact up by id, email or phone (public documents); its answer holds a secret of the contact."""
        if member.scheme == "contact_id":
            _positive(member.value, "member")
        response = yield VendorRequest("GET", contacts.address(member), self._reading(), confidential=True)
        self._judged(response)
        if member.scheme == "phone" and contacts.elsewhere(response, member):
            self.refuse(MemberNotFound, response)
        return contacts.profile(response, member)

    def probe(self) -> Exchange[None]:
        """List the points of one moment long ago, of which there are none (public documents)."""
        type_ = self._type(self.settings.default_point_type or next(iter(self.settings.point_types), None))
        query = f"type={quote(type_, safe='')}&from={LONG_AGO}&to={LONG_AGO}"
        response = yield VendorRequest("GET", f"/api/v1/Points?{query}", self._reading())
        self.judge(response, listed=False)

    def _created(self, member: Member, amount: Decimal, point_type: str | None) -> dict[str, Any]:
        """What a point was created with."""
        return {"contact_id": _positive(member.value, "member"), "type_": self._type(point_type), "amount": amount}

    def _point(self, transaction: str) -> VendorRequest:
        """The GET of one point, by its id."""
        return VendorRequest("GET", f"/api/v1/Points/{_positive(transaction, 'transaction')}", self._reading())

    def _reading(self) -> dict[str, str]:
        """The headers of a GET."""
        return {"X-ApiKey": self.settings.api_key.reveal(), "Accept": "application/json"}

    def _judged(self, response: VendorResponse) -> None:
        """Raise the error that an answer means; only one with the vendor's own `Message` is a refusal."""
        if not response.ok:
            message = wire.message(response)
            self.judge(response, listed=message is not None, message=message)

    def _type(self, point_type: str | None) -> str:
        settings = self.settings
        type_ = mapped(settings.point_types, point_type, settings.default_point_type, field="point_type")
        if type_ is None:
            raise FieldNotSupported("point_type", "the vendor requires one, and there is no default")
        _at_most(32, type_, "point_type")
        return type_

    def _description(self, description: str | None) -> str:
        text = description if description is not None else self.settings.default_description
        if text is None:
            raise FieldNotSupported("description", "the vendor requires one, and there is no default")
        return text

    def _source(self, identifier: str, reference: str | None, description: str | None) -> dict[str, str | None]:
        if self.settings.source_id == "reference":
            _at_most(255, reference, "reference")
            return {"SourceId": reference, "SourceDescription": description}
        # SourceId has the adjustment's id, so a reference goes into SourceDescription.
        if reference is not None and description is not None:
            raise FieldNotSupported("reference", "options.contact-points.source_description takes its place already")
        return {"SourceId": identifier, "SourceDescription": description if reference is None else reference}


def _round_trip(moment: datetime, change: timedelta) -> str:
    """A changed time in .NET's round-trip format, with seven digits; unchanged at the ends of the calendar."""
    with suppress(OverflowError):
        moment += change
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}0Z"


def _positive(text: str, field: str) -> int:
    if not _POSITIVE.fullmatch(text) or int(text) > LARGEST:
        raise FieldNotSupported(field, f"the vendor knows only whole numbers from 1 to {LARGEST}, as plain digits")
    return int(text)


def _at_most(characters: int, text: str | None, field: str) -> None:
    if text is not None and len(text) > characters:
        raise FieldNotSupported(field, f"the vendor takes at most {characters} characters, and this has {len(text)}")
