"""Where adjustments are kept, durably, with every step of their lives."""

from gateway.journal.errors import JournalError, JournalLocked, JournalMissing
from gateway.journal.filters import Filters
from gateway.journal.journal import Journal
from gateway.journal.limiting import Usage
from gateway.journal.lists import Page
from gateway.journal.operations import (
    Claimed,
    Conclusion,
    Decision,
    Exhausted,
    LimitChange,
    Permission,
    Refused,
    RepeatRefusal,
)
from gateway.journal.reads import Counts
from gateway.journal.unknowns import Unknowns, Whereabouts

__all__ = [
    "Claimed",
    "Conclusion",
    "Counts",
    "Decision",
    "Exhausted",
    "Filters",
    "Journal",
    "JournalError",
    "JournalLocked",
    "JournalMissing",
    "LimitChange",
    "Page",
    "Permission",
    "Refused",
    "RepeatRefusal",
    "Unknowns",
    "Usage",
    "Whereabouts",
]
