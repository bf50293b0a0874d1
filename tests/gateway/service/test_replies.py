"""What the caller of an attempt hears: how the adjustment stands, also where that is not what the attempt came to."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from gateway.adjustments import Answer, Draft, Record, State, Status
from gateway.errors import IdempotencyInProgress, KeyExpired
from gateway.journal import Conclusion
from gateway.model import Adjustment, Member
from gateway.service.replies import Replies
from gateway.write import Write

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
WRITE = Write(Adjustment(Member("email", "a"), Decimal(5)))
DRAFT = Draft("adj_1", "app", "acme", "k", "f", WRITE, "crm", "x", "r", (), 15.0)
RECORD = Record(DRAFT, State(), NOON, NOON + timedelta(seconds=15))
REPLIES = Replies(clock=lambda: NOON + timedelta(seconds=4))


def test_an_attempt_hears_its_own_outcome() -> None:
    """The answer that is kept for the key, which is no replay; one that came late hears the same as a replay."""
    done = RECORD._replace(state=State(Status.SUCCEEDED), answer=Answer(201, b"{}"))
    for late in (False, True):
        reply = REPLIES.concluded(Conclusion(done, late=late), None)
        assert (reply.status, reply.body, reply.replayed) == (201, b"{}", late)


def test_an_attempt_that_came_late_hears_that_the_next_one_is_in_flight() -> None:
    """What it came to counts no more: its caller comes again, and hears what the next attempt comes to."""
    next_one = RECORD._replace(state=State(Status.IN_PROGRESS, attempt=2))
    with pytest.raises(IdempotencyInProgress) as raised:
        REPLIES.concluded(Conclusion(next_one, late=True), None)
    assert (raised.value.status, raised.value.adjustment) == (409, "adj_1")
    assert raised.value.retry_after is not None
    assert 1 <= raised.value.retry_after <= 11


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.ACCEPTED])
def test_an_attempt_that_came_late_hears_of_what_is_open(status: Status) -> None:
    """It is 202, with how the adjustment stands and nothing else."""
    reply = REPLIES.concluded(Conclusion(RECORD._replace(state=State(status)), late=True), None)
    assert (reply.status, json.loads(reply.body)["status"]) == (202, status.value)


def test_an_attempt_that_came_late_hears_that_its_key_has_expired() -> None:
    """There is no answer any more, and no other key may have these points."""
    purged = RECORD._replace(state=State(Status.FAILED), removal="purged")
    with pytest.raises(KeyExpired):
        REPLIES.concluded(Conclusion(purged, late=True), None)
