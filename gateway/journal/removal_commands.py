"""What the journal's writer can be asked to remove, as values that wait for the next batch."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Erase:
    """Erase what a tenant's member (`SCHEME:VALUE`) has, `most` rows of it: gives `Erased`.

    `pseudonym`: the member's from now on. What has not ended is noted, and erased once it has.
    """

    tenant: str
    member: str
    pseudonym: str
    most: int = 200


@dataclass(frozen=True, slots=True)
class Erased:
    """How many were erased, how many are put off, and by which other names the vendors knew the member."""

    erased: int = 0
    put_off: int = 0
    also: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EraseDue:
    """Erase what was put off and has ended, `most` of it: gives how many by pseudonym."""

    most: int = 200


@dataclass(frozen=True, slots=True)
class Purge:
    """Purge what ended `before`, of the next `most` adjustments of a tenant after a place: gives `Purged`.

    What one of the `webhooks` of the tenant has not been told yet is left.
    """

    tenant: str
    before: datetime
    after: tuple[int, int] = (-1, 0)
    most: int = 500
    webhooks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Purged:
    """How many were purged, how many of that age have not ended, and where to go on; None at the end."""

    purged: int
    left: int
    next: tuple[int, int] | None


Removing = Erase | EraseDue | Purge
"""What removes something."""
