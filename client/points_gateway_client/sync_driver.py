"""Drives the shared operations on `httpx.Client`, in the thread of the caller."""

from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from points_gateway_client.arguments import seconds
from points_gateway_client.evidence import Evidence
from points_gateway_client.exchange import Call, Lost, Pause, Reply, Steps
from points_gateway_client.in_flight import NoPlace, Places, unqueued
from points_gateway_client.network import Network
from points_gateway_client.quiet import silence, unlogged

T = TypeVar("T")


class SyncDriver:
    """Sends the calls of one client, at most `places` at once; times are in seconds."""

    def __init__(
        self,
        base: str,
        headers: dict[str, str],
        network: Network[httpx.BaseTransport],
        *,
        timeout: float,
        places: int,
        queue_timeout: float | None,
        sleep: Callable[[float], object],
    ) -> None:
        silence()
        self._base = base
        self._places = Places(places, longest=queue_timeout)
        self._timeout = seconds(timeout, "timeout")
        self._traced = network.traced
        self._sleep = sleep
        self._http = httpx.Client(
            headers=headers, limits=unqueued(places), transport=network.transport, **network.options
        )

    def run(self, steps: Steps[T], timeout: float | None) -> T:
        """Take all steps of an exchange. `timeout` is that of this exchange, None for the client's."""
        limit = self._timeout if timeout is None else seconds(timeout, "timeout")
        reply: Reply = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Pause):
                self._sleep(step.seconds)
                reply = None
            else:
                reply = self._send(step, limit)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _send(self, call: Call[Any], timeout: float) -> Reply:
        evidence = Evidence(traced=self._traced)
        try:
            with self._places, unlogged():
                return self._http.request(
                    call.method,
                    self._base + call.target,
                    headers=call.headers(),
                    content=call.body,
                    timeout=timeout,
                    extensions={"trace": evidence.note},
                )
        except NoPlace as error:
            return Lost(error, sent=False)
        except httpx.RequestError as error:
            return Lost(error, sent=evidence.sent)
        except httpx.InvalidURL as error:
            raise ValueError(f"the call cannot be sent: {error}") from error
