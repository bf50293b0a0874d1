"""What is done in one batch: a few statements for all of it, whatever its size.

Whatever waits for another writer is asked for in one order, adjustments by id, then counters, and then new keys, so
that no two writers can wait for each other; what is looked for by its state leaves out what another has in hand.
"""

from collections.abc import Sequence
from typing import Any

from gateway.adjustments import Record
from gateway.journal import (
    approving,
    audit,
    known_names,
    limit_use,
    outbox,
    removing,
    repeating,
    set_backs,
    standbys,
    switches,
    webhooks,
)
from gateway.journal.budgets import Budgets
from gateway.journal.claims import Claims
from gateway.journal.commands import Adopt, Claim, Due, Expire, Note, NoteLimits, Present, Step, Switch, Touch
from gateway.journal.event_commands import EventCommand, KeepRound, Publish, Replay, TakeWebhook
from gateway.journal.fitness import touch
from gateway.journal.looks import Seen
from gateway.journal.removal_commands import Removing
from gateway.journal.repeat_commands import MarkEffect, RepeatsDue, SeeTime
from gateway.journal.steps import Steps
from gateway.journal.sweeps import due, expire, present
from gateway.journal.transaction import Transaction

Other = Due | RepeatsDue | SeeTime | Expire | Adopt | Note | NoteLimits | Switch | Touch | Removing | EventCommand
"""What is neither about a key nor about an adjustment that is known."""


def write(transaction: Transaction, operations: Sequence[Any], seen: Seen) -> list[Any]:
    """Do every operation, by what was `seen` first; gives their results in the same order."""
    results: list[Any] = [None] * len(operations)
    claims: list[tuple[int, Claim]] = []
    steps: list[tuple[int, Step]] = []
    shown: list[tuple[int, Record]] = []
    others: list[tuple[int, Other]] = []
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
    budgets = Budgets(transaction)
    known = Steps(transaction, budgets, steps, seen)
    new = Claims(transaction, budgets, claims, known.remainders, seen)
    budgets.lock(known.counters | new.counters)
    stepped = known.take()
    new.begin()
    claimed = transaction.write(list(known.changes.rows.values()), new.rows)
    known.write()
    for done in (stepped, new.take(claimed), present(transaction, shown)):
        for place, result in done:
            results[place] = result
    if any(isinstance(step, MarkEffect) for _, step in steps):
        set_backs.know_ahead(transaction)
    for place, one in others:
        match one:
            case Expire():
                results[place] = expire(transaction)
            case Due():
                results[place] = due(transaction, one)
            case RepeatsDue():
                results[place] = repeating.due(transaction, one)
            case Adopt():
                results[place] = refused = known_names.adopt(transaction, one.names)
                if not refused and one.rule is not None:
                    approving.keep_rule(transaction, one.rule, id_=one.id)
            case Note():
                audit.note(transaction, one)
            case NoteLimits(written):
                results[place] = limit_use.note(transaction, written)
            case Switch():
                results[place] = switches.switch(transaction, one)
            case _ if isinstance(one, Removing):
                results[place] = removing.remove(transaction, one)
            case _ if isinstance(one, EventCommand):
                results[place] = _of_events(transaction, one)
            case SeeTime():
                set_backs.see_time(transaction)
            case Touch():
                results[place] = _touch(transaction)
    budgets.write()
    transaction.end()
    return results


def _of_events(transaction: Transaction, asked: EventCommand) -> Any:
    """Do what is asked about events; gives what the command says."""
    match asked:
        case Publish():
            return outbox.publish(transaction, asked)
        case TakeWebhook():
            return webhooks.take(transaction, asked)
        case KeepRound():
            return webhooks.keep(transaction, asked)
        case Replay():
            return webhooks.replay(transaction, asked)


def _touch(transaction: Transaction) -> bool:
    """Find out whether the database can be written, without a row to show for it; gives whether a standby confirms."""
    if transaction.connection.dialect.name == "sqlite":
        touch(transaction.connection, transaction.micros)
        return False
    return standbys.touch(transaction.connection)
