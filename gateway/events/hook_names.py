"""Looks up the names of webhooks apart from everything else.

The system's look-up cannot be ended, and a name's servers may let it wait for minutes. On the threads that all of the
process shares, a few webhooks with such names would keep vendors from being looked up, and the gateway from stopping.
"""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Thread
from typing import Any


class Apart:
    """A resolver by the system, each look-up in a thread of its own, which the end of the process does not wait for.

    Who asks has one look-up under way at a time for each webhook.
    """

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> Sequence[Mapping[str, Any]]:
        """The addresses of a host. Raises `OSError` where there are none."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Any]] = loop.create_future()

        def settle(found: list[Any] | Exception) -> None:
            if answer.done():
                return
            if isinstance(found, Exception):
                answer.set_exception(found)
            else:
                answer.set_result(found)

        def look() -> None:
            found: list[Any] | Exception
            try:
                found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
            except Exception as error:
                found = error
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, found)

        Thread(target=look, name="webhook-name", daemon=True).start()
        return [{"host": address[0], "port": address[1]} for *_, address in await answer]
