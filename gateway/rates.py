"""What points are worth: a currency, and rates by vendor and point type, multiplied and added without rounding."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact

_EXACT = Context(prec=200, traps=[Inexact])
"""More digits than any product or sum here has: points have at most 30, rates 24, and a wallet some hundred rows."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of one tenant in its currency.

    `by_vendor`: the worth of one point, of all of a vendor's kinds of points, or of each by its canonical name.
    """

    currency: str
    by_vendor: Mapping[str, Decimal | Mapping[str, Decimal]]

    def divides(self, vendor: str) -> bool:
        """Whether a vendor's kinds of points have rates of their own."""
        return isinstance(self.by_vendor.get(vendor), Mapping)

    def of(self, vendor: str, point_type: str | None) -> Decimal | None:
        """The worth of one point; None where none is configured."""
        rate = self.by_vendor.get(vendor)
        return rate.get(point_type or "") if isinstance(rate, Mapping) else rate


def worth(points: Decimal, rate: Decimal) -> Decimal:
    """What so many points are worth, exactly."""
    return _EXACT.multiply(points, rate)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of amounts, exactly."""
    result = Decimal(0)
    for amount in amounts:
        result = _EXACT.add(result, amount)
    return result
