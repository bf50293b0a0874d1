"""Where adjustments are kept, durably, with every step of their lives."""

from gateway.journal.errors import JournalError, JournalLocked, JournalMissing
from gateway.journal.filters import Filters
from gateway.journal.journal import Journal
from gateway.journal.lists import Page
from gateway.journal.operations import Conclusion, Decision, Permission, RepeatRefusal
from gateway.journal.reads import Counts
from gateway.journal.unknowns import Unknowns, Whereabouts

__all__ = [
    "Conclusion",
    "Counts",
    "Decision",
    "Filters",
    "Journal",
    "JournalError",
    "JournalLocked",
    "JournalMissing",
    "Page",
    "Permission",
    "RepeatRefusal",
    "Unknowns",
    "Whereabouts",
]
