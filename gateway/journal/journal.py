"""The journal: what is claimed or settled here is durable before anybody hears of it."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, select

from gateway import tracing
from gateway.adjustments import Draft, Record, Settlement, Status
from gateway.errors import StoreUnavailable
from gateway.journal import commands, repeat_commands, standbys
from gateway.journal.batch import Progress
from gateway.journal.commands import Claimed, Refused
from gateway.journal.database import LONGEST_READ, WITHIN, Database
from gateway.journal.event_commands import EventCommand
from gateway.journal.opening import Opened, named, prepare, to_read, to_write
from gateway.journal.operator_writes import OperatorWrites
from gateway.journal.removal_commands import Removing
from gateway.journal.repeat_commands import Permission
from gateway.journal.transaction import Render
from gateway.journal.watch import Unwatched, Watch
from gateway.limits import Budget
from gateway.pauses import Pause
from gateway.uptime import Uptime

# Of the usual patience: who waits for an outcome would have to look it up.
_OUTCOMES = 2.0


class Journal(OperatorWrites):
    """Where adjustments are kept, in SQLite or PostgreSQL, by one gateway or several; used from one event loop.

    Every method raises `StoreUnavailable` where the database cannot do what it is asked; a later call finds its own
    way back once the database is there again. Cancelling a caller undoes nothing. All times are the journal clock's.
    """

    def __init__(self, opened: Opened, moment: Callable[[Connection], datetime], owner: str) -> None:
        super().__init__(opened, moment)
        self._batches = opened.batches
        self._hold = opened.hold
        self._owner = owner
        self._numbers = count(1)
        self._standbys = opened.standbys

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
        within: float = WITHIN,
        watch: Watch = Unwatched(),  # noqa: B008 (it has no state)
        uptime: Uptime | None = None,
    ) -> "Journal":
        """Open the journal at `sqlite:///PATH` or `postgresql://...`; made, or brought up to date, where need be.

        Any number of processes write to one journal, on SQLite those of one machine, with the file on a local disk.
        `owner` names this start of this process, unlike any other, ever: whoever had the same name would take its
        attempts for their own. `clock` gives aware datetimes, and is the journal's clock on SQLite; on PostgreSQL that
        is the server's. `render` gives the answer to keep for a record that was just settled, or None; it runs in the
        journal's own thread. `patience`: seconds to wait for a lock that somebody else holds. `longest_read`: seconds
        after which a read is ended. `within`: seconds after which whoever waits for anything but a list is refused.
        `watch` is told how the writer does. `uptime`: this machine's, which shows that a clock was set back; None for a
        clock moved by hand. Blocks; raises `JournalError`, and `JournalLocked` where somebody has it to themselves.
        """
        database = Database.parse(store, patience=patience, clock=clock, within=within, uptime=uptime)
        with named(database):
            return cls(to_write(database, render, longest_read=longest_read, watch=watch), database.moment, owner)

    @staticmethod
    def prepare(store: str, *, clock: Callable[[], datetime], patience: float = 5.0) -> None:
        """Do ahead what `open` would have to do to the tables. Blocks, and raises as `open` does."""
        database = Database.parse(store, patience=patience, clock=clock)
        with named(database):
            prepare(database)

    @classmethod
    def to_read(cls, store: str, *, clock: Callable[[], datetime], patience: float = 5.0) -> "Journal":
        """As `open`, for who changes nothing: beside whoever writes, and nothing is made where there is no journal.

        Blocks; raises `JournalError`, and of its kinds `JournalMissing` where there is nothing to read.
        """
        database = Database.parse(store, patience=patience, clock=clock)
        with named(database):
            return cls(to_read(database), database.moment, "")

    async def claim(
        self, draft: Draft, budgets: tuple[Budget, ...] = (), *, paused: Pause | None = None
    ) -> Claimed | Refused:
        """Make a key ours, in attempt 1, its points taken from these budgets; or find the record that has the key.

        `paused`: the pause in the configuration that a new key is refused for; the journal's own are found here.
        Raises `Overloaded` for a new key where too much waits already.
        """
        behind = self._batches is not None and self._batches.behind
        if behind and (known := await self.find(draft.client, draft.tenant, draft.key)) is not None:
            return Claimed(known, ours=False)
        with tracing.span("claim", adjustment=draft.id):
            claimed: Claimed | Refused = await self._write(commands.Claim(draft, self._attempt(), budgets, paused))
        return claimed

    async def retry(
        self,
        record: Record,
        lease: float,
        *,
        account: str,
        budgets: tuple[Budget, ...] = (),
        paused: Pause | None = None,
    ) -> Record | Refused | None:
        """Begin the next attempt of a retryable failure, owned for `lease` seconds; None where another was first.

        `account`: where it goes to, as in `Draft`; the configuration may have changed since the last attempt.
        `budgets`: what its points are taken from. `paused`: as of `claim`. Raises `Overloaded` where too much waits
        already.
        """
        retry = commands.Retry(record, lease, account, self._attempt(), budgets, paused)
        with tracing.span("claim", adjustment=record.draft.id):
            begun: Record | Refused | None = await self._write(retry)
        return begun

    async def note_limits(self, written: Mapping[str, str]) -> tuple[commands.LimitChange, ...]:
        """Keep everybody's limits as they are `written`; gives those that were others when this was last done."""
        changes: tuple[commands.LimitChange, ...] = await self._write(commands.NoteLimits(written))
        return changes

    async def conclude(self, settlement: Settlement) -> commands.Conclusion:
        """Keep what an attempt came to; a settlement that is kept already is not kept twice.

        What changes nothing any more is kept in the history alone, with `late`, its verdict, and `conflict`, whether it
        contradicts what the journal says.
        """
        with tracing.span("settlement", adjustment=settlement.record.draft.id):
            concluded: commands.Conclusion = await self._write(commands.Settle(settlement), patience=_OUTCOMES)
        return concluded

    async def present(self, record: Record) -> Record:
        """The record as it stands by the journal's clock: what is in progress past its lease becomes `unknown`."""
        if record.state.status is not Status.IN_PROGRESS:
            return record
        standing: Record = await self._write(commands.Present(record))
        return standing

    async def due(self, accounts: Collection[str], share: int, hold: float) -> list[Record]:
        """What is `unknown` at these accounts and due to be looked for, longest due first, of each `share` at most.

        That is what nobody may still settle, and nobody else looks for: who gets a record has it for `hold` seconds.
        """
        if not accounts:
            return []
        found: list[Record] = await self._write(commands.Due(frozenset(accounts), share, hold))
        return found

    async def postpone(self, record: Record, seconds: float, *, asked: bool = True, cursor: str | None = None) -> None:
        """Have an `unknown` looked for after so many seconds; it counts in `looks` where the vendor was `asked`.

        The search then goes on at `cursor`, or begins anew without one.
        """
        await self._write(commands.Postpone(record, seconds, asked, cursor))

    async def mark_effect(self, record: Record, digest: str) -> Permission:
        """Keep what a repeat of an attempt's request must equal, before a byte of it leaves; refused, none may."""
        marked: Permission = await self._write(repeat_commands.MarkEffect(record, digest))
        return marked

    async def begin_repeat(
        self,
        record: Record,
        *,
        lease: float,
        window: float,
        vendor: str = "",
        rest: float = 0.0,
        paused: Pause | None = None,
    ) -> tuple[Permission, str]:
        """Own the next repeat of an `unknown` for `lease` seconds; the name of its owner goes with what follows.

        `window`: seconds after the mark in which a repeat may begin. `rest`: seconds since the last one was over.
        `vendor`: by which name it is sent, if not the draft's. `paused`: as of `claim`.
        """
        owner = self._attempt()
        vendor = vendor or record.draft.vendor
        begin = repeat_commands.BeginRepeat(record, lease, window, rest, owner, vendor, paused)
        begun: Permission = await self._write(begin)
        return begun, owner

    async def confirm_repeat(self, record: Record, digest: str, *, window: float, owner: str) -> Permission:
        """Look once more, before a byte of it leaves, whether a repeat that was begun may be sent."""
        confirmed: Permission = await self._write(repeat_commands.ConfirmRepeat(record, digest, window, owner))
        return confirmed

    async def end_repeat(
        self, settlement: Settlement, *, pause: float, alarmed: bool, owner: str
    ) -> commands.Conclusion:
        """Keep what a repeat came to, as `conclude`; where it settled nothing, the next is due in `pause` seconds.

        `alarmed`: the operator has heard that the time for repeats runs out.
        """
        ended: commands.Conclusion = await self._write(repeat_commands.EndRepeat(settlement, pause, alarmed, owner))
        return ended

    async def postpone_repeat(self, record: Record, pause: float, *, alarmed: bool) -> None:
        """Have what was not repeated now due again in `pause` seconds; `alarmed` as of `end_repeat`."""
        await self._write(repeat_commands.PostponeRepeat(record, pause, alarmed))

    async def see_time(self) -> None:
        """Keep the highest time that the journal's clock has shown, and notice where it was set back."""
        await self._write(repeat_commands.SeeTime())

    async def repeats_due(self, accounts: Collection[str], share: int, hold: float) -> list[Record]:
        """What is `unknown`, marked and due for a repeat, the oldest first, at most `share` of each of these accounts.

        Who gets a record has it for `hold` seconds.
        """
        if not accounts:
            return []
        found: list[Record] = await self._write(repeat_commands.RepeatsDue(frozenset(accounts), share, hold))
        return found

    async def remove(self, asked: Removing) -> Any:
        """Erase or purge something; gives what the command says."""
        return await self._write(asked)

    async def hand_on(self, asked: EventCommand) -> Any:
        """Publish events, or keep what webhooks were told; gives what the command says."""
        return await self._write(asked)

    async def expire(self) -> int:
        """Make `unknown` what attempts' leases have run out by the journal's clock, 1,000 at most; gives how many."""
        expired: int = await self._write(commands.Expire())
        return expired

    @property
    def progress(self) -> Progress:
        """How its writer does."""
        return self._batches.progress if self._batches is not None else Progress()

    async def ready(self) -> None:
        """Return where the journal can be written, or read where that is all it is open for."""
        if self._batches is None:
            await self._lookups.run(_alive)
            return
        self._standbys.heard(await self._write(commands.Touch()))
        await self._lookups.run(standbys.room)

    @property
    def not_promised(self) -> tuple[str, ...]:
        """What a journal should promise and this one does not, in sentences for its operator."""
        return self._standbys.not_promised

    async def close(self) -> None:
        """Do what was handed over before, then let go of the database; calling it again does nothing."""
        if self._batches is not None:
            await self._batches.close()
        await self.close_lanes()
        self._hold.close()

    def _attempt(self) -> str:
        """Whose the next attempt is: this process's, and in it the operation's that begins it."""
        return f"{self._owner}/{next(self._numbers)}"

    async def _write(self, operation: object, *, patience: float = 1.0) -> Any:
        if self._batches is None:
            raise StoreUnavailable("the journal is open for reading only")
        return await self._batches.do(operation, patience=patience)


def _alive(connection: Connection) -> None:
    connection.execute(select(1))
