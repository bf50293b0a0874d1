"""The journal: what is claimed or settled here is durable before anybody hears of it."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.adjustments import Draft, Record, Resolution, Settlement, Status, Transition
from gateway.errors import StoreUnavailable
from gateway.journal import cause, limiting, lists, operations, reads, unknowns
from gateway.journal.batch import Progress
from gateway.journal.database import LISTS, LONGEST_READ, READERS, Database
from gateway.journal.errors import JournalError
from gateway.journal.filters import Filters
from gateway.journal.fitness import Unfit
from gateway.journal.lane import Lane
from gateway.journal.opening import Opened, prepare, to_read, to_write
from gateway.journal.operations import Claimed, Refused
from gateway.journal.places import Places
from gateway.journal.transaction import Render
from gateway.limits import Budget

_LISTS_WAITING = 32
"""Lists that wait under one name, in one process."""


class Journal:
    """Where adjustments are kept, in SQLite or PostgreSQL, by one gateway or several; used from one event loop.

    Every method raises `StoreUnavailable` where the database cannot do what it is asked; a later call finds its own
    way back once the database is there again. Cancelling a caller undoes nothing: what was handed over is done.
    Leases, and every time that is kept, go by the journal's clock.
    """

    def __init__(self, opened: Opened, moment: Callable[[Connection], datetime], owner: str) -> None:
        self._lookups = Lane(opened.readers, READERS, "journal-reader")
        # Apart, so that no list keeps those waiting who look for one adjustment.
        self._lists = Lane(
            opened.listers, LISTS, "journal-lister", places=Places(LISTS, most=_LISTS_WAITING, patience=LONGEST_READ)
        )
        self._batches = opened.batches
        self._hold = opened.hold
        self._moment = moment
        self._owner = owner
        self._numbers = count(1)

    @classmethod
    def open(
        cls,
        store: str,
        *,
        owner: str,
        clock: Callable[[], datetime],
        render: Render,
        patience: float = 5.0,
        longest_read: float = LONGEST_READ,
    ) -> "Journal":
        """Open the journal at `sqlite:///PATH` or `postgresql://...`; made, or brought up to date, where need be.

        Any number of processes write to one journal, on SQLite those of one machine, with the file on a local disk.
        `owner` names this start of this process, unlike any other, ever: whoever had the same name would take its
        attempts for their own. `clock` gives aware datetimes, and is the journal's clock on SQLite; on PostgreSQL that
        is the server's. `render` gives the answer to keep for a record that was just settled, or None; it runs in the
        journal's own thread. `patience`: seconds to wait for a lock that somebody else holds. `longest_read`: seconds
        after which a read is ended. Blocks; raises `JournalError`, and of its kinds `JournalLocked` where somebody has
        the journal to themselves.
        """
        database = Database.parse(store, patience=patience, clock=clock)
        with _opening(database):
            return cls(to_write(database, render, longest_read=longest_read), database.moment, owner)

    @staticmethod
    def prepare(store: str, *, clock: Callable[[], datetime], patience: float = 5.0) -> None:
        """Do ahead what `open` would have to do to the tables. Blocks, and raises as `open` does."""
        database = Database.parse(store, patience=patience, clock=clock)
        with _opening(database):
            prepare(database)

    @classmethod
    def to_read(cls, store: str, *, clock: Callable[[], datetime], patience: float = 5.0) -> "Journal":
        """As `open`, for who changes nothing: beside whoever writes, and nothing is made where there is no journal.

        Blocks; raises `JournalError`, and of its kinds `JournalMissing` where there is nothing to read.
        """
        database = Database.parse(store, patience=patience, clock=clock)
        with _opening(database):
            return cls(to_read(database), database.moment, "")

    async def claim(self, draft: Draft, budgets: tuple[Budget, ...] = ()) -> Claimed | Refused:
        """Make a key ours, in attempt 1, its points taken from these budgets; or find the record that has the key.

        Raises `Overloaded` for a new key where too much waits already.
        """
        behind = self._batches is not None and self._batches.behind
        if behind and (known := await self.find(draft.client, draft.tenant, draft.key)) is not None:
            return Claimed(known, ours=False)
        claimed: Claimed | Refused = await self._write(operations.Claim(draft, self._attempt(), budgets))
        return claimed

    async def retry(
        self, record: Record, lease: float, *, account: str, budgets: tuple[Budget, ...] = ()
    ) -> Record | Refused | None:
        """Begin the next attempt of a retryable failure, owned for `lease` seconds; None where another was first.

        `account`: where it goes to, as in `Draft`; the configuration may have changed since the last attempt.
        `budgets`: what its points are taken from. Raises `Overloaded` where too much waits already.
        """
        retry = operations.Retry(record, lease, account, self._attempt(), budgets)
        begun: Record | Refused | None = await self._write(retry)
        return begun

    async def used(self, budgets: Collection[Budget]) -> limiting.Usage:
        """What is taken from these budgets today."""
        return await self._lookups.run(partial(limiting.used, budgets=budgets, moment=self._moment))

    async def note_limits(self, written: Mapping[str, str]) -> tuple[operations.LimitChange, ...]:
        """Keep everybody's limits as they are `written`; gives those that were others when this was last done."""
        changes: tuple[operations.LimitChange, ...] = await self._write(operations.NoteLimits(written))
        return changes

    async def conclude(self, settlement: Settlement) -> operations.Conclusion:
        """Keep what an attempt came to; a settlement that is kept already is not kept twice.

        What changes nothing any more is kept in the history alone, with `late`, its verdict, and `conflict`, whether it
        contradicts what the journal says.
        """
        concluded: operations.Conclusion = await self._write(operations.Settle(settlement))
        return concluded

    async def decide(self, record: Record, resolution: Resolution, evidence: Mapping[str, Any]) -> operations.Decision:
        """Keep a person's decision about an `unknown`, if it is in `record`'s state still and its lease is over."""
        decided: operations.Decision = await self._write(operations.Resolve(record, resolution, evidence))
        return decided

    async def present(self, record: Record) -> Record:
        """The record as it stands by the journal's clock: what is in progress past its lease becomes `unknown`."""
        if record.state.status is not Status.IN_PROGRESS:
            return record
        standing: Record = await self._write(operations.Present(record))
        return standing

    async def due(self, accounts: Collection[str], share: int, hold: float) -> list[Record]:
        """What is `unknown` at these accounts and due to be looked for at the vendor, longest due first.

        Of each account `share` at most.
        That is what nobody may still settle, and nobody else looks for: who gets a record has it for `hold` seconds.
        """
        if not accounts:
            return []
        found: list[Record] = await self._write(operations.Due(frozenset(accounts), share, hold))
        return found

    async def postpone(self, record: Record, seconds: float, *, asked: bool = True) -> None:
        """Have an `unknown` looked for after so many seconds; it counts in `looks` where the vendor was `asked`."""
        await self._write(operations.Postpone(record, seconds, asked))

    async def mark_effect(self, record: Record, digest: str) -> operations.Permission:
        """Keep what a repeat of an attempt's request must equal, before a byte of it leaves; refused, none may."""
        marked: operations.Permission = await self._write(operations.MarkEffect(record, digest))
        return marked

    async def begin_repeat(
        self, record: Record, *, lease: float, window: float, rest: float = 0.0
    ) -> tuple[operations.Permission, str]:
        """Own the next repeat of an `unknown` for `lease` seconds; the name of its owner goes with what follows.

        `window`: seconds after the mark in which a repeat may begin. `rest`: seconds since the last one was over.
        """
        owner = self._attempt()
        begun: operations.Permission = await self._write(operations.BeginRepeat(record, lease, window, rest, owner))
        return begun, owner

    async def confirm_repeat(self, record: Record, digest: str, *, window: float, owner: str) -> operations.Permission:
        """Look once more, before a byte of it leaves, whether a repeat that was begun may be sent."""
        confirmed: operations.Permission = await self._write(operations.ConfirmRepeat(record, digest, window, owner))
        return confirmed

    async def end_repeat(
        self, settlement: Settlement, *, pause: float, alarmed: bool, owner: str
    ) -> operations.Conclusion:
        """Keep what a repeat came to, as `conclude`; where it settled nothing, the next is due in `pause` seconds.

        `alarmed`: the operator has heard that the time for repeats runs out.
        """
        ended: operations.Conclusion = await self._write(operations.EndRepeat(settlement, pause, alarmed, owner))
        return ended

    async def postpone_repeat(self, record: Record, pause: float, *, alarmed: bool) -> None:
        """Have what was not repeated now due again in `pause` seconds; `alarmed` as of `end_repeat`."""
        await self._write(operations.PostponeRepeat(record, pause, alarmed))

    async def see_time(self) -> None:
        """Keep the highest time that the journal's clock has shown, and notice where it was set back."""
        await self._write(operations.SeeTime())

    async def repeats_due(self, accounts: Collection[str], share: int, hold: float) -> list[Record]:
        """What is `unknown`, marked and due for a repeat, the oldest first, at most `share` of each of these accounts.

        Who gets a record has it for `hold` seconds.
        """
        if not accounts:
            return []
        found: list[Record] = await self._write(operations.RepeatsDue(frozenset(accounts), share, hold))
        return found

    async def expire(self) -> int:
        """Make `unknown` what attempts' leases have run out by the journal's clock, 1,000 at most; gives how many."""
        expired: int = await self._write(operations.Expire())
        return expired

    async def find(self, client: str, tenant: str, key: str) -> Record | None:
        """The adjustment under a client's key within a tenant."""
        return await self._lookups.run(partial(reads.find, client=client, tenant=tenant, key=key))

    async def get(self, tenant: str | None, adjustment: str) -> Record | None:
        """The adjustment of an id, where it is this tenant's; of any tenant for None."""
        return await self._lookups.run(partial(reads.get, tenant=tenant, adjustment=adjustment))

    async def history(self, adjustment: str) -> tuple[Transition, ...]:
        """Every transition of the adjustment of an id, oldest first."""
        return await self._lookups.run(partial(reads.history, adjustment=adjustment))

    async def list(self, tenant: str | None, filters: Filters, *, limit: int, after: str | None = None) -> lists.Page:
        """At most `limit` adjustments of a tenant, newest first, that come after the one with the id `after`.

        Of one tenant one list at a time is read, in turn with other tenants. For None, they are of every tenant, and
        all of the journal may be read. Raises `InvalidRequest` where there is no adjustment `after`.
        """
        asked = partial(lists.page, tenant=tenant, filters=filters, limit=limit, after=after)
        return await self._lists.run(asked, name=tenant)

    async def unknown(self, tenant: str | None, filters: Filters, *, limit: int) -> unknowns.Unknowns:
        """What is unknown and fits, oldest first, at most `limit` of it, with the mark that names this set."""
        return await self._lookups.run(partial(unknowns.unknown, tenant=tenant, filters=filters, limit=limit))

    async def unknown_at(self, mark: int, tenant: str | None, filters: Filters, *, limit: int) -> tuple[Record, ...]:
        """The set that `unknown` gave with this mark, each record as it stands now.

        On PostgreSQL it can hold one that was being kept while the set was read.
        """
        return await self._lookups.run(
            partial(unknowns.unknown_at, mark=mark, tenant=tenant, filters=filters, limit=limit)
        )

    async def whereabouts(self) -> tuple[unknowns.Whereabouts, ...]:
        """How many unknown adjustments went to which account of which vendor; its cost grows with these alone."""
        return await self._lookups.run(unknowns.whereabouts)

    async def counts(self) -> reads.Counts:
        """How many adjustments have not ended, and since when the oldest `unknown` is there; cheap at any size."""
        return await self._lookups.run(partial(reads.counts, moment=self._moment))

    async def vendors(self) -> dict[str, int]:
        """How many adjustments each vendor holds, by its configured name."""
        return await self._lookups.run(reads.vendors)

    @property
    def progress(self) -> Progress:
        """How its writer does."""
        return self._batches.progress if self._batches is not None else Progress()

    async def ready(self) -> None:
        """Return where the journal can be written, or read where that is all it is open for."""
        await (self._lookups.run(_alive) if self._batches is None else self._write(operations.Touch()))

    async def close(self) -> None:
        """Do what was handed over before, then let go of the database; calling it again does nothing."""
        if self._batches is not None:
            await self._batches.close()
        for lane in (self._lookups, self._lists):
            await asyncio.to_thread(lane.close)
        self._hold.close()

    def _attempt(self) -> str:
        """Whose the next attempt is: this process's, and in it the operation's that begins it."""
        return f"{self._owner}/{next(self._numbers)}"

    async def _write(self, operation: object) -> Any:
        if self._batches is None:
            raise StoreUnavailable("the journal is open for reading only")
        return await self._batches.do(operation)


def _alive(connection: Connection) -> None:
    connection.execute(select(1))


@contextmanager
def _opening(database: Database) -> Iterator[None]:
    """Says what failed in words of ours."""
    try:
        yield
    except (SQLAlchemyError, OSError, Unfit) as error:
        raise JournalError(f"the journal at {database.store.shown} cannot be opened: {cause.of(error)}") from error
