"""What decides about the next step of one adjustment, as its locked row says it."""

from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from gateway.adjustments import Mark, Record, State
from gateway.journal import codec
from gateway.journal.reservation import Reservation


@dataclass(slots=True)
class RepeatColumns:
    """The columns of a row that are about repeats, under their own names; `changed` once one of them was set."""

    effect_digest: str | None
    effect_at: int | None
    effect_attempt: int | None
    repeat_until: int | None
    repeat_at: int | None
    repeat_barred_at: int | None
    repeat_alarmed: bool

    @classmethod
    def of(cls, row: Any) -> "RepeatColumns":
        """Read them from a row that has the columns as attributes."""
        return cls(*_repeat_columns(row))

    @property
    def mark(self) -> Mark | None:
        """What a repeat is held to."""
        return codec.mark_of(self)


REPEAT_COLUMNS = tuple(each.name for each in fields(RepeatColumns))
_repeat_columns = attrgetter(*REPEAT_COLUMNS)


@dataclass(slots=True)
class Standing:
    """What decides about the next step of one adjustment; `record` once this batch has changed it."""

    state: State
    lease_until: int
    owner: str
    resolution: str | None
    looks: int
    conflict: bool
    repeat: RepeatColumns
    reservation: Reservation
    search_cursor: str | None
    removed: bool = False
    record: Record | None = None
    repeat_changed: bool = False

    @classmethod
    def of(cls, row: Any) -> "Standing":
        """Read it from a row that has the columns as attributes."""
        return cls(
            codec.state_of(row),
            row.lease_until,
            row.owner,
            row.resolution,
            row.looks,
            bool(row.conflict),
            RepeatColumns.of(row),
            Reservation.parse(row.reserved),
            row.search_cursor,
            row.removal is not None,
        )

    def set_repeat(self, **columns: Any) -> None:
        """Set some of the columns that are about repeats."""
        for name, value in columns.items():
            setattr(self.repeat, name, value)
        self.repeat_changed = True

    def repeat_row(self, adjustment: str) -> dict[str, Any]:
        """The parameters by which these columns are written to the row of an adjustment."""
        columns = {f"new_{name}": getattr(self.repeat, name) for name in REPEAT_COLUMNS}
        return {"changed_id": adjustment, "new_repeats": self.state.repeats, **columns}
