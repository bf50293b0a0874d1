"""What came of an answer that is none is kept with its evidence: status, headers, and the body as far as it came."""

import asyncio
import gzip
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from gateway.port import PartialResponse
from gateway.transport import Evidence, TransportError
from gateway.transport.answer import FRAMING
from gateway.transport.coding import salvaged
from tests.gateway.transport.raw_server import POST, Peer, Server, answers, opened, send, yielded

Run = Callable[[Any], None]
LINE = b"HTTP/1.1 200 OK\r\n"
CHUNKED = LINE + b"Transfer-Encoding: chunked\r\n\r\n"
PLAIN = b'{"Id": 7, "Sum": 12}'
PACKED = gzip.compress(PLAIN, mtime=0)
LIMIT = 100


def left(run: Run, raw: bytes) -> PartialResponse | None:
    """What is left of an answer that the vendor sent before it closed."""
    evidence = Evidence()

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(raw)
        peer.close()

    async def scene() -> None:
        async with Server(script) as server, opened(server.url, max_answer=LIMIT) as transport:
            with pytest.raises(TransportError):
                await send(transport, POST, evidence)

    run(scene())
    assert evidence.sent
    return evidence.partial


HALF = LINE + b"Content-Length: 2\r\nX-"
TWICE = LINE + b"Content-Length: 2\r\nContent-Length: 2\r\n"
TWO = LINE + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc"
LENGTH = {"content-length": "50"}
CHUNKS = {"transfer-encoding": "chunked"}
BROTLI = {"content-encoding": "br", "content-length": "2"}
GZIP = {"content-encoding": "gzip", "content-length": "30"}


@pytest.mark.parametrize(
    ("raw", "status", "headers", "body"),
    [
        (LINE + b"Content-Length: 50\r\n\r\n" + PLAIN, 200, LENGTH, PLAIN),
        (LINE + b"Content-Length: 50\r\n\r\n", 200, LENGTH, b""),
        (CHUNKED + b"8\r\n" + PLAIN[:8] + b"\r\nc\r\n" + PLAIN[8:12], 200, CHUNKS, PLAIN[:12]),
        (CHUNKED + b"2\r\n{}\r\nno\r\n" + PLAIN, 200, CHUNKS, b"{}\r\nno\r\n" + PLAIN),
        (CHUNKED + PLAIN, 200, CHUNKS, PLAIN),
        (LINE + b"Transfer-Encoding: identity\r\n\r\n" + PLAIN, 200, {"transfer-encoding": "identity"}, PLAIN),
        (LINE + b"Content-Encoding: gzip\r\nContent-Length: 30\r\n\r\n" + PACKED[:30], 200, GZIP, PLAIN[:9]),
        (LINE + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\nab", 200, BROTLI, b"ab"),
        (b"HTTP/1.1 404 No\r\n\r\n" + b"x" * 200, 404, {}, b"x" * LIMIT),
        (HALF, None, {}, HALF),
        (TWICE, None, {}, TWICE),
        (TWO, None, {}, TWO),
        (b"220 mail.test ESMTP\r\n", None, {}, b"220 mail.test ESMTP\r\n"),
    ],
    ids=[
        *("cut short", "cut after the head", "a chunk cut short", "a size that is none", "chunks that are none"),
        *("unknown framing", "compressed and cut", "unknown coding", "too large", "half a head"),
        *("half a head with a length twice", "two lengths", "no HTTP"),
    ],
)  # fmt: skip
def test_what_came_is_kept(run: Run, raw: bytes, status: int | None, headers: dict[str, str], body: bytes) -> None:
    """Its status and headers where the head came whole, else everything as it came."""
    partial = left(run, raw)
    assert partial is not None
    assert (partial.status, dict(partial.headers)) == (status, headers)
    assert partial.body == body if "gzip" not in headers.values() else PLAIN.startswith(partial.body)


def test_nothing_is_kept_of_nothing(run: Run) -> None:
    """A vendor that closes without a word leaves nothing, and neither does a request that never left."""
    assert left(run, b"") is None


@pytest.mark.parametrize("closing", [True, False], ids=["past the deadline", "cancelled"])
def test_what_came_before_it_was_given_up_is_kept(run: Run, closing: bool) -> None:
    """A closing transport has every call run out of time."""
    evidence = Evidence()

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(LINE + b"Content-Length: 50\r\n\r\n" + PLAIN)
        await peer.end()

    async def scene() -> None:
        async with Server(script) as server, opened(server.url) as transport:
            sending = asyncio.create_task(send(transport, POST, evidence))
            while evidence.status is None:
                await yielded()
            if closing:
                transport.close()
            else:
                sending.cancel()
            with pytest.raises(TransportError if closing else asyncio.CancelledError):
                await sending

    run(scene())
    assert evidence.partial == PartialResponse(200, LENGTH, PLAIN)


def test_a_head_without_end_is_kept_within_bounds(run: Run) -> None:
    """So many bytes of it as an answer may have besides its body."""
    partial = left(run, LINE + b"X: y\r\n" * 20_000)
    assert partial is not None
    assert (partial.status, len(partial.body)) == (None, FRAMING)


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", b"Transfer-Encoding: chunked\r\n\r\n2  \r\nok\r\n0\r\n\r\n"],
    ids=["the same length twice", "blanks after a size"],
)
def test_what_every_other_client_reads_is_read_on_a_connection_that_is_closed(run: Run, head: bytes) -> None:
    """The answer is whole; the next request goes out on another connection."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(LINE + head)
        await peer.end()

    async def scene() -> None:
        async with Server(script, answers) as server, opened(server.url) as transport:
            evidence = Evidence()
            assert (await send(transport, POST, evidence)).body == b"ok"
            assert (evidence.error, evidence.partial) == (None, None)
            await send(transport, POST)
            assert [len(peer.requests()) for peer in server.peers] == [1, 1]

    run(scene())


@pytest.mark.parametrize(
    ("body", "header", "plain"),
    [
        (PACKED[:-1], "gzip", PLAIN),
        (PACKED[:-4] + b"\0\0\0\0", "gzip", PLAIN),
        (PACKED + b"rest", "gzip", PLAIN),
        (zlib.compress(PLAIN)[:-1], "deflate", PLAIN),
        (PACKED[:9], "x-gzip", PACKED[:9]),
        (PLAIN, "gzip", PLAIN),
        (PLAIN, "br", PLAIN),
        (PLAIN, "gzip, gzip", PLAIN),
        (b"", "deflate", b""),
    ],
)
def test_what_a_compressed_body_begins_with(body: bytes, header: str, plain: bytes) -> None:
    """Decompressed as far as that goes, so that secrets can be masked in it; where that is nothing, as it came."""
    assert salvaged(body, header) == plain


def test_damage_within_a_compressed_body_leaves_what_is_before_it() -> None:
    """To the byte that cannot be read."""
    plain = b"".join(b'{"number": %d, "root": %d}\n' % (number, number * 7919 % 10007) for number in range(20_000))
    packed = bytearray(gzip.compress(plain, mtime=0))
    packed[len(packed) // 2] ^= 0xFF
    begun = salvaged(bytes(packed), "gzip")
    assert len(begun) > 60_000
    assert plain.startswith(begun[:60_000])


@pytest.mark.parametrize("name", ["UTF-8", "none", "binary", "8bit", "utf-8, identity", "Identity", " ", "json,none"])
@pytest.mark.parametrize("body", [PLAIN, PACKED], ids=["plain", "packed"])
def test_a_word_that_is_no_coding_says_nothing_of_a_body(run: Run, name: str, body: bytes) -> None:
    """It is taken as it comes, and beside a coding only that counts."""

    async def script(peer: Peer) -> None:
        await peer.request()
        coding = f"{name}, gzip" if body is PACKED else name
        peer.send(LINE + b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n%b" % (coding.encode(), len(body), body))
        await peer.end()

    async def scene() -> None:
        async with Server(script) as server, opened(server.url) as transport:
            assert (await send(transport, POST)).body == PLAIN

    run(scene())


@pytest.mark.parametrize("before", [b"\r\n", b"\n", b"\r\n\r\n"])
def test_a_head_after_an_interim_one_is_no_body(run: Run, before: bytes) -> None:
    """Whatever line ends stand before the first of them."""
    partial = left(run, before + b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED + b"zz\r\n")
    assert partial is not None
    assert (partial.status, partial.body) == (200, b"zz\r\n")


def test_what_follows_the_last_chunk_is_no_body(run: Run) -> None:
    """Headers that come after it may hold what a vendor issues."""
    partial = left(run, CHUNKED + b"2\r\n{}\r\n0\r\nX-Token: issued\r\nbad line\0\r\n\r\n")
    assert partial is not None
    assert (partial.status, partial.body) == (200, b"{}")
