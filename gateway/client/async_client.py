"""The asyncio client: runs the shared operations on `httpx.AsyncClient`."""

import asyncio
import random as randomness
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar, Unpack

import httpx

from gateway.client.evidence import Evidence
from gateway.client.exchange import Lost, Pause, Reply, Retries, Steps
from gateway.client.fields import AdjustmentFields
from gateway.client.in_flight import MAX_CONNECTIONS, NoPlace
from gateway.client.lanes import Lanes, maker
from gateway.client.operations import Operations, Outcome
from gateway.client.readings import Balance, Expiring, Profile
from gateway.client.request import Filters, Points, base_address, caller_headers
from gateway.client.results import Adjustment, Capabilities, Page, Preview
from gateway.client.transactions import Transactions
from gateway.client.wallet import Wallet

T = TypeVar("T")


class AsyncPointsClient:
    """`PointsClient` for asyncio, with the same methods.

    A cancelled call is like one without an answer: a write may have been applied, so repeat it with the same
    idempotency key.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        tenant: str | None = None,
        timeout: float = 30.0,
        retries: int = 3,
        max_wait: float = 30.0,
        max_connections: int = MAX_CONNECTIONS,
        queue_timeout: float | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = randomness.random,
    ) -> None:
        self._base = base_address(base_url)
        self._transport = transport
        make = maker(transport, headers=caller_headers(key, tenant), timeout=timeout)
        self._lanes = Lanes(max_connections, make, longest=queue_timeout)
        self._operations = Operations(Retries(retries, max_wait, random=random), clock)
        self._sleep = sleep

    async def adjust(
        self,
        member: str,
        points: Points,
        *,
        idempotency_key: str,
        wait: float | None = None,
        **fields: Unpack[AdjustmentFields],
    ) -> Adjustment:
        """As `PointsClient.adjust`."""
        return await self._run(self._operations.adjust(member, points, key=idempotency_key, wait=wait, **fields))

    async def reverse(
        self,
        adjustment_id: str,
        points: Points | None = None,
        *,
        idempotency_key: str,
        linked: bool | None = None,
        description: str | None = None,
        wait: float | None = None,
    ) -> Adjustment:
        """As `PointsClient.reverse`."""
        return await self._run(
            self._operations.reverse(
                adjustment_id, points, key=idempotency_key, linked=linked, description=description, wait=wait
            )
        )

    async def wait(self, adjustment: Adjustment, *, seconds: float) -> Adjustment:
        """As `PointsClient.wait`."""
        return await self._run(self._operations.wait(adjustment, seconds=seconds))

    async def preview(
        self, member: str, points: Points, *, resolve: bool = False, **fields: Unpack[AdjustmentFields]
    ) -> Preview:
        """As `PointsClient.preview`."""
        return await self._run(self._operations.preview(member, points, resolve=resolve, **fields))

    async def adjustment(self, adjustment_id: str, *, history: bool = False) -> Adjustment:
        """As `PointsClient.adjustment`."""
        return await self._run(self._operations.adjustment(adjustment_id, history=history))

    async def adjustments(self, **filters: Unpack[Filters]) -> AsyncIterator[Page]:
        """As `PointsClient.adjustments`."""
        while True:
            page = await self._run(self._operations.page(filters))
            yield page
            if page.next_cursor is None:
                return
            filters["cursor"] = page.next_cursor

    async def resolve(
        self, adjustment_id: str, outcome: Outcome, reason: str, *, actor: str | None = None
    ) -> Adjustment:
        """As `PointsClient.resolve`."""
        return await self._run(self._operations.resolve(adjustment_id, outcome, reason, actor=actor))

    async def balance(
        self, member: str, *, point_type: str | None = None, include_vendor_response: bool = False
    ) -> Balance:
        """As `PointsClient.balance`."""
        return await self._run(
            self._operations.balance(member, point_type=point_type, include_vendor_response=include_vendor_response)
        )

    async def expiring(
        self,
        member: str,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        point_type: str | None = None,
        include_vendor_response: bool = False,
    ) -> Expiring:
        """As `PointsClient.expiring`."""
        return await self._run(
            self._operations.expiring(
                member, start, end, point_type=point_type, include_vendor_response=include_vendor_response
            )
        )

    async def transactions(
        self,
        member: str,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        point_type: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        include_vendor_response: bool = False,
    ) -> Transactions:
        """As `PointsClient.transactions`."""
        return await self._run(
            self._operations.transactions(
                member,
                start,
                end,
                point_type=point_type,
                limit=limit,
                cursor=cursor,
                include_vendor_response=include_vendor_response,
            )
        )

    async def lookup(self, member: str, *, include_vendor_response: bool = False) -> Profile:
        """As `PointsClient.lookup`."""
        return await self._run(self._operations.lookup(member, include_vendor_response=include_vendor_response))

    async def wallet(self, *members: str) -> Wallet:
        """As `PointsClient.wallet`."""
        return await self._run(self._operations.wallet(members))

    async def capabilities(self) -> Capabilities:
        """As `PointsClient.capabilities`."""
        return await self._run(self._operations.capabilities())

    async def aclose(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        await self._lanes.aclose()
        if self._transport is not None:
            await self._transport.aclose()

    async def _run(self, steps: Steps[T]) -> T:
        reply: Reply = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Pause):
                await self._sleep(step.seconds)
                reply = None
            else:
                reply = await self._send(step.method, self._base + step.target, step.headers(), step.body)

    async def _send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Reply:
        evidence = Evidence(traced=self._transport is None)
        try:
            async with self._lanes.one() as http:
                trace = {"trace": evidence.note_async}
                return await http.request(method, url, headers=headers, content=body, extensions=trace)
        except NoPlace as error:
            return Lost(error, sent=False)
        except httpx.RequestError as error:
            return Lost(error, sent=evidence.sent)
        except httpx.InvalidURL as error:
            raise ValueError(f"the call cannot be sent: {error}") from error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._base!r})"
