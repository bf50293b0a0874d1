"""Models of the input of the operator API."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from gateway.adjustments import Status
from gateway.api.field_types import KeyText, MemberField, Moment, Text64, Text200, Text500
from gateway.api.schemas import Limit, Sent
from gateway.journal import Filters
from gateway.operators.chosen import MOST
from gateway.operators.decisions import Seen
from gateway.operators.search import Query
from gateway.pauses import LONGEST_REASON, RETRY_AFTER, Pause, PauseKind, reason_error
from gateway.write import WriteOperation

AdjustmentId = Annotated[str, Field(pattern=r"^adj_[0-9a-f]{32}$")]


class SearchQuery(Sent):
    """What is looked for, in all tenants unless one is named; names are those in the journal."""

    id: AdjustmentId | None = None
    member: MemberField | None = None
    reference: Text200 | None = None
    idempotency_key: KeyText | None = None
    request_id: Text200 | None = Field(None, description="Of a request that an attempt ended with.")
    transaction_id: Text200 | None = Field(None, description="The vendor's own id of the transaction.")
    tenant: Text64 | None = None
    client: Text64 | None = None
    vendor: Text64 | None = None
    status: Literal["in_progress", "succeeded", "failed", "unknown", "accepted"] | None = None
    operation: WriteOperation | None = Field(None, description="`adjust` or `reverse`.")
    reverses: Text64 | None = Field(None, description="The id of the adjustment that they take back.")
    created_from: Moment | None = Field(None, description="Created at this time or later.")
    created_to: Moment | None = Field(None, description="Created at this time or earlier.")
    limit: Limit = 20
    after: AdjustmentId | None = Field(None, description="`next_after` of the page before, with the same query.")

    def query(self) -> Query:
        """What the journal is asked."""
        return Query(
            id=self.id,
            member=None if self.member is None else str(self.member),
            reference=self.reference,
            key=self.idempotency_key,
            request_id=self.request_id,
            transaction=self.transaction_id,
            tenant=self.tenant,
            client=self.client,
            vendor=self.vendor,
            status=None if self.status is None else Status(self.status),
            operation=self.operation,
            reverses=self.reverses,
            created_from=self.created_from,
            created_to=self.created_to,
        )


class QueueQuery(Sent):
    """Which part of the queue is shown."""

    tenant: Text64 | None = None
    vendor: Text64 | None = None
    limit: Limit = 20
    after: AdjustmentId | None = Field(None, description="`next_after` of the page before.")


class UnknownQuery(Sent):
    """Which set of the unknown is shown, and for which outcome; names are those in the journal."""

    outcome: Literal["applied", "not_applied"]
    tenant: Text64 | None = None
    client: Text64 | None = None
    vendor: Text64 | None = None
    member: MemberField | None = None
    reference: Text200 | None = None
    created_from: Moment | None = Field(None, description="Created at this time or later.")
    created_to: Moment | None = Field(None, description="Created at this time or earlier.")
    set: Annotated[str, Field(pattern=r"^[0-9]{1,18}-[0-9a-f]{16}$")] | None = Field(
        None, description="The name of a set that was shown: only its members, each as it stands now."
    )

    def filters(self) -> Filters:
        """What the journal is asked, but for the tenant."""
        return Filters(
            client=self.client,
            vendor=self.vendor,
            member=None if self.member is None else str(self.member),
            reference=self.reference,
            created_from=self.created_from,
            created_to=self.created_to,
        )


class LiveQuery(Sent):
    """What is already known of the requests."""

    after: Annotated[str, Field(pattern=r"^[0-9]{1,15}$")] | None = Field(
        None, description="`number` of the last answer: only newer requests are shown."
    )


class SeenBody(Sent):
    """An adjustment as the operator has seen it; a decision about anything else is refused."""

    id: AdjustmentId
    attempt: Annotated[int, Field(ge=1, le=2**31 - 1)]
    repeats: Annotated[int, Field(ge=0, le=2**31 - 1)]
    status: Literal["unknown", "accepted"] | None = Field(
        None, description="Where it is named, what the vendor has accepted meanwhile is refused too."
    )

    def seen(self) -> Seen:
        """The same as a value."""
        status = None if self.status is None else Status(self.status)
        return Seen(self.id, self.attempt, self.repeats, status)


class DecisionBody(Sent):
    """What became of adjustments by the vendor's own records, and how that is known."""

    outcome: Literal["applied", "not_applied"]
    reason: Text500 = Field(description="How it is known; kept in the history.")
    adjustments: Annotated[tuple[SeenBody, ...], Field(strict=False, min_length=1, max_length=MOST)]


class WithdrawalBody(Sent):
    """Of which adjustments the operator withdraws what he has proposed."""

    adjustments: Annotated[tuple[AdjustmentId, ...], Field(strict=False, min_length=1, max_length=MOST)]


class SearchNowBody(Sent):
    """Which adjustments are looked for now."""

    adjustments: Annotated[tuple[AdjustmentId, ...], Field(strict=False, min_length=1, max_length=MOST)]


class PauseName(Sent):
    """What a pause is of; `all` has no name."""

    of: PauseKind
    name: Text64 | None = None

    @model_validator(mode="after")
    def _named(self) -> "PauseName":
        if (self.of == "all") != (self.name is None):
            raise ValueError("all has no name" if self.of == "all" else f"expected the name of the {self.of}")
        return self

    def pause(self) -> Pause:
        """The same as a value."""
        return Pause(self.of, self.name or "")


class PauseBody(PauseName):
    """What is to be paused, and what callers are told; to pause a client is to block it."""

    reason: Annotated[str, Field(max_length=LONGEST_REASON)] | None = Field(
        None, description="Why, in one line; callers see it."
    )
    retry_after: Annotated[int, Field(ge=1, le=86_400)] = Field(
        RETRY_AFTER, description="Seconds that callers are told to wait."
    )

    @field_validator("reason")
    @classmethod
    def _one_line(cls, value: str | None) -> str | None:
        if value is not None and (error := reason_error(value)):
            raise ValueError(error)
        return value

    def pause(self) -> Pause:
        """The same as a value."""
        return Pause(self.of, self.name or "", self.reason or "", self.retry_after)


class AuditQuery(Sent):
    """Which part of the audit log is shown."""

    limit: Limit = 20
    after: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")] | None = Field(
        None, description="`next_after` of the page before."
    )
