"""What every operation of a batch has in hand: the connection, one moment for all, and who renders answers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from gateway.adjustments import Answer, Record, State, Status, Transition
from gateway.journal import codec
from gateway.journal.schema import adjustments, transitions

Render = Callable[[Record], Answer | None]

_KEEP = insert(transitions)


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction, and `now`, its moment by the journal's clock; `render` makes the answers that are kept."""

    connection: Connection
    now: datetime
    render: Render

    @property
    def micros(self) -> int:
        """`now` as the tables have it."""
        return codec.to_micros(self.now)

    def later(self, seconds: float) -> datetime:
        """So many seconds from now."""
        return self.now + timedelta(seconds=seconds)

    def records(self, ids: Iterable[str]) -> dict[str, Record]:
        """The adjustments of these ids as they are kept, by id."""
        found = select(adjustments).where(adjustments.c.id.in_(set(ids)))
        return {row.id: codec.record_of(row) for row in self.connection.execute(found)}

    def answered(self, record: Record) -> Record:
        """The record with its time of completion, if it is complete, and the answer that is kept for its key."""
        completed_at = None if record.state.status is Status.UNKNOWN else self.now
        record = replace(record, completed_at=completed_at, answer=None)
        return replace(record, answer=self.render(record))

    def transition(self, before: State | None, after: State, by: str, evidence: Mapping[str, Any]) -> Transition:
        """A step of this moment."""
        return Transition(self.now, before.status if before else None, after.status, after.attempt, by, evidence)

    def keep(self, rows: list[dict[str, Any]]) -> None:
        """Write the rows of transitions."""
        if rows:
            self.connection.execute(_KEEP, rows)
