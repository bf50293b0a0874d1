"""What callers may send: bodies and query strings, as models that read and that document themselves."""

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model, field_validator, model_validator

from gateway import exact
from gateway.adjustments import Resolution, Status
from gateway.api.fields import KeyText, MemberField, Moment, Points, Text64, Text200, Text500
from gateway.errors import InvalidRequest
from gateway.journal import Filters
from gateway.model import Adjustment, Period
from gateway.port.registry import AdapterType

_FIRST_FILTERS = ("member", "status", "reference", "idempotency_key", "created_from", "created_to")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CURSOR = re.compile(r"(?P<id>adj_[0-9a-f]{32})\.(?P<digest>[0-9a-f]{16})\Z")
_LONGEST_CURSOR = 128


class Sent(BaseModel):
    """What has in common everything that a caller sends: nothing unknown, nothing converted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class AdjustmentBody(Sent):
    """An adjustment as a caller asks for it; null is the same as absent."""

    member: MemberField
    points: Points
    point_type: Text64 | None = Field(None, description="The kind of points; canonical, mapped per vendor.")
    description: Text500 | None = Field(None, description="Why, in words for people.")
    reason: Text64 | None = Field(None, description="A canonical reason, mapped per vendor.")
    reference: Text200 | None = Field(None, description="Your own id for the event; need not be unique.")
    store: Text64 | None = Field(None, description="The store that it happened in.")
    pending: bool | None = Field(None, description="Whether the points wait before they count; false if not given.")
    options: Any = None

    @field_validator("options", mode="before")
    @classmethod
    def _can_be_said(cls, value: object) -> object:
        """Whatever an adapter's model takes for text, half a surrogate pair is none."""
        if not _sayable(value):
            raise ValueError("expected text without lone surrogates")
        return value

    def adjustment(self) -> Adjustment:
        """The canonical value, defaults filled in; options that say what is meant anyway are left out."""
        said = self.options.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True) if self.options else {}
        return Adjustment(
            member=self.member,
            points=self.points,
            point_type=self.point_type,
            description=self.description,
            reason=self.reason,
            reference=self.reference,
            store=self.store,
            pending=bool(self.pending),
            options={name: options for name, options in said.items() if options},
        )


def adjustment_body(kinds: Sequence[AdapterType]) -> type[AdjustmentBody]:
    """The body of an adjustment, with the options of these adapters; those of any other are refused by name."""
    fields: dict[str, Any] = {
        f"adapter_{number}": (
            create_model(_class_name(kind), __base__=kind.options) | None,
            Field(None, alias=kind.name, description=f"What only {kind.name} vendors know."),
        )
        for number, kind in enumerate(kinds)
    }
    names = ", ".join(kind.name for kind in kinds) or "no adapter"

    def refused(value: object) -> object:
        raise ValueError(f"no vendor of this gateway has this adapter; options are taken for {names}")

    class Others(BaseModel):
        """Takes nothing more, and says what it takes: a model that forbids has words of its own."""

        model_config = ConfigDict(
            strict=True, extra="allow", frozen=True, json_schema_extra={"additionalProperties": False}
        )
        __pydantic_extra__: dict[str, Annotated[Any, BeforeValidator(refused)]]

    options = create_model("AdjustmentOptions", __base__=Others, **fields)
    options.__doc__ = (
        "What only one kind of vendor knows, by adapter name; what is not for the routed vendor is not sent."
    )
    return create_model("AdjustmentRequest", __base__=AdjustmentBody, options=(options | None, None))


def _class_name(kind: AdapterType) -> str:
    """The name of an adapter's options in the OpenAPI document."""
    return "".join(word.capitalize() for word in kind.name.split("-")) + "Options"


class ResolutionBody(Sent):
    """A person's decision about an unknown adjustment."""

    outcome: Literal["applied", "not_applied"]
    reason: Text500 = Field(description="How it is known; kept in the history.")
    actor: Text200 | None = Field(None, description="Who decided, in your own words; kept as given, and not checked.")

    def decided(self, *, by: str, at: datetime) -> Resolution:
        """The decision as it is kept, of the client `by`."""
        return Resolution(applied=self.outcome == "applied", reason=self.reason, by=by, at=at, actor=self.actor)


class NoQuery(Sent):
    """No query parameters."""


class ReadyQuery(Sent):
    """How much to tell of readiness."""

    verbose: Literal["", "true", "false"] | None = Field(None, description="Adds how every vendor stands.")


class AdjustmentQuery(Sent):
    """What more to tell of an adjustment."""

    include: Literal["history"] | None = Field(
        None,
        description="`history` adds every transition; what vendors said is in it with the scope points:inspect.",
    )


class BalanceQuery(Sent):
    """Which balance, and what more to tell of it."""

    point_type: Text64 | None = None
    include: Literal["vendor_response"] | None = Field(
        None, description="Adds the vendor's answer as it came; needs the scope points:inspect."
    )


class ExpiringQuery(BalanceQuery):
    """Which period, both ends included."""

    from_: Moment = Field(alias="from")
    to: Moment

    @model_validator(mode="after")
    def _in_order(self) -> "ExpiringQuery":
        if self.from_ > self.to:
            raise ValueError("expected from to be at or before to")
        return self

    def period(self) -> Period:
        """The period asked for."""
        return Period(self.from_, self.to)


class ListQuery(Sent):
    """Which adjustments, newest first, and how many."""

    member: MemberField | None = None
    status: Literal["in_progress", "succeeded", "failed", "unknown"] | None = None
    reference: Text200 | None = None
    idempotency_key: KeyText | None = None
    created_from: Moment | None = Field(None, description="Created at this time or later.")
    created_to: Moment | None = Field(None, description="Created at this time or earlier.")
    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = Field(
        None, max_length=_LONGEST_CURSOR, description="`next_cursor` of the page before, with the same filters."
    )

    @field_validator("limit", mode="before")
    @classmethod
    def _digits(cls, value: object) -> object:
        if isinstance(value, str):
            if not (value.isascii() and value.isdigit() and len(value) <= 3):
                raise ValueError("expected a whole number from 1 to 100")
            return int(value)
        return value

    def filters(self) -> Filters:
        """The filters as the journal takes them."""
        return Filters(
            member=str(self.member) if self.member else None,
            status=Status(self.status) if self.status else None,
            reference=self.reference,
            key=self.idempotency_key,
            created_from=self.created_from,
            created_to=self.created_to,
        )

    def after(self, tenant: str) -> str | None:
        """The id after which the page begins. Raises `InvalidRequest` for a cursor that is not of these filters."""
        if self.cursor is None:
            return None
        try:
            read = _CURSOR.match(base64.b64decode(self.cursor, b"-_", validate=True).decode())
        except ValueError:  # not base64, or no text inside
            read = None
        if read and read["digest"] == self._digest(tenant):
            return read["id"]
        raise InvalidRequest("The cursor is not one of a list with these filters; begin without a cursor")

    def cursor_for(self, tenant: str, last: str | None) -> str | None:
        """The cursor of the next page, after the one with this id, bound to the filters; None on the last page.

        It holds nothing that its caller has not seen: no number, which would tell how much others write.
        """
        if last is None:
            return None
        return base64.urlsafe_b64encode(f"{last}.{self._digest(tenant)}".encode()).decode()

    def _digest(self, tenant: str) -> str:
        # A later filter counts only where it is used, so that cursors go on from one version to the next.
        filters = ((name, _text(value)) for name, value in self if name not in ("limit", "cursor"))
        said = {name: text for name, text in filters if name in _FIRST_FILTERS or text is not None}
        return hashlib.sha256(exact.canonical([tenant, said])).hexdigest()[:16]


def _sayable(value: object) -> bool:
    if isinstance(value, str):
        return value.isascii() or _SURROGATE.search(value) is None
    if isinstance(value, dict):
        return all(_sayable(name) and _sayable(item) for name, item in value.items())
    return all(map(_sayable, value)) if isinstance(value, list) else True


def _text(value: object) -> str | None:
    return None if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
