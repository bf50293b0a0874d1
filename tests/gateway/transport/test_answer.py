"""What is made of an answer."""

import gzip
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from gateway.port import VendorRequest, VendorResponse
from gateway.transport import Evidence, TransportError
from gateway.transport.coding import decoded
from tests.gateway.transport.raw_server import GET, POST, Peer, Server, opened, send

Run = Callable[[Any], None]


def received(run: Run, raw: bytes, request: VendorRequest = GET) -> tuple[VendorResponse, Evidence]:
    """The answer that a transport makes of `raw`, after which the connection ends."""
    evidence = Evidence()
    found: list[VendorResponse] = []

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(raw)
        peer.close()

    async def scene() -> None:
        async with Server(script) as server, opened(server.url, max_answer=1000) as transport:
            found.append(await send(transport, request, evidence))

    run(scene())
    return found[0], evidence


def test_headers(run: Run) -> None:
    """Names come in lower case, repeated ones joined in order, bytes past ASCII without loss."""
    answer, evidence = received(
        run, b"HTTP/1.1 404 Not\r\nX-A: 1\r\nx-b: \xe9\r\nX-a: 2\r\nContent-Length: 4\r\n\r\nnone", POST
    )
    assert answer == VendorResponse(404, {"x-a": "1, 2", "x-b": "\u00e9", "content-length": "4"}, b"none")
    assert (evidence.sent, evidence.status, evidence.error) == (True, 404, None)


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 5\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        b"\r\nhello",
    ],
    ids=["length", "chunks", "until the end"],
)
def test_body_in_each_framing(run: Run, rest: bytes) -> None:
    """A body is complete by its length, by its last chunk, or by the end of the connection."""
    assert received(run, b"HTTP/1.1 200 OK\r\n" + rest)[0].body == b"hello"


def test_interim_answers_are_passed_over(run: Run) -> None:
    """Answers of the 1xx kind are not the answer."""
    raw = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\n1"
    assert received(run, raw, POST)[0].status == 201


def test_no_content(run: Run) -> None:
    """A 204 has no body, even where it claims an encoding."""
    assert received(run, b"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n")[0].body == b""


def test_compressed_body(run: Run) -> None:
    """A vendor that compresses though nobody asked is understood."""
    body = gzip.compress(b'{"points": 5}', mtime=0)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: GZip\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert received(run, head + body)[0].body == b'{"points": 5}'


def bare_deflate(plain: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(plain) + deflater.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("", b"plain"),
        ("identity", b"plain"),
        ("gzip", gzip.compress(b"plain", mtime=0)),
        ("x-gzip", gzip.compress(b"pl", mtime=0) + gzip.compress(b"ain", mtime=0)),
        ("deflate", zlib.compress(b"plain")),
        ("deflate", bare_deflate(b"plain")),
        ("br", b""),
    ],
)
def test_known_encodings(encoding: str, body: bytes) -> None:
    """gzip, in one member or several, deflate in both its forms, and no body at all."""
    assert decoded(body, encoding, limit=5) == (b"plain" if body else b"")


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"plain", mtime=0)[:-1]),
        ("gzip", gzip.compress(b"plain", mtime=0) + b"\0"),
        ("gzip", b"plain"),
        ("gzip", gzip.compress(b"plain!", mtime=0)),
        ("gzip", gzip.compress(b"pla", mtime=0) + gzip.compress(b"in!", mtime=0)),
        ("deflate", zlib.compress(b"plain")[:-4]),
        ("deflate", b"plain"),
        ("br", b"plain"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"plain", mtime=0), mtime=0)),
    ],
)
def test_what_cannot_be_decompressed(encoding: str, body: bytes) -> None:
    """Cut short, damaged, past the bound, or unknown: an error, never half a body."""
    with pytest.raises(TransportError):
        decoded(body, encoding, limit=5)
