"""A server of raw bytes, which serves one connection after the other."""

import socket
import ssl
import threading
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.deadlines import DEADLINE

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
BALANCE = (
    b'{"member": "phone:+1234567890", "point_type": null, "available": "5", "lifetime": null, "updated_at": null,'
    b' "vendor": {"name": "crm", "adapter": "a", "details": {}}, "as_of": "2024-03-29T06:37:11Z", "cached": false}'
)


@dataclass
class Listener:
    """A server of raw bytes: one answer a connection, or none; `heads` are the requests as they arrived.

    With a `certificate` (and its key, in one file) it speaks TLS.
    """

    port: int
    answers: list[bytes | None] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    certificate: Path | None = None

    def serve(self, server: socket.socket) -> None:
        for answer in self.answers:
            connection, _ = server.accept()
            if self.certificate is not None:
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(self.certificate)
                try:
                    connection = context.wrap_socket(connection, server_side=True)
                except OSError:  # whoever called does not trust the certificate
                    continue
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


def options(port: int, **more: object) -> dict[str, object]:
    """Options of a client of the listener, on httpx's own transport."""
    return {"base_url": f"http://127.0.0.1:{port}/gw", "transport": None} | more


def answer(body: bytes) -> bytes:
    """A whole answer with this body."""
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
