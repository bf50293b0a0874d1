"""One short method per operation, for whoever asks: the API, or the command line."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from gateway.adjustments import Record, Resolution, Status
from gateway.answers import plans, rendering
from gateway.answers.models import (
    AdjustmentAnswer,
    AdjustmentHistory,
    BalanceAnswer,
    Capabilities,
    ExpiringAnswer,
    Preview,
)
from gateway.delivery.delivery import Delivery
from gateway.delivery.gate import Held, Standing
from gateway.delivery.outcome import Reading
from gateway.errors import GatewayError, NotFound, NotResolvable
from gateway.journal import Filters, Journal, Page
from gateway.limits import Ceilings
from gateway.model import Adjustment, Balance, Expiring, Member, Period, time_text
from gateway.planning.planning import PREVIEWED_ID, Plan, Planner
from gateway.service.allowances import Allowances, LimitsAnswer
from gateway.service.cache import MemberCache
from gateway.service.replies import Reply
from gateway.service.writes import Caller, Writes

T = TypeVar("T", bound=Balance | Expiring)


class Service:
    """The operations of the gateway."""

    def __init__(
        self,
        *,
        planner: Planner,
        ceilings: Ceilings,
        deliveries: Mapping[str, Delivery],
        journal: Journal,
        cache: MemberCache[Reading[Balance]],
        writes: Writes,
        allowances: Allowances,
    ) -> None:
        self._planner = planner
        self._masked = planner.masked()
        self._ceilings = ceilings
        self._deliveries = deliveries
        self._journal = journal
        self._cache = cache
        self._writes = writes
        self._allowances = allowances

    async def adjust(self, caller: Caller, *, key: str, adjustment: Adjustment) -> Reply:
        """Carry an adjustment out, or repeat what its key came to."""
        return await self._writes.adjust(caller, key=key, adjustment=adjustment)

    def preview(self, caller: Caller, adjustment: Adjustment, *, inspected: bool) -> Preview:
        """What an adjustment would send; nothing is sent or kept. The request itself only where it is `inspected`."""
        preview = plans.preview(self._masked.adjust(caller.tenant, adjustment, id=PREVIEWED_ID))
        self._ceilings.check(adjustment, client=caller.client, tenant=caller.tenant)
        return preview if inspected else rendering.without_request(preview)

    async def balance(
        self, caller: Caller, member: Member, *, point_type: str | None, include_response: bool
    ) -> BalanceAnswer:
        """A member's balance, from the vendor or, where the route allows it, from a moment ago."""
        plan = self._planner.balance(caller.tenant, member, point_type)
        began = False

        async def read() -> Reading[Balance]:
            nonlocal began
            began = True
            return await self._read(caller, plan, lambda: self._planner.balance(caller.tenant, member, point_type))

        if plan.route.cache is None or include_response:
            reading, cached = await read(), False
        else:
            key = (plan.route.vendor, point_type)
            try:
                reading, cached = await self._cache.get(member, key, plan.route.cache, read)
            except Held:
                if began:
                    raise
                # Another client had no turn with its read, which this one shared: it has a turn of its own.
                reading, cached = await self._cache.get(member, key, plan.route.cache, read)
        return plans.balance(plan, member, point_type, reading, response=include_response, cached=cached)

    async def expiring(
        self, caller: Caller, member: Member, period: Period, *, point_type: str | None, include_response: bool
    ) -> ExpiringAnswer:
        """The points of a member that expire within a period."""
        plan = self._planner.expiring(caller.tenant, member, period, point_type)
        reading = await self._read(
            caller, plan, lambda: self._planner.expiring(caller.tenant, member, period, point_type)
        )
        return plans.expiring(plan, member, period, point_type, reading, response=include_response)

    async def adjustment(self, tenant: str, id: str, *, history: bool, inspected: bool) -> AdjustmentHistory:  # noqa: A002 (the field's name)
        """An adjustment by its id, what vendors said only where it is `inspected`. Raises `NotFound`."""
        record = await self._record(tenant, id)
        steps = await self._journal.history(id) if history else None
        return rendering.with_history(record, steps, inspected=inspected)

    async def adjustments(self, tenant: str, filters: Filters, *, limit: int, after: str | None) -> Page:
        """A page of adjustments, newest first. Raises `InvalidRequest` where there is none with the id `after`."""
        return await self._journal.list(tenant, filters, limit=limit, after=after)

    async def resolve(self, caller: Caller, id: str, resolution: Resolution) -> AdjustmentAnswer:  # noqa: A002 (the field's name)
        """Settle by hand what is unknown. Raises `NotFound`, or `NotResolvable` while it may change by itself."""
        record = await self._record(caller.tenant, id)
        if record.state.status is not Status.UNKNOWN:
            raise _not_resolvable(record, f"It is {record.state.status}, and only what is unknown can be settled")
        actor = {} if resolution.actor is None else {"actor": resolution.actor}
        decided = await self._journal.decide(record, resolution, {"request_id": caller.request_id, **actor})
        if decided.refused == "lease":
            until = time_text(record.lease_until)
            raise _not_resolvable(record, f"It may still change by itself until {until}; try again then")
        if decided.refused == "repeat" and decided.until is not None:
            until = time_text(decided.until)
            raise _not_resolvable(record, f"A repeat of its request may arrive until {until}, not later; look again")
        if decided.refused is not None:
            raise _not_resolvable(record, "It was settled a moment ago")
        self._cache.drop(record.draft.adjustment.member)
        return rendering.adjustment(decided.record)

    async def limits(self, caller: Caller) -> LimitsAnswer:
        """What a client may still adjust for a tenant."""
        return await self._allowances.answer(client=caller.client, tenant=caller.tenant)

    def capabilities(self, tenant: str) -> Capabilities:
        """What a tenant can do."""
        return plans.capabilities(self._planner, tenant)

    def vendors(self) -> list[Standing]:
        """How every vendor stands, by name."""
        return [self._deliveries[name].standing for name in sorted(self._deliveries)]

    async def _record(self, tenant: str, id: str) -> Record:  # noqa: A002 (the field's name)
        record = await self._journal.get(tenant, id)
        if record is None:
            raise NotFound(f"There is no adjustment {id!r} here")
        return await self._journal.present(record)

    async def _read(self, caller: Caller, plan: Plan[T], again: Callable[[], Plan[T]]) -> Reading[T]:
        """Have a read, `again` planning it anew: an exchange that has begun cannot begin once more."""
        delivery = self._deliveries[plan.translator.name]
        try:
            return await delivery.read(plan.translation, client=caller.client, again=lambda: again().translation)
        except GatewayError as error:
            error.vendor = (plan.translator.name, plan.translator.kind.name)
            raise


def _not_resolvable(record: Record, detail: str) -> NotResolvable:
    error = NotResolvable(detail)
    error.adjustment = record.draft.id
    error.new_key_allowed = record.new_key_allowed
    return error
