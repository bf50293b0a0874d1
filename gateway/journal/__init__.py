"""Where adjustments are kept, durably, with every step of their lives."""

from gateway.journal.errors import JournalError, JournalLocked, JournalMissing
from gateway.journal.journal import Journal
from gateway.journal.reads import Filters

__all__ = ["Filters", "Journal", "JournalError", "JournalLocked", "JournalMissing"]
