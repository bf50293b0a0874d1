"""What can be written at a vendor: a change of points, and the operation that carries it out."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from gateway.model import Adjustment, Member

WriteOperation = Literal["adjust", "reverse"]
Method = Literal["adjust", "reverse"]
"""The method of an adapter that carries a write out."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """A reversal as a caller asked for it: take back the adjustment with the id `original`.

    `points`: how many, without a sign; None for all that are left. `linked`: True for the vendor's own cancel, False
    for an adjustment of the opposite sign, None for either.
    """

    original: str
    points: Decimal | None = None
    linked: bool | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """An adjustment and the operation that carries it out.

    `refers_to`: the id of another adjustment that the operation is about, None where it is about no other. An operation
    of a later version can be in the journal; it has no translation here.

    `resolved`: the vendor's own name of the member, where the caller's had to be looked up.

    Of a reversal, `adjustment` is the change that it makes, `reversal` is what its caller asked for, `linked` says
    whether it is the vendor's own cancel, and `transaction` is the vendor's id of what it takes back.
    """

    adjustment: Adjustment
    operation: WriteOperation = "adjust"
    refers_to: str | None = None
    resolved: Member | None = None
    reversal: Reversal | None = None
    linked: bool = False
    transaction: str | None = None

    @property
    def method(self) -> Method:
        """The adapter's method that carries it out: a reversal that is not linked is an adjustment at the vendor."""
        return "adjust" if self.operation == "reverse" and not self.linked else self.operation

    @property
    def member(self) -> Member:
        """The member, by the name that the vendor is asked by."""
        return self.adjustment.member if self.resolved is None else self.resolved

    def for_vendor(self) -> "Write":
        """The same write with the vendor's own name of the member in its adjustment."""
        if self.resolved is None:
            return self
        return replace(self, adjustment=replace(self.adjustment, member=self.resolved), resolved=None)
