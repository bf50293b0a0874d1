"""The load: requests in a closed loop over kept connections, every answer checked, every latency kept.

One fault of any kind voids the measurement: a figure of a run in which something went wrong says nothing.
"""

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from math import ceil
from time import perf_counter

from benchmarks.answers import whole

STALL = 20.0
"""Seconds without any answer after which the measurement is void."""


class Void(Exception):
    """Raised when a measurement does not count: an error, an answer that was not expected, a closed connection."""


@dataclass(frozen=True, slots=True)
class Call:
    """A kind of request: `request` gives the next one's bytes; its answer has `status`, and `marker` in its body."""

    request: Callable[[], bytes]
    status: int
    marker: bytes


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured: sorted latencies and the whole time, in seconds; `answered` counts the warm-up too."""

    latencies: list[float]
    seconds: float
    answered: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency in seconds that `share` of the answers did not exceed (nearest rank)."""
        return self.latencies[max(0, ceil(share * len(self.latencies)) - 1)]


def for_seconds(port: int, call: Call, *, connections: int, seconds: float, warm_up: float = 0.0) -> Sample:
    """Measure for some seconds after a warm-up; what is under way at the end is awaited, and not counted.

    Raises `Void`.
    """
    return _Loop(port, call, connections).run(begin=warm_up, end=warm_up + seconds)


def of_calls(port: int, call: Call, *, connections: int, calls: int) -> Sample:
    """Measure that many calls, and a few at most that were under way when it was reached. Raises `Void`."""
    return _Loop(port, call, connections).run(enough=calls)


class _Loop:
    """One measurement."""

    def __init__(self, port: int, call: Call, connections: int) -> None:
        self._port = port
        self._call = call
        self._connections = connections

    def run(self, *, begin: float = 0.0, end: float = float("inf"), enough: int | None = None) -> Sample:
        """Call until the end, or until enough was answered; the times are seconds from now."""
        latencies: list[float] = []
        answered = 0
        with ExitStack() as stack:
            poll = stack.enter_context(select.epoll())
            sockets = {each.fileno(): stack.enter_context(each) for each in self._opened()}
            for descriptor in sockets:
                poll.register(descriptor, select.EPOLLIN)
            started = perf_counter()
            begin, end = started + begin, started + end
            asked = dict.fromkeys(sockets, 0.0)
            parts = dict.fromkeys(sockets, b"")
            for descriptor, each in sockets.items():
                asked[descriptor] = perf_counter()
                _send(each, self._call.request())
            under_way = len(sockets)
            now = started
            while under_way:
                events = poll.poll(STALL)
                if not events:
                    raise Void(f"no answer for {STALL:.0f} seconds, after {answered}")
                for descriptor, _ in events:
                    each = sockets[descriptor]
                    data = parts[descriptor] + _received(each)
                    if not self._checked(data):
                        parts[descriptor] = data
                        continue
                    parts[descriptor] = b""
                    now = perf_counter()
                    answered += 1
                    if begin <= now < end:
                        latencies.append(now - asked[descriptor])
                    if now < end and (enough is None or answered + under_way <= enough):
                        asked[descriptor] = now
                        _send(each, self._call.request())
                    else:
                        under_way -= 1
        if not latencies:
            raise Void("no answer came in time to be counted")
        latencies.sort()
        return Sample(latencies, min(end, now) - begin, answered)

    def _opened(self) -> Iterator[socket.socket]:
        for _ in range(self._connections):
            try:
                each = socket.create_connection(("127.0.0.1", self._port), timeout=STALL)
            except OSError as error:
                raise Void(f"no connection: {error}") from error
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield each

    def _checked(self, data: bytes) -> bool:
        """Whether the answer is whole. Raises `Void` where it is not the one that is expected."""
        try:
            answer = whole(data)
        except ValueError as error:
            raise Void(f"{error}: {data[:600]!r}") from error
        if answer is None:
            return False
        if answer.status != self._call.status or self._call.marker not in answer.body:
            raise Void(f"not the expected answer: {answer.status} {answer.body[:600]!r}")
        return True


def _received(connection: socket.socket) -> bytes:
    try:
        data = connection.recv(65536)
    except OSError as error:
        raise Void(f"a connection broke: {error}") from error
    if not data:
        raise Void("a connection was closed")
    return data


def _send(connection: socket.socket, request: bytes) -> None:
    try:
        connection.sendall(request)
    except OSError as error:
        raise Void(f"a connection broke: {error}") from error
