"""Both clients behind one face, in front of a scripted gateway, on a clock that only moves when somebody sleeps."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import respx

from points_gateway_client import AsyncPointsClient, Page, PointsClient

Adjusted = Callable[..., dict[str, Any]]
Refused = Callable[..., httpx.Response]

KEY = "k" * 40
BASE = "https://points.test/gw"


class App:
    """An app that uses one of the two clients; `slept` holds its pauses in seconds."""

    def __init__(self, kind: str, router: respx.MockRouter) -> None:
        self.kind = kind
        self.router = router
        self.slept: list[float] = []
        self.now = 1000.0

    def call(self, method: str, *arguments: Any, client: dict[str, Any] | None = None, **named: Any) -> Any:
        """Make one call with a client of its own, and give back what it gives back."""
        if self.kind == "sync":
            with self._sync(client or {}) as points:
                return getattr(points, method)(*arguments, **named)

        async def run() -> Any:
            async with self._async(client or {}) as points:
                return await getattr(points, method)(*arguments, **named)

        return asyncio.run(run())

    def pages(self, **filters: Any) -> list[Page]:
        """Every page of a listing."""
        return self.listed("adjustments", **filters)

    def listed(self, method: str, *arguments: Any, **named: Any) -> list[Any]:
        """Everything that an iterator gives."""
        if self.kind == "sync":
            with self._sync({}) as points:
                return list(getattr(points, method)(*arguments, **named))

        async def run() -> list[Any]:
            async with self._async({}) as points:
                return [each async for each in getattr(points, method)(*arguments, **named)]

        return asyncio.run(run())

    def made(self, **options: Any) -> PointsClient | AsyncPointsClient:
        """A client that is not used for calls."""
        return self._sync(options) if self.kind == "sync" else self._async(options)

    def _sync(self, options: dict[str, Any]) -> PointsClient:
        transport = httpx.MockTransport(self.router.handler)
        return PointsClient(**self._options(self._pause, transport) | options)

    def _async(self, options: dict[str, Any]) -> AsyncPointsClient:
        async def pause(seconds: float) -> None:
            self._pause(seconds)

        transport = httpx.MockTransport(self.router.async_handler)
        return AsyncPointsClient(**self._options(pause, transport) | options)

    def _options(
        self, sleep: Callable[[float], Coroutine[Any, Any, None] | None], transport: httpx.MockTransport
    ) -> dict[str, Any]:
        return {
            "base_url": BASE,
            "key": KEY,
            "transport": transport,
            "sleep": sleep,
            "clock": lambda: self.now,
            "random": lambda: 1.0,
        }

    def _pause(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
