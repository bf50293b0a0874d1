"""Notices where the journal's clock was set back, by the highest time that it has shown and by machines' uptime.

The highest time alone does not tell of a clock that was set back by less than the time for which no gateway ran: when
the next one starts, it shows a later time than ever. But it is less ahead of the machine's uptime than it was.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, or_, select, update

from gateway.adjustments import CLOCK_ERROR
from gateway.journal import codec
from gateway.journal.machine import Machine
from gateway.journal.tables import IN_PROGRESS, UNKNOWN, adjustments, clock, uptimes
from gateway.journal.transaction import Transaction
from gateway.journal.upserts import upsert

SEEN_EVERY = 1_000_000
"""Microseconds after which the highest time is written again."""
DRIFT = 0.0005
"""By how much the clocks of two machines may run apart: what the kernel slews at most. One machine has one pace."""
FORGOTTEN = 90 * 86_400 * 1_000_000
"""Microseconds after which a machine's start is forgotten that no gateway has named since."""
_ERROR = round(CLOCK_ERROR * 1_000_000)
_SOON, _READINGS = _ERROR // 4, 3
"""Between two readings of the uptime passes less, or the clock is read again, so many times at most."""
_NEWEST_MARK = select(func.max(adjustments.c.effect_at)).where(or_(UNKNOWN, IN_PROGRESS))


@dataclass(frozen=True, slots=True)
class Clock:
    """How the journal's clock stands, in microseconds.

    `now`: what it shows; `highest`: the most that it has shown; `set_back`: what was marked up to then has no known
    age. `run_back`: whether it is behind of what it showed, in a way that is not in `set_back` yet. `ahead`: how far it
    is ahead of this machine's uptime, at the least; None where there is no uptime to go by. `unkept`: whether that is
    not kept, or is by more than it is kept to be.
    """

    now: int
    highest: int
    set_back: int
    run_back: bool
    ahead: int | None
    unkept: bool = False


def read(transaction: Transaction) -> Clock:
    """How the clock stands at this moment."""
    highest, set_back = transaction.connection.execute(select(clock.c.highest, clock.c.set_back)).one()
    machine = transaction.machine
    # The time is asked for after the highest was read, and not when the transaction began: another may have kept a
    # later one since. It lies between two readings of the uptime: each judgement goes by the careful one.
    if machine is None:
        now = codec.to_micros(transaction.fresh())
        return Clock(now, highest, set_back, now < highest - _ERROR, None)
    row = transaction.connection.execute(_of(machine)).one_or_none()
    for _ in range(_READINGS):
        before, now, after = machine.up, codec.to_micros(transaction.fresh()), machine.up
        if after - before < _SOON:
            break
    ahead, run_back = now - after, now < highest - _ERROR
    unkept = row is None or ahead > row.ahead + _ERROR
    if row is not None:
        drift = 0.0 if transaction.connection.dialect.name == "sqlite" else DRIFT
        known = row.ahead - round(drift * max(0, before - row.uptime))
        run_back = run_back or now - before < known - _ERROR
        ahead = ahead if run_back else max(ahead, known)
    return Clock(now, highest, set_back, run_back, ahead, unkept)


def know_ahead(transaction: Transaction) -> None:
    """Have it kept, with what is marked now, how far the clock is ahead of the uptime.

    Without it, nobody could tell later that the clock was set back since: the time is seen only now and then, and a
    process may die before. What was read once need not be read again, unless the clock was set forward.
    """
    machine, moment = transaction.machine, transaction.micros
    if machine is None or machine.knows(moment, _ERROR):
        return
    # This transaction has written none of it yet: what is read is committed, and stays if this is rolled back.
    machine.ahead = transaction.connection.execute(_of(machine).with_only_columns(uptimes.c.ahead)).scalar()
    if not machine.knows(moment, _ERROR):
        see_time(transaction)


def see_time(transaction: Transaction) -> None:
    """Keep the highest time. Where the clock was set back, nothing that was marked until then tells how old it is."""
    seen, connection = read(transaction), transaction.connection
    if seen.run_back:
        marked: int = connection.execute(_NEWEST_MARK).scalar_one() or 0
        until = max(seen.highest, marked)
        connection.execute(update(clock).where(clock.c.set_back < until).values(set_back=until))
    later = seen.now >= seen.highest + SEEN_EVERY
    if later:
        connection.execute(update(clock).where(clock.c.highest < seen.now).values(highest=seen.now))
    if later or seen.run_back or seen.unkept:
        _keep_uptime(transaction, seen)


def _keep_uptime(transaction: Transaction, seen: Clock) -> None:
    machine = transaction.machine
    if machine is None or seen.ahead is None:
        return
    row = {"boot": machine.boot, "uptime": machine.up, "ahead": seen.ahead, "seen_at": seen.now}
    upsert(transaction.connection, uptimes, [row])
    transaction.connection.execute(delete(uptimes).where(uptimes.c.seen_at < seen.now - FORGOTTEN))


def _of(machine: Machine) -> Select[Any]:
    return select(uptimes).where(uptimes.c.boot == machine.boot)
