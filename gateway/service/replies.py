"""What a caller hears of its adjustment, by where that stands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import assert_never

from gateway import exact, meaning
from gateway.adjustments import Draft, Record, State, Status
from gateway.answers import rendering
from gateway.errors import (
    AUTH_PAUSE,
    AlreadyReversed,
    ClientPaused,
    DailyLimitExceeded,
    FieldError,
    GatewayError,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    KeyExpired,
    NotReversible,
    Paused,
    VendorAuthFailed,
)
from gateway.journal import Conclusion, Exhausted, Obstacle, Unreversible
from gateway.meaning import Asked
from gateway.model import time_text
from gateway.pauses import Pause, PauseKind
from gateway.reversible import Why
from gateway.service.waiting import pause

LONGEST = 3600.0
"""Seconds that pass at most between two looks for the same adjustment."""


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

    def heard(self, record: Record, *, retry_after: float | None = None, replayed: bool = True) -> Reply:
        """What a repeat hears that waited. It makes no attempt: what can be tried again is answered as it stands.

        `retry_after`: seconds until then, where the attempt knows them. Raises `KeyExpired` where it was purged
        meanwhile, and `IdempotencyInProgress` where an attempt is in flight.
        """
        if record.removal == "purged":
            raise expired(record)
        if (answer := rendering.replay(record)) is not None:
            return Reply(record.draft, answer.status, answer.body, replayed)
        if record.state.open:
            return self.unknown(record)
        if record.state.status is Status.IN_PROGRESS:
            raise about(record, IdempotencyInProgress(retry_after=pause(record, self._clock())))
        answer = rendering.failure(record)
        auth = record.problem is not None and record.problem["code"] == VendorAuthFailed.code
        again = retry_after or (AUTH_PAUSE if auth else 1)
        return Reply(record.draft, answer.status, answer.body, replayed, retry_after=ceil(again))

    def concluded(self, concluded: Conclusion, retry_after: float | None) -> Reply:
        """What the caller of an attempt hears; `retry_after`, in seconds, where it may be tried again.

        Its own outcome is no replay; one that came late hears what the adjustment came to meanwhile. Raises as `heard`.
        """
        return self.heard(concluded.record, retry_after=retry_after, replayed=concluded.late)

    def unknown(self, record: Record) -> Reply:
        """202: how it stands, and when to look again."""
        body = rendering.adjustment(record).to_json()
        return Reply(record.draft, 202, body, retry_after=self._remaining(record))

    def _remaining(self, record: Record) -> int:
        """Seconds until the attempt is over, whatever becomes of it; at least 1, and roughly, by our own clock.

        Of what the vendor has accepted, those between two looks: nothing is new before the next one.
        """
        least = between_looks(record) if record.state.status is Status.ACCEPTED else 1
        seconds = (record.lease_until - self._clock()).total_seconds()
        return ceil(max(least, min(seconds, record.draft.lease)))


def between_looks(record: Record) -> float:
    """Seconds until the next look for it at the vendor: longer each time."""
    return float(min(2.0 ** min(record.looks, 20), LONGEST))


def about(record: Record, error: GatewayError) -> GatewayError:
    """The error, as one about this adjustment."""
    error.adjustment = record.draft.id
    error.new_key_allowed = record.new_key_allowed
    return error


def check_key(record: Record, asked: Asked, *, key: bytes) -> None:
    """Raises `KeyExpired` where a record was purged, and `IdempotencyKeyReused` where its key carries something else.

    `key`: as of `meaning.matches`.
    """
    if record.removal == "purged":
        raise expired(record)
    if not meaning.matches(record.draft.fingerprint, asked, key=key):
        raise reused(record, asked)


def expired(record: Record) -> GatewayError:
    """What a repeat hears whose adjustment was purged: what it was is not known any more, only how it ended."""
    draft, status = record.draft, record.state.status
    detail = f"This key belongs to {draft.id}, which was purged; its status was {status}. No other key may repeat it"
    return about(record, KeyExpired(detail))


def reused(record: Record, asked: Asked) -> GatewayError:
    """Why a key cannot carry this adjustment, and what its caller can do without applying the points twice."""
    draft = record.draft
    differing = () if record.removal else meaning.differences(draft.write, asked)
    advice = f"Send what this key was first sent with, or look at GET /v1/adjustments/{draft.id}"
    if record.new_key_allowed:
        advice += "; that adjustment has failed for good, so that another adjustment can have a new key"
    kind = "adjustment" if draft.write.refers_to is None else f"the reversal of {draft.write.refers_to},"
    detail = f"This key belongs to {kind} {draft.id}, whose status is {record.state.status}. {advice}"
    errors = tuple(FieldError(pointer, "differs from what this key was first sent with") for pointer in differing)
    return about(record, IdempotencyKeyReused(detail, errors=errors))


def refused(obstacle: Obstacle) -> GatewayError:
    """The problem that tells a caller why its attempt could not begin."""
    match obstacle:
        case Exhausted():
            return _exhausted(obstacle)
        case Unreversible():
            return unreversible(obstacle)
        case Pause():
            return _paused(obstacle)
    assert_never(obstacle)


def unreversible(obstacle: Unreversible) -> GatewayError:
    """The problem that tells why an adjustment cannot be reversed, or by so many points."""
    if obstacle.why == "at_vendor":
        return AlreadyReversed("It was cancelled at the vendor, and not by a reversal of this gateway")
    return NotReversible(f"{obstacle.original}: {_UNREVERSIBLE[obstacle.why].format(left=exact.text(obstacle.left))}")


_UNREVERSIBLE: Mapping[Why, str] = {
    "erased": "its member was erased, or is about to be: it cannot be reversed any more",
    "purged": "it was purged, and cannot be reversed any more",
    "status": "only what has succeeded can be reversed",
    "reversal": "it is a reversal itself; make another adjustment instead",
    "contradicted": "a person says that it was applied, and the vendor contradicts that; a person has to look again",
    "nothing_left": "nothing of it is left: reversals have taken all of it back, or may have",
    "too_much": "{left} points of it are left: reversals have taken the others back, or may have",
    "not_alone": "the vendor's own cancel takes back the whole of it, and another reversal has a part, or may have",
    "changed": "other reversals of it are under way; send the request again",
}


def _paused(pause: Pause) -> GatewayError:
    """Why an attempt may not begin while an operator has paused something, in the operator's words."""
    detail = _PAUSED[pause.kind].format(pause.name) + (f": {pause.reason}" if pause.reason else "")
    if pause.kind == "client":
        return ClientPaused(detail)
    return Paused(detail, retry_after=pause.retry_after)


_PAUSED: Mapping[PauseKind, str] = {
    "all": "The gateway takes no adjustments for now",
    "tenant": "Adjustments of this tenant are paused",
    "vendor": "Adjustments at the vendor {!r} are paused",
    "client": "This client may not adjust anything for now",
}


def _exhausted(why: Exhausted) -> GatewayError:
    """Why an attempt could not begin today, and from when on it can be."""
    return DailyLimitExceeded(
        f"{why.budget}, and {exact.text(why.used)} are taken: it may be tried again, under the same key, from"
        f" {time_text(why.until)} on, or earlier where less is asked for",
        retry_after=why.seconds,
    )


def as_unknown(record: Record) -> Record:
    """The record, as one of which nothing can be said."""
    return record._replace(state=State(Status.UNKNOWN, attempt=record.state.attempt))
