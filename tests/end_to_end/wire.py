"""Requests byte by byte, for what no well-behaved HTTP client would send."""

import socket
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

import orjson

from tests.deadlines import DEADLINE


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer read to the end of the connection, header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of the problem that it is."""
        return str(orjson.loads(self.body)["code"])


class Wire:
    """One connection to a gateway, which it is asked to close after its answer."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._socket = socket.create_connection((str(address.hostname), address.port or 80), DEADLINE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, raw: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(raw)

    def shut(self) -> None:
        """Send no more, and still read."""
        self._socket.shutdown(socket.SHUT_WR)

    def some(self) -> bytes:
        """What comes next, as far as it has come."""
        return self._socket.recv(65536)

    def answer(self) -> Answered:
        """The answer to what was sent."""
        received = b""
        while chunk := self._socket.recv(65536):
            received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        return Answered(int(first.split()[1]), {name.lower(): value for name, _, value in pairs}, body)


def request(
    method: bytes, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes = b"", *, length: bool = True
) -> bytes:
    """A request with these headers and no others than Host, Connection and, unless told otherwise, Content-Length."""
    lines = [b"%s %s HTTP/1.1" % (method, target), b"Host: gateway", b"Connection: close"]
    lines += [b"%s: %s" % header for header in headers]
    if length:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body])


def exchange(url: str, raw: bytes) -> Answered:
    """Send one request on a connection of its own."""
    with Wire(url) as wire:
        wire.send(raw)
        return wire.answer()
