"""Finds adjustments of whichever tenant, for operators: each statement reads by indexes, or a bounded part of steps.

Most indexes begin with the tenant. So the tenants that there are come first, by skipping from one to the next, and each
is asked within the same statement. What that costs grows with how many tenants there are, not with what they hold.
"""

from typing import Any, Literal

from sqlalchemy import Connection, TextClause, bindparam, column, select, text

from gateway.adjustments import Record
from gateway.journal import codec
from gateway.journal.lists import Page, place_of
from gateway.journal.tables import adjustments, transitions

STEPS = 50_000
"""The newest steps of all histories that are looked through for a request's id, which has no index."""
Named = Literal["member", "reference", "refers_to"]
_TENANTS = """
    WITH RECURSIVE skipped(tenant) AS (
        SELECT min(tenant) FROM adjustments
        UNION ALL
        SELECT (SELECT min(tenant) FROM adjustments WHERE tenant > skipped.tenant) FROM skipped WHERE tenant IS NOT NULL
    )
"""
_OF_TENANT = """
    SELECT {what} FROM adjustments AS each
    WHERE each.tenant = skipped.tenant AND each.{name} = :value {also} {before}
    ORDER BY each.created_at DESC, each.seq DESC LIMIT :most
"""
_BEFORE = "AND (each.created_at, each.seq) < (:created_at, :seq)"
_ORDER = "ORDER BY created_at DESC, seq DESC LIMIT :most"
# Rows of one tenant after another, each by the index of the tenant and the column; only PostgreSQL can join so.
_ON_SQLITE = "{tenants} SELECT adjustments.* FROM skipped JOIN adjustments ON adjustments.seq IN ({one}) {order}"
_ON_POSTGRESQL = "{tenants} SELECT found.* FROM skipped JOIN LATERAL ({one}) AS found ON true {order}"
# By the index of those that have a transaction, which begins with tenant and account.
_TRANSACTION = """
    WITH RECURSIVE skipped(tenant) AS (
        SELECT min(tenant) FROM adjustments WHERE transaction_id IS NOT NULL
        UNION ALL
        SELECT (SELECT min(tenant) FROM adjustments WHERE transaction_id IS NOT NULL AND tenant > skipped.tenant)
        FROM skipped WHERE tenant IS NOT NULL
    ), pairs(tenant, account) AS (
        SELECT tenant, (SELECT min(account) FROM adjustments AS each
            WHERE each.transaction_id IS NOT NULL AND each.tenant = skipped.tenant)
        FROM skipped WHERE tenant IS NOT NULL
        UNION ALL
        SELECT tenant, (SELECT min(account) FROM adjustments AS each
            WHERE each.transaction_id IS NOT NULL AND each.tenant = pairs.tenant AND each.account > pairs.account)
        FROM pairs WHERE account IS NOT NULL
    )
    SELECT adjustments.* FROM pairs JOIN adjustments ON adjustments.transaction_id IS NOT NULL
        AND adjustments.tenant = pairs.tenant AND adjustments.account = pairs.account
        AND adjustments.transaction_id = :value
    WHERE pairs.account IS NOT NULL
    ORDER BY adjustments.created_at DESC, adjustments.seq DESC LIMIT :most
"""


def named(connection: Connection, name: Named, value: str, limit: int, after: str | None) -> Page:
    """The newest adjustments of all tenants with this value, after the one with the id `after`.

    Raises `InvalidRequest` where there is no adjustment `after`.
    """
    place = None if after is None else place_of(connection, None, after)
    values: dict[str, Any] = {"value": codec.storable(value), "most": limit + 1}
    if place is not None:
        values |= {"created_at": place.created_at, "seq": place.seq}
    rows = _rows(connection, named_statement(connection.dialect.name, name, paged=place is not None), values)
    return Page(tuple(map(codec.record_of, rows[:limit])), rows[limit - 1].id if len(rows) > limit else None)


def named_statement(dialect: str, name: Named, *, paged: bool) -> str:
    """The statement of `named`, by the name of a database's dialect; `paged`: after a place in the list."""
    sqlite = dialect == "sqlite"
    also = "AND each.refers_to IS NOT NULL" if name == "refers_to" else ""
    before = _BEFORE if paged else ""
    one = _OF_TENANT.format(what="each.seq" if sqlite else "each.*", name=name, also=also, before=before)
    return (_ON_SQLITE if sqlite else _ON_POSTGRESQL).format(tenants=_TENANTS, one=one, order=_ORDER)


def by_transaction(connection: Connection, transaction: str, limit: int) -> tuple[Record, ...]:
    """The newest adjustments, of all tenants and accounts, with this transaction id of a vendor."""
    values = {"value": codec.storable(transaction), "most": limit}
    return tuple(map(codec.record_of, _rows(connection, TRANSACTION, values)))


TRANSACTION = _TRANSACTION
"""The statement of `by_transaction`."""


def by_request(connection: Connection, request_id: str, limit: int) -> tuple[Record, ...]:
    """The newest adjustments that a request with this id was about, found in the newest steps."""
    newest = select(transitions.c.adjustment, transitions.c.evidence).order_by(transitions.c.seq.desc()).limit(STEPS)
    steps = newest.subquery()
    fragment = f'"request_id":{codec.dumps(request_id)}'
    found = select(steps.c.adjustment).where(steps.c.evidence.contains(fragment, autoescape=True))
    ids = list(dict.fromkeys(connection.scalars(found)))[:limit]
    if not ids:
        return ()
    moment = adjustments.c.created_at, adjustments.c.seq
    rows = select(adjustments).where(adjustments.c.id.in_(ids)).order_by(*(each.desc() for each in moment))
    return tuple(map(codec.record_of, connection.execute(rows)))


def _rows(connection: Connection, statement: str, values: dict[str, Any]) -> list[Any]:
    made: TextClause = text(statement).bindparams(*(bindparam(name) for name in values))
    columns = [column(each.name, each.type) for each in adjustments.c]
    return list(connection.execute(made.columns(*columns), values))
