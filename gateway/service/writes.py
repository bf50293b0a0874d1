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
from gateway.adjustments import AT_VENDOR, Draft, Record, Settlement, Status
from gateway.answers import rendering
from gateway.delivery.delivery import Delivery
from gateway.errors import AlreadyReversed, GatewayError, IdempotencyInProgress, KeyExpired, StoreUnavailable
from gateway.journal import Conclusion, Journal, Refused, Unreversible
from gateway.limits import Ceilings
from gateway.meaning import Asked
from gateway.metrics import Metrics
from gateway.model import Applied, Member
from gateway.pauses import Pauses
from gateway.planning.planning import Plan, Planner
from gateway.planning.translated import Translation
from gateway.planning.translation import Translator
from gateway.service.background import OUTCOMES, Background
from gateway.service.members import Members
from gateway.service.replies import Replies, Reply, about, as_unknown, check_key, refused
from gateway.service.reversals import Reversals, given_up, next_attempt
from gateway.service.waiting import Waiting
from gateway.service.work import Work
from gateway.transport import Withheld
from gateway.write import Reversal, Write

log = structlog.get_logger(__name__)
REPLANNED = 20
"""How often a reversal is planned anew because other reversals took their shares meanwhile."""
SETTLE_AGAIN, SETTLE_AT_LEAST = 0.5, 2.0
"""Seconds until settling is tried again while the journal cannot be written: at first, and at most."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a client, for one of its tenants, in one request; both by their names in the journal."""

    client: str
    tenant: str
    request_id: str


class _Drops(Protocol):
    def drop(self, member: Member) -> None: ...


class Writes:
    """Carries adjustments and reversals out, each at most once for its key."""

    def __init__(
        self,
        *,
        planner: Planner,
        ceilings: Ceilings,
        pauses: Pauses,
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
        self._pauses = pauses
        self._deliveries = deliveries
        self._members = Members(deliveries)
        self._journal = journal
        self._reversals = Reversals(planner, journal)
        self._cache = cache
        self._metrics = metrics
        self._work = work
        self._background = background
        self._new_id = new_id
        self._replies = Replies(clock=clock)
        self._boottime = boottime
        self._waiting = waiting
        self._repeat = repeat

    async def carry_out(self, caller: Caller, *, key: str, asked: Asked) -> Reply:
        """Carry out what is asked, or repeat what its key came to, or comes to within the time that a repeat waits.

        Raises the problems of docs/api.md for what was refused before anything was claimed.
        """
        found = await self._work.run(self._claim(caller, key, asked))
        if isinstance(found, Reply):
            return found
        # Waiting is the caller's own, and no work of the gateway: nobody waits for it to end.
        heard = await self._waiting.outcome(found)
        return self._replies.heard(heard) if isinstance(heard, Record) else replace(heard, replayed=heard.status != 202)

    async def _claim(self, caller: Caller, key: str, asked: Asked) -> Reply | Record:
        """The reply, or the record of what is in flight already."""
        for _ in range(REPLANNED):
            claimed = await self._claimed(caller, key, asked)
            if not isinstance(claimed, Refused):
                return claimed
            reason = claimed.reason
            if not isinstance(reason, Unreversible) or reason.why not in ("changed", "not_alone"):
                break
        raise refused(reason)

    async def _claimed(self, caller: Caller, key: str, asked: Asked) -> Reply | Record | Refused:
        """As `_claim`, or why it may not be claimed as it was planned."""
        new_id = self._new_id()
        planned = await self._planned(caller, key, asked, new_id)
        if isinstance(planned, Record):
            return await self._again(caller, planned, asked)
        write, plan = planned
        draft = Draft(
            id=new_id,
            client=caller.client,
            tenant=caller.tenant,
            key=key,
            fingerprint=meaning.fingerprint(asked),
            write=write,
            vendor=plan.translator.name,
            adapter=plan.translator.kind.name,
            rule=plan.route.rule,
            not_sent=plan.translation.not_sent,
            lease=plan.translator.lease,
            account=plan.translator.account,
            defaults=plan.translation.defaults,
            vendor_point_type=plan.translation.vendor_point_type,
            made_of=plan.translator.settings.made_of,
        )
        # The lease begins within the claim: counted from before it, an attempt ends before its lease does.
        lease_until = self._boottime() + draft.lease
        budgets = self._ceilings.budgets(draft.adjustment, client=caller.client, tenant=caller.tenant)
        claimed = await self._journal.claim(draft, budgets, paused=self._pauses.on(draft))
        if isinstance(claimed, Refused):
            return claimed
        record, ours = claimed
        if ours:
            carried_out = self._carried_out(caller, record, plan.translator, plan.translation, lease_until)
            return await self._waiting.telling(record.draft.id, carried_out)
        return await self._again(caller, record, asked)

    async def _planned(self, caller: Caller, key: str, asked: Asked, id_: str) -> tuple[Write, Plan[Applied]] | Record:
        """What is asked as a write, its member looked up where its vendor needs that, and its plan.

        The record that has the key already where nothing can be planned, or nobody needs to be looked up for it.
        """
        try:
            if isinstance(asked, Reversal):
                write, plan = await self._reversals.planned(caller.tenant, asked, id=id_)
            else:
                write = Write(asked)
                lookup = self._planner.lookup(caller.tenant, "adjust", asked.member, asked.point_type)
                if lookup is not None:
                    if (record := await self._journal.find(caller.client, caller.tenant, key)) is not None:
                        return record
                    self._ceilings.check(asked, client=caller.client, tenant=caller.tenant)
                    lookup.translator.unsaid(asked)
                    write = replace(write, resolved=await self._members.found(lookup, client=caller.client))
                plan = self._planner.write(caller.tenant, write, id=id_)
            self._ceilings.check(write.adjustment, client=caller.client, tenant=caller.tenant)
        except GatewayError:
            # What cannot be said today may have been said yesterday: the key decides, whatever the settings say now.
            record = await self._journal.find(caller.client, caller.tenant, key)
            if record is None:
                raise
            return record
        return write, plan

    async def _again(self, caller: Caller, record: Record, asked: Asked) -> Reply | Record:
        """The key is taken: repeat what it came to, or make the next attempt of what may be tried again.

        The record of what is in flight already, where the attempt is somebody else's.
        """
        draft, record = record.draft, await self._journal.present(record)
        check_key(record, asked, key=await self._journal.erasure_key(record))
        if (answer := rendering.replay(record)) is not None:
            return Reply(draft, answer.status, answer.body, replayed=True)
        if record.state.status is Status.UNKNOWN:
            return self._replies.concluded(Conclusion(await self._repeat(record)), None)
        if record.state.status is Status.ACCEPTED:
            return self._replies.unknown(record)
        if record.state.status is Status.IN_PROGRESS:
            return record
        try:
            translator = self._planner.translator(draft.vendor)
            translation = next_attempt(draft, translator)
            await self._members.confirm(draft, translator, client=draft.client)
            self._ceilings.check(draft.adjustment, client=draft.client, tenant=draft.tenant)
        except GatewayError as error:
            raise about(record, error) from error
        lease_until = self._boottime() + translator.lease
        budgets = self._ceilings.budgets(draft.adjustment, client=draft.client, tenant=draft.tenant)
        mine = await self._journal.retry(
            record, translator.lease, account=translator.account, budgets=budgets, paused=self._pauses.on(draft)
        )
        if isinstance(mine, Refused):
            why = about(record, refused(mine.reason))
            if not isinstance(mine.reason, Unreversible):
                raise why
            return self._replies.concluded(await self._settle(given_up(record, why, caller.request_id)), None)
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
        except (KeyExpired, IdempotencyInProgress):
            raise  # it came late, and this is how its adjustment stands
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
        self._cache.drop(draft.write.member)
        outcome = await self._deliveries[draft.vendor].write(
            translation,
            client=draft.client,
            lease_until=lease_until,
            leave=mark if translator.window > 0 and draft.write.method == "adjust" else None,
            vouching=True,
        )
        self._cache.drop(draft.write.member)
        problem: dict[str, Any] | None = None
        if outcome.error is not None:
            outcome.error.vendor = (draft.vendor, draft.adapter)
            problem = rendering.problem(about(record, outcome.error), request_id=caller.request_id).model_dump()
        at_vendor = {AT_VENDOR: True} if isinstance(outcome.error, AlreadyReversed) else {}
        settlement = Settlement(
            record=record,
            verdict=outcome.verdict,
            evidence={**outcome.evidence, **at_vendor, "request_id": caller.request_id},
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
        self._note(await self._background.until_done(OUTCOMES, keep, every=SETTLE_AGAIN, longest=SETTLE_AT_LEAST))
        log.info("the journal has kept the outcome", adjustment=settlement.record.draft.id)

    def _note(self, concluded: Conclusion) -> None:
        """Say what came too late; a late success of what was settled otherwise is wrong at the vendor: alarm."""
        if concluded.conflict:
            self._metrics.alarmed("conflict")
            log.error("a vendor contradicts what was settled", adjustment=concluded.record.draft.id)
        elif concluded.late:
            log.warning("an outcome came after its adjustment was settled", adjustment=concluded.record.draft.id)
