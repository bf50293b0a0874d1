"""What operators work on: the journal, and what serves in this process."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.model import Member
from gateway.operators.recorder import Recorder
from gateway.operators.trail import Trail
from gateway.service.background import TaskStanding
from gateway.service.vendors import Vendors
from gateway.settings import Settings
from gateway.settings.difference import difference


class InForce(Protocol):
    """The configuration that serves now."""

    @property
    def settings(self) -> Settings:
        """What it says."""

    @property
    def vendors(self) -> Vendors:
        """Its vendors."""

    @property
    def loaded_at(self) -> datetime:
        """Since when it serves."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """The last reload that came into force: when, and what it changed, a line for each thing."""

    at: datetime
    changes: tuple[str, ...]


class Desk:
    """What the functions of this room are called with.

    `current`: the configuration in force; `tasks`: how the background tasks of this process stand; `drop` forgets the
    balances of a member that are cached. `clock`: now, aware.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        metrics: Metrics,
        recorder: Recorder,
        current: Callable[[], InForce],
        tasks: Callable[[], Sequence[TaskStanding]],
        drop: Callable[[Member], None],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.journal = journal
        self.metrics = metrics
        self.recorder = recorder
        self.current = current
        self.tasks = tasks
        self.drop = drop
        self.clock = clock
        self.trail = Trail(journal, clock=monotonic)
        self.reloaded: Reloaded | None = None

    def reload(self, old: Settings, new: InForce) -> None:
        """Note what has changed, now that another configuration is in force."""
        self.reloaded = Reloaded(new.loaded_at, tuple(difference(old, new.settings)))

    @property
    def process(self) -> str:
        """This process in words, where what is shown is of it alone."""
        number, of = self.metrics.process
        return f"process {os.getpid()}" if of == 1 else f"process {os.getpid()}, worker {number} of {of}"
