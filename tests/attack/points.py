"""The moments at which a gateway can be made to die, in the order in which a write passes them.

caller ─> [before claim] claim [claim uncommitted] [after claim], or retry [retry uncommitted] [after retry]
       ─> [before send] connect [about to write] ─> vendor [vendor received] ─> [answer arrived]
       ─> [before settle] settle [settle uncommitted] [after settle] ─> [before reply] ─> caller
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

RETRIES = (Point.RETRY_UNCOMMITTED, Point.AFTER_RETRY)
"""Passed only by a second attempt."""
