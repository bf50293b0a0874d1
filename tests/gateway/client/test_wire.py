"""Over real sockets: the bytes as they arrive, connections that fail, and a key that shows up nowhere else."""

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from gateway.client import AsyncPointsClient, NoAnswer
from tests.deadlines import DEADLINE, scaled
from tests.gateway.client.app import App

KEY = "k" * 40
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
BALANCE = (
    b'{"member": "phone:+1234567890", "point_type": null, "available": "5", "lifetime": null, "updated_at": null,'
    b' "vendor": {"name": "crm", "adapter": "a", "details": {}}, "as_of": "2024-03-29T06:37:11Z", "cached": false}'
)


@dataclass
class Listener:
    """A server of raw bytes: one answer a connection, or none; `heads` are the requests as they arrived."""

    port: int
    answers: list[bytes | None] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def serve(self, server: socket.socket) -> None:
        for answer in self.answers:
            connection, _ = server.accept()
            with closing(connection):
                connection.settimeout(DEADLINE)
                head = b""
                while b"\r\n\r\n" not in head and (more := connection.recv(65536)):
                    head += more
                self.heads.append(head)
                if answer is None:
                    self.over.wait(DEADLINE)
                else:
                    connection.sendall(answer)


Listening = tuple[Listener, threading.Thread]


@pytest.fixture
def listener() -> Iterator[Listening]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(DEADLINE)
        made = Listener(server.getsockname()[1])
        thread = threading.Thread(target=made.serve, args=(server,))
        yield made, thread
        made.over.set()
        if thread.ident is not None:
            thread.join(DEADLINE)


def options(port: int, **more: object) -> dict[str, object]:
    return {"base_url": f"http://127.0.0.1:{port}/gw", "transport": None} | more


def answer(body: bytes) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


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
