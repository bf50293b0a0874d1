"""The parts of which descriptions are made: settings, proofs of success, refusals, and where results stand."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from gateway.declared.jsonpath import Query
from gateway.declared.template import Template
from gateway.model import SCHEME
from gateway.port.authentication import SettingName
from gateway.port.signature import WAYS

Words = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
Scheme = Annotated[str, Field(pattern=SCHEME)]
Text = Annotated[str, Field(min_length=1, max_length=2_000)]
Meaning = Literal[
    "member_not_found",
    "member_ambiguous",
    "insufficient_points",
    "vendor_rejected",
    "already_reversed",
    "busy",
    "auth_failed",
    "rate_limited",
    "already_booked",
    "booked_otherwise",
]
Confirmable = Literal["idempotency", "search", "absence"]


class Part(BaseModel):
    """Base model of all parts of a description."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def with_key(key: str, written: Any) -> BeforeValidator:
    """Take a value that is no mapping for a mapping with that one key; `written` is the type of either, for editors."""
    return BeforeValidator(
        lambda value: value if isinstance(value, dict) else {key: value}, json_schema_input_type=written
    )


def listed(value: Any) -> Any:
    """A value that is no list as a list of one."""
    return value if isinstance(value, list | tuple) else [value]


def _schemes(value: Any) -> Any:
    """A list of schemes as a mapping of each to itself."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return {each: each for each in value}
    return value


Statuses = Annotated[
    tuple[Literal[200, 201, 202, 204], ...],
    Field(strict=False, min_length=1),
    BeforeValidator(listed, json_schema_input_type=Literal[200, 201, 202, 204] | list[Literal[200, 201, 202, 204]]),
]
Schemes = Annotated[
    dict[Scheme, Text],
    Field(min_length=1),
    BeforeValidator(_schemes, json_schema_input_type=list[Scheme] | dict[Scheme, Text]),
]


class Setting(Part):
    """A setting of each account, in the vendor's block of a configuration."""

    type: Literal["text", "secret", "number"] = Field(description="Text, a secret that fits a header, or a number.")
    description: str = Field("", description="What it is, for people.")
    default: str | int | None = Field(None, description="The value where a configuration has none; never of a secret.")


class Option(Part):
    """A field that only this vendor knows, which callers send under `options`."""

    type: Literal["text", "number", "flag"] = Field(description="Text, a whole number, or true or false.")
    description: str = Field("", description="What it is, for people.")


SettingEntry = Annotated[Setting, with_key("type", Literal["text", "secret", "number"] | Setting)]
OptionEntry = Annotated[Option, with_key("type", Literal["text", "number", "flag"] | Option)]
_WAYS: dict[str, Any] = {
    name: (way | None, Field(None, description=(way.__doc__ or "").split("\n")[0])) for name, way in WAYS.items()
}
AuthenticationEntry = create_model("AuthenticationEntry", __base__=Part, **_WAYS)
AuthenticationEntry.__doc__ = "One way in which requests prove who sends them, by its name."
Authentications = Annotated[
    tuple[AuthenticationEntry, ...],
    Field(strict=False),
    BeforeValidator(listed, json_schema_input_type=AuthenticationEntry | list[AuthenticationEntry]),
]


class Refusal(Part):
    """An answer that proves that nothing was applied, and its meaning."""

    status: int = Field(ge=200, le=599, description="The status of the answer.")
    code: Text | None = Field(None, description="The vendor's own code; without one the status alone refuses.")
    means: Meaning = Field(description="What callers are told.")


class Refusals(Part):
    """How the vendor refuses; an answer is a refusal only where everything stands that is named here."""

    code: Query | None = Field(None, description="Where the vendor's own code stands.")
    message: Query | None = Field(None, description="Where its message for people stands.")
    known: tuple[Refusal, ...] = Field((), strict=False, description="The answers that prove that nothing was applied.")


class Expectation(Part):
    """What a value has to be: a constant, one of several, of a type, or not there."""

    value: str | int | bool | None = Field(None, description="The constant.")
    one_of: Annotated[tuple[str | int | bool, ...], Field(strict=False, min_length=1)] | None = Field(
        None, description="The constants of which it is one."
    )
    type: Literal["text", "number", "flag", "object", "list"] | None = Field(None, description="Its type.")
    absent: Literal[True] | None = Field(None, description="True: it is not there, or null.")


Expected = Annotated[Expectation, with_key("value", str | int | bool | None | Expectation)]


class Success(Part):
    """What proves a success; any other answer is no success, and to a write it is unknown."""

    status: Statuses = Field((200,), description="The statuses of a success.")
    empty: bool = Field(False, description="True: the body of a success is empty.")
    require: dict[Query, Expected] = Field({}, description="What stands in the answer.")
    agree: dict[Query, Template] = Field({}, description="What the vendor says back of what it was sent.")
    outcome: Literal["succeeded", "accepted"] | None = Field(
        None, description="Of writes: whether it is done, or only taken and may still be rejected."
    )


class NextExpiryResult(Part):
    """Where the points stand that expire next."""

    points: Query | None = None
    at: Query | None = None


class BalanceResult(Part):
    """Where the numbers of a balance stand."""

    available: Query | None = Field(None, description="Points that can be spent now.")
    total: Query | None = Field(None, description="All points that the vendor counts now.")
    pending: Query | None = Field(None, description="Points that are booked, and not available yet.")
    held: Query | None = Field(None, description="Points that are reserved.")
    lifetime: Query | None = Field(None, description="Points that were ever earned.")
    next_expiry: NextExpiryResult | None = None
    updated_at: Query | None = None
    details: dict[SettingName, Query] = Field({}, description="Further values of the answer, by a name.")


class AppliedResult(Part):
    """Where the result of a write stands."""

    transaction: Query | None = Field(None, description="The vendor's id of the booking; a success has it.")
    booked: Query | None = Field(None, description="The signed points that the vendor says that it booked.")
    balance: BalanceResult | None = Field(None, description="The balance after it.")
    details: dict[SettingName, Query] = Field({}, description="Further values of the answer, by a name.")


class Sign(Part):
    """The words by which a vendor says whether points without a sign came or went."""

    path: Query
    plus: Words = Field(description="The words of points that came.")
    minus: Words = Field(description="The words of points that went.")


class SignedPoints(Part):
    """Where points stand, and their sign if that stands elsewhere."""

    path: Query
    sign: Sign | None = None


class KindWords(Part):
    """The vendor's words for the kinds of its rows; any other word is `other`."""

    path: Query
    earn: Words | None = None
    spend: Words | None = None
    adjust: Words | None = None
    expire: Words | None = None
    reverse: Words | None = None
    hold: Words | None = None


class Next(Part):
    """How the next page is asked for by `{cursor?}`."""

    value: Query | None = Field(None, description="Where the cursor stands in the answer.")
    last: Query | None = Field(None, description="Where it stands in the last row.")
    count: Literal["rows", "pages"] | None = Field(None, description="It counts the rows before, or the pages from 1.")
    more: Query | None = Field(None, description="Where true or false says whether there is a next page.")


Points = Annotated[SignedPoints, with_key("path", Query | SignedPoints)]


class Row(Part):
    """Where the fields of one row of a history stand, `$` being the row."""

    id: Query | None = None
    at: Query | None = None
    points: Points | None = None
    kind: KindWords | None = None
    point_type: Query | None = None
    balance_after: Query | None = None
    expires_at: Query | None = None
    reference: Query | None = None
    description: Query | None = None
    reverses: Query | None = None
    reversed_by: Query | None = None
    adjustment: Query | None = Field(None, description="Where the adjustment's own id stands.")
    agree: dict[Query, Template] = Field({}, description="What each row says of whom it is.")
    details: dict[SettingName, Query] = Field({}, description="Further values of the row, by a name.")


class Bucket(Part):
    """Where one part of a schedule of expiry stands, `$` being the row."""

    points: Query
    at: Query | None = None
    within_days: Query | None = None
    details: dict[SettingName, Query] = Field({}, description="Further values of the row, by a name.")


class LookupMember(Part):
    """By which name the other operations ask for a member."""

    scheme: Scheme
    path: Query


class States(Part):
    """The words by which a vendor that decides later says how a booking stands."""

    path: Query
    succeeded: Words
    accepted: Words | None = None
    rejected: Words | None = None
