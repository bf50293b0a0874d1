"""Models of all input: bodies and query strings, for parsing and for the OpenAPI document."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model, field_validator, model_validator

from gateway.adjustments import Resolution
from gateway.api import shape
from gateway.api.field_types import Magnitude, MemberField, Points, Text200, Text500, text_of
from gateway.model import Adjustment
from gateway.port.registry import AdapterType
from gateway.traits import Traits, traits
from gateway.write import Reversal

_SURROGATE = re.compile("[\ud800-\udfff]")


def _digits(value: object) -> object:
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) <= 3):
            raise ValueError("expected a whole number from 1 to 100")
        return int(value)
    return value


Limit = Annotated[int, Field(ge=1, le=100), BeforeValidator(_digits)]
"""The most rows that a page may have."""


class Sent(BaseModel):
    """Base model of all input: strict, unknown fields refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    repeated: ClassVar[frozenset[str]] = frozenset()
    """The parameters of a query that may be given several times."""


class _Required(Sent):
    """What every adjustment has."""

    member: MemberField
    points: Points


def _optional(each: Traits) -> tuple[Any, Any]:
    """The type of a field that may be left out, and its default: null is the same as absent."""
    kind = bool if each.longest is None else text_of(each.longest)
    return kind | None, Field(None, description=each.description)


if TYPE_CHECKING:  # a type checker cannot follow a model that is made
    _Described = _Required
else:
    _optional_fields = {name: _optional(each) for name, each in traits(Adjustment).items()}
    _Described = create_model("_Described", __base__=_Required, **_optional_fields)


class AdjustmentBody(_Described):
    """The body of a new adjustment; null is the same as absent."""

    options: Any = None

    @field_validator("options", mode="before")
    @classmethod
    def _encodable(cls, value: object) -> object:
        """Refuse lone surrogates, which an adapter's model would accept as text but UTF-8 cannot encode."""
        if not _is_encodable(value):
            raise ValueError("expected text without lone surrogates")
        return value

    def adjustment(self) -> Adjustment:
        """The canonical value, with defaults; options that equal their default are left out."""
        options = (
            self.options.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True) if self.options else {}
        )
        present = {name: value for name, value in self.__dict__.items() if value is not None}
        present["options"] = {name: fields for name, fields in options.items() if fields}
        return Adjustment(**present)


def adjustment_body(kinds: Sequence[AdapterType]) -> type[AdjustmentBody]:
    """The body of an adjustment with the options of these adapters; options of other adapters are refused by name."""
    # A field's name must be an identifier, which an adapter's name need not be: hence the alias.
    fields: dict[str, Any] = {
        f"adapter_{number}": (
            create_model(_class_name(kind), __base__=kind.options) | None,
            Field(None, alias=kind.name, description=f"What only {kind.name} vendors know."),
        )
        for number, kind in enumerate(kinds)
    }
    known = {kind.name for kind in kinds}
    names = ", ".join(kind.name for kind in kinds) or "no adapter"

    def refused(value: object) -> object:
        raise ValueError(f"no vendor of this gateway has this adapter; options are taken for {names}")

    class Others(BaseModel):
        """Refuses further names with a message of its own, which `extra="forbid"` does not allow."""

        model_config = ConfigDict(
            strict=True, extra="allow", frozen=True, json_schema_extra={"additionalProperties": False}
        )
        __pydantic_extra__: dict[str, Annotated[Any, BeforeValidator(refused)]]

        @model_validator(mode="before")
        @classmethod
        def _as_many_as_are_told(cls, value: object) -> object:
            """Leave out the unknown names that the problem has no room for: each costs as much as its message."""
            if not isinstance(value, dict):
                return value
            unknown = [name for name in value if name not in known]
            left_out = set(unknown[shape.MAX_ERRORS :])
            return {name: each for name, each in value.items() if name not in left_out} if left_out else value

    options = create_model("AdjustmentOptions", __base__=Others, **fields)
    options.__doc__ = (
        "What only one kind of vendor knows, by adapter name; what is not for the routed vendor is not sent."
    )
    return create_model("AdjustmentRequest", __base__=AdjustmentBody, options=(options | None, None))


def _class_name(kind: AdapterType) -> str:
    """The name of an adapter's options in the OpenAPI document."""
    return "".join(word.capitalize() for word in kind.name.split("-")) + "Options"


class ReversalBody(Sent):
    """Which part of an adjustment is taken back, and how; null is the same as absent."""

    points: Magnitude | None = Field(None, description="How many points; all that are left if not given.")
    linked: bool | None = Field(
        None,
        description="True: only by the vendor's own cancel; false: only by an adjustment of the opposite sign. If not "
        "given, by the cancel where the whole adjustment is taken back and the vendor has one.",
    )
    description: Text500 | None = Field(None, description="Why, in words for people.")

    def reversal(self, original: str) -> Reversal:
        """The canonical value, of an adjustment's id."""
        return Reversal(original, self.points, self.linked, self.description)


class ResolutionBody(Sent):
    """A person's decision about an unknown adjustment."""

    outcome: Literal["applied", "not_applied"]
    reason: Text500 = Field(description="How it is known; kept in the history.")
    actor: Text200 | None = Field(None, description="Who decided, in your own words; kept as given, and not checked.")

    def decided(self, *, by: str, at: datetime) -> Resolution:
        """The resolution to store; `by` is the client."""
        return Resolution(applied=self.outcome == "applied", reason=self.reason, by=by, at=at, actor=self.actor)


class NoQuery(Sent):
    """No query parameters."""


class PreviewQuery(Sent):
    """The query of a preview."""

    resolve: Literal["true", "false"] | None = Field(
        None, description="`true` looks a member up that has to be looked up; nothing else is sent."
    )


class NoBody(Sent):
    """No body; a request that has one is refused."""


class ReadyQuery(Sent):
    """The query of /readyz."""

    verbose: Literal["", "true", "false"] | None = Field(None, description="Adds how every vendor stands.")


class AdjustmentQuery(Sent):
    """The query of one adjustment."""

    include: Literal["history"] | None = Field(
        None,
        description="`history` adds every transition; what vendors said is in it with the scope points:inspect.",
    )


def _is_encodable(value: object) -> bool:
    if isinstance(value, str):
        return value.isascii() or _SURROGATE.search(value) is None
    if isinstance(value, dict):
        return all(_is_encodable(name) and _is_encodable(item) for name, item in value.items())
    return all(map(_is_encodable, value)) if isinstance(value, list) else True
