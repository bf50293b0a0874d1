"""What is due to be looked for, of each account a share: one statement, whatever the number of accounts.

For each account the index of what is due is read from its beginning, and no further than the share goes: neither what
other accounts have nor what is not due yet costs anything.
"""

from collections.abc import Collection
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    Connection,
    Row,
    Select,
    Text,
    bindparam,
    func,
    literal_column,
    select,
    true,
)

from gateway.journal.schema import adjustments

_OTHER = adjustments.alias("other")
_DUE_AT = func.coalesce(_OTHER.c.look_at, literal_column("0"))


def due(connection: Connection, accounts: Collection[str], share: int, now: int) -> list[Row[Any]]:
    """Whole rows of what is `unknown` at these accounts and due; of each account the `share` that is due longest.

    `now`: microseconds. Nobody else takes a row before the transaction's end, and what another has taken is left out.
    """
    on_postgresql = connection.dialect.name == "postgresql"
    statement, form = (_ON_POSTGRESQL, list) if on_postgresql else (_ON_SQLITE, _json)
    values = {"accounts": form(accounts), "share": share, "now": now}
    return sorted(connection.execute(statement, values), key=lambda row: (row.account, row.look_at or 0, row.seq))


def _of(account: Any) -> Select[Any]:
    """The `seq` of what is due at one account, which is a column of another table."""
    # The words of the index, so that it is found to fit.
    ripe = (_OTHER.c.status == literal_column("'unknown'"), _OTHER.c.account == account, bindparam("now") >= _DUE_AT)
    over = bindparam("now") >= _OTHER.c.lease_until
    return select(_OTHER.c.seq).where(*ripe, over).order_by(_DUE_AT, _OTHER.c.seq).limit(bindparam("share"))


def _sqlite() -> Select[Any]:
    asked = func.json_each(bindparam("accounts")).table_valued("value", name="asked")
    found = adjustments.c.seq.in_(_of(asked.c.value).correlate(asked))
    return select(adjustments).select_from(asked.join(adjustments, found))


def _postgresql() -> Select[Any]:
    asked = func.unnest(bindparam("accounts", type_=ARRAY(Text))).table_valued("value", name="asked").render_derived()
    found = _of(asked.c.value).with_for_update(skip_locked=True).lateral("found")
    whole = adjustments.c.seq == found.c.seq
    return select(adjustments).select_from(asked.join(found, true()).join(adjustments, whole))


def _json(accounts: Collection[str]) -> str:
    return orjson.dumps(list(accounts)).decode()


_ON_SQLITE, _ON_POSTGRESQL = _sqlite(), _postgresql()
