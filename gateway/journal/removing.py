"""Erases and purges adjustments, some at a time; what another writer has in hand is left for the next time.

Their rows are locked, so that a retry, a reversal and a late outcome come before or after, and see which.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, literal_column, or_, select, text, tuple_, update

from gateway import exact
from gateway.adjustments import Status
from gateway.journal import approving, codec, purging_events, removal
from gateway.journal.failures import JournalError
from gateway.journal.removal_commands import Erase, Erased, EraseDue, Purge, Purged, Removing
from gateway.journal.tables import adjustments, erasure_key, transitions
from gateway.journal.transaction import Transaction

_TABLE = adjustments.c
_ENDED = or_(
    _TABLE.status == literal_column("'succeeded'"),
    and_(_TABLE.status == literal_column("'failed'"), _TABLE.retryable.is_(False)),
)
_STEP = (
    update(transitions).where(transitions.c.seq == bindparam("of")).values(evidence=bindparam("left"), exchange="[]")
)
_MAY_DELETE = text("SELECT has_table_privilege('transitions', 'DELETE')")


def remove(transaction: Transaction, asked: Removing) -> Any:
    """Do it; gives what the command says."""
    match asked:
        case Erase():
            return _erase(transaction, asked)
        case EraseDue(most):
            return _erase_due(transaction, most)
        case Purge():
            return _purge(transaction, asked)


def key_of(connection: Connection) -> bytes:
    """The key of this journal's digests of what was erased; empty where nothing was."""
    return connection.scalar(select(erasure_key.c.key)) or b""


def _erase(transaction: Transaction, asked: Erase) -> Erased:
    found = select(adjustments).where(
        _TABLE.tenant == asked.tenant,
        _TABLE.member == asked.member,
        _TABLE.removal.is_(None),
        _TABLE.erase_as.is_(None),
    )
    rows = _locked(transaction, found.order_by(_TABLE.created_at, _TABLE.seq).limit(asked.most))
    also = {name for row in rows if isinstance(name := exact.loads(row["draft"]).get("resolved"), str)}
    ended = [row for row in rows if codec.state_of(_row(row)).final]
    _strip(transaction, [{**row, "erase_as": asked.pseudonym} for row in ended])
    if waiting := [row["id"] for row in rows if not codec.state_of(_row(row)).final]:
        marked = update(adjustments).where(_TABLE.id.in_(waiting)).values(erase_as=asked.pseudonym)
        transaction.connection.execute(marked)
    return Erased(len(ended), len(waiting), frozenset(also))


def _erase_due(transaction: Transaction, most: int) -> Counter[str]:
    rows = _locked(transaction, select(adjustments).where(_TABLE.erase_as.is_not(None), _ENDED).limit(most))
    _strip(transaction, rows)
    return Counter(row["erase_as"] for row in rows)


def _purge(transaction: Transaction, asked: Purge) -> Purged:
    connection = transaction.connection
    if connection.dialect.name == "postgresql" and not connection.scalar(_MAY_DELETE):
        raise JournalError("the role lacks rights on table transitions (DELETE): GRANT them to it for purging")
    before = codec.to_micros(asked.before)
    place = tuple_(_TABLE.created_at, _TABLE.seq)
    names = ("id", "seq", "created_at", "status", "completed_at", "removal")
    found = select(*(_TABLE[name] for name in names)).where(
        _TABLE.tenant == asked.tenant, _TABLE.created_at < before, place > tuple_(*map(bindparam, ("at", "number")))
    )
    values = dict(zip(("at", "number"), asked.after, strict=True))
    rows = connection.execute(found.order_by(_TABLE.created_at, _TABLE.seq).limit(asked.most), values).all()
    old = [row.id for row in rows if row.removal != "purged"]
    whole = _locked(transaction, select(adjustments).where(_TABLE.id.in_(old))) if old else []
    # A retryable failure of that age is tried again by nobody: nothing of it was applied.
    ended = [row for row in whole if row["status"] in (Status.SUCCEEDED, Status.FAILED)]
    ended = [row for row in ended if row["completed_at"] is not None and row["completed_at"] < before]
    untold = purging_events.untold(connection, asked, [row["id"] for row in ended])
    ended = [row for row in ended if row["id"] not in untold]
    if ended:
        purging_events.forget(connection, asked.tenant, [row["id"] for row in ended])
        connection.execute(delete(transitions).where(transitions.c.adjustment.in_([row["id"] for row in ended])))
        _write(connection, [{"of": row["id"], **removal.purged(row)} for row in ended])
        approving.forget(connection, [row["id"] for row in ended])
    following = (rows[-1].created_at, rows[-1].seq) if len(rows) == asked.most else None
    return Purged(len(ended), len(old) - len(ended), following)


def _strip(transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Erase rows that have ended, whose pseudonyms are in `erase_as`, with their steps and answers."""
    if not rows:
        return
    connection, key = transaction.connection, _made_key(transaction.connection)
    changed = []
    for row in rows:
        left = removal.erased(row, key)
        answer = transaction.render(codec.record_of(_row({**row, **left})))
        body = (None, None) if answer is None else (answer.status, answer.body)
        changed.append({"of": row["id"], **left, **dict(zip(("answer_status", "answer_body"), body, strict=True))})
    _write(connection, changed)
    approving.forget(connection, [row["id"] for row in rows])
    steps = select(transitions.c.seq, transitions.c.evidence).where(
        transitions.c.adjustment.in_([row["id"] for row in rows])
    )
    erased_steps = [
        {"of": step.seq, "left": codec.dumps(removal.evidence(exact.loads(step.evidence)))}
        for step in connection.execute(steps)
    ]
    if erased_steps:
        connection.execute(_STEP, erased_steps)


def _write(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    names = [name for name in rows[0] if name != "of"]
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    statement = update(adjustments).where(_TABLE.id == bindparam("of")).values(values)
    parameters = [{"of": row["of"], **{f"new_{name}": row[name] for name in names}} for row in rows]
    connection.execute(statement, parameters)


def _locked(transaction: Transaction, found: Any) -> list[dict[str, Any]]:
    """Whole rows that nobody else has in hand."""
    rows: Iterable[Any] = transaction.connection.execute(found.with_for_update(skip_locked=True)).mappings()
    return [dict(row) for row in rows]


def _made_key(connection: Connection) -> bytes:
    if not (key := key_of(connection)):
        # Of two that make one at once, the second finds the row there, and is done again.
        key = secrets.token_bytes(32)
        connection.execute(insert(erasure_key), {"id": 1, "key": key})
    return key


def _row(row: Mapping[str, Any]) -> SimpleNamespace:
    """A row with its columns as attributes."""
    return SimpleNamespace(**row)
