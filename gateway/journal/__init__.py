"""Where adjustments are kept, durably, with every step of their lives."""

from gateway.journal.audit import Entry
from gateway.journal.commands import (
    Action,
    Claimed,
    Conclusion,
    Decision,
    Exhausted,
    LimitChange,
    Obstacle,
    Refused,
    Unreversible,
)
from gateway.journal.failures import JournalError, JournalLocked, JournalMissing
from gateway.journal.filters import Filters
from gateway.journal.journal import Journal
from gateway.journal.limit_use import Usage
from gateway.journal.lists import Page
from gateway.journal.lookups import Counts
from gateway.journal.naming import Names, Renamed
from gateway.journal.removal_commands import Erase, Erased, EraseDue, Purge, Purged
from gateway.journal.repeat_commands import Permission, RepeatRefusal
from gateway.journal.switches import Paused, UnderWay
from gateway.journal.unknowns import Unknowns, Whereabouts

__all__ = [
    "Action",
    "Claimed",
    "Conclusion",
    "Counts",
    "Decision",
    "Entry",
    "Erase",
    "EraseDue",
    "Erased",
    "Exhausted",
    "Filters",
    "Journal",
    "JournalError",
    "JournalLocked",
    "JournalMissing",
    "LimitChange",
    "Names",
    "Obstacle",
    "Page",
    "Paused",
    "Permission",
    "Purge",
    "Purged",
    "Refused",
    "Renamed",
    "RepeatRefusal",
    "UnderWay",
    "Unknowns",
    "Unreversible",
    "Usage",
    "Whereabouts",
]
