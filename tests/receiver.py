"""An app's endpoint for webhooks: what it received, and how it answers."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.deadlines import DEADLINE, until

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HANG, DROP = 0, -1
"""What to answer with: nothing until the end, or an end of the connection."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request: its headers, by lower-case name, and its body as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The event's id."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        """The event."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def adjustment(self) -> str:
        """The id of the adjustment that it is about."""
        return str(self.event["data"]["adjustment"])

    def verified(self, secret: str = SECRET) -> dict[str, Any]:
        """The event, as the library of the specification verifies it. Raises its error."""
        found: dict[str, Any] = Webhook(secret).verify(self.body, dict(self.headers))
        return found


@dataclass
class Receiver:
    """A server on 127.0.0.1; `answers` gives the status of each answer, `HANG` or `DROP`."""

    answers: Callable[[Received], int] = lambda request: 204
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    taken: list[Received] = field(default_factory=list)
    over: Event = field(default_factory=Event)
    url: str = ""

    def wait_for(self, count: int) -> list[Received]:
        """What it has taken, once that is so many."""
        until(lambda: len(self.taken) >= count)
        return self.taken

    def take(self, request: Received) -> int:
        """Note a request, and give the status of its answer."""
        self.received.append(request)
        status = self.answers(request)
        if 200 <= status <= 299:
            self.taken.append(request)
        return status


@contextmanager
def receiving(port: int = 0, **fields: Any) -> Iterator[Receiver]:
    """A receiver until the block ends."""
    receiver = Receiver(**fields)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = DEADLINE

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.take(Received(self.path, headers, body))
            if status == HANG:
                receiver.over.wait(DEADLINE)
            if status in (HANG, DROP):
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(receiver.body)))
            self.end_headers()
            if status != 204:
                self.wfile.write(receiver.body)

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A sender that leaves is no error."""

    with Server(("127.0.0.1", port), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="receiver")
        thread.start()
        try:
            yield receiver
        finally:
            receiver.over.set()
            server.shutdown()
            thread.join()
