"""The load: what it counts, and that anything out of order voids it."""

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from benchmarks.load import Call, Void, for_seconds, of_calls
from benchmarks.vendor import answer
from tests.deadlines import DEADLINE, scaled

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the load waits by epoll")

GOOD = answer(b'{"good": true}')
CALL = Call(lambda: b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200, b'"good"')
Respond = Callable[[socket.socket, int], None]


@contextmanager
def serving(respond: Respond) -> Iterator[int]:
    """The port of a server that takes one connection, and responds to each request, given its number on it."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                number = 0
                while connection.recv(65536):
                    respond(connection, number)
                    number += 1

        thread = threading.Thread(target=serve)
        thread.start()
        stack.callback(thread.join, DEADLINE)
        yield listener.getsockname()[1]


def sending(*answers: bytes) -> Respond:
    """Answer so, one after the other, and then again with the last."""

    def respond(connection: socket.socket, number: int) -> None:
        connection.sendall(answers[min(number, len(answers) - 1)])

    return respond


def test_every_answer_is_counted() -> None:
    """That many calls give that many latencies, in order."""
    with serving(sending(GOOD)) as port:
        sample = of_calls(port, CALL, connections=1, calls=50)
    assert sample.answered == len(sample.latencies) == 50
    assert sample.latencies == sorted(sample.latencies)
    assert sample.percentile(1.0) == sample.latencies[-1] <= sample.seconds
    assert sample.rate == 50 / sample.seconds


def test_the_warm_up_is_not_counted() -> None:
    """Answers of the warm-up are answered, for effects have to match them, but have no latency."""
    window = scaled(0.1)
    with serving(sending(GOOD)) as port:
        sample = for_seconds(port, CALL, connections=1, seconds=window, warm_up=window)
    assert 0 < len(sample.latencies) < sample.answered
    assert sample.seconds == pytest.approx(window)


def test_parts_are_put_together() -> None:
    """An answer may come in pieces, and in chunks."""
    chunked = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{"good\r\n8\r\n": true}\r\n0\r\n\r\n'

    def respond(connection: socket.socket, number: int) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for each in (GOOD, chunked)[number % 2]:
            connection.send(bytes([each]))

    with serving(respond) as port:
        assert of_calls(port, CALL, connections=1, calls=4).answered == 4


@pytest.mark.parametrize(
    "bad",
    [
        b"HTTP/1.1 503 No\r\nContent-Length: 14\r\n\r\n" + b'{"good": true}',
        answer(b'{"bad": true}'),
        GOOD + GOOD,
        b"HTTP/1.1 200 OK\r\n\r\n" + b'{"good": true}',
        b"SSH-2.0-x\r\n\r\n\r\n",
    ],
    ids=["status", "marker", "two answers", "no length", "not HTTP"],
)
def test_one_answer_that_is_not_expected_voids_it(bad: bytes) -> None:
    """A single answer of another kind among good ones is enough."""
    with serving(sending(GOOD, GOOD, bad)) as port, pytest.raises(Void):
        of_calls(port, CALL, connections=1, calls=50)


def test_a_closed_connection_voids_it() -> None:
    """A server that closes a connection between answers leaves a caller without one."""

    def respond(connection: socket.socket, number: int) -> None:
        connection.sendall(GOOD) if number < 3 else connection.shutdown(socket.SHUT_RDWR)

    with serving(respond) as port, pytest.raises(Void, match="closed"):
        of_calls(port, CALL, connections=1, calls=50)


def test_nobody_listening_voids_it() -> None:
    """A connection that is refused is no measurement."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Void, match="no connection"):
        of_calls(port, CALL, connections=1, calls=1)
