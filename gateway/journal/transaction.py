"""What every operation of a batch has in hand: the connection, one moment for all, and who renders answers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from gateway.adjustments import Answer, Record, State
from gateway.event_kinds import is_event
from gateway.journal import codec
from gateway.journal.statements import Statements
from gateway.uptime import Uptime

Render = Callable[[Record], Answer | None]


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction, and `now`, its moment by the journal's clock; `fresh` gives the time at which it is asked.

    `uptime`: that of this machine, where there is one to go by. `render` makes the answers that are kept; `kept`: rows
    of transitions, written at its end.
    """

    connection: Connection
    statements: Statements
    now: datetime
    render: Render
    fresh: Callable[[], datetime]
    uptime: Uptime | None = None
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
        return {row.id: codec.record_of(row) for row in self.statements.whole.run(self.connection, set(ids))}

    def answered(self, record: Record) -> Record:
        """The record, which has none yet, with the answer that is kept for its key."""
        return replace(record, answer=self.render(record))

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

    def end(self) -> None:
        """Write what is left to write."""
        if self.kept:
            self.statements.keep.run(self.connection, self.kept)
