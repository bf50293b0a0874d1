"""The asyncio client."""

import asyncio
import random as randomness
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from types import TracebackType
from typing import Self, Unpack

import httpx

from points_gateway_client.arguments import whole
from points_gateway_client.async_driver import AsyncDriver
from points_gateway_client.async_members import AsyncMembers
from points_gateway_client.events import Event, EventPage
from points_gateway_client.exceptions import PointsError
from points_gateway_client.exchange import Call, Retries
from points_gateway_client.fields import AdjustmentFields
from points_gateway_client.in_flight import MAX_CONNECTIONS
from points_gateway_client.many import CONCURRENCY, AdjustmentRequest, AdjustmentResult, Many
from points_gateway_client.network import Network, Verify
from points_gateway_client.operations import Operations, Outcome
from points_gateway_client.request import LARGEST_PAGE, Filters, Points, base_address, caller_headers
from points_gateway_client.results import Adjustment, Capabilities, Limits, Page, Preview


class AsyncPointsClient(AsyncMembers):
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
        proxy: str | None = None,
        verify: Verify = True,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = randomness.random,
    ) -> None:
        self._base = base_address(base_url)
        self._operations = Operations(Retries.checked(retries, max_wait, random), clock)
        self._driver = AsyncDriver(
            self._base,
            caller_headers(key, tenant),
            Network(transport, proxy=proxy, verify=verify),
            timeout=timeout,
            places=max_connections,
            queue_timeout=queue_timeout,
            sleep=sleep,
        )

    async def adjust(
        self,
        member: str,
        points: Points,
        *,
        idempotency_key: str,
        wait: float | None = None,
        timeout: float | None = None,
        **fields: Unpack[AdjustmentFields],
    ) -> Adjustment:
        """As `PointsClient.adjust`."""
        steps = self._operations.adjust(member, points, key=idempotency_key, wait=wait, **fields)
        return await self._driver.run(steps, timeout)

    async def adjust_many(
        self,
        requests: Iterable[AdjustmentRequest],
        *,
        concurrency: int = CONCURRENCY,
        progress: Callable[[AdjustmentResult], object] | None = None,
        wait: float | None = None,
        timeout: float | None = None,
    ) -> list[AdjustmentResult]:
        """As `PointsClient.adjust_many`."""
        many = Many(requests, progress)
        whole(concurrency, "concurrency", least=1)
        running: dict[asyncio.Task[Adjustment], int] = {}
        try:
            for number, call in many.calls():
                running[asyncio.create_task(self._write(call, wait, timeout))] = number
                if len(running) >= concurrency:
                    await self._collect(many, running)
            while running:
                await self._collect(many, running)
        finally:  # where it is cancelled, or `progress` fails, those that run are cancelled as well
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        return many.results()

    async def reverse(
        self,
        adjustment_id: str,
        points: Points | None = None,
        *,
        idempotency_key: str,
        linked: bool | None = None,
        description: str | None = None,
        wait: float | None = None,
        timeout: float | None = None,
    ) -> Adjustment:
        """As `PointsClient.reverse`."""
        steps = self._operations.reverse(
            adjustment_id, points, key=idempotency_key, linked=linked, description=description, wait=wait
        )
        return await self._driver.run(steps, timeout)

    async def wait_until_settled(
        self, adjustment: Adjustment | str, *, seconds: float, timeout: float | None = None
    ) -> Adjustment:
        """As `PointsClient.wait_until_settled`."""
        return await self._driver.run(self._operations.settling.wait(adjustment, longest=seconds), timeout)

    async def preview(
        self,
        member: str,
        points: Points,
        *,
        resolve: bool = False,
        timeout: float | None = None,
        **fields: Unpack[AdjustmentFields],
    ) -> Preview:
        """As `PointsClient.preview`."""
        return await self._driver.run(self._operations.preview(member, points, resolve=resolve, **fields), timeout)

    async def adjustment(
        self, adjustment_id: str, *, history: bool = False, timeout: float | None = None
    ) -> Adjustment:
        """As `PointsClient.adjustment`."""
        return await self._driver.run(self._operations.adjustment(adjustment_id, history=history), timeout)

    async def adjustments(self, *, timeout: float | None = None, **filters: Unpack[Filters]) -> AsyncIterator[Page]:
        """As `PointsClient.adjustments`."""
        while True:
            page = await self._driver.run(self._operations.page(filters), timeout)
            yield page
            if page.next_cursor is None:
                return
            filters["cursor"] = page.next_cursor

    async def iter_adjustments(
        self, *, timeout: float | None = None, **filters: Unpack[Filters]
    ) -> AsyncIterator[Adjustment]:
        """As `PointsClient.iter_adjustments`."""
        if filters.get("limit") is None:
            filters["limit"] = LARGEST_PAGE
        async for page in self.adjustments(timeout=timeout, **filters):
            for each in page.data:
                yield each

    async def events(
        self, after: str | None = None, *, limit: int | None = None, timeout: float | None = None
    ) -> AsyncIterator[EventPage]:
        """As `PointsClient.events`."""
        while True:
            page = await self._driver.run(self._operations.events(after, limit), timeout)
            yield page
            if not page.more:
                return
            after = page.last

    async def iter_events(self, after: str | None = None, *, timeout: float | None = None) -> AsyncIterator[Event]:
        """As `PointsClient.iter_events`."""
        async for page in self.events(after, limit=LARGEST_PAGE, timeout=timeout):
            for each in page.data:
                yield each

    async def resolve(
        self,
        adjustment_id: str,
        outcome: Outcome,
        reason: str,
        *,
        actor: str | None = None,
        timeout: float | None = None,
    ) -> Adjustment:
        """As `PointsClient.resolve`."""
        return await self._driver.run(self._operations.resolve(adjustment_id, outcome, reason, actor=actor), timeout)

    async def withdraw_proposal(self, adjustment_id: str, *, timeout: float | None = None) -> Adjustment:
        """As `PointsClient.withdraw_proposal`."""
        return await self._driver.run(self._operations.withdraw_proposal(adjustment_id), timeout)

    async def capabilities(self, *, timeout: float | None = None) -> Capabilities:
        """As `PointsClient.capabilities`."""
        return await self._driver.run(self._operations.capabilities(), timeout)

    async def limits(self, *, timeout: float | None = None) -> Limits:
        """As `PointsClient.limits`."""
        return await self._driver.run(self._operations.limits(), timeout)

    async def aclose(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        await self._driver.aclose()

    async def _write(self, call: Call[Adjustment], seconds: float | None, timeout: float | None) -> Adjustment:
        return await self._driver.run(self._operations.settling.written(call, seconds), timeout)

    @staticmethod
    async def _collect(many: Many, running: dict[asyncio.Task[Adjustment], int]) -> None:
        """Wait until one or more of those that run have ended."""
        ended, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            number = running.pop(task)
            try:
                adjustment = task.result()
            except PointsError as error:
                many.raised(number, error)
            else:
                many.applied(number, adjustment)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._base!r})"
