"""Has an exchange that changes nothing and is about no member: a probe, or a token."""

from typing import TypeVar

from gateway.delivery.call import Call
from gateway.port import Exchange, VendorRequest
from gateway.transport import Transport

T = TypeVar("T")


async def ask(exchange: Exchange[T], request: VendorRequest, call: Call, transport: Transport, *, deadline: float) -> T:
    """What a begun exchange returns; `deadline` is on the event loop's clock.

    Raises what the adapter raises, and `TransportError`.
    """
    while True:
        response = await transport.send(call.begin(request), call.last, deadline=deadline)
        call.answered(response)
        try:
            request = exchange.send(response)
        except StopIteration as stop:
            result: T = stop.value
            return result
