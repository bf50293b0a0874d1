"""What is left of an adjustment for reversals to take back: pure, no I/O.

A reversal holds its share from its claim on, until it is known that it took nothing back. One that failed retryably
holds none; its next attempt has to find enough left again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from gateway.adjustments import Record, Status

Why = Literal[
    "erased",
    "purged",
    "status",
    "reversal",
    "contradicted",
    "at_vendor",
    "nothing_left",
    "too_much",
    "not_alone",
    "changed",
]
"""Why a reversal may not begin.

`erased`, `purged`: what a reversal needs was removed from the original, or is about to be.
`status`: the original has not succeeded; `reversal`: it is a reversal itself; `contradicted`: that it has succeeded is
a person's word, which the vendor contradicts; `at_vendor`: it was cancelled there;
`nothing_left`, `too_much`: other reversals hold all of it, or so much that too little is left; `not_alone`: a cancel
takes back the whole, and another reversal holds a share; `changed`: all that is left was asked for, and it is no longer
what it was when that was fixed.
"""


@dataclass(frozen=True, slots=True)
class Share:
    """What one reversal takes back: `points` without a sign, and how it stands."""

    id: str
    points: Decimal
    status: Status
    conflict: bool
    linked: bool

    @property
    def held(self) -> bool:
        """Whether it has taken its points back, or still may: a late success counts, whatever a person said before."""
        return self.status is not Status.FAILED or self.conflict


@dataclass(frozen=True, slots=True)
class Reversible:
    """An adjustment that reversals take back.

    `booked`: its points without a sign, or what the vendor says that it booked, where that is less. No reversal holds
    what is `left` of it, and, where it is `alone`, none holds any. `why`: why there can be none at all, if so.
    """

    booked: Decimal
    left: Decimal
    alone: bool
    why: Why | None = None

    @classmethod
    def of(cls, original: Record, shares: Iterable[Share]) -> "Reversible":
        """An adjustment and its reversals."""
        booked = abs(original.draft.adjustment.points)
        if original.applied is not None and original.applied.booked is not None:
            booked = min(booked, abs(original.applied.booked))
        held = [each.points for each in shares if each.held]
        why: Why | None = None
        if original.removal is not None or original.erase_as is not None:
            why = original.removal or "erased"
        elif original.draft.write.operation == "reverse":
            why = "reversal"
        elif original.state.status is not Status.SUCCEEDED:
            why = "status"
        elif original.conflict and original.resolution is not None:
            why = "contradicted"
        elif original.reversed_at_vendor:
            why = "at_vendor"
        return cls(booked, max(Decimal(0), booked - sum(held, Decimal(0))), not held, why)

    def refused(self, points: Decimal, *, linked: bool, all_left: bool = False) -> Why | None:
        """Why a reversal of so many points, without a sign, may not begin; None where it may.

        `linked`: it is the vendor's own cancel. `all_left`: its caller asked for all that is left.
        """
        if self.why is not None:
            return self.why
        if self.left <= 0:
            return "nothing_left"
        if linked and not self.alone:
            return "not_alone"
        if all_left and points != self.left:
            return "changed"
        return "too_much" if points > self.left else None
