"""One short method per operation, for whoever asks: the API, or the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gateway.adjustments import Record, Resolution
from gateway.answers import plans, rendering
from gateway.answers.models import AdjustmentAnswer, AdjustmentHistory, Capabilities, Preview, ProposedAnswer
from gateway.answers.readings import BalanceAnswer, ExpiringAnswer, ProfileAnswer, TransactionsAnswer
from gateway.answers.wallet import WalletAnswer
from gateway.delivery.gate import Standing
from gateway.delivery.outcome import Reading
from gateway.errors import NotFound, NotResolvable
from gateway.journal import Filters, Journal, Page
from gateway.limits import Ceilings
from gateway.model import Adjustment, Balance, Member, Operation, time_text
from gateway.planning.planning import PREVIEWED_ID, Plan
from gateway.rates import Rates
from gateway.reads import ExpiringRead, LookupRead, R, Read, TransactionsRead
from gateway.service.allowances import Allowances, LimitsAnswer
from gateway.service.balances import Balances
from gateway.service.cache import MemberCache
from gateway.service.history import Pages, origins
from gateway.service.members import Members
from gateway.service.replies import Reply
from gateway.service.vendor_reads import ask
from gateway.service.vendors import Vendors
from gateway.service.wallet import Wallets
from gateway.service.writes import Caller, Writes
from gateway.write import Reversal, Write


class Service:
    """The operations of the gateway, with one configuration, which has a `number` of its own."""

    def __init__(
        self,
        *,
        number: int,
        vendors: Vendors,
        ceilings: Ceilings,
        journal: Journal,
        cache: MemberCache[Reading[Balance]],
        writes: Writes,
        allowances: Allowances,
        rates: Mapping[str, Rates],
    ) -> None:
        self._planner = vendors.planner
        self._masked = vendors.planner.masked()
        self._deliveries = vendors.ways.calls
        self._members = Members(vendors.ways.calls)
        self._balances = Balances(number=number, vendors=vendors, cache=cache)
        self._wallets = Wallets(vendors.planner, self._members, self._balances, rates)
        self._ceilings = ceilings
        self._journal = journal
        self._cache = cache
        self._writes = writes
        self._allowances = allowances

    async def adjust(self, caller: Caller, *, key: str, adjustment: Adjustment) -> Reply:
        """Carry an adjustment out, or repeat what its key came to."""
        return await self._writes.carry_out(caller, key=key, asked=adjustment)

    async def reverse(self, caller: Caller, *, key: str, reversal: Reversal) -> Reply:
        """Take an adjustment back, whole or in part, or repeat what the key came to. Raises `NotFound`."""
        return await self._writes.carry_out(caller, key=key, asked=reversal)

    async def preview(self, caller: Caller, adjustment: Adjustment, *, resolve: bool, inspected: bool) -> Preview:
        """What an adjustment would send; nothing is kept. The request itself only where it is `inspected`.

        Nothing is sent either, but for the look-up of a member that needs one, where the caller asks to `resolve` it.
        """
        write, lookup = Write(adjustment), None
        if resolve:
            resolved = await self._resolved(caller, "adjust", adjustment.member, adjustment.point_type)
            write = replace(write, resolved=resolved)
        else:
            lookup = self._masked.lookup(caller.tenant, "adjust", adjustment.member, adjustment.point_type)
        if lookup is None:
            preview = plans.preview(self._masked.write(caller.tenant, write, id=PREVIEWED_ID), resolved=write.resolved)
        else:
            preview = plans.preview_of_lookup(lookup, adjustment)
        self._ceilings.check(adjustment, client=caller.client, tenant=caller.tenant)
        return preview if inspected else rendering.without_request(preview)

    async def balance(self, caller: Caller, read: Read[Balance], *, include_response: bool) -> BalanceAnswer:
        """A member's balance, from the vendor or, where the route allows it, from a moment ago."""
        resolved = await self._resolved(caller, read.operation, read.member, read.point_type)
        plan = self._planner.read(caller.tenant, read, resolved=resolved)
        reading, cached = await self._balances.read(
            plan,
            member=resolved or read.member,
            point_type=read.point_type,
            client=caller.client,
            fresh=include_response,
        )
        return plans.balance(plan, read, reading, resolved=resolved, response=include_response, cached=cached)

    async def expiring(self, caller: Caller, read: ExpiringRead, *, include_response: bool) -> ExpiringAnswer:
        """The points of a member that expire."""
        resolved = await self._resolved(caller, read.operation, read.member, read.point_type)
        plan = self._planner.read(caller.tenant, read, resolved=resolved)
        reading = await self._read(caller, plan)
        return plans.expiring(plan, read, reading, resolved=resolved, response=include_response)

    async def transactions(
        self, caller: Caller, read: TransactionsRead, *, cursor: str | None, include_response: bool
    ) -> TransactionsAnswer:
        """A page of a member's history at the vendor. Raises `InvalidRequest` for a cursor of another list."""
        resolved = await self._resolved(caller, read.operation, read.member, read.point_type)
        _, translator = self._planner.chosen(caller.tenant, read)
        pages = Pages(caller.tenant, read, translator, resolved)
        plan = self._planner.read(caller.tenant, pages.after(cursor), resolved=resolved)
        reading = await self._read(caller, plan)
        made_by = await origins(self._journal, caller.tenant, translator, reading.result.items)
        next_cursor = pages.wrapped(reading.result.next_cursor)
        return plans.transactions(
            plan, read, reading, made_by, next_cursor=next_cursor, resolved=resolved, response=include_response
        )

    async def lookup(self, caller: Caller, read: LookupRead, *, include_response: bool) -> ProfileAnswer:
        """Who a member is at the vendor."""
        plan = self._planner.read(caller.tenant, read)
        return plans.profile(plan, read, await self._read(caller, plan), response=include_response)

    async def wallet(self, caller: Caller, members: Sequence[Member]) -> WalletAnswer:
        """All that a member has, who has all of these names."""
        return await self._wallets.of(caller, members)

    async def adjustment(
        self,
        tenant: str,
        id: str,  # noqa: A002 (the field's name)
        *,
        history: bool,
        inspected: bool,
    ) -> AdjustmentHistory:
        """An adjustment by its id, what vendors said only where it is `inspected`. Raises `NotFound`."""
        record = await self._record(tenant, id)
        steps = await self._journal.history(id) if history else None
        reversals = await self._journal.reversals(tenant, id) if rendering.can_be_reversed(record) else None
        return rendering.seen(record, steps, reversals, inspected=inspected)

    async def adjustments(self, tenant: str, filters: Filters, *, limit: int, after: str | None) -> Page:
        """A page of adjustments, newest first. Raises `InvalidRequest` where there is none with the id `after`."""
        return await self._journal.list(tenant, filters, limit=limit, after=after)

    async def resolve(
        self,
        caller: Caller,
        id: str,  # noqa: A002 (the field's name)
        resolution: Resolution,
    ) -> AdjustmentAnswer | ProposedAnswer:
        """Settle by hand what is unknown, or propose it where that takes another person too.

        Raises `NotFound`, or `NotResolvable` while it may change by itself.
        """
        record = await self._record(caller.tenant, id)
        if not record.state.open:
            why = f"It is {record.state.status}, and only what is unknown or accepted can be settled"
            raise _not_resolvable(record, why)
        actor = {} if resolution.actor is None else {"actor": resolution.actor}
        evidence = {"request_id": caller.request_id, **actor}
        decided = await self._journal.decide(record, resolution, evidence, subject=f"client {caller.client}")
        if decided.refused == "lease":
            until = time_text(record.lease_until)
            raise _not_resolvable(record, f"It may still change by itself until {until}; try again then")
        if decided.refused == "repeat" and decided.until is not None:
            until = time_text(decided.until)
            raise _not_resolvable(record, f"A repeat of its request may arrive until {until}, not later; look again")
        if decided.refused is not None:
            raise _not_resolvable(record, "It was settled a moment ago")
        if decided.proposal is not None:
            return rendering.proposed(decided.record, decided.proposal)
        self._cache.drop(record.draft.write.member)
        return rendering.adjustment(decided.record)

    async def withdraw(self, caller: Caller, id: str) -> AdjustmentAnswer:  # noqa: A002 (the field's name)
        """Take back what this client has proposed of an adjustment.

        Raises `NotFound`, or `NotResolvable` where it has proposed nothing that counts now.
        """
        record = await self._record(caller.tenant, id)
        evidence = {"request_id": caller.request_id}
        done = await self._journal.withdraw_proposal(record, caller.client, evidence, subject=f"client {caller.client}")
        if done.refused is not None:
            raise _not_resolvable(record, rendering.WHY_NOT_WITHDRAWN[done.refused])
        return rendering.adjustment(done.record)

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

    async def _resolved(
        self, caller: Caller, operation: Operation, member: Member, point_type: str | None
    ) -> Member | None:
        """The vendor's own name of a member, looked up; None where the vendor takes the member as it is."""
        lookup = self._planner.lookup(caller.tenant, operation, member, point_type)
        return None if lookup is None else await self._members.found(lookup, client=caller.client)

    async def _read(self, caller: Caller, plan: Plan[R]) -> Reading[R]:
        return await ask(self._deliveries, plan.translator, plan.translation, client=caller.client)


def _not_resolvable(record: Record, detail: str) -> NotResolvable:
    error = NotResolvable(detail)
    error.adjustment = record.draft.id
    error.new_key_allowed = record.new_key_allowed
    return error
