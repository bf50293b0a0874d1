"""A client in front of a gateway that runs, or of the fake: the same calls, and the same things that go wrong."""

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any, cast

from points_gateway_client import Adjustment, AsyncPointsClient, FakePoints, OutcomeUnknown, PointsClient
from points_gateway_client.operations import Outcome
from tests.deadlines import DEADLINE
from tests.end_to_end.configuration import KEYS
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendor
from tests.plain import PLAIN

_NUMBERS = count(1)
READ_TO_THE_END = ("iter_", "adjustments", "events")
"""How the names of methods begin that give iterators."""


class World(ABC):
    """What a test sees of either; `kind` is `sync` or `async`, the client that it calls by."""

    kind = "sync"
    member = "contact_id:1"
    nobody = "contact_id:404"
    """A member whom the vendor does not know."""

    def new_key(self) -> str:
        """An idempotency key that was not used yet."""
        return f"key-{next(_NUMBERS):06}"

    def call(self, method: str, *arguments: Any, **named: Any) -> Any:
        """Make one call; an iterator is read to its end."""
        if self.kind == "sync":
            with self.sync() as points:
                given = getattr(points, method)(*arguments, **named)
                return list(given) if method.startswith(READ_TO_THE_END) else given

        async def run() -> Any:
            async with self.asynchronous() as points:
                given = getattr(points, method)(*arguments, **named)
                if method.startswith(READ_TO_THE_END):
                    return [each async for each in cast("AsyncIterator[Any]", given)]
                return await given

        return asyncio.run(run())

    @abstractmethod
    def sync(self, **options: Any) -> PointsClient:
        """A blocking client, which does not wait before it tries again."""

    @abstractmethod
    def asynchronous(self, **options: Any) -> AsyncPointsClient:
        """The same for asyncio."""

    @abstractmethod
    def unknown(self, *, applied: bool) -> None:
        """Have the next write end unknown, applied or not."""

    @abstractmethod
    def unavailable(self) -> None:
        """Have the next attempt be refused for now."""

    def resolve(self, adjustment_id: str, outcome: str, reason: str, **named: Any) -> Any:
        """Settle an unknown by hand, once nothing can come of its attempt any more."""
        return self.call("resolve", adjustment_id, outcome, reason, **named)

    @abstractmethod
    def decide(self, adjustment_id: str, outcome: Outcome, reason: str) -> Adjustment:
        """Have another person resolve an adjustment."""

    @abstractmethod
    def confirm(self, proposed: Adjustment) -> Adjustment:
        """Have another person decide what a client has proposed."""

    @abstractmethod
    def lapse(self, adjustment_id: str) -> None:
        """Have the time of what is proposed of an adjustment be over."""

    @abstractmethod
    def booked(self) -> list[Decimal]:
        """The points of every effect at the vendor, oldest first."""


class Running(World):
    """A gateway that runs, in front of a simulated vendor."""

    def __init__(self, gateway: GatewayProcess, vendor: Vendor) -> None:
        self._gateway = gateway
        self._vendor = vendor

    def sync(self, **options: Any) -> PointsClient:
        """See `World`."""
        return PointsClient(**self._options() | {"sleep": lambda seconds: None} | options)

    def asynchronous(self, **options: Any) -> AsyncPointsClient:
        """See `World`."""
        return AsyncPointsClient(**self._options() | {"sleep": lambda seconds: asyncio.sleep(0)} | options)

    def unknown(self, *, applied: bool) -> None:
        """See `World`."""
        # Not at a search for an earlier unknown, which only reads.
        self._vendor.fault("close", when="after" if applied else "before", method="POST")

    def unavailable(self) -> None:
        """See `World`."""
        self._vendor.fault("status", status=429, headers={"Retry-After": "1"}, method="POST")

    def resolve(self, adjustment_id: str, outcome: str, reason: str, **named: Any) -> Any:
        """See `World`."""
        self._end_lease(adjustment_id)
        return super().resolve(adjustment_id, outcome, reason, **named)

    def decide(self, adjustment_id: str, outcome: Outcome, reason: str) -> Adjustment:
        """See `World`."""
        self._end_lease(adjustment_id)
        with self.sync(key=KEYS["resolver"]) as points:
            return points.resolve(adjustment_id, outcome, reason)

    def confirm(self, proposed: Adjustment) -> Adjustment:
        """See `World`."""
        assert proposed.proposal is not None
        return self.decide(proposed.id, cast("Outcome", proposed.proposal.outcome), proposed.proposal.reason)

    def lapse(self, adjustment_id: str) -> None:
        """See `World`."""
        self._change("UPDATE proposals SET until = 1 WHERE adjustment = ?", adjustment_id)

    def booked(self) -> list[Decimal]:
        """See `World`."""
        return self._vendor.points

    def _end_lease(self, adjustment_id: str) -> None:
        """Have the lease of an attempt be over; nobody waits until it runs out."""
        self._change("UPDATE adjustments SET lease_until = created_at WHERE id = ?", adjustment_id)

    def _change(self, statement: str, adjustment_id: str) -> None:
        with closing(sqlite3.connect(self._gateway.journal, timeout=DEADLINE)) as journal, journal:
            journal.execute(statement, [adjustment_id])

    def _options(self) -> dict[str, Any]:
        own = {"base_url": self._gateway.url, "key": KEYS["anywhere"], "tenant": "acme"}
        return {**own, "timeout": DEADLINE, "verify": PLAIN}


class Faked(World):
    """The fake."""

    def __init__(self, *, approvals: int = 1) -> None:
        self.fake = FakePoints(tenant="acme", approvals=approvals)
        self.fake.forget(self.nobody)

    def sync(self, **options: Any) -> PointsClient:
        """See `World`."""
        return self.fake.client(**options)

    def asynchronous(self, **options: Any) -> AsyncPointsClient:
        """See `World`."""
        return self.fake.async_client(**options)

    def unknown(self, *, applied: bool) -> None:
        """See `World`."""
        self.fake.next_writes("unknown" if applied else "unknown_unapplied")

    def unavailable(self) -> None:
        """See `World`."""
        self.fake.next_writes("unavailable")

    def decide(self, adjustment_id: str, outcome: Outcome, reason: str) -> Adjustment:
        """See `World`."""
        return self.fake.decide(adjustment_id, outcome, reason)

    def confirm(self, proposed: Adjustment) -> Adjustment:
        """See `World`."""
        return self.fake.confirm(proposed.id)

    def lapse(self, adjustment_id: str) -> None:
        """See `World`. The fake's time goes on while a client waits."""
        with self.sync() as points, suppress(OutcomeUnknown):
            points.wait_until_settled(adjustment_id, seconds=timedelta(days=1).total_seconds())

    def booked(self) -> list[Decimal]:
        """See `World`."""
        rows = [row for who in (self.member, "contact_id:2") for row in self.call("iter_transactions", who)]
        return [row.points for row in sorted(rows, key=lambda row: row.at)]
