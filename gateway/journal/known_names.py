"""The names of clients and tenants that configurations had, so that a renaming is noticed.

An idempotency key belongs to a client and a tenant by their names. Under a new name, a repeat of a key would be a new
adjustment. So the journal keeps one name for each, the first, and knows which names are shown for it.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select, update

from gateway.journal.naming import Names, Renamed, Sign
from gateway.journal.tables import adjustments, names
from gateway.journal.transaction import Transaction
from gateway.journal.upserts import upsert
from gateway.limits import Kind

KEY = "key"
"""The kind of a row that says whose a client's key is."""


def renamed(connection: Connection, configured: Names) -> tuple[Renamed, ...]:
    """What has another name than before and does not say so; nothing in a journal without adjustments.

    That is a name which was shown for another one; a client with a key of another one; and what is new while something
    with the same content is gone.
    """
    if connection.execute(select(adjustments.c.seq).limit(1)).first() is None:
        return ()
    rows = connection.execute(select(names)).all()
    known = {(row.kind, row.name): row.journal_name for row in rows}
    shown = {(kind, first): name for (kind, name), first in configured.journal_names.items()}
    found: dict[tuple[Kind, str], Renamed] = {}

    def note(kind: Kind, name: str, was: str, sign: Sign) -> None:
        found.setdefault((kind, name), Renamed(kind, name, was, sign))

    for (kind, name), first in configured.journal_names.items():
        for each in (name, first):
            if (was := known.get((kind, each), first)) != first:
                note(kind, name, was, "name")
    for mark, first in configured.keys.items():
        if (was := known.get((KEY, mark), first)) != first:
            note("client", shown["client", first], was, "key")
    seen = {(row.kind, row.journal_name) for row in rows}
    gone = {
        (row.kind, row.content): row.journal_name
        for row in rows
        if row.present and (row.kind, row.journal_name) not in configured.contents and row.kind != KEY
    }
    for (kind, first), content in configured.contents.items():
        if (kind, first) not in seen and (like := gone.get((kind, content))) and _used(connection, kind, like):
            note(kind, shown[kind, first], like, "content")
    return tuple(found[each] for each in sorted(found))


def adopt(transaction: Transaction, configured: Names) -> tuple[Renamed, ...]:
    """Keep the names of a configuration that is in force now; where some are `renamed`, nothing is written."""
    connection = transaction.connection
    if refused := renamed(connection, configured):
        return refused
    wanted: dict[tuple[str, str], tuple[str, str]] = {
        each: (first, configured.contents[each[0], first]) for each, first in configured.journal_names.items()
    }
    wanted.update({(KEY, mark): (first, "") for mark, first in configured.keys.items()})
    rows = connection.execute(select(names)).all()
    before = {(row.kind, row.name): (row.journal_name, row.content) for row in rows if row.present}
    new = [
        {"kind": kind, "name": name, "journal_name": first, "content": content, "present": True}
        for (kind, name), (first, content) in sorted(wanted.items())
        if before.get((kind, name)) != (first, content)
    ]
    if new:
        upsert(connection, names, new)
    _depart(connection, before.keys() - wanted.keys())
    return ()


def _depart(connection: Connection, gone: Collection[tuple[Any, str]]) -> None:
    """Note that names are not configured any more. A key stays whose it was."""
    for kind, name in sorted(each for each in gone if each[0] != KEY):
        connection.execute(update(names).where(names.c.kind == kind, names.c.name == name).values(present=False))


def _used(connection: Connection, kind: Kind, was: str) -> bool:
    """Whether the journal has an adjustment of it. No index begins with the client: one of those is taken as used."""
    if kind == "client":
        return True
    return connection.execute(select(adjustments.c.seq).where(adjustments.c.tenant == was).limit(1)).first() is not None
