"""Unknown and accepted adjustments at accounts that no vendor has any more, so that nobody looks for them there."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # `check` has these words where there is no journal
    from gateway.journal import Whereabouts


@dataclass(frozen=True, slots=True)
class Strays:
    """How many of one vendor, by the name that it had then, and when the first and the last were created."""

    vendor: str
    count: int
    oldest: datetime
    newest: datetime


def strays(unknown: "Iterable[Whereabouts]", accounts: Collection[str]) -> tuple[Strays, ...]:
    """Those that went to none of these accounts, by vendor.

    Rows that do not say where they went are left out: the journal's first version did not keep it.
    """
    found: dict[str, Strays] = {}
    for each in unknown:
        if not each.account or each.account in accounts:
            continue
        others = found.setdefault(each.vendor, Strays(each.vendor, 0, each.oldest, each.newest))
        found[each.vendor] = replace(
            others,
            count=others.count + each.count,
            oldest=min(others.oldest, each.oldest),
            newest=max(others.newest, each.newest),
        )
    return tuple(found.values())
