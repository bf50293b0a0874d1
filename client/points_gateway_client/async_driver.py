"""Drives the shared operations on `httpx.AsyncClient`s, in the task of the caller."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

from points_gateway_client.arguments import seconds
from points_gateway_client.evidence import Evidence
from points_gateway_client.exchange import Call, Lost, Pause, Reply, Steps
from points_gateway_client.in_flight import NoPlace
from points_gateway_client.lanes import Lanes, maker
from points_gateway_client.network import Network
from points_gateway_client.quiet import silence, unlogged

T = TypeVar("T")


class AsyncDriver:
    """As `SyncDriver`, for asyncio."""

    def __init__(
        self,
        base: str,
        headers: dict[str, str],
        network: Network[httpx.AsyncBaseTransport],
        *,
        timeout: float,
        places: int,
        queue_timeout: float | None,
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        silence()
        self._base = base
        self._lanes = Lanes(places, maker(network, headers=headers), longest=queue_timeout)
        self._timeout = seconds(timeout, "timeout")
        self._network = network
        self._sleep = sleep

    async def run(self, steps: Steps[T], timeout: float | None) -> T:
        """As `SyncDriver.run`."""
        limit = self._timeout if timeout is None else seconds(timeout, "timeout")
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
                reply = await self._send(step, limit)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._lanes.aclose()
        if self._network.transport is not None:
            await self._network.transport.aclose()

    async def _send(self, call: Call[Any], timeout: float) -> Reply:
        evidence = Evidence(traced=self._network.traced)
        try:
            async with self._lanes.one() as http:
                with unlogged():
                    return await http.request(
                        call.method,
                        self._base + call.target,
                        headers=call.headers(),
                        content=call.body,
                        timeout=timeout,
                        extensions={"trace": evidence.note_async},
                    )
        except NoPlace as error:
            return Lost(error, sent=False)
        except httpx.RequestError as error:
            return Lost(error, sent=evidence.sent)
        except httpx.InvalidURL as error:
            raise ValueError(f"the call cannot be sent: {error}") from error
