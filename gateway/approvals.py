"""When what a person decides of an open adjustment takes a second person. Pure.

none ──> proposal                      the first person, where two are needed
proposal ──> decided                   another person, of the same outcome
proposal ──> proposal                  the same person again, or another outcome: the new one stands alone
proposal ──> none                      its time is over, the adjustment has made a step since, or its maker withdraws it
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.adjustments import Resolution, State

LONGEST = 7 * 86_400.0
"""Seconds for which a proposal may wait at most."""


@dataclass(frozen=True, slots=True)
class ResolutionRule:
    """How many people a resolution takes, one or two, and for how many seconds the first one's word counts."""

    approvals: int = 1
    expires: float = 86_400.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one person has decided of an adjustment, and a second one has not confirmed yet.

    `subject`: who is known to have proposed it, in the gateway's own words. It counts for the adjustment in this
    `state`, and after so many `steps` of its history; `until`: its end, by the journal's clock.
    """

    adjustment: str
    resolution: Resolution
    subject: str
    state: State
    steps: int
    until: datetime

    def stands(self, *, state: State, steps: int, now: datetime) -> bool:
        """Whether it still counts: its time is not over, and the adjustment has made no step since."""
        return now < self.until and (state, steps) == (self.state, self.steps)


Verdict = Literal["decided", "proposed", "own", "none", "nobody"]
"""What comes of a person's decision. `own`: he would confirm his own proposal; `none`: there is no such proposal to
confirm; `nobody`: the gateway does not know who he is, so he counts for nothing."""


def judged(
    rule: ResolutionRule, *, subject: str | None, applied: bool, confirms: bool, standing: Proposal | None
) -> Verdict:
    """What comes of the decision of one person, whose `subject` is None where the gateway has not identified him.

    `standing`: the proposal that counts now, if any. `confirms`: he wants to confirm it, and to propose nothing.
    """
    if rule.approvals < 2:
        return "none" if confirms else "decided"
    if subject is None:
        return "nobody"
    same = standing is not None and standing.resolution.applied is applied
    if same and standing is not None and standing.subject != subject:
        return "decided"
    if confirms:
        return "own" if same else "none"
    return "proposed"


Objection = Literal["nobody", "none", "another"]
"""Why a proposal is not withdrawn. `nobody`: as of `Verdict`; `none`: there is none that counts; `another`: another
person has made it."""


def objection(*, subject: str | None, standing: Proposal | None) -> Objection | None:
    """Why a person may not withdraw the proposal that counts now, if any; None where he has made it himself."""
    if subject is None:
        return "nobody"
    if standing is None:
        return "none"
    return None if standing.subject == subject else "another"
