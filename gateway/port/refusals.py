"""The meaning of a vendor's refusals, by status and by the vendor's own code: an adapter's table, checked once.

A refusal proves that nothing was applied. A refusal in `FINAL` is permanent; after one in `NOT_APPLIED` a retry can
help.
"""

from collections.abc import Mapping
from typing import Literal

from gateway.errors import (
    AlreadyBooked,
    AlreadyReversed,
    BookedOtherwise,
    InsufficientPoints,
    MemberAmbiguous,
    MemberNotFound,
    VendorAuthFailed,
    VendorBusy,
    VendorError,
    VendorRateLimited,
    VendorRejected,
)

Reason = int | tuple[int, str]
"""A status, or a status and the vendor's own code."""
_CONFIGURABLE = (MemberNotFound, InsufficientPoints, VendorRejected)
FINAL = (*_CONFIGURABLE, MemberAmbiguous, AlreadyReversed)
NOT_APPLIED = (VendorAuthFailed, VendorRateLimited, VendorBusy)
BOOKED = (AlreadyBooked, BookedOtherwise)
"""Answers of a vendor that enforces idempotency about the adjustment's own id; they are not refusals."""
ProblemName = Literal["member_not_found", "insufficient_points", "vendor_rejected"]
"""The codes of refusals that a configuration can name."""
_BUILT_IN: Mapping[int, type[VendorError]] = {401: VendorAuthFailed, 429: VendorRateLimited}


class Refusals:
    """The meaning of statuses and codes. Raises `TypeError` for a table with an entry that cannot be a refusal."""

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
                case bool():  # a subclass of `int`, so it must come first
                    raise _impossible(reason)
                case int() if 400 <= reason < 500:
                    self._by_status[reason] = kind
                case (int() as status, str() as code) if code and (200 <= status < 300 or 400 <= status < 600):
                    self._by_code[status, code] = kind
                case _:
                    raise _impossible(reason)

    def meaning(self, status: int, code: str | None) -> type[VendorError] | None:
        """The meaning of an answer; an entry with a code takes precedence over its status. None: no refusal."""
        exact = self._by_code.get((status, code)) if code is not None else None
        return exact or built_in(status) or self._by_status.get(status)

    def means(self, kind: type[VendorError]) -> bool:
        """Whether an entry of the table has this meaning."""
        return kind in self._by_code.values() or kind in self._by_status.values()

    def statuses(self) -> frozenset[int]:
        """All statuses that can be a refusal, with or without a code."""
        return frozenset((*self._by_status, *(status for status, _ in self._by_code)))


def built_in(status: int) -> type[VendorError] | None:
    """The meaning of a status at every vendor, whatever the body: credentials refused, or rate limited."""
    return _BUILT_IN.get(status)


def checked(kind: type[VendorError]) -> type[VendorError]:
    """The class of a refusal. Raises `TypeError` for any other class."""
    if not (isinstance(kind, type) and issubclass(kind, (*FINAL, *NOT_APPLIED))):
        names = ", ".join(each.__name__ for each in (*FINAL, *NOT_APPLIED))
        raise TypeError(f"refusals: {getattr(kind, '__name__', kind)!r} proves nothing; expected one of {names}")
    return kind


def configured(
    kind: type[VendorError],
    problems: Mapping[str, ProblemName],
    *,
    status: int,
    code: str | None,
    message: str | None,
) -> type[VendorError]:
    """The class of a final refusal for callers: from the configuration's `problems`, otherwise the adapter's `kind`.

    The keys of `problems` are `STATUS/CODE`, the vendor's code, or the status, in order of precedence. If the vendor
    gives no code, its exact message is used in place of one. Other refusals than those that a configuration can name
    are unchanged.
    """
    if kind in _CONFIGURABLE:
        name = (message if code is None else code) or ""
        for key in (f"{status}/{name}", name, str(status)):
            if key in problems:
                return next(each for each in _CONFIGURABLE if each.code == problems[key])
    return kind


def _impossible(reason: object) -> TypeError:
    return TypeError(
        f"refusals: {reason!r} cannot refuse; expected a status from 400 to 499, or a pair (status, 'CODE') with a "
        "status in the 200s, 400s or 500s"
    )
