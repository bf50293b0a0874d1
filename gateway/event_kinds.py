"""Which steps in the life of an adjustment apps are told as events, and what each is called. Pure.

A claim and a further attempt are no events, nor is a repeat, or a late result that agrees with what is known.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

from gateway.adjustments import State, Status, Transition

EventKind = Literal[
    "adjustment.succeeded",
    "adjustment.failed",
    "adjustment.unknown",
    "adjustment.accepted",
    "adjustment.conflict",
]
KINDS: tuple[EventKind, ...] = get_args(EventKind)
_ID = re.compile(r"evt_(?P<adjustment>\w+)_(?P<number>[1-9][0-9]{0,8})\Z", re.ASCII)


def is_event(before: State | None, after: State, evidence: Mapping[str, Any]) -> bool:
    """Whether apps are told of a step: it changes what they may rely on, or contradicts it."""
    if evidence.get("conflict") is True:
        return True
    if before is None or after.status is Status.IN_PROGRESS:
        return False
    return (before.status, before.retryable) != (after.status, after.retryable)


def is_told(step: Transition) -> bool:
    """The same of a step as it is kept, which does not have whether a failure may be tried again."""
    if step.evidence.get("conflict") is True:
        return True
    if step.before is None or step.after is Status.IN_PROGRESS:
        return False
    return step.before is not step.after or (step.after is Status.FAILED and "late" not in step.evidence)


def kind(step: Transition) -> EventKind:
    """What the event of a step is called: after the status that it leads to, or `conflict`."""
    status = "conflict" if step.evidence.get("conflict") is True else step.after.value
    return next(each for each in KINDS if each == f"adjustment.{status}")


def event_id(adjustment: str, number: int) -> str:
    """The id of the event that is step `number` of an adjustment, from 1.

    It has no full stop, which a signature needs, and no number of a row, which would tell how much others write.
    """
    return f"evt_{adjustment.removeprefix('adj_')}_{number}"


def step_of(event: str) -> tuple[str, int] | None:
    """The adjustment's id and the step's number of an event's id; None for another text."""
    found = _ID.match(event)
    return None if found is None else (f"adj_{found['adjustment']}", int(found["number"]))
