"""Where adjustments are kept, durably, with every step of their lives."""

from gateway.journal.audit import Entry
from gateway.journal.commands import (
    Action,
    Claimed,
    Conclusion,
    Exhausted,
    LimitChange,
    Obstacle,
    Refused,
    Unreversible,
)
from gateway.journal.decision_commands import Decision, Withdrawal
from gateway.journal.event_commands import KeepRound, Outcome, Publication, Publish, Replay, Taken, TakeWebhook
from gateway.journal.failures import JournalError, JournalLocked, JournalMissing
from gateway.journal.feed import Event, FeedEntry, FeedPage
from gateway.journal.filters import Filters
from gateway.journal.journal import Journal
from gateway.journal.limit_use import Usage
from gateway.journal.lists import Page
from gateway.journal.lookups import Counts
from gateway.journal.naming import Names, Renamed
from gateway.journal.outbox import Backlog
from gateway.journal.queue import Queue, QueueEntry
from gateway.journal.removal_commands import Erase, Erased, EraseDue, Purge, Purged
from gateway.journal.repeat_commands import Permission, RepeatRefusal
from gateway.journal.switches import Paused, UnderWay
from gateway.journal.unknowns import Unknowns, Whereabouts
from gateway.journal.webhooks import Delivery, Due, Owed, WebhookStanding

__all__ = [
    "Action",
    "Backlog",
    "Claimed",
    "Conclusion",
    "Counts",
    "Decision",
    "Delivery",
    "Due",
    "Entry",
    "Erase",
    "EraseDue",
    "Erased",
    "Event",
    "Exhausted",
    "FeedEntry",
    "FeedPage",
    "Filters",
    "Journal",
    "JournalError",
    "JournalLocked",
    "JournalMissing",
    "KeepRound",
    "LimitChange",
    "Names",
    "Obstacle",
    "Outcome",
    "Owed",
    "Page",
    "Paused",
    "Permission",
    "Publication",
    "Publish",
    "Purge",
    "Purged",
    "Queue",
    "QueueEntry",
    "Refused",
    "Renamed",
    "RepeatRefusal",
    "Replay",
    "TakeWebhook",
    "Taken",
    "UnderWay",
    "Unknowns",
    "Unreversible",
    "Usage",
    "WebhookStanding",
    "Whereabouts",
    "Withdrawal",
]
