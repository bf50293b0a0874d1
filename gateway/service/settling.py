"""Settles what is unknown by asking the vendors that can be searched: in the background, again and again.

found once, and exactly as it was sent -> succeeded        found twice, or otherwise -> stays unknown, and alarms
not found -> stays unknown; failed only where the operator has said that this vendor's search misses nothing
"""

import asyncio
from collections.abc import Callable, Collection, Mapping

import structlog

from gateway.adjustments import Record, Settlement, Verdict
from gateway.answers import rendering
from gateway.delivery.delivery import Delivery
from gateway.delivery.gate import Held
from gateway.delivery.outcome import Reading
from gateway.errors import GatewayError, NotApplied, VendorBadResponse, VendorError
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.model import Found, Member
from gateway.planning.planning import Planner
from gateway.planning.translation import Translator
from gateway.service.accounts import Accounts
from gateway.service.background import Background
from gateway.service.rounds import Rounds

log = structlog.get_logger(__name__)
EVERY = 1.0
"""Seconds between looks into the journal for what is due."""
QUIET = 5.0
"""Seconds after the lease for which an effect may still come late, and nobody looks."""
LONGEST = 3600.0
"""Seconds that pass at most between two looks for the same adjustment."""

_Account = dict[str, Translator]
"""The configured vendors that are one account, by name."""


class Settling:
    """Looks for unknown adjustments at the accounts that their attempts went to.

    `searches`: the ways to the vendors, apart from those that callers' calls take. `background` runs it.
    """

    def __init__(
        self,
        *,
        planner: Planner,
        searches: Mapping[str, Delivery],
        journal: Journal,
        metrics: Metrics,
        drop: Callable[[Member], None],
        background: Background,
        quiet: float = QUIET,
    ) -> None:
        self._planner = planner
        self._searches = searches
        self._journal = journal
        self._metrics = metrics
        self._drop = drop
        self._quiet = quiet
        self._accounts = Accounts(metrics, "search")
        self._rounds: Rounds[_Account] = Rounds(
            due=self._due, take=self._settle, failed=self._put_off, begin=background.begin
        )
        background.loop("search", self.begin, every=EVERY)

    async def begin(self) -> list[asyncio.Task[int]]:
        """Begin to look for what is due, at each account in a round of its own. Raises `StoreUnavailable`."""
        vendors = [each for each in self._planner.searchable() if not self._searches[each.name].standing.wait]
        return await self._rounds.begin(self._accounts.of(vendors))

    async def look(self) -> int:
        """Look once for what is due; returns, once that is done, how many that were."""
        return sum(await asyncio.gather(*await self.begin()))

    async def _due(self, accounts: Collection[str], share: int) -> list[Record]:
        longest = max((each.settings.timeout for each in self._planner.searchable()), default=0.0)
        return await self._journal.due(accounts, share, 2 * longest + self._quiet)

    async def _settle(self, record: Record, same_account: _Account) -> bool:
        """Look for one adjustment; returns whether the vendor was there to be asked, so that it can be asked on."""
        translator = same_account.get(record.draft.vendor) or next(iter(same_account.values()))
        if record.looks == 0:
            # The first turn only lets the quiet period pass: what arrives late is not absent.
            await self._journal.postpone(record, self._quiet)
            return True
        try:
            reading = await self._ask(record, translator)
        except Held as error:
            await self._journal.postpone(record, error.retry_after or EVERY, asked=False)
            return False
        except VendorBadResponse:
            raise
        except VendorError:
            await self._journal.postpone(record, _pause(record))
            return False
        matches = reading.result.matches
        evidence = {"found": len(matches), "status": reading.status}
        if len(matches) == 1:
            settlement = Settlement(
                record, Verdict.APPLIED, evidence, reading.exchange, applied=matches[0], by="search"
            )
        elif not matches and translator.settings.trust_absence and not record.state.repeats:
            settlement = Settlement(
                record, Verdict.REFUSED, evidence, reading.exchange, problem=_not_applied(record), by="search"
            )
        else:
            if matches:
                self._alarm(record, f"the vendor has it {len(matches)} times")
            await self._journal.postpone(record, _pause(record))
            return True
        concluded = await self._journal.conclude(settlement)
        if concluded.conflict:
            self._metrics.alarmed("conflict")
            log.error("a vendor contradicts what was settled", adjustment=record.draft.id, **evidence)
        elif concluded.late:
            log.warning("an outcome came after its adjustment was settled", adjustment=record.draft.id, **evidence)
            await self._journal.postpone(record, _pause(record))  # or it was repeated meanwhile
        else:
            self._drop(record.draft.adjustment.member)
            log.info("the vendor was asked, and the unknown is settled", adjustment=record.draft.id, **evidence)
        return True

    async def _put_off(self, record: Record, error: Exception) -> None:
        """What its search raised concerns this adjustment alone."""
        if isinstance(error, GatewayError):
            self._alarm(record, error.detail)
        else:
            self._alarm(record, "its search failed here", error)
        await self._journal.postpone(record, _pause(record))

    async def _ask(self, record: Record, translator: Translator) -> Reading[Found]:
        translation = translator.find(record.draft.adjustment, id=record.draft.id)
        return await self._searches[translator.name].read(translation)

    def _alarm(self, record: Record, why: str, error: Exception | None = None) -> None:
        self._metrics.alarmed("search")
        log.error("an unknown needs a person", adjustment=record.draft.id, why=why, exc_info=error)


def _pause(record: Record) -> float:
    """Seconds until the next look: longer each time."""
    return float(min(2.0 ** min(record.looks, 20), LONGEST))


def _not_applied(record: Record) -> dict[str, object]:
    error = NotApplied("The vendor was asked, and has not applied it")
    error.adjustment = record.draft.id
    error.vendor = (record.draft.vendor, record.draft.adapter)
    return rendering.problem(error, request_id=record.draft.id).model_dump()
