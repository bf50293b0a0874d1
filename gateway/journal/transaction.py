"""What every operation of a batch has in hand: the connection, one moment for all, and who renders answers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from gateway.adjustments import Answer, Record, State
from gateway.event_kinds import is_event
from gateway.journal import codec
from gateway.journal.driver import together
from gateway.journal.machine import Machine
from gateway.journal.statements import Statements

Render = Callable[[Record], Answer | None]


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction, and `now`, its moment by the journal's clock; `fresh` gives the time at which it is asked.

    `machine`: this one, where its uptime can be gone by. `render` makes the answers that are kept; `kept`: rows of
    transitions that are yet to write.
    """

    connection: Connection
    statements: Statements
    now: datetime
    render: Render
    fresh: Callable[[], datetime]
    machine: Machine | None = None
    kept: list[dict[str, Any]] = field(default_factory=list)

    @property
    def micros(self) -> int:
        """`now` as the tables have it."""
        return codec.to_micros(self.now)

    def later(self, seconds: float) -> datetime:
        """So many seconds from now."""
        return self.now + timedelta(seconds=seconds)

    def records(self, ids: Iterable[str]) -> dict[str, Record]:
        """The adjustments of these ids as they are kept, by id."""
        return {row.id: codec.record_of(row) for row in self.statements.whole.run(self.connection, set(ids)).rows}

    def answered(self, record: Record) -> Record:
        """The record, which has none yet, with the answer that is kept for its key."""
        return record._replace(answer=self.render(record))

    def completed_at(self, state: State) -> datetime | None:
        """The time of completion of what comes to this state now, if that completes it."""
        return None if state.open else self.now

    def step(
        self,
        adjustment: str,
        before: State | None,
        after: State,
        by: str,
        evidence: Mapping[str, Any],
        exchange: Sequence[Mapping[str, Any]] = (),
        *,
        tenant: str,
    ) -> None:
        """Have a step of this moment, in the life of a tenant's adjustment of this id, written at the end."""
        self.kept.append(
            {
                "adjustment": adjustment,
                "at": self.micros,
                "before": None if before is None else before.status.value,
                "after": after.status.value,
                "attempt": after.attempt,
                "by": by,
                "evidence": codec.dumps(evidence),
                "exchange": codec.dumps(exchange),
                "feed": tenant if is_event(before, after, evidence) else None,
            }
        )

    def write(self, changed: list[dict[str, Any]], claimed: list[dict[str, Any]]) -> int:
        """Write rows that were changed and rows that are new, and the steps so far; gives how many new ones there are.

        A new row is left out, and its step, where another writer was quicker with its key.
        """
        statements = self.statements
        every = ((statements.change, changed), (statements.claim, claimed), (statements.keep, self.kept))
        asked = [each for each in every if each[1]]
        if not asked:
            return 0
        counts = {each: found.count for (each, _), found in zip(asked, together(self.connection, asked), strict=True)}
        new = counts.get(statements.claim, 0)
        if counts.get(statements.keep, 0) != len(self.kept) - (len(claimed) - new):
            raise LookupError("a step was not kept, since its adjustment is not there")
        self.kept.clear()
        return new

    def end(self) -> None:
        """Write what is left to write."""
        if self.kept:
            self.statements.keep.run(self.connection, self.kept)
