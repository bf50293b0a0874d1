"""Models of all output but readings: the JSON bodies of answers and problems, as specified in docs/api.md.

The same models produce the answers, the OpenAPI document, and the stored answers that replays repeat byte for byte.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, create_model

from gateway.adjustments import Removal, Status
from gateway.answers.answer_model import AnswerModel, Details, JsonOf, Points, Resolved, Time, WhereItApplies
from gateway.answers.readings import BalanceSaid
from gateway.meaning import FIRST
from gateway.model import Adjustment
from gateway.traits import Traits, traits


class AdjustmentVendor(AnswerModel):
    """The vendor of an adjustment, and its data about the transaction."""

    name: str
    adapter: str
    transaction_id: str | None
    details: Details


class VendorProblem(AnswerModel):
    """The vendor's own status, code and message for a failure, truncated."""

    name: str
    adapter: str
    status: int | None
    code: str | None
    message: str | None


class FieldProblem(AnswerModel):
    """One invalid field."""

    pointer: str
    detail: str


class Problem(AnswerModel):
    """A problem document (RFC 9457)."""

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
    """A person's resolution of an unknown adjustment."""

    outcome: Literal["applied", "not_applied"]
    reason: str
    by: str
    at: Time
    actor: WhereItApplies[str] = Field(None, description="Whom the client in `by` names: its own word, not checked.")
    proposed_by: WhereItApplies[str] = Field(None, description="The other person, where it took two.")


class ProposalSaid(AnswerModel):
    """A person's decision that another one has to confirm; `until`: when it lapses."""

    outcome: Literal["applied", "not_applied"]
    reason: str
    by: str
    at: Time
    until: Time


class _Identified(AnswerModel):
    """How an adjustment begins: which one it is, where it stands, and the points."""

    id: str
    status: Status
    tenant: str
    client: WhereItApplies[str] = Field(
        None, description="Which client asked for it; absent in replays of answers that were given before there was it."
    )
    idempotency_key: str
    member: str
    resolved: Resolved = None
    points: Points


def _shown(name: str, each: Traits) -> tuple[Any, Any]:
    """The type and the default of an optional field; later ones are absent in replays of answers from before them."""
    kind: Any = bool if each.longest is None else str
    if name not in FIRST:
        return kind | None, Field(None, description=each.description, exclude_if=lambda value: value is None)
    return (kind if kind is bool else kind | None), ...


if TYPE_CHECKING:  # a type checker cannot follow a model that is made
    _Described = _Identified
else:
    _shown_fields = {name: _shown(name, each) for name, each in traits(Adjustment).items()}
    _Described = create_model("_Described", __base__=_Identified, **_shown_fields)


class AdjustmentAnswer(_Described):
    """An adjustment or a reversal: the request, its status, and the vendor's answer."""

    operation: WhereItApplies[Literal["reverse"]] = Field(None, description="Absent for an adjustment.")
    reverses: WhereItApplies[str] = Field(None, description="The id of the adjustment that this reversal takes back.")
    linked: WhereItApplies[bool] = Field(
        None, description="Of a reversal: whether it is the vendor's own cancel, or an adjustment of the opposite sign."
    )
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
    removed: WhereItApplies[Removal] = Field(
        None, description="erased: what named its member is gone. purged: no more than its key and points are left."
    )


class ProposedAnswer(AdjustmentAnswer):
    """An adjustment that stands as it stood, since another person has to confirm the `proposal`."""

    proposal: ProposalSaid


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


class ReversalShown(AnswerModel):
    """One reversal of an adjustment; `points` without a sign."""

    id: str
    status: Status
    points: Points
    linked: bool


class AdjustmentHistory(AdjustmentAnswer):
    """An adjustment, what was reversed of it and, if requested, all its transitions, oldest first."""

    reversed: WhereItApplies[Points] = Field(
        None, description="Of an adjustment that has succeeded: the points that reversals have taken back, unsigned."
    )
    reversals: WhereItApplies[list[ReversalShown]] = Field(
        None, description="Its reversals that took points back, or may have; the first 100."
    )
    at_vendor: WhereItApplies[bool] = Field(
        None, description="True where it was cancelled at the vendor, and not by a reversal of this gateway."
    )
    history: WhereItApplies[list[TransitionSaid]] = None


class AdjustmentPage(AnswerModel):
    """A page of adjustments, newest first; `next_cursor` is null on the last, and others can be short, or empty."""

    data: list[AdjustmentAnswer]
    next_cursor: str | None


class VendorName(AnswerModel):
    """A configured vendor and its adapter."""

    name: str
    adapter: str


class RequestShown(AnswerModel):
    """The first request of a call as it would be sent, secrets masked.

    `url`, `headers` and `body` are null without the scope points:inspect. `body`: JSON, text, or null if there is none.
    `effect`: whether this request may change points; if it does not, an adjustment sends that request after it.
    """

    method: str
    url: str | None
    headers: dict[str, str] | None
    body: Any
    effect: bool


class Preview(AnswerModel):
    """The request that a call would send, its vendor, and the routing rule.

    `resolved` ends in `:?` where the member has to be looked up first; then the request is that of the look-up.
    """

    rule: str
    vendor: VendorName
    resolved: Resolved = None
    request: RequestShown
    not_sent: list[str]
    repeat_safety: Literal["none", "searchable", "enforced"]


class ReadCapability(AnswerModel):
    """What the vendor of one rule supports in reads. `when` is empty if the rule always matches."""

    when: dict[str, list[str]]
    vendor: str
    adapter: str
    member_schemes: list[str]
    resolves: list[str] = Field(description="Further member schemes: whoever is named by one is looked up first.")
    fields: list[str]
    point_types: list[str]


class AdjustCapability(ReadCapability):
    """What the vendor of one rule supports in adjustments.

    `reversals`: `linked` for the vendor's own cancel of a whole adjustment, `compensation` for an adjustment of the
    opposite sign.
    """

    fractions: bool
    balance_in_answer: bool
    repeat_safety: Literal["none", "searchable", "enforced"]
    reversals: list[Literal["linked", "compensation"]]


class OperationCapabilities(AnswerModel):
    """The rules of each operation, in order of precedence."""

    adjust: list[AdjustCapability]
    balance: list[ReadCapability]
    expiring: list[ReadCapability]
    transactions: list[ReadCapability]
    lookup: list[ReadCapability]


class Capabilities(AnswerModel):
    """What a tenant's routes and adapters support."""

    tenant: str
    operations: OperationCapabilities
