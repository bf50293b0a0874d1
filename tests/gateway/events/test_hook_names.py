"""Names of webhooks are looked up by the system, and one that takes long keeps nothing else."""

import asyncio
import socket
from threading import Event
from typing import Any

import pytest

from gateway.events.hook_names import Apart
from tests.deadlines import DEADLINE


def test_names_are_the_systems() -> None:
    """The addresses of this machine, with the port that was asked for; a name that there is not is its error."""
    found = asyncio.run(Apart().resolve("localhost", 8443, socket.AF_INET))
    assert found == [{"host": "127.0.0.1", "port": 8443}]
    with pytest.raises(OSError, match=r".+"):
        asyncio.run(Apart().resolve("nobody.invalid", 443))


def test_names_that_never_come_hold_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are waited for, another is found, by the threads that vendors are looked up in too."""
    real, over = socket.getaddrinfo, Event()

    def slow(host: Any, *more: Any, **options: Any) -> Any:
        if str(host).endswith("slow.example"):
            over.wait(DEADLINE)
            raise socket.gaierror(socket.EAI_AGAIN, "it never came")
        return real(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)

    async def go() -> None:
        waiting = [asyncio.create_task(Apart().resolve(f"{number}.slow.example", 443)) for number in range(40)]
        await asyncio.sleep(0)
        async with asyncio.timeout(DEADLINE / 2):
            assert await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80)
            assert await Apart().resolve("127.0.0.1", 80)
        for each in waiting:
            each.cancel()

    asyncio.run(go())
    over.set()
