"""What can keep a journal from being opened; once it is open, its failures are `gateway.errors.StoreUnavailable`.

JournalError
├── JournalLocked
└── JournalMissing
"""


class JournalError(Exception):
    """Raised when a journal cannot be opened; its text says why, and where possible what to do."""


class JournalLocked(JournalError):
    """Raised when somebody who needs a journal alone meets others who write to it, or the other way round."""


class JournalMissing(JournalError):
    """Raised when there is nothing to read yet: no gateway was ever started on this journal."""
