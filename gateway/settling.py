"""Settles what is unknown by asking the vendors that can be searched: in the background, again and again.

found once, and exactly as it was sent -> succeeded        found twice, or otherwise -> stays unknown, and alarms
not found -> stays unknown; failed only where the operator has said that this vendor's search misses nothing
"""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from gateway import rendering
from gateway.adjustments import Record, Settlement, Verdict
from gateway.delivery import Delivery
from gateway.errors import GatewayError, NotApplied, StoreUnavailable, VendorBadResponse
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.model import Found, Member
from gateway.outcome import Reading
from gateway.planning import Planner
from gateway.translation import Translator

log = structlog.get_logger(__name__)
EVERY = 1.0
"""Seconds between looks into the journal for what is due."""
QUIET = 5.0
"""Seconds after the lease for which an effect may still come late, and nobody looks."""
LONGEST = 3600.0
"""Seconds that pass at most between two looks for the same adjustment."""
AT_ONCE = 16
"""Adjustments that are looked for at the same time."""


class Settling:
    """Looks for unknown adjustments at the accounts that their attempts went to."""

    def __init__(
        self,
        *,
        planner: Planner,
        deliveries: Mapping[str, Delivery],
        journal: Journal,
        metrics: Metrics,
        drop: Callable[[Member], None],
        quiet: float = QUIET,
    ) -> None:
        self._planner = planner
        self._deliveries = deliveries
        self._journal = journal
        self._metrics = metrics
        self._drop = drop
        self._quiet = quiet

    async def run(self) -> None:
        """Look for what is due, for as long as the gateway runs."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.look()
            except StoreUnavailable as error:
                log.error("the unknown cannot be looked for", error=error.detail)

    async def look(self) -> int:
        """Look once for everything that is due; returns how many that were."""
        vendors: dict[str, dict[str, Translator]] = {}
        for each in self._planner.searchable():
            for account in each.accounts:
                vendors.setdefault(account, {})[each.name] = each
        longest = max((each.settings.timeout for each in self._planner.searchable()), default=0.0)
        due = await self._journal.due(vendors, AT_ONCE, 2 * longest + self._quiet)
        await asyncio.gather(*(self._settle(record, vendors[record.draft.account]) for record in due))
        return len(due)

    async def _settle(self, record: Record, same_account: Mapping[str, Translator]) -> None:
        translator = same_account.get(record.draft.vendor) or next(iter(same_account.values()))
        if record.looks == 0:
            # The first turn only lets the quiet period pass: what arrives late is not absent.
            await self._journal.postpone(record, self._quiet)
            return
        try:
            reading = await self._ask(record, translator)
        except GatewayError as error:
            if isinstance(error, VendorBadResponse):
                self._alarm(record, error.detail)
            await self._journal.postpone(record, _pause(record))
            return
        matches = reading.result.matches
        evidence = {"found": len(matches), "status": reading.status}
        if len(matches) == 1:
            settlement = Settlement(
                record, Verdict.APPLIED, evidence, reading.exchange, applied=matches[0], by="search"
            )
        elif not matches and translator.settings.trust_absence:
            settlement = Settlement(
                record, Verdict.REFUSED, evidence, reading.exchange, problem=_not_applied(record), by="search"
            )
        else:
            if matches:
                self._alarm(record, f"the vendor has it {len(matches)} times")
            await self._journal.postpone(record, _pause(record))
            return
        concluded = await self._journal.conclude(settlement)
        if concluded.conflict:
            self._metrics.alarmed("conflict")
            log.error("a vendor contradicts what was settled", adjustment=record.draft.id, **evidence)
        elif concluded.late:
            log.warning("an outcome came after its adjustment was settled", adjustment=record.draft.id, **evidence)
        else:
            self._drop(record.draft.adjustment.member)
            log.info("the vendor was asked, and the unknown is settled", adjustment=record.draft.id, **evidence)

    async def _ask(self, record: Record, translator: Translator) -> Reading[Found]:
        translation = translator.find(record.draft.adjustment, id=record.draft.id)
        return await self._deliveries[translator.name].read(translation)

    def _alarm(self, record: Record, why: str) -> None:
        self._metrics.alarmed("search")
        log.error("an unknown needs a person", adjustment=record.draft.id, why=why)


def _pause(record: Record) -> float:
    """Seconds until the next look: longer each time."""
    return float(min(2.0 ** min(record.looks, 20), LONGEST))


def _not_applied(record: Record) -> dict[str, object]:
    error = NotApplied("The vendor was asked, and has not applied it")
    error.adjustment = record.draft.id
    error.vendor = (record.draft.vendor, record.draft.adapter)
    return rendering.problem(error, request_id=record.draft.id).model_dump()
