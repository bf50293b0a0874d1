"""What never left says so, and nothing else does: over real sockets, and over transports that prove nothing."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from points_gateway_client import NoAnswer, NotSent
from tests.client.app import App
from tests.deadlines import DEADLINE, scaled

Serve = Callable[[socket.socket], None]
SAFE = "nothing was sent"
UNSAFE = "may have been applied: repeat the call with the same idempotency key"


def adjust(app: App, url: str, **options: Any) -> Any:
    client = {"base_url": url, "transport": None} | options
    return app.call("adjust", "contact_id:1", 5, idempotency_key="order-1", client=client)


@contextmanager
def serving(*connections: Serve) -> Iterator[int]:
    """A port on which one connection after the other is served in its own way; then nobody listens there."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(DEADLINE)

    def run() -> None:
        with server:
            for number, serve in enumerate(connections):
                connection, _ = server.accept()
                if number == len(connections) - 1:
                    server.close()  # before this one is told anything
                with connection:
                    connection.settimeout(DEADLINE)
                    serve(connection)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        thread.join()


def reads_and_closes(connection: socket.socket) -> None:
    connection.recv(65536)


def refuses(connection: socket.socket) -> None:
    connection.recv(65536)
    body = b'{"code": "vendor_unavailable", "detail": "x", "retryable": true, "adjustment": "adj_1"}'
    head = (
        b"HTTP/1.1 503 x\r\nContent-Type: application/problem+json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    )
    connection.sendall(head % len(body) + body)


def says_nothing(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


@pytest.fixture
def nowhere() -> Iterator[int]:
    """A port on which nobody listens, nor will."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_a_refused_connection(app: App, nowhere: int) -> None:
    """Where no attempt found anybody, the write was not sent, and may be made again; its key is still the same one."""
    with pytest.raises(NotSent, match=SAFE) as caught:
        adjust(app, f"http://127.0.0.1:{nowhere}")
    assert len(app.slept) == 3
    assert caught.value.retryable
    assert not caught.value.new_key_allowed
    assert caught.value.idempotency_key == "order-1"
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


def test_tls_that_does_not_begin(app: App) -> None:
    """Until TLS stands, nothing of the request has left."""
    with serving(says_nothing) as port, pytest.raises(NotSent, match=SAFE) as caught:
        adjust(app, f"https://127.0.0.1:{port}", timeout=scaled(0.3), retries=0)
    assert isinstance(caught.value.__cause__, httpx.ConnectTimeout)


def test_a_connection_that_is_cut(app: App) -> None:
    """Once the request began to leave, nobody can say that it was not applied."""
    with serving(reads_and_closes) as port, pytest.raises(NoAnswer, match=UNSAFE) as caught:
        adjust(app, f"http://127.0.0.1:{port}", retries=0)
    assert not isinstance(caught.value, NotSent)


@pytest.mark.parametrize("first", [reads_and_closes, refuses], ids=lambda serve: serve.__name__)
def test_an_earlier_attempt_that_left(app: App, first: Serve) -> None:
    """Though the last attempts did not leave, an earlier one of the same call did: it may have been applied."""
    with serving(first) as port, pytest.raises(NoAnswer, match=UNSAFE) as caught:
        adjust(app, f"http://127.0.0.1:{port}")
    assert not isinstance(caught.value, NotSent)
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


@pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x")])
def test_another_transport_proves_nothing(app: App, error: httpx.RequestError) -> None:
    """A transport that is not httpx's own may raise what it likes after the request has left."""
    app.router.post("/v1/adjustments").mock(side_effect=error)
    with pytest.raises(NoAnswer, match=UNSAFE) as caught:
        app.call("adjust", "contact_id:1", 5, idempotency_key="order-1")
    assert not isinstance(caught.value, NotSent)


def test_attempts_that_never_left_leave_nothing_open(app: App, nowhere: int) -> None:
    """The call does not count as one that may still act."""
    with pytest.raises(NotSent) as caught:
        adjust(app, f"http://127.0.0.1:{nowhere}", retries=1)
    assert not caught.value.unanswered
