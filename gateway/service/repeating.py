"""Sends the request of what is unknown once more, to vendors that make one of two equal requests.

That is done in the background, and when a caller repeats its key.

applied, or refused as booked under this id -> succeeded
anything else                               -> stays unknown: no negative answer tells which request it is about
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from gateway.adjustments import Mark, Record, Settlement, Status
from gateway.delivery.delivery import Delivery
from gateway.errors import GatewayError, StoreUnavailable
from gateway.journal import Conclusion, Journal, RepeatRefusal
from gateway.metrics import Metrics
from gateway.model import Applied, Member
from gateway.pauses import Pauses
from gateway.planning.translated import Translation
from gateway.planning.translation import Translator
from gateway.service.accounts import Accounts
from gateway.service.background import OUTCOMES, Background
from gateway.service.rounds import Rounds
from gateway.service.vendors import Vendors
from gateway.service.work import Work
from gateway.transport import Withheld

log = structlog.get_logger(__name__)
EVERY = 1.0
"""Seconds between looks into the journal for what is due."""
LONGEST = 600.0
"""Seconds that pass at most between two repeats."""
REST = 60.0
"""Seconds, at most, after a repeat in which a caller who repeats the key causes no other; less after the first ones."""
ALARM_AFTER = 0.75
"""The part of the time for repeats after which a person hears that it runs out."""
PARKED = 86_400.0
"""Seconds until what cannot be repeated is looked at again."""
_HOPELESS: Mapping[RepeatRefusal | None, str] = {
    "time": "the vendor may have forgotten its request: the time for repeats is over",
    "clock": "nobody can tell how old its request is: the journal's clock was set back",
    "differs": "its request would be another one today",
}
"""Why there will be no repeat, unless something else changes."""


@dataclass(frozen=True, slots=True)
class _Time:
    """How the time of one adjustment for repeats stands."""

    mark: Mark
    window: float
    now: datetime

    @property
    def runs_out(self) -> bool:
        return self.now >= self.mark.at + timedelta(seconds=self.window * ALARM_AFTER)

    @property
    def longest(self) -> float:
        """Seconds that may pass until it is looked at again, so that the moment of the alarm is not missed."""
        alarm = self.mark.at + timedelta(seconds=self.window * ALARM_AFTER)
        return LONGEST if self.now >= alarm else min(LONGEST, max(1.0, (alarm - self.now).total_seconds()))

    def pause(self, repeats: int) -> float:
        """Seconds until the next repeat: longer each time, but not past the moment of the alarm."""
        return min(2.0 ** min(repeats, 20), self.longest)


@dataclass(frozen=True, slots=True)
class _Account:
    """The configured vendors that are one account, by name, of one configuration."""

    same: Mapping[str, Translator]
    vendors: Vendors

    def way(self, vendor: str) -> "_Way":
        """The way for repeats to this vendor, or to another one that is the same account."""
        translator = self.same.get(vendor) or next(iter(self.same.values()))
        return _Way(translator, self.vendors.ways.repeats[translator.name], self.vendors.pauses)


@dataclass(frozen=True, slots=True)
class _Way:
    """What makes the request of a repeat, what sends it, and where the configuration lets none be sent."""

    translator: Translator
    delivery: Delivery
    pauses: Pauses


class Repeating:
    """Repeats the requests of unknown adjustments at the accounts that their attempts went to.

    `vendors` gives those that are configured now; a repeat ends with those with which it began.
    """

    def __init__(
        self,
        *,
        vendors: Callable[[], Vendors],
        journal: Journal,
        metrics: Metrics,
        work: Work,
        background: Background,
        drop: Callable[[Member], None],
        clock: Callable[[], datetime],
        boottime: Callable[[], float],
    ) -> None:
        self._vendors = vendors
        self._journal = journal
        self._metrics = metrics
        self._work = work
        self._background = background
        self._drop = drop
        self._clock = clock
        self._boottime = boottime
        self._accounts = Accounts(metrics, "repeat")
        self._rounds: Rounds[_Account] = Rounds(
            due=self._due, take=self._take, failed=self._put_off, begin=background.begin
        )

    def watch(self) -> None:
        """Have the background repeat what is due, from the first time on that some vendor enforces idempotency."""
        if self._vendors().planner.enforcing():
            self._background.loop("repeat", self.begin, every=EVERY)

    async def begin(self) -> list[asyncio.Task[int]]:
        """Begin to repeat what is due, at each account in a round of its own. Raises `StoreUnavailable`."""
        await self._journal.see_time()
        vendors = self._vendors()
        with vendors.usage:
            return vendors.usage.hold(await self._rounds.begin(self._reachable(vendors)))

    async def look(self) -> int:
        """Repeat once what is due; returns, once that is done, how many that were."""
        return sum(await asyncio.gather(*await self.begin()))

    async def asked(self, vendors: Vendors, record: Record) -> Record:
        """What becomes of an unknown adjustment whose key its caller repeats: repeated at once, where that may be.

        The caller holds `vendors`.

        Raises `StoreUnavailable`.
        """
        if record.mark is None:
            return record
        account = self._reachable(vendors).get(record.draft.account)
        if account is None:
            return record
        way = account.way(record.draft.vendor)
        time = _Time(record.mark, way.translator.window, self._clock())
        try:
            return await self._repeat(record, way, time, rest=min(REST, time.pause(record.state.repeats)))
        except StoreUnavailable:
            raise
        except Exception as error:  # whatever it is, the adjustment is as unknown as before
            await self._put_off(record, error)
            return record

    def _reachable(self, vendors: Vendors) -> dict[str, _Account]:
        """The accounts of vendors that enforce idempotency, but for those that are left alone."""
        repeats = vendors.ways.repeats
        there = [each for each in vendors.planner.enforcing() if not repeats[each.name].standing.wait]
        return {name: _Account(same, vendors) for name, same in self._accounts.of(there).items()}

    async def _due(self, accounts: Collection[str], share: int) -> list[Record]:
        hold = max((each.lease for each in self._vendors().planner.enforcing()), default=0.0)
        return await self._journal.repeats_due(accounts, share, hold)

    async def _take(self, record: Record, account: _Account) -> bool:
        way = account.way(record.draft.vendor)
        if record.mark is None:
            return True  # what is due was marked
        time = _Time(record.mark, way.translator.window, self._clock())
        try:
            # In the gateway's own work, which a stop waits for.
            repeated = await self._work.counted(account.vendors.usage).run(self._repeat(record, way, time))
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            return False  # the stop has waited long enough: the next process goes on
        return repeated.state.status is not Status.UNKNOWN and account.vendors is self._vendors()

    async def _repeat(self, record: Record, way: _Way, time: _Time, *, rest: float = 0.0) -> Record:
        """Repeat once, if that may be now; gives the adjustment as it stands afterwards."""
        translator = way.translator
        try:
            translation = translator.write(record.draft.effective_write, id=record.draft.id)
        except GatewayError as error:
            await self._give_up(record, f"its request cannot be made again: {error.detail}")
            return record
        request = translation.request.resolved(writing=True)
        if request.effect and way.delivery.digest(request) != time.mark.digest:
            await self._give_up(record, _HOPELESS["differs"])
            return record
        lease_until = self._boottime() + translator.lease
        begun, owner = await self._journal.begin_repeat(
            record,
            lease=translator.lease,
            window=translator.window,
            vendor=translator.name,
            rest=rest,
            paused=way.pauses.on(record.draft, translator.name),
        )
        if begun.refused in _HOPELESS:
            await self._give_up(record, _HOPELESS[begun.refused])
        elif begun.refused == "paused":
            await self._hold(record, time)
        if begun.refused is not None:
            return begun.record
        if time.runs_out and not time.mark.alarmed:
            self._alarm(record, "its time for repeats runs out")
        return await self._sent(begun.record, owner, way, translation, time, lease_until)

    async def _sent(
        self,
        record: Record,
        owner: str,
        way: _Way,
        translation: Translation[Applied],
        time: _Time,
        lease_until: float,
    ) -> Record:
        refused: RepeatRefusal | None = None

        async def leave(digest: str) -> bool:
            nonlocal refused
            window = way.translator.window
            confirmed = await self._journal.confirm_repeat(record, digest, window=window, owner=owner)
            refused = confirmed.refused
            if refused is not None:
                raise Withheld(f"A repeat may not be sent now: {refused}")
            return True

        member = record.draft.write.member
        self._drop(member)
        outcome = await way.delivery.write(
            translation, client=record.draft.client, lease_until=lease_until, leave=leave
        )
        self._drop(member)
        evidence = {**outcome.evidence, "repeat": record.state.repeats, "verdict": outcome.verdict.value}
        settlement = Settlement(record, outcome.verdict, evidence, outcome.exchange, outcome.applied, by="repeat")
        hopeless = refused in _HOPELESS
        if hopeless and not time.mark.alarmed:
            self._alarm(record, _HOPELESS[refused])

        async def end() -> Conclusion:
            pause = PARKED if hopeless else time.pause(record.state.repeats)
            alarmed = hopeless or time.runs_out
            return await self._journal.end_repeat(settlement, pause=pause, alarmed=alarmed, owner=owner)

        try:
            ended = await end()
        except Exception as error:
            log.error("what a repeat came to cannot be kept; trying on", adjustment=record.draft.id, exc_info=error)
            self._work.begin(self._background.until_done(OUTCOMES, end, every=EVERY))
            return record
        if ended.conflict:
            self._metrics.alarmed("conflict")
            log.error("a vendor contradicts what was settled", adjustment=record.draft.id)
        elif ended.record.state.status is Status.SUCCEEDED:
            log.info("the request was repeated, and the unknown is settled", adjustment=record.draft.id)
        return ended.record

    async def _hold(self, record: Record, time: _Time) -> None:
        """Leave one alone while an operator has paused what it is of, and say so where its time runs out meanwhile."""
        if time.runs_out and not time.mark.alarmed:
            self._alarm(record, "it is paused, and its time for repeats runs out")
        await self._journal.postpone_repeat(record, min(REST, time.longest), alarmed=time.runs_out)

    async def _put_off(self, record: Record, error: Exception) -> None:
        log.error("a repeat failed", adjustment=record.draft.id, exc_info=error)
        await self._give_up(record, "its repeat failed here", pause=LONGEST)

    async def _give_up(self, record: Record, why: str, *, pause: float = PARKED) -> None:
        """Leave one alone for long, as it needs a person."""
        if record.mark is not None and not record.mark.alarmed:
            self._alarm(record, why)
        await self._journal.postpone_repeat(record, pause, alarmed=True)

    def _alarm(self, record: Record, why: str) -> None:
        self._metrics.alarmed("repeat")
        log.error("an unknown needs a person", adjustment=record.draft.id, why=why)
