"""What is due to be seen to, of each account a share: one statement, whatever the number of accounts.

For each account the index of what is due is read from its beginning, and no further than the share goes: neither what
other accounts have nor what is not due yet costs anything.
"""

from collections.abc import Collection
from typing import Any

import orjson
import structlog
from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Select,
    Text,
    bindparam,
    func,
    literal_column,
    select,
    true,
    update,
)

from gateway.adjustments import Record, Status
from gateway.journal import codec
from gateway.journal.tables import adjustments
from gateway.journal.transaction import Transaction

log = structlog.get_logger(__name__)
UNREADABLE = 3600.0
"""Seconds until what cannot be read is tried again: a newer gateway may have written it."""
BARRED_FOR = 3_600_000_000
"""Microseconds for which what waits for a person is not repeated; should nobody come back, it goes on after that."""
_OTHER = adjustments.alias("other")
_NOW: BindParameter[int] = bindparam("now")


class Shares:
    """What has a status and is due by a column, which a NULL makes due at once; `also`: more that must hold."""

    def __init__(self, status: Status, column: str, *also: ColumnElement[bool]) -> None:
        self._status: ColumnElement[str] = literal_column(f"'{status.value}'")
        self._column = column
        self._due_at = func.coalesce(_OTHER.c[column], literal_column("0"))
        self._also = also
        self._hold = (
            update(adjustments)
            .where(adjustments.c.id == bindparam("changed_id"))
            .values({column: bindparam("held_until")})
        )
        self._on_sqlite, self._on_postgresql = self._sqlite(), self._postgresql()

    def take(self, transaction: Transaction, accounts: Collection[str], *, share: int, hold: float) -> list[Record]:
        """Of each account the `share` that is due longest, and kept from others for `hold` seconds from now on.

        What another has in hand is left out. A row that cannot be read is logged, and put off by `UNREADABLE`.
        """
        on_postgresql = transaction.connection.dialect.name == "postgresql"
        statement, form = (self._on_postgresql, list) if on_postgresql else (self._on_sqlite, _json)
        values = {"accounts": form(accounts), "share": share, "now": transaction.micros}
        found = transaction.connection.execute(statement, values)
        until, later = (codec.to_micros(transaction.later(seconds)) for seconds in (hold, UNREADABLE))
        records, held = [], []
        for row in sorted(found, key=lambda row: (row.account, getattr(row, self._column) or 0, row.seq)):
            try:
                records.append(codec.record_of(row))
            except Exception as error:
                log.error("an unknown cannot be read in the journal", adjustment=row.id, exc_info=error)
                held.append({"changed_id": row.id, "held_until": later})
            else:
                held.append({"changed_id": row.id, "held_until": until})
        if held:
            transaction.connection.execute(self._hold, held)
        return records

    def _of(self, account: Any) -> Select[Any]:
        """The `seq` of what is due at one account, which is a column of another table."""
        # The words of the index, so that it is found to fit.
        ripe = (_OTHER.c.status == self._status, _OTHER.c.account == account, self._due_at <= _NOW)
        return (
            select(_OTHER.c.seq)
            .where(*ripe, *self._also)
            .order_by(self._due_at, _OTHER.c.seq)
            .limit(bindparam("share"))
        )

    def _sqlite(self) -> Select[Any]:
        asked = func.json_each(bindparam("accounts")).table_valued("value", name="asked")
        found = adjustments.c.seq.in_(self._of(asked.c.value).correlate(asked))
        return select(adjustments).select_from(asked.join(adjustments, found))

    def _postgresql(self) -> Select[Any]:
        accounts = bindparam("accounts", type_=ARRAY(Text))
        asked = func.unnest(accounts).table_valued("value", name="asked").render_derived()
        found = self._of(asked.c.value).with_for_update(skip_locked=True).lateral("found")
        whole = adjustments.c.seq == found.c.seq
        return select(adjustments).select_from(asked.join(found, true()).join(adjustments, whole))


SEARCHES = tuple(
    Shares(status, "look_at", _OTHER.c.lease_until <= _NOW) for status in (Status.UNKNOWN, Status.ACCEPTED)
)
"""What no attempt may still settle, and nobody looks for: what is unknown, and what the vendor has not decided."""

REPEATS = Shares(
    Status.UNKNOWN,
    "repeat_at",
    _OTHER.c.effect_digest.is_not(None),
    _OTHER.c.effect_at.is_not(None),
    func.coalesce(_OTHER.c.repeat_barred_at + BARRED_FOR, literal_column("0")) <= _NOW,
    func.coalesce(_OTHER.c.repeat_until, literal_column("0")) <= _NOW,
)
"""What was marked, is not being repeated, and waits for no person, or has waited for one in vain."""


def _json(accounts: Collection[str]) -> str:
    return orjson.dumps(list(accounts)).decode()
