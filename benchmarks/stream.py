"""A stream of requests to one server that takes whatever is answered: paced (an open loop), or as fast as it goes.

A paced request has its moment. Where no connection was free then, its latency counts from that moment, so that what a
server makes wait is seen; where one was, it counts from when it was sent, as that delay is this process's own.
"""

import select
import socket
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from time import perf_counter

from benchmarks.answers import whole


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a stream: latencies in seconds by HTTP status, 0 for a connection that was closed or no answer."""

    latencies: dict[int, list[float]]
    seconds: float

    def count(self, *statuses: int) -> int:
        """How many had one of these statuses."""
        return sum(len(self.latencies.get(status, ())) for status in statuses)

    @property
    def total(self) -> int:
        """How many requests were made."""
        return self.count(*self.latencies)

    def within(self, seconds: float, *statuses: int) -> float:
        """The share of the answers with these statuses that came within so many seconds; NaN where there are none."""
        found = [each for status in statuses for each in self.latencies.get(status, ())]
        return sum(each <= seconds for each in found) / len(found) if found else float("nan")

    def percentile(self, share: float, *statuses: int) -> float:
        """The latency that `share` of the answers with these statuses did not exceed; NaN where there are none."""
        found = sorted(each for status in statuses for each in self.latencies.get(status, ()))
        return found[max(0, ceil(share * len(found)) - 1)] if found else float("nan")

    @property
    def statuses(self) -> dict[int, int]:
        """How many of each status."""
        return dict(Counter({status: len(found) for status, found in sorted(self.latencies.items())}))


class Stream:
    """Requests on so many connections for so many seconds, at most `most` of them; `rate` a second, or unbounded."""

    def __init__(
        self,
        port: int,
        request: Callable[[], bytes],
        *,
        connections: int,
        seconds: float,
        rate: float | None = None,
        most: int = 50_000,
        patience: float = 30.0,
    ) -> None:
        self._port = port
        self._request = request
        self._seconds = seconds
        self._connections = connections
        self._count = most if rate is None else min(most, int(rate * seconds))
        self._pause = 0.0 if rate is None else 1 / rate
        self._patience = patience
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._asked: dict[int, float] = {}
        self._parts: dict[int, bytes] = {}
        self._free: deque[int] = deque()
        self._latencies: dict[int, list[float]] = {}
        self._starved = 0.0
        """Until when no connection was free."""

    def run(self) -> Answered:
        """Send them all, and wait for the answers, for `patience` seconds at most."""
        begun = perf_counter()
        try:
            for _ in range(self._connections):
                self._connect()
            sent = 0
            while (now := perf_counter()) < begun + self._seconds + self._patience:
                over = sent >= self._count or now >= begun + self._seconds
                while not over and self._free and now >= (due := begun + sent * self._pause):
                    self._send(self._free.popleft(), due if self._pause and due < self._starved else now)
                    sent += 1
                    over = sent >= self._count
                if over and not self._asked:
                    break
                wait = self._patience if over or not self._free else max(0.0, begun + sent * self._pause - now)
                for descriptor, _ in self._poll.poll(min(wait, 1.0)):
                    self._read(descriptor)
            for asked in self._asked.values():
                self._note(0, asked)
        finally:
            for each in self._sockets.values():
                each.close()
            self._poll.close()
        return Answered(self._latencies, perf_counter() - begun)

    def _connect(self) -> None:
        each = socket.create_connection(("127.0.0.1", self._port), timeout=self._patience)
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sockets[each.fileno()] = each
        self._parts[each.fileno()] = b""
        self._poll.register(each.fileno(), select.EPOLLIN)
        self._free.append(each.fileno())

    def _send(self, descriptor: int, due: float) -> None:
        self._asked[descriptor] = due
        try:
            self._sockets[descriptor].sendall(self._request())
        except OSError:
            self._lost(descriptor)

    def _read(self, descriptor: int) -> None:
        try:
            data = self._sockets[descriptor].recv(65536)
        except OSError:
            data = b""
        if not data:
            self._lost(descriptor)
            return
        self._parts[descriptor] += data
        answer = whole(self._parts[descriptor])
        if answer is not None:
            self._parts[descriptor] = b""
            self._note(answer.status, self._asked.pop(descriptor))
            if not self._free:
                self._starved = perf_counter()
            self._free.append(descriptor)

    def _lost(self, descriptor: int) -> None:
        """Connect anew in place of a connection that the server has closed."""
        if descriptor in self._asked:
            self._note(0, self._asked.pop(descriptor))
        else:
            self._free.remove(descriptor)
        self._poll.unregister(descriptor)
        self._sockets.pop(descriptor).close()
        self._connect()

    def _note(self, status: int, asked: float) -> None:
        self._latencies.setdefault(status, []).append(perf_counter() - asked)
