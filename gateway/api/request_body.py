"""The body of a request: of bounded size, and within a bounded time."""

import asyncio

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from gateway.api.request_headers import RequestHeaders
from gateway.errors import InvalidRequest, PayloadTooLarge

MAX_BODY = 64 * 1024
BODY_SECONDS = 15.0
"""How long the whole body of a request may be on its way."""


async def body_of(headers: RequestHeaders, receive: Receive, seconds: float = BODY_SECONDS) -> bytes:
    """The body. Raises `PayloadTooLarge`, or `InvalidRequest` where it takes too long.

    Read here because Starlette's own limit answers in plain text, and this API in problems.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _bounded(headers, receive)
    except TimeoutError:
        raise InvalidRequest(f"The body did not arrive within {seconds:g} seconds") from None


async def _bounded(headers: RequestHeaders, receive: Receive) -> bytes:
    received = bytearray()
    if any(int(length) > MAX_BODY for length in headers.all(b"content-length")):
        raise PayloadTooLarge(f"A body is at most {MAX_BODY} bytes")
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        received += message.get("body", b"")
        if len(received) > MAX_BODY:
            raise PayloadTooLarge(f"A body is at most {MAX_BODY} bytes")
        more = message.get("more_body", False)
        del message  # a slow caller would have it held a second time until the next one comes
    return bytes(received)
