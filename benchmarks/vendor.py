"""A fake vendor that counts effects and answers at once, or later: `python -m benchmarks.vendor PORT [SECONDS]`.

It speaks as iactionable does for a balance, as fabric for an adjustment, as contact-points for a search that finds
nothing, and as a chat model for the peers; what it says is prebuilt. `GET /effects` gives how many adjustments it has
answered, `GET /searches` how many searches.
"""

import select
import socket
import sys
from collections import deque
from contextlib import suppress
from time import monotonic

BALANCE = b'{"AvailablePoints":150,"TotalPoints":200,"LastUpdated":"/Date(1278521302499-0600)/"}'
ADJUSTED = (
    b'{"message":"Member points adjusted","errors":{},"data":{"Message":"100.0 points added","futureDate":false,'
    b'"ExceptionString":"","transactionCode":"f90a1da5-c072-48b7-a9ea-eb35c5dd506b"},"status":200}'
)
UNKNOWN_CONTACT = b'{"Message":"There is no contact with the id 404404404"}'
CHAT = (
    b'{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"fake","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"You have 150 points."},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":9,"completion_tokens":6,"total_tokens":15}}'
)


def answer(body: bytes, status: bytes = b"200 OK") -> bytes:
    """A whole answer with that JSON body."""
    head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    return head + body


class Vendor:
    """The vendor's server, on one listening socket; each answer comes `delay` seconds after its request."""

    def __init__(self, listener: socket.socket, delay: float = 0.0) -> None:
        self._listener = listener
        self._delay = delay
        self._later: deque[tuple[float, socket.socket, bytes]] = deque()
        self._effects = self._searches = 0
        self._balance = answer(BALANCE)
        self._adjusted = answer(ADJUSTED)
        self._chat = answer(CHAT)
        self._nothing = answer(b"[]")
        self._refused = answer(UNKNOWN_CONTACT, b"404 Not Found")

    def serve(self) -> None:
        """Serve for ever."""
        poll = select.epoll()
        poll.register(self._listener, select.EPOLLIN)
        connections: dict[int, socket.socket] = {}
        parts: dict[int, bytes] = {}
        while True:
            for descriptor, _ in poll.poll(self._due()):
                if descriptor == self._listener.fileno():
                    connection, _ = self._listener.accept()
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    connections[connection.fileno()] = connection
                    parts[connection.fileno()] = b""
                    poll.register(connection, select.EPOLLIN)
                    continue
                connection = connections[descriptor]
                try:
                    received = connection.recv(65536)
                    data = parts[descriptor] + received
                    if received and whole(data):
                        parts[descriptor] = b""
                        self._send(connection, self._answer(data))
                    else:
                        parts[descriptor] = data
                except ConnectionError:
                    received = b""
                if not received:
                    poll.unregister(descriptor)
                    connections.pop(descriptor).close()

    def _send(self, connection: socket.socket, data: bytes) -> None:
        if self._delay:
            self._later.append((monotonic() + self._delay, connection, data))
        else:
            connection.sendall(data)

    def _due(self) -> float | None:
        """Send what is due; seconds until more is, None where nothing waits."""
        while self._later and self._later[0][0] <= monotonic():
            _, connection, data = self._later.popleft()
            with suppress(OSError):  # whoever asked has left
                connection.sendall(data)
        return max(0.0, self._later[0][0] - monotonic()) if self._later else None

    def _answer(self, request: bytes) -> bytes:
        if request.startswith(b"GET /API/Partners/"):
            return self._balance
        if request.startswith(b"POST /api/v1/members/points-adjustment "):
            self._effects += 1
            return self._adjusted
        if request.startswith(b"POST /v1/chat/completions "):
            return self._chat
        if request.startswith(b"GET /api/v2/"):
            self._searches += 1
            return self._nothing
        if request.startswith(b"POST /api/v1/Points ") and b'"ContactId":404404404,' in request:
            return self._refused
        if request.startswith(b"GET /effects "):
            return answer(b"%d" % self._effects)
        if request.startswith(b"GET /searches "):
            return answer(b"%d" % self._searches)
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def whole(data: bytes) -> bool:
    """Whether a request has arrived to its end; those with a body say its length."""
    end = data.find(b"\r\n\r\n")
    if end < 0 or data.startswith(b"GET"):
        return end >= 0
    head = data[: end + 2].lower()
    at = head.index(b"\r\ncontent-length:")
    return len(data) >= end + 4 + int(head[at + 17 : head.index(b"\r\n", at + 2)])


def main() -> None:
    """Serve on the port that the command line names, with the delay that it may name."""
    delay = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    Vendor(socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=2048), delay).serve()


if __name__ == "__main__":
    main()
