"""Whoever is told how the writer of a journal does."""

from typing import Protocol


class Watch(Protocol):
    """Hears of each transaction; `queued` in the event loop, all else in the writer's thread."""

    def queued(self, operations: int) -> None:
        """So many operations wait or are being done."""

    def committed(self, operations: int, seconds: float, commit: float) -> None:
        """A transaction of so many operations is durable after so many seconds; `commit` are those of its commit."""

    def failed(self) -> None:
        """A transaction failed because of the database."""


class Unwatched:
    """Hears and does nothing."""

    def queued(self, operations: int) -> None:
        """Do nothing."""

    def committed(self, operations: int, seconds: float, commit: float) -> None:
        """Do nothing."""

    def failed(self) -> None:
        """Do nothing."""
