"""Over real sockets: the bytes as they arrive, connections that fail, and a key that shows up nowhere else."""

import asyncio
import logging
import socket

import pytest

from points_gateway_client import AsyncPointsClient, NoAnswer
from tests.client.app import App
from tests.client.listener import BALANCE, Listening, answer, options
from tests.deadlines import scaled

KEY = "k" * 40


def test_the_address_arrives_as_it_was_encoded(app: App, listener: Listening) -> None:
    """The path and the query reach the server byte for byte, under the prefix of the base address."""
    server, thread = listener
    server.answers = [answer(BALANCE)]
    thread.start()
    app.call("balance", "phone:+1234567890", point_type="a+b", client=options(server.port))
    assert server.heads[0].startswith(b"GET /gw/v1/members/phone%3A%2B1234567890/balance?point_type=a%2Bb HTTP/1.1\r\n")


def test_an_answer_that_is_cut_short_is_no_answer(app: App, listener: Listening) -> None:
    """A body shorter than it says is asked for again."""
    server, thread = listener
    server.answers = [answer(BALANCE)[:-20], b"", answer(BALANCE)]
    thread.start()
    assert app.call("balance", "phone:+1234567890", client=options(server.port)).available == 5
    assert len(server.heads) == 3


def test_a_server_that_does_not_answer_in_time_is_no_answer(app: App, listener: Listening) -> None:
    """`timeout` ends the wait for an answer."""
    server, thread = listener
    server.answers = [None]
    thread.start()
    with pytest.raises(NoAnswer, match="ReadTimeout"):
        app.call("balance", "phone:+1234567890", client=options(server.port, timeout=scaled(0.3), retries=0))


def test_nobody_there_is_no_answer(app: App) -> None:
    """A refused connection is tried again, then raised."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NoAnswer, match="ConnectError"):
        app.call("capabilities", client=options(port))
    assert app.slept == [0.25, 0.5, 1.0]


def test_the_key_is_sent_and_shown_nowhere(app: App, listener: Listening, caplog: pytest.LogCaptureFixture) -> None:
    """Neither logs at their most talkative, nor the client, nor an error with its causes, hold the key."""
    server, thread = listener
    server.answers = [b""]
    thread.start()
    with caplog.at_level(logging.DEBUG), pytest.raises(NoAnswer) as caught:
        app.call("balance", "phone:+1234567890", client=options(server.port, retries=0))
    assert b"Authorization: Bearer " + KEY.encode() in server.heads[0]
    assert KEY not in caplog.text
    assert KEY not in repr(caught.value) + str(caught.value) + repr(caught.value.__cause__)
    client = app.made()
    assert repr(client) == f"{type(client).__name__}('https://points.test/gw')"


@pytest.mark.parametrize("key", ["", KEY + "\n", "k k", "é" * 40])
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(app: App, key: str) -> None:
    """The client cannot be made with it, and the error does not repeat it."""
    with pytest.raises(ValueError, match=r"^key is 1 to 8192 visible ASCII characters$"):
        app.made(key=key)


def test_a_cancelled_call_ends_at_once(listener: Listening) -> None:
    """An app that cancels hears `CancelledError`, not an error of this library."""
    server, thread = listener
    server.answers = [None]
    thread.start()

    async def run() -> None:
        async with AsyncPointsClient(f"http://127.0.0.1:{server.port}", KEY) as points:
            async with asyncio.timeout(scaled(0.3)):
                await points.capabilities()

    with pytest.raises(TimeoutError):
        asyncio.run(run())
