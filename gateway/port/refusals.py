"""What a vendor's refusals mean, by status and by the vendor's own code: an adapter's table, checked once.

A refusal proves that nothing was applied. One of `FINAL` is a no for good; after one of `NOT_APPLIED` trying again
can help.
"""

from collections.abc import Mapping
from typing import Literal

from gateway.errors import (
    AlreadyBooked,
    BookedOtherwise,
    InsufficientPoints,
    MemberNotFound,
    VendorAuthFailed,
    VendorBusy,
    VendorError,
    VendorRateLimited,
    VendorRejected,
)

Reason = int | tuple[int, str]
"""A status, or a status and the vendor's own code."""
FINAL = (MemberNotFound, InsufficientPoints, VendorRejected)
NOT_APPLIED = (VendorAuthFailed, VendorRateLimited, VendorBusy)
BOOKED = (AlreadyBooked, BookedOtherwise)
"""What a vendor that enforces idempotency says of the adjustment's own id. That is no refusal of this request."""
ProblemName = Literal["member_not_found", "insufficient_points", "vendor_rejected"]
"""The codes of `FINAL`, as a configuration says them."""
_KNOWN: Mapping[int, type[VendorError]] = {401: VendorAuthFailed, 429: VendorRateLimited}


class Refusals:
    """What statuses and codes mean. Raises `TypeError` for a table in which something cannot be a refusal."""

    def __init__(self, table: Mapping[Reason, type[VendorError]]) -> None:
        self._by_status: dict[int, type[VendorError]] = {}
        self._by_code: dict[tuple[int, str], type[VendorError]] = {}
        if not isinstance(table, Mapping):
            raise TypeError(f"refusals: expected a mapping, and it is {table!r}")
        for reason, kind in table.items():
            if kind not in BOOKED:
                checked(kind)
            elif not isinstance(reason, tuple):
                raise TypeError(f"refusals: {reason!r} is a status, and {kind.__name__} is known by a code alone")
            match reason:
                case bool():
                    raise _impossible(reason)
                case int() if 400 <= reason < 500:
                    self._by_status[reason] = kind
                case (int() as status, str() as code) if code and (200 <= status < 300 or 400 <= status < 600):
                    self._by_code[status, code] = kind
                case _:
                    raise _impossible(reason)

    def meaning(self, status: int, code: str | None) -> type[VendorError] | None:
        """What an answer means; a code that is listed with its status says more than the status. None: no refusal."""
        exact = self._by_code.get((status, code)) if code is not None else None
        return exact or known(status) or self._by_status.get(status)

    def means(self, kind: type[VendorError]) -> bool:
        """Whether some answer means this."""
        return kind in self._by_code.values() or kind in self._by_status.values()

    def statuses(self) -> frozenset[int]:
        """Every status that can be a refusal, with a code or without."""
        return frozenset((*self._by_status, *(status for status, _ in self._by_code)))


def known(status: int) -> type[VendorError] | None:
    """What a status means at any vendor, whatever the body: credentials refused, or asked too often."""
    return _KNOWN.get(status)


def checked(kind: type[VendorError]) -> type[VendorError]:
    """The class of a refusal. Raises `TypeError` for any other class."""
    if not (isinstance(kind, type) and issubclass(kind, (*FINAL, *NOT_APPLIED))):
        names = ", ".join(each.__name__ for each in (*FINAL, *NOT_APPLIED))
        raise TypeError(f"refusals: {getattr(kind, '__name__', kind)!r} proves nothing; expected one of {names}")
    return kind


def renamed(
    kind: type[VendorError],
    problems: Mapping[str, ProblemName],
    *,
    status: int,
    code: str | None,
    message: str | None,
) -> type[VendorError]:
    """What callers are told of a final refusal: what a configuration's `problems` say, or else what the adapter said.

    `problems` name the vendor's code, its status, or both as `STATUS/CODE`, which says most; the message, exactly,
    stands for the code of a vendor that gives none. What is no final refusal stays what it is.
    """
    if kind in FINAL:
        word = (message if code is None else code) or ""
        for said in (f"{status}/{word}", word, str(status)):
            if said in problems:
                return next(each for each in FINAL if each.code == problems[said])
    return kind


def _impossible(reason: object) -> TypeError:
    return TypeError(
        f"refusals: {reason!r} cannot refuse; expected a status from 400 to 499, or a pair (status, 'CODE') with a "
        "status in the 200s, 400s or 500s"
    )
