"""Settles what is unknown, or accepted, by asking the vendors that can be searched: in the background, again and again.

found once, and exactly as it was sent -> succeeded        found twice, or otherwise -> stays unknown, and alarms
not found -> stays unknown; failed only where the operator has said that this vendor's search misses nothing
not at its end, at a vendor that is searched by pages -> stays unknown; the next look goes on there
taken, and not decided yet -> accepted        rejected for good -> failed, whether it was unknown or accepted
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from gateway import adjustments as life
from gateway.adjustments import Record, Settlement, Status, Verdict
from gateway.answers import rendering
from gateway.delivery.gate import Held
from gateway.delivery.outcome import Reading
from gateway.errors import GatewayError, NotApplied, VendorBadResponse, VendorError, VendorRejected
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.model import Found, Member
from gateway.planning.translation import Translator
from gateway.service.accounts import Accounts
from gateway.service.background import Background
from gateway.service.members import moved
from gateway.service.replies import between_looks
from gateway.service.rounds import Rounds
from gateway.service.searching import Search
from gateway.service.vendors import Vendors

log = structlog.get_logger(__name__)
EVERY = 1.0
"""Seconds between looks into the journal for what is due."""
QUIET = 5.0
"""Seconds after the lease for which an effect may still come late, and nobody looks."""
ON = 5.0
"""Seconds between two looks of one search that has more pages than one look may read."""


@dataclass(frozen=True, slots=True)
class _Account:
    """The configured vendors that are one account, by name, of one configuration."""

    same: Mapping[str, Translator]
    vendors: Vendors


class Settling:
    """Looks for unknown adjustments at the accounts that their attempts went to.

    `vendors` gives those that are configured now; an adjustment is looked for with those with which that began.
    `background` runs it.
    """

    def __init__(
        self,
        *,
        vendors: Callable[[], Vendors],
        journal: Journal,
        metrics: Metrics,
        drop: Callable[[Member], None],
        background: Background,
        quiet: float = QUIET,
    ) -> None:
        self._vendors = vendors
        self._journal = journal
        self._metrics = metrics
        self._drop = drop
        self._quiet = quiet
        self._accounts = Accounts(metrics, "search")
        self._rounds: Rounds[_Account] = Rounds(
            due=self._due, take=self._take, failed=self._put_off, begin=background.begin, room=self._room
        )
        background.loop("search", self.begin, every=EVERY)

    async def begin(self) -> list[asyncio.Task[int]]:
        """Begin to look for what is due, at each account in a round of its own. Raises `StoreUnavailable`."""
        vendors = self._vendors()
        searches = vendors.ways.searches
        there = [each for each in vendors.planner.searchable() if not searches[each.name].standing.wait]
        accounts = {name: _Account(same, vendors) for name, same in self._accounts.of(there).items()}
        with vendors.usage:
            return vendors.usage.hold(await self._rounds.begin(accounts))

    async def look(self) -> int:
        """Look once for what is due; returns, once that is done, how many that were."""
        return sum(await asyncio.gather(*await self.begin()))

    @staticmethod
    def _room(account: _Account) -> int:
        return account.vendors.ways.room(account.same)

    async def _due(self, accounts: Collection[str], share: int) -> list[Record]:
        longest = max((each.settings.timeout for each in self._vendors().planner.searchable()), default=0.0)
        return await self._journal.due(accounts, share, 2 * longest + self._quiet)

    async def _take(self, record: Record, account: _Account) -> bool:
        """Look for one adjustment; returns whether this account can be asked on at once with these vendors."""
        return await self._settle(record, account) and account.vendors is self._vendors()

    async def _settle(self, record: Record, account: _Account) -> bool:
        """Look for one adjustment; returns whether the vendor was there to be asked."""
        translator = account.same.get(record.draft.vendor) or next(iter(account.same.values()))
        if record.looks == 0:
            # The first turn only lets the quiet period pass: what arrives late is not absent.
            await self._journal.postpone(record, self._quiet)
            return True
        search = Search(record, translator, account.vendors.ways.searches[translator.name])
        try:
            reading, absent = await self._ask(record, translator, search)
        except Held as error:
            await self._journal.postpone(record, error.retry_after or EVERY, asked=False, cursor=search.cursor)
            return False
        except VendorBadResponse:
            raise
        except VendorError:
            self._remind(record, translator, search.way.now())
            await self._journal.postpone(record, between_looks(record), cursor=search.cursor)
            return False
        matches = search.matches
        if not matches and not search.rejected and search.cursor is not None:
            await self._journal.postpone(record, ON, asked=False, cursor=search.cursor)
            return True
        evidence = {"found": len(matches), "status": reading.status}
        said: dict[str, Any] = {}
        if len(matches) == 1 and not search.rejected:
            verdict, said["applied"] = (Verdict.APPLIED if matches[0].final else Verdict.ACCEPTED), matches[0]
        elif search.rejected and not matches:
            verdict, said["problem"] = Verdict.REFUSED, _problem(record, VendorRejected(_REJECTED))
            evidence["rejected"] = True
        elif absent:
            verdict, said["problem"] = Verdict.REFUSED, _problem(record, NotApplied(_ABSENT))
        else:
            verdict = Verdict.UNKNOWN
            if matches:
                self._alarm(record, f"the vendor has it {len(matches)} times")
        if life.settle(record.state, attempt=record.state.attempt, verdict=verdict) is None:
            self._remind(record, translator, reading.at)
            await self._journal.postpone(record, between_looks(record))
            return True
        settlement = Settlement(record, verdict, evidence, reading.exchange, by="search", **said)
        concluded = await self._journal.conclude(settlement)
        if concluded.conflict:
            self._metrics.alarmed("conflict")
            log.error("a vendor contradicts what was settled", adjustment=record.draft.id, **evidence)
        elif concluded.late:
            log.warning("an outcome came after its adjustment was settled", adjustment=record.draft.id, **evidence)
            await self._journal.postpone(record, between_looks(record))  # or it was repeated meanwhile
        else:
            self._drop(record.draft.write.member)
            if concluded.record.state.open:
                await self._journal.postpone(concluded.record, between_looks(record))
                log.info("the vendor has an unknown, and has not decided", adjustment=record.draft.id, **evidence)
            else:
                log.info("the vendor was asked, and the unknown is settled", adjustment=record.draft.id, **evidence)
        return True

    async def _put_off(self, record: Record, error: Exception) -> None:
        """What its search raised concerns this adjustment alone."""
        if isinstance(error, GatewayError):
            self._alarm(record, error.detail)
        else:
            self._alarm(record, "its search failed here", error)
        await self._journal.postpone(record, between_looks(record))

    async def _ask(self, record: Record, translator: Translator, search: Search) -> tuple[Reading[Found], bool]:
        """What the vendor has, and whether it proves that the vendor has applied nothing."""
        reading = await search.look()
        nothing = not search.matches and search.cursor is None
        trusted = translator.settings.trust_absence and record.state.status is Status.UNKNOWN
        absent = nothing and trusted and not record.state.repeats and not search.rejected
        if absent and record.draft.made_of != translator.settings.made_of:
            self._alarm(record, "its vendor's description is another one now, so that absence proves nothing")
            absent = False
        if absent and await moved(record.draft, translator, search.way):
            self._alarm(record, "its member has another id at the vendor now, so that its absence proves nothing")
            absent = False
        return reading, absent

    def _remind(self, record: Record, translator: Translator, now: datetime) -> None:
        """Alarm where the vendor takes longer to decide than its adapter says."""
        longest = translator.adapter.accepted_for
        waited = (
            now - record.lease_until
        ).total_seconds()  # of the attempt that was accepted, which may be a later one
        if record.state.status is Status.ACCEPTED and waited > longest:
            self._alarm(record, f"the vendor has accepted it, and not decided for more than {longest:g} seconds")

    def _alarm(self, record: Record, why: str, error: Exception | None = None) -> None:
        self._metrics.alarmed("search")
        log.error("an unknown needs a person", adjustment=record.draft.id, why=why, exc_info=error)


_ABSENT = "The vendor was asked, and has not applied it"
_REJECTED = "The vendor was asked, and has rejected it"


def _problem(record: Record, error: VendorError) -> dict[str, object]:
    error.adjustment = record.draft.id
    error.vendor = (record.draft.vendor, record.draft.adapter)
    return rendering.problem(error, request_id=record.draft.id).model_dump()
