"""The straight way of a write: plan, claim, deliver, settle, reply.

It runs in a task of the gateway's own: a caller who leaves stops nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol

import structlog

from gateway import meaning
from gateway.adjustments import Draft, Record, Settlement, Status
from gateway.answers import rendering
from gateway.delivery.delivery import Delivery
from gateway.errors import GatewayError, StoreUnavailable
from gateway.journal import Conclusion, Journal, Refused
from gateway.limits import Ceilings
from gateway.metrics import Metrics
from gateway.model import Adjustment, Applied, Member
from gateway.planning.planning import Planner
from gateway.planning.translation import Translation, Translator
from gateway.service.background import Background
from gateway.service.replies import Replies, Reply, about, as_unknown, limited, reused
from gateway.service.waiting import Waiting
from gateway.service.work import Work
from gateway.transport import Withheld

log = structlog.get_logger(__name__)
SETTLE_AGAIN, SETTLE_AT_LEAST = 0.5, 2.0
"""Seconds until settling is tried again while the journal cannot be written: at first, and at most."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a client, for one of its tenants, in one request."""

    client: str
    tenant: str
    request_id: str


class _Drops(Protocol):
    def drop(self, member: Member) -> None: ...


class Writes:
    """Carries adjustments out, each at most once for its key."""

    def __init__(
        self,
        *,
        planner: Planner,
        ceilings: Ceilings,
        deliveries: Mapping[str, Delivery],
        journal: Journal,
        cache: _Drops,
        metrics: Metrics,
        work: Work,
        background: Background,
        new_id: Callable[[], str],
        clock: Callable[[], datetime],
        boottime: Callable[[], float],
        waiting: Waiting[Reply],
        repeat: Callable[[Record], Awaitable[Record]],
    ) -> None:
        self._planner = planner
        self._ceilings = ceilings
        self._deliveries = deliveries
        self._journal = journal
        self._cache = cache
        self._metrics = metrics
        self._work = work
        self._background = background
        self._new_id = new_id
        self._replies = Replies(clock=clock)
        self._boottime = boottime
        self._waiting = waiting
        self._repeat = repeat

    async def adjust(self, caller: Caller, *, key: str, adjustment: Adjustment) -> Reply:
        """Carry an adjustment out, or repeat what its key came to, or comes to within the time that a repeat waits.

        Raises the problems of docs/api.md for what was refused before anything was claimed.
        """
        found = await self._work.run(self._adjust(caller, key, adjustment))
        if isinstance(found, Reply):
            return found
        # Waiting is the caller's own, and no work of the gateway: nobody waits for it to end.
        heard = await self._waiting.outcome(found)
        return self._replies.heard(heard) if isinstance(heard, Record) else replace(heard, replayed=heard.status != 202)

    async def _adjust(self, caller: Caller, key: str, adjustment: Adjustment) -> Reply | Record:
        """The reply, or the record of what is in flight already."""
        new_id = self._new_id()
        try:
            plan = self._planner.adjust(caller.tenant, adjustment, id=new_id)
            self._ceilings.check(adjustment, client=caller.client, tenant=caller.tenant)
        except GatewayError:
            # What cannot be said today may have been said yesterday: the key decides, whatever the settings say now.
            record = await self._journal.find(caller.client, caller.tenant, key)
            if record is None:
                raise
        else:
            draft = Draft(
                id=new_id,
                client=caller.client,
                tenant=caller.tenant,
                key=key,
                fingerprint=meaning.fingerprint(adjustment),
                adjustment=adjustment,
                vendor=plan.translator.name,
                adapter=plan.translator.kind.name,
                rule=plan.route.rule,
                not_sent=plan.translation.not_sent,
                lease=plan.translator.lease,
                account=plan.translator.account,
            )
            # The lease begins within the claim: counted from before it, an attempt ends before its lease does.
            lease_until = self._boottime() + draft.lease
            budgets = self._ceilings.budgets(adjustment, client=caller.client, tenant=caller.tenant)
            claimed = await self._journal.claim(draft, budgets)
            if isinstance(claimed, Refused):
                raise limited(claimed)
            record, ours = claimed
            if ours:
                carried_out = self._carried_out(caller, record, plan.translator, plan.translation, lease_until)
                return await self._waiting.telling(record.draft.id, carried_out)
        return await self._again(caller, record, adjustment)

    async def _again(self, caller: Caller, record: Record, adjustment: Adjustment) -> Reply | Record:
        """The key is taken: repeat what it came to, or make the next attempt of what may be tried again.

        The record of what is in flight already, where the attempt is somebody else's.
        """
        draft, record = record.draft, await self._journal.present(record)
        if not meaning.matches(draft.fingerprint, adjustment):
            raise reused(record, adjustment)
        if (answer := rendering.replay(record)) is not None:
            return Reply(draft, answer.status, answer.body, replayed=True)
        if record.state.status is Status.UNKNOWN:
            return self._replies.concluded(Conclusion(await self._repeat(record)), None)
        if record.state.status is Status.IN_PROGRESS:
            return record
        try:
            translator = self._planner.translator(draft.vendor)
            translation = translator.adjust(draft.adjustment, id=draft.id)
            self._ceilings.check(draft.adjustment, client=draft.client, tenant=draft.tenant)
        except GatewayError as error:
            raise about(record, error) from error
        lease_until = self._boottime() + translator.lease
        budgets = self._ceilings.budgets(draft.adjustment, client=draft.client, tenant=draft.tenant)
        mine = await self._journal.retry(record, translator.lease, account=translator.account, budgets=budgets)
        if isinstance(mine, Refused):
            raise about(record, limited(mine))
        if mine is None:
            return await self._journal.get(None, draft.id) or record  # another request makes the next attempt
        carried_out = self._carried_out(caller, mine, translator, translation, lease_until)
        return await self._waiting.telling(draft.id, carried_out)

    async def _carried_out(
        self,
        caller: Caller,
        record: Record,
        translator: Translator,
        translation: Translation[Applied],
        lease_until: float,
    ) -> Reply:
        """One attempt; past the claim, a fault of ours is no proof of anything either."""
        try:
            return await self._attempt(caller, record, translator, translation, lease_until)
        except Exception:
            log.exception("an attempt could not be concluded; it becomes unknown", adjustment=record.draft.id)
            return self._replies.unknown(as_unknown(record))

    async def _attempt(
        self,
        caller: Caller,
        record: Record,
        translator: Translator,
        translation: Translation[Applied],
        lease_until: float,
    ) -> Reply:
        async def mark(digest: str) -> bool:
            marked = await self._journal.mark_effect(record, digest)
            if marked.refused is not None or marked.record.mark is None:
                raise Withheld("The attempt was not owned any more when its request was to leave")
            return marked.record.mark.attempt < record.state.attempt

        draft = record.draft
        self._cache.drop(draft.adjustment.member)
        outcome = await self._deliveries[draft.vendor].write(
            translation,
            client=draft.client,
            lease_until=lease_until,
            leave=mark if translator.window > 0 else None,
            anew=lambda: self._planner.translator(draft.vendor).adjust(draft.adjustment, id=draft.id),
        )
        self._cache.drop(draft.adjustment.member)
        problem: dict[str, Any] | None = None
        if outcome.error is not None:
            outcome.error.vendor = (draft.vendor, draft.adapter)
            told = rendering.problem(about(record, outcome.error), request_id=caller.request_id)
            problem = told.model_dump()
        settlement = Settlement(
            record=record,
            verdict=outcome.verdict,
            evidence={**outcome.evidence, "request_id": caller.request_id},
            exchange=outcome.exchange,
            applied=outcome.applied,
            problem=problem,
        )
        return self._replies.concluded(
            await self._settle(settlement), outcome.error.retry_after if outcome.error else None
        )

    async def _settle(self, settlement: Settlement) -> Conclusion:
        """Keep the outcome before the caller hears it; where it cannot be kept yet, the caller hears `unknown`."""
        record = settlement.record
        try:
            concluded = await self._journal.conclude(settlement)
        except Exception as error:
            about = {"error": error.detail} if isinstance(error, StoreUnavailable) else {"exc_info": error}
            log.error("the journal cannot keep an outcome; trying on", adjustment=record.draft.id, **about)
            self._work.begin(self._settle_later(settlement))
            return Conclusion(as_unknown(record))
        self._note(concluded)
        return concluded

    async def _settle_later(self, settlement: Settlement) -> None:
        keep = partial(self._journal.conclude, settlement)
        self._note(await self._background.until_done("outcomes", keep, every=SETTLE_AGAIN, longest=SETTLE_AT_LEAST))
        log.info("the journal has kept the outcome", adjustment=settlement.record.draft.id)

    def _note(self, concluded: Conclusion) -> None:
        """Say what came too late; a late success of what was settled otherwise is wrong at the vendor: alarm."""
        if concluded.conflict:
            self._metrics.alarmed("conflict")
            log.error("a vendor contradicts what was settled", adjustment=concluded.record.draft.id)
        elif concluded.late:
            log.warning("an outcome came after its adjustment was settled", adjustment=concluded.record.draft.id)
