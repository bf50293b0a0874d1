"""What callers are told: the JSON bodies of answers and problems, exactly as docs/api.md and the OpenAPI document say.

The same models serve, describe themselves in OpenAPI, and are kept in the journal to be repeated byte for byte.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, PlainSerializer, WithJsonSchema
from pydantic_core import CoreSchema

from gateway import exact
from gateway.adjustments import Status

Points = Annotated[
    Decimal,
    PlainSerializer(exact.text),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]*[1-9])?$", "examples": ["100", "-2.5"]}),
]
Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Details = Annotated[dict[str, Any], Field(description="The vendor's other documented fields, in snake_case.")]

T = TypeVar("T")
WhereItApplies = Annotated[T | None, Field(exclude_if=lambda value: value is None)]


class AnswerModel(BaseModel):
    """What every body has in common: it says what it documents, no more and no less."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, serialize_by_alias=True)

    def to_json(self) -> bytes:
        """The body as JSON; decimals and fragments of JSON inside stay digit for digit."""
        return exact.dumps(self.model_dump())


@dataclass(frozen=True, slots=True)
class JsonOf:
    """Says of a field of plain JSON which model's JSON that is, for the OpenAPI document."""

    model: type[BaseModel]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The field's own schema, with the model noted."""
        return {**handler(source), "metadata": {"json_of": self.model}}


class BalanceSaid(AnswerModel):
    """A balance as the vendor said it in its answer to a write."""

    available: Points | None
    lifetime: Points | None
    updated_at: Time | None


class AdjustmentVendor(AnswerModel):
    """Who was asked, and what it said of the transaction."""

    name: str
    adapter: str
    transaction_id: str | None
    details: Details


class VendorProblem(AnswerModel):
    """The vendor's own words about what went wrong, bounded."""

    name: str
    adapter: str
    status: int | None
    code: str | None
    message: str | None


class FieldProblem(AnswerModel):
    """One field that is wrong."""

    pointer: str
    detail: str


class Problem(AnswerModel):
    """A problem as of RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    new_key_allowed: bool = Field(
        description="True only where the key's adjustment has failed for good. False: send the same key again, "
        "and the same body, or a corrected one where the problem has no `adjustment`."
    )
    request_id: str
    errors: WhereItApplies[list[FieldProblem]] = None
    adjustment: WhereItApplies[str] = None
    vendor: WhereItApplies[VendorProblem] = None


class ResolutionSaid(AnswerModel):
    """How a person settled what was unknown."""

    outcome: Literal["applied", "not_applied"]
    reason: str
    by: str
    at: Time
    actor: WhereItApplies[str] = Field(None, description="Whom the client in `by` names: its own word, not checked.")


class AdjustmentAnswer(AnswerModel):
    """An adjustment: what was asked, where it stands, and what the vendor said."""

    id: str
    status: Status
    tenant: str
    client: WhereItApplies[str] = Field(
        None, description="Which client asked for it; absent in replays of answers that were given before there was it."
    )
    idempotency_key: str
    member: str
    points: Points
    point_type: str | None
    description: str | None
    reason: str | None
    reference: str | None
    store: str | None
    pending: bool
    options: dict[str, dict[str, Any]]
    not_sent: list[str]
    balance: BalanceSaid | None
    vendor: AdjustmentVendor
    retryable: bool
    problem: Annotated[dict[str, Any], JsonOf(Problem)] | None
    resolution: ResolutionSaid | None
    attempts: int
    created_at: Time
    completed_at: Time | None


class TransitionSaid(AnswerModel):
    """One step in the life of an adjustment."""

    at: Time
    from_: Status | None = Field(serialization_alias="from")
    to: Status
    attempt: int
    by: str
    evidence: dict[str, Any]
    exchange: list[dict[str, Any]] | None = Field(
        description="What was said with the vendor; null without the scope points:inspect."
    )


class AdjustmentHistory(AdjustmentAnswer):
    """An adjustment and, where it was asked for, every transition since it was claimed, oldest first."""

    history: WhereItApplies[list[TransitionSaid]] = None


class AdjustmentPage(AnswerModel):
    """A page of adjustments, newest first; `next_cursor` is null on the last."""

    data: list[AdjustmentAnswer]
    next_cursor: str | None


class VendorName(AnswerModel):
    """A configured vendor and its adapter."""

    name: str
    adapter: str


class RequestShown(AnswerModel):
    """The first request of a call as it would be sent, secrets masked.

    `url`, `headers` and `body` are null without the scope points:inspect. `body`: JSON, or text, or null where there is
    none. `effect`: whether it is the one that may change points; where it is not, of an adjustment, that one follows.
    """

    method: str
    url: str | None
    headers: dict[str, str] | None
    body: Any
    effect: bool


class Preview(AnswerModel):
    """What a call would send, to whom, and by which rule."""

    rule: str
    vendor: VendorName
    request: RequestShown
    not_sent: list[str]
    repeat_safety: Literal["none", "searchable", "enforced"]


class ResponseShown(AnswerModel):
    """A vendor's answer as it came. `body`: JSON, or text."""

    status: int
    body: Any


class ReadVendor(AnswerModel):
    """Who was asked, and what else it said. `response` is there only where it was asked for."""

    name: str
    adapter: str
    details: Details
    response: WhereItApplies[ResponseShown] = None


class BalanceAnswer(AnswerModel):
    """A member's balance; what the vendor does not give is null."""

    member: str
    point_type: str | None
    available: Points | None
    lifetime: Points | None
    updated_at: Time | None
    vendor: ReadVendor
    as_of: Time
    cached: bool


class ExpiringAnswer(AnswerModel):
    """The points of a member that expire within a period, both ends included."""

    member: str
    point_type: str | None
    from_: Time = Field(serialization_alias="from")
    to: Time
    points: Points
    vendor: ReadVendor
    as_of: Time


class ReadCapability(AnswerModel):
    """What one rule's vendor can be asked. `when` is empty where the rule always matches."""

    when: dict[str, list[str]]
    vendor: str
    adapter: str
    member_schemes: list[str]
    fields: list[str]
    point_types: list[str]


class AdjustCapability(ReadCapability):
    """What one rule's vendor can be told."""

    fractions: bool
    balance_in_answer: bool
    repeat_safety: Literal["none", "searchable", "enforced"]


class OperationCapabilities(AnswerModel):
    """The rules of each operation, in the order in which they are tried."""

    adjust: list[AdjustCapability]
    balance: list[ReadCapability]
    expiring: list[ReadCapability]


class Capabilities(AnswerModel):
    """What a tenant can do, as its routes and adapters say."""

    tenant: str
    operations: OperationCapabilities
