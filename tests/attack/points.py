"""The moments at which a gateway can be made to die, in the order in which a write passes them.

caller ─> [before claim] claim [claim uncommitted] [after claim], or retry [retry uncommitted] [after retry]
       ─> [before send] connect [about to write] ─> vendor [vendor received] ─> [answer arrived]
       ─> [before settle] settle [settle uncommitted] [after settle] ─> [before reply] ─> caller
at a vendor that enforces idempotency, [before send] ─> mark [mark uncommitted] [after mark] ─> connect; what is unknown
       ─> begin a repeat [repeat uncommitted] [after repeat] ─> [before send] ─> confirm [repeat confirmed] ─> connect
       ─> vendor ─> [answer arrived] ─> end [end uncommitted] [after end]
always ─> [before sweep] make unknown what nobody owns any more [sweep uncommitted] [after sweep]
"""

from enum import StrEnum


class Point(StrEnum):
    """A moment at which a gateway can die."""

    NEVER = "never"
    BEFORE_SWEEP = "before sweep"
    SWEEP_UNCOMMITTED = "sweep uncommitted"
    AFTER_SWEEP = "after sweep"
    BEFORE_CLAIM = "before claim"
    CLAIM_UNCOMMITTED = "claim uncommitted"
    AFTER_CLAIM = "after claim"
    RETRY_UNCOMMITTED = "retry uncommitted"
    AFTER_RETRY = "after retry"
    MARK_UNCOMMITTED = "mark uncommitted"
    AFTER_MARK = "after mark"
    REPEAT_UNCOMMITTED = "repeat uncommitted"
    AFTER_REPEAT = "after repeat"
    REPEAT_CONFIRMED = "repeat confirmed"
    END_UNCOMMITTED = "end uncommitted"
    AFTER_END = "after end"
    BEFORE_SEND = "before send"
    ABOUT_TO_WRITE = "about to write"
    VENDOR_RECEIVED = "vendor received"
    ANSWER_ARRIVED = "answer arrived"
    BEFORE_SETTLE = "before settle"
    SETTLE_UNCOMMITTED = "settle uncommitted"
    AFTER_SETTLE = "after settle"
    BEFORE_REPLY = "before reply"


SWEEPS = (Point.BEFORE_SWEEP, Point.SWEEP_UNCOMMITTED, Point.AFTER_SWEEP)
"""Passed about once a second, whether or not anybody calls."""

MARKS = (Point.MARK_UNCOMMITTED, Point.AFTER_MARK)
"""Passed only on the way to a vendor that enforces idempotency."""

REPEATS = (
    *(Point.REPEAT_UNCOMMITTED, Point.AFTER_REPEAT, Point.REPEAT_CONFIRMED),
    *(Point.END_UNCOMMITTED, Point.AFTER_END),
)
"""Passed only by a repeat, of what is unknown at such a vendor."""

RETRIES = (Point.RETRY_UNCOMMITTED, Point.AFTER_RETRY)
"""Passed only by a second attempt."""
