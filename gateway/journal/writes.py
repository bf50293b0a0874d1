"""What is done in one batch: a few statements for all of it, whatever its size.

Whatever waits for another writer is asked for in one order, claims by key and then adjustments by id, so that no two
writers can wait for each other; what is looked for by its state leaves out what another has in hand.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from gateway.adjustments import Draft, Record, State
from gateway.journal import codec, repeating
from gateway.journal.fitness import touch
from gateway.journal.operations import Claim, Due, Expire, Present, RepeatsDue, SeeTime, Step, Touch
from gateway.journal.steps import take
from gateway.journal.sweeps import due, expire, present
from gateway.journal.transaction import Transaction

Key = tuple[str, str, str]
"""An idempotency key as its column has it, and what it belongs to: key, client, tenant."""


def write(transaction: Transaction, operations: Sequence[Any]) -> list[Any]:
    """Do every operation; gives their results in the same order."""
    results: list[Any] = [None] * len(operations)
    claims: list[tuple[int, Claim]] = []
    steps: list[tuple[int, Step]] = []
    shown: list[tuple[int, Record]] = []
    others: list[tuple[int, Due | RepeatsDue | SeeTime | Expire | Touch]] = []
    for place, one in enumerate(operations):
        match one:
            case Claim():
                claims.append((place, one))
            case _ if isinstance(one, Step):
                steps.append((place, one))
            case Present(record):
                shown.append((place, record))
            case _:
                others.append((place, one))
    for done in (_claims(transaction, claims), take(transaction, steps), present(transaction, shown)):
        for place, result in done:
            results[place] = result
    for place, one in others:
        match one:
            case Expire():
                results[place] = expire(transaction)
            case Due():
                results[place] = due(transaction, one)
            case RepeatsDue():
                results[place] = repeating.due(transaction, one)
            case SeeTime():
                repeating.see_time(transaction)
            case Touch():
                _touch(transaction)
    transaction.end()
    return results


def _touch(transaction: Transaction) -> None:
    """Find out whether the database can be written, without a row to show for it."""
    if transaction.connection.dialect.name == "sqlite":
        touch(transaction.connection, transaction.micros)
    else:
        transaction.connection.execute(select(1))  # within a transaction that was begun to write


def _claims(transaction: Transaction, claims: list[tuple[int, Claim]]) -> Iterable[tuple[int, tuple[Record, bool]]]:
    if not claims:
        return
    keyed = [(place, _key(claim.draft), claim) for place, claim in claims]
    known = _under(transaction, {key for _, key, _ in keyed})
    wanted: dict[Key, tuple[Record, str]] = {}
    for _, key, claim in keyed:
        if key not in known and key not in wanted:
            record = Record(claim.draft, State(), transaction.now, transaction.later(claim.draft.lease))
            wanted[key] = record, claim.owner
    known |= _inserted(transaction, wanted)
    if missed := wanted.keys() - known.keys():  # another process was first, in between
        known |= _under(transaction, missed)
    for place, key, claim in keyed:
        record, owner = known[key]
        # The owner is this very operation's, so it is ours even where an earlier try did it; but what has expired since
        # then is nobody's.
        yield place, (record, owner == claim.owner and record.state == State())


def _under(transaction: Transaction, keys: set[Key]) -> dict[Key, tuple[Record, str]]:
    """The records under these keys, each with its owner."""
    # By name alone, by which the constraint's index is sorted: a list for each of its columns would be multiplied out.
    # What has the same name and is another's is left behind before whole rows are read.
    statements, connection = transaction.statements, transaction.connection
    found = statements.named.run(connection, {key for key, _, _ in keys})
    ids = [row.id for row in found if (row.key, row.client, row.tenant) in keys]
    if not ids:
        return {}
    rows = statements.whole.run(connection, ids)
    return {(row.key, row.client, row.tenant): (codec.record_of(row), row.owner) for row in rows}


def _inserted(transaction: Transaction, wanted: dict[Key, tuple[Record, str]]) -> dict[Key, tuple[Record, str]]:
    """Write new records; gives those that no other writer was quicker with."""
    if not wanted:
        return {}
    rows = [{**codec.row_of(record), "owner": owner} for _, (record, owner) in sorted(wanted.items(), key=_first)]
    inserted = transaction.statements.claim.run(transaction.connection, rows).rowcount
    ours = wanted if inserted == len(rows) else _there(transaction, wanted)
    for record, _ in ours.values():
        transaction.step(record.draft.id, None, record.state, "gateway", {})
    return ours


def _there(transaction: Transaction, wanted: dict[Key, tuple[Record, str]]) -> dict[Key, tuple[Record, str]]:
    there = transaction.records(record.draft.id for record, _ in wanted.values())
    return {key: claimed for key, claimed in wanted.items() if claimed[0].draft.id in there}


def _first(item: tuple[Key, object]) -> Key:
    return item[0]


def _key(draft: Draft) -> Key:
    return codec.storable(draft.key), draft.client, draft.tenant
