"""One round for one webhook: it is owned, told what it is owed, and given back with what came of that.

Events of one adjustment leave one after the other, in their order; the first that is not taken keeps back those behind
it. What several adjustments have leaves at the same time.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import structlog

from gateway.answers import events
from gateway.errors import StoreUnavailable
from gateway.event_kinds import EventKind, kind
from gateway.events.endpoint_call import AT_ONCE, Answered, EndpointCall
from gateway.events.patience import LEASE_MARGIN, PARK_AFTER, PAUSES, ROUND, rest
from gateway.journal import Due, Journal, KeepRound, Outcome, Owed, Taken, TakeWebhook
from gateway.journal.event_commands import Told

log = structlog.get_logger(__name__)
MOST = 64
"""Events that a round tells of, and as many that are due again."""


@dataclass(frozen=True, slots=True)
class Round:
    """What a round came to; `more`: whether the next one may begin at once."""

    delivered: int = 0
    failed: int = 0
    parked: int = 0
    more: bool = False


class Telling:
    """Rounds of webhooks on one journal. `owner` names a round, unlike any other; `clock` counts suspension.

    `within`: seconds in which the last request of a round begins.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        owner: Callable[[], str],
        clock: Callable[[], float],
        pauses: Sequence[float] = PAUSES,
        park_after: float = PARK_AFTER,
        within: float = ROUND,
    ) -> None:
        self._journal = journal
        self._owner = owner
        self._clock = clock
        self._pauses = pauses
        self._park_after = park_after
        self._within = within

    async def round(self, feed: str, call: EndpointCall) -> Round | None:
        """Tell a webhook what it is owed; None where another process is at it, or it rests after a failure.

        After a round in which it took nothing one new event is tried, and not many. Raises `StoreUnavailable`.
        """
        name, owner = call.webhook.name, self._owner()
        begun = self._clock()
        lease = self._within + call.webhook.timeout + LEASE_MARGIN
        held: Taken | None = await self._journal.hand_on(TakeWebhook(feed, name, owner, lease))
        if held is None:
            return None
        new = 1 if held.failures else MOST
        owed, outcomes = Owed((), (), frozenset()), list[Outcome]()
        try:
            owed = await self._journal.owed((feed, name), held.position, due=MOST, new=new)
            lines = _lines(owed, call.webhook.events, outcomes)
            await self._tell(call, lines, outcomes, ends=begun + self._within, expires=begun + lease)
        finally:
            # Also where the gateway stops: what was taken is kept, and another may go on at once.
            reached = _reached(owed, call.webhook.events, held.position, outcomes)
            left = len(owed.new) == new or len(owed.due) == MOST or any(each.position > reached for each in owed.new)
            rests = max(_asked(outcomes), _rests(outcomes, held.failures, left=left))
            command = KeepRound(feed, name, owner, reached, tuple(outcomes), self._pauses, self._park_after, rests)
            parked: int | None = await self._journal.hand_on(command)
        if parked is None:
            log.warning("a webhook was told by two processes", tenant=feed, webhook=name)
            return Round()
        delivered = sum(each.told == "delivered" for each in outcomes)
        failed = sum(each.told == "failed" for each in outcomes)
        goes_on = (delivered > 0 or not failed) and not _asked(outcomes)
        return Round(delivered, failed, parked, more=left and goes_on)

    async def _tell(
        self, call: EndpointCall, lines: list[list[Due]], outcomes: list[Outcome], *, ends: float, expires: float
    ) -> None:
        """Tell of the events of each line in their order, and add what came of each that there was time for.

        None begins after an answer that asks for a pause.
        """
        places = asyncio.Semaphore(AT_ONCE)

        async def line(items: list[Due]) -> None:
            async with places:
                blocked = False
                for item in items:
                    if blocked:
                        outcomes.append(Outcome(item.event, item.adjustment, "behind"))
                    elif self._clock() < ends and not _asked(outcomes):
                        try:
                            answered = await self._one(call, item, expires=expires)
                        except StoreUnavailable:
                            return  # what has no outcome is told by another round
                        except Exception as error:  # one that cannot be read holds up no other adjustment
                            log.error("an event cannot be told", webhook=call.webhook.name, exc_info=error)
                            answered = Answered(False, f"it cannot be told: {type(error).__name__}")
                        status: Told = "delivered" if answered.accepted else "failed"
                        outcomes.append(
                            Outcome(item.event, item.adjustment, status, answered.error, answered.retry_after)
                        )
                        blocked = not answered.accepted

        async with asyncio.TaskGroup() as group:
            for items in lines:
                group.create_task(line(items))

    async def _one(self, call: EndpointCall, item: Due, *, expires: float) -> Answered:
        """Read an event as it is now, and send it; one that was purged is done with."""
        event = await self._journal.event(item.event)
        return Answered(True) if event is None else await call.send(events.answer(event), expires=expires)


def _lines(owed: Owed, kinds: Collection[EventKind], outcomes: list[Outcome]) -> list[list[Due]]:
    """The events to send by adjustment, each in their order; what has to wait behind others is an outcome already.

    What was replayed waits for nothing, and nothing for it.
    """
    lines: dict[str, list[Due]] = {}
    for each in owed.due:
        lines.setdefault(each.adjustment, []).append(each)
    for new in owed.new:
        if kind(new.step) not in kinds:
            continue
        if new.adjustment in owed.behind:
            outcomes.append(Outcome(new.position, new.adjustment, "behind"))
        else:
            lines.setdefault(new.adjustment, []).append(Due(new.position, new.adjustment))
    return list(lines.values())


def _asked(outcomes: Collection[Outcome]) -> float:
    """Seconds for which the webhook asks to be left alone."""
    return max((each.retry_after for each in outcomes), default=0.0)


def _rests(outcomes: Collection[Outcome], failures: int, *, left: bool) -> float:
    """Seconds before the next round, after so many in a row that took nothing; `left`: whether there is more to tell.

    One without anything to tell ends no such series, and the next is not to follow at once.
    """
    if any(each.told == "delivered" for each in outcomes):
        return 0.0
    if any(each.told == "failed" for each in outcomes):
        return rest(failures + 1)
    return rest(failures) if failures and not left else 0.0


def _reached(owed: Owed, kinds: Collection[EventKind], position: int, outcomes: Sequence[Outcome]) -> int:
    """The position up to which every event has an outcome, or is none of the webhook's."""
    done = {each.event for each in outcomes}
    for each in owed.new:
        if kind(each.step) in kinds and each.position not in done:
            break
        position = each.position
    return position
