"""The gateway that kills itself does so when its point is passed, and goes on when the point is not."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.attack.doomed import POLL, Doom, doom_send
from tests.attack.points import Point
from tests.deadlines import DEADLINE


class Died(Exception):
    """Raised where the process would have killed itself."""


def die() -> None:
    raise Died


async def sent(send: Callable[[], Awaitable[str]], ledger: Path) -> str:
    """Send through a transport that dies once the vendor has received something."""
    async with asyncio.timeout(DEADLINE):
        return str(await doom_send(send, Doom(Point.VENDOR_RECEIVED, 1, die), ledger)())


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    file = tmp_path / "ledger.jsonl"
    file.touch()
    return file


def test_a_request_that_arrives_at_once_is_seen(ledger: Path) -> None:
    """The vendor may have received a request before the sender gets to look at the ledger."""

    def send() -> Awaitable[str]:
        ledger.write_text("received\n", "utf-8")
        return asyncio.get_running_loop().create_future()  # the answer never comes

    with pytest.raises(Died):
        asyncio.run(sent(send, ledger))


def test_a_request_that_arrives_later_is_seen(ledger: Path) -> None:
    """The sender dies while the answer is still to come."""

    def send() -> Awaitable[str]:
        loop = asyncio.get_running_loop()
        loop.call_later(3 * POLL, ledger.write_text, "received\n", "utf-8")
        return loop.create_future()

    with pytest.raises(Died):
        asyncio.run(sent(send, ledger))


def test_a_send_that_ends_without_an_arrival_goes_on(ledger: Path) -> None:
    """A send whose time ran out, or a search, reaches nothing that the ledger keeps, and is not waited on for ever."""

    async def send() -> str:
        return "answer"

    assert asyncio.run(sent(send, ledger)) == "answer"
