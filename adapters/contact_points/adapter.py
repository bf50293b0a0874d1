"""Translates for contact-points: one call that makes a new point for a contact, and tells the new sum."""

import re
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field, model_validator

from adapters.contact_points import wire
from adapters.contact_points.decimals import ExactDecimal
from gateway import port
from gateway.errors import FieldNotSupported, MemberNotFound, VendorRejected
from gateway.model import Applied, Balance, Found, Member, RepeatSafety
from gateway.port import Adapter, Exchange, Secret, VendorRequest, VendorSettings, mapped, not_understood

LARGEST = 2**63 - 1
LONG_AGO = "2000-01-01T00:00:00Z"
_POSITIVE = re.compile(r"[1-9][0-9]{0,18}")


class Settings(VendorSettings):
    """What a configured contact-points account has."""

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
    """What only contact-points can be told about an adjustment."""

    company_id: int | None = Field(None, ge=1, le=LARGEST, description="ContactCompanyId.")
    sub_type: str | None = Field(None, description="SubType; at most 32 characters.")
    book_value: ExactDecimal | None = Field(None, description="BookValue, for bookkeeping.")
    point_calculation_base: ExactDecimal | None = Field(None, description="What the points were calculated from.")
    source_description: str | None = Field(None, description="SourceDescription.")
    dynamic: dict[str, str] = Field({}, description="Dynamic properties: Test is sent as Dynamic_Test.")


class ContactPoints(Adapter[Settings]):
    """The adapter for contact-points; a refusal counts as one only with the vendor's own Message."""

    schemes = ("contact_id",)
    balance_in_answer = True
    repeat_safety: RepeatSafety = "searchable"
    refusals = {400: VendorRejected, 404: MemberNotFound}  # noqa: RUF012 (a ClassVar by its declaration in Adapter)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
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
        """Make a new point for a contact; an answer that echoes another one proves nothing."""
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
        if not response.ok:
            words = wire.message(response)
            self.judge(response, listed=words is not None, message=words)
        point = wire.Point.of(response)
        if point.contradicts(contact_id=contact_id, type_=type_, amount=points):
            not_understood("The point in the answer is not the one that was sent", response)
        return Applied(str(point.id), None if point.sum is None else Balance(point.sum), point.details)

    def find(self, *, id: str, member: Member, points: Decimal, point_type: str | None = None) -> Exchange[Found]:  # noqa: A002
        """Look for the points whose SourceId is the adjustment's own id; from public documents."""
        contact_id, type_ = _positive(member.value, "member"), self._type(point_type)
        query = f"contactId={contact_id}&sourceId={quote(id, safe='')}"
        headers = {"X-ApiKey": self.settings.api_key.reveal(), "Accept": "application/json"}
        response = yield VendorRequest("GET", f"/api/v2/{self.settings.account}/Points?{query}", headers)
        if not response.ok:
            words = wire.message(response)
            self.judge(response, listed=False, message=words)
        matches = wire.Point.all_of(response)
        for point in matches:
            # One under another id shows that the vendor did not search by it: then absence would mean nothing.
            if point.details["source_id"] != id or not point.is_exactly(
                contact_id=contact_id, type_=type_, amount=points
            ):
                not_understood("A point that was found is not the one that was sent", response)
        # The Sum of a point is from when it was created: by now the balance is another.
        return Found(tuple(Applied(str(point.id), None, point.details) for point in matches))

    def probe(self) -> Exchange[None]:
        """List the points of one moment long ago, which are none; from public documents."""
        type_ = self._type(self.settings.default_point_type or next(iter(self.settings.point_types), None))
        query = f"type={quote(type_, safe='')}&from={LONG_AGO}&to={LONG_AGO}"
        headers = {"X-ApiKey": self.settings.api_key.reveal(), "Accept": "application/json"}
        response = yield VendorRequest("GET", f"/api/v1/Points?{query}", headers)
        self.judge(response, listed=False)

    def _type(self, point_type: str | None) -> str:
        settings = self.settings
        type_ = mapped(settings.point_types, point_type, settings.default_point_type, field="point_type")
        if type_ is None:
            raise FieldNotSupported("point_type", "the vendor requires one, and there is no default")
        _at_most(32, type_, "point_type")
        return type_

    def _description(self, description: str | None) -> str:
        said = description if description is not None else self.settings.default_description
        if said is None:
            raise FieldNotSupported("description", "the vendor requires one, and there is no default")
        return said

    def _source(self, identifier: str, reference: str | None, description: str | None) -> dict[str, str | None]:
        if self.settings.source_id == "reference":
            _at_most(255, reference, "reference")
            return {"SourceId": reference, "SourceDescription": description}
        if reference is not None and description is not None:
            raise FieldNotSupported("reference", "options.contact-points.source_description takes its place already")
        return {"SourceId": identifier, "SourceDescription": description if reference is None else reference}


def _positive(text: str, field: str) -> int:
    if not _POSITIVE.fullmatch(text) or int(text) > LARGEST:
        raise FieldNotSupported(field, f"the vendor knows only whole numbers from 1 to {LARGEST}, as plain digits")
    return int(text)


def _at_most(characters: int, text: str | None, field: str) -> None:
    if text is not None and len(text) > characters:
        raise FieldNotSupported(field, f"the vendor takes at most {characters} characters, and this has {len(text)}")
