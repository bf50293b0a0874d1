"""What a caller hears of its adjustment, by where that stands."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil

from gateway import exact, meaning
from gateway.adjustments import Draft, Record, State, Status
from gateway.answers import rendering
from gateway.errors import (
    AUTH_PAUSE,
    DailyLimitExceeded,
    FieldError,
    GatewayError,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    VendorAuthFailed,
)
from gateway.journal import Conclusion, Refused
from gateway.model import Adjustment, time_text
from gateway.service.waiting import pause


@dataclass(frozen=True, slots=True)
class Reply:
    """What a caller hears of its adjustment: an HTTP status and body. `retry_after` in seconds."""

    draft: Draft
    status: int
    body: bytes
    replayed: bool = False
    retry_after: int | None = None


class Replies:
    """Makes replies; `clock` gives aware datetimes."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def heard(self, record: Record) -> Reply:
        """What a repeat hears that waited: it makes no attempt, so what can be tried again is told as it stands."""
        if (answer := rendering.replay(record)) is not None:
            return Reply(record.draft, answer.status, answer.body, replayed=True)
        if record.state.status is Status.UNKNOWN:
            return self.unknown(record)
        if record.state.status is Status.IN_PROGRESS:
            raise about(record, IdempotencyInProgress(retry_after=pause(record, self._clock())))
        answer = rendering.failure(record)
        again = AUTH_PAUSE if record.problem and record.problem["code"] == VendorAuthFailed.code else 1
        return Reply(record.draft, answer.status, answer.body, replayed=True, retry_after=ceil(again))

    def concluded(self, concluded: Conclusion, retry_after: float | None) -> Reply:
        """What the caller of an attempt hears; `retry_after`, in seconds, where it may be tried again."""
        record = concluded.record
        if (answer := rendering.replay(record)) is not None:
            # What came late hears what somebody else settled: that is a replay.
            return Reply(record.draft, answer.status, answer.body, replayed=concluded.late)
        if record.state.status is Status.FAILED and record.problem is not None:
            answer = rendering.failure(record)
            return Reply(record.draft, answer.status, answer.body, retry_after=ceil(retry_after or 1))
        return self.unknown(record)

    def unknown(self, record: Record) -> Reply:
        """202: how it stands, and when to look again."""
        body = rendering.adjustment(record).to_json()
        return Reply(record.draft, 202, body, retry_after=self._remaining(record))

    def _remaining(self, record: Record) -> int:
        """Seconds until the attempt is over, whatever becomes of it; at least 1, and roughly, by our own clock."""
        seconds = (record.lease_until - self._clock()).total_seconds()
        return max(1, ceil(min(seconds, record.draft.lease)))


def about(record: Record, error: GatewayError) -> GatewayError:
    """The error, as one about this adjustment."""
    error.adjustment = record.draft.id
    error.new_key_allowed = record.new_key_allowed
    return error


def reused(record: Record, adjustment: Adjustment) -> GatewayError:
    """Why a key cannot carry this adjustment, and what its caller can do without applying the points twice."""
    draft = record.draft
    differing = meaning.differences(draft.adjustment, adjustment)
    advice = f"Send what this key was first sent with, or look at GET /v1/adjustments/{draft.id}"
    if record.new_key_allowed:
        advice += "; that adjustment has failed for good, so that another adjustment can have a new key"
    detail = f"This key belongs to adjustment {draft.id}, whose status is {record.state.status}. {advice}"
    errors = tuple(FieldError(pointer, "differs from what this key was first sent with") for pointer in differing)
    return about(record, IdempotencyKeyReused(detail, errors=errors))


def limited(refused: Refused) -> GatewayError:
    """Why an attempt could not begin today, and from when on it can be."""
    why = refused.reason
    return DailyLimitExceeded(
        f"{why.budget}, and {exact.text(why.used)} are taken: it may be tried again, under the same key, from"
        f" {time_text(why.until)} on, or earlier where less is asked for",
        retry_after=why.seconds,
    )


def as_unknown(record: Record) -> Record:
    """The record, as one of which nothing can be said."""
    return replace(record, state=State(Status.UNKNOWN, attempt=record.state.attempt))
