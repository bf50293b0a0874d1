"""Reads balances at vendors, from a moment ago where the route allows it."""

from gateway.delivery.gate import Held
from gateway.delivery.outcome import Reading
from gateway.model import Balance, Member
from gateway.planning.planning import Plan
from gateway.service.cache import MemberCache
from gateway.service.vendor_reads import ask
from gateway.service.vendors import Vendors


class Balances:
    """Reads balances with one configuration, which has a `number` of its own."""

    def __init__(self, *, number: int, vendors: Vendors, cache: MemberCache[Reading[Balance]]) -> None:
        self._number = number
        self._deliveries = vendors.ways.calls
        self._usage = vendors.usage
        self._cache = cache

    async def read(
        self, plan: Plan[Balance], *, member: Member, point_type: str | None, client: str, fresh: bool = False
    ) -> tuple[Reading[Balance], bool]:
        """A balance, and whether it was kept from before. `member`: by the name that the vendor is asked by.

        `fresh`: it may not be from before. Raises `GatewayError`, which names the vendor.
        """
        began = False

        async def asked() -> Reading[Balance]:
            nonlocal began
            began = True
            with self._usage:  # it goes on when its caller leaves
                return await ask(self._deliveries, plan.translator, plan.translation, client=client)

        cache = plan.route.cache
        if cache is None or fresh:
            return await ask(self._deliveries, plan.translator, plan.translation, client=client), False
        # With another configuration the same name may be another account, or mean another point type there.
        key = (self._number, plan.route.vendor, plan.translator.account, point_type)
        try:
            return await self._cache.get(member, key, cache, asked)
        except Held:
            if began:
                raise
            # Another client had no turn with its read, which this one shared: it has a turn of its own.
            return await self._cache.get(member, key, cache, asked)
