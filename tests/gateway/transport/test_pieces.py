"""An answer comes to the same whatever pieces it arrives in: at every place where it can be cut, and at random."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.port import VendorResponse
from gateway.transport import Evidence, TransportError
from gateway.transport.answer import FRAMING, Answer

LIMIT = 60
LINE = b"HTTP/1.1 200 OK\r\n"
CHUNKED = LINE + b"Transfer-Encoding: chunked\r\n"
PACKED = gzip.compress(b"plain", mtime=0)
SPARE = b"HTTP/1.1 500 No\r\nX-Spare: 1\r\nContent-Length: 5\r\n\r\nspare"

WHOLE = {
    "length": LINE + b"X-A: 1\r\nx-a:  2 \t\r\nX-Empty:\r\nX-Bytes: \xe9\r\nContent-Length: 5\r\n\r\nhello",
    "no body": LINE + b"Content-Length: 0\r\n\r\n",
    "chunks": CHUNKED + b"\r\n2\r\nhe\r\n003\r\nllo\r\n0\r\n\r\n",
    "extensions": CHUNKED + b'\r\n2;a=b;c="d e"\r\nhe\r\n0;last\r\n\r\n',
    "trailers": CHUNKED + b"\r\n2\r\nhe\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n",
    "interim": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\n"
    + LINE
    + b"Content-Length: 2\r\n\r\nok",
    "interim with a length": b"HTTP/1.1 102 Wait\r\nContent-Length: 9\r\n\r\n" + LINE + b"Content-Length: 2\r\n\r\nok",
    "204": b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
    "304": b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
    "closing": LINE + b"Connection: close\r\nContent-Length: 2\r\n\r\nok",
    "1.0": b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    "1.0 chunks": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
    "compressed": LINE + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED) + PACKED,
    "empty lines before": b"\r\n\r\n" + LINE + b"Content-Length: 2\r\n\r\nok",
    "an offer to upgrade": LINE + b"Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nok",
    "as long as may be": LINE + b"Content-Length: 60\r\n\r\n" + b"x" * LIMIT,
}
WITH_A_SPARE = {
    **{f"{name}, and a spare": raw + SPARE for name, raw in WHOLE.items() if name not in ("1.0", "closing")},
    "and half a spare": WHOLE["length"] + SPARE[:20],
    "and a letter": WHOLE["chunks"] + b"H",
    "and no HTTP": WHOLE["no body"] + b"x",
    "closing, and a spare": WHOLE["closing"] + SPARE,
}
OPEN_ENDED = {
    "open": LINE + b"\r\nhello",
    "open, 1.0": b"HTTP/1.0 404 None\r\nX-A: 1\r\n\r\n" + SPARE[:50],
    "open, still empty": LINE + b"\r\n",
}
REFUSED = {
    "two lengths": LINE + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    "lengths that differ in their digits": LINE + b"Content-Length: 2\r\nContent-Length: 02\r\n\r\nab",
    "a list of one length": LINE + b"Content-Length: 2, 2\r\n\r\nab",
    "a list of two lengths": LINE + b"Content-Length: 2, 3\r\n\r\nabc",
    "a length and a list": LINE + b"Content-Length: 2\r\nContent-Length: 2, 3\r\n\r\nabc",
    "a length twice, one folded": LINE + b"Content-Length: 2\r\nContent-Length: 2\r\n 3\r\n\r\nabc",
    "a length twice, and chunks": CHUNKED + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
    "a length twice, and a space before the colon": LINE + b"Content-Length: 2\r\nContent-Length : 2\r\n\r\nab",
    "a length with a sign": LINE + b"Content-Length: +2\r\n\r\nab",
    "a length in hexadecimal": LINE + b"Content-Length: 0x2\r\n\r\nab",
    "a length without digits": LINE + b"Content-Length: \r\n\r\n",
    "a length past all bounds": LINE + b"Content-Length: 18446744073709551618\r\n\r\nab",
    "a length and chunks": LINE + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": CHUNKED + b"Content-Length: 2\r\n\r\n0\r\n\r\n",
    "chunks, and a length after them": CHUNKED + b"\r\n2\r\nok\r\n0\r\nContent-Length: 2\r\n\r\n",
    "an unknown coding": LINE + b"Transfer-Encoding: gzip\r\n\r\nab",
    "a coding below chunks": LINE + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a coding above chunks": LINE + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunks twice": CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "almost chunks": LINE + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "identity": LINE + b"Transfer-Encoding: identity\r\n\r\nab",
    "a folded header": LINE + b"X-A: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "a folded first header": LINE + b" X-A: a\r\nContent-Length: 0\r\n\r\n",
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "a bare line feed after a header": LINE + b"X-A: a\nContent-Length: 0\r\n\r\n",
    "a bare line feed at the end": LINE + b"Content-Length: 0\r\n\n",
    "a bare carriage return": LINE + b"X-A: a\rContent-Length: 9\r\nContent-Length: 0\r\n\r\n",
    "a NUL in a header": LINE + b"X-A: a\0b\r\nContent-Length: 0\r\n\r\n",
    "a NUL in a name": LINE + b"X\0A: ab\r\nContent-Length: 0\r\n\r\n",
    "a space before the colon": LINE + b"Content-Length : 0\r\n\r\n",
    "no colon": LINE + b"Content-Length\r\n\r\n",
    "no name": LINE + b": a\r\n\r\n",
    "a chunk without its end": CHUNKED + b"\r\n2\r\nhello\r\n0\r\n\r\n",
    "bare line feeds in chunks": CHUNKED + b"\r\n2\nhe\n0\n\n",
    "a chunk's size with a sign": CHUNKED + b"\r\n-2\r\nhe\r\n0\r\n\r\n",
    "a chunk's size with 0x": CHUNKED + b"\r\n0x2\r\nhe\r\n0\r\n\r\n",
    "a space before a chunk's size": CHUNKED + b"\r\n 2\r\nhe\r\n0\r\n\r\n",
    "a space within a chunk's size": CHUNKED + b"\r\n2 2\r\nhe\r\n0\r\n\r\n",
    "a space after a chunk's size, and a bare line feed": CHUNKED + b"\r\n2 \nhe\r\n0\r\n\r\n",
    "a chunk past all bounds": CHUNKED + b"\r\n10000000000000002\r\nhe\r\n0\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Now\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    "another protocol, unnamed": b"HTTP/1.1 101 Now\r\n\r\n" + LINE + b"Content-Length: 0\r\n\r\n",
    "HTTP/2": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/0.9": b"HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.2": b"HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n",
    "no HTTP": b"220 mail.test ESMTP\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "a status below all": b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
    "an interim answer that closes": b"HTTP/1.1 100 Go\r\nConnection: close\r\n\r\n" + WHOLE["length"],
    "a body past the limit": LINE + b"Content-Length: 61\r\n\r\n" + b"x" * 61,
    "chunks past the limit": CHUNKED + b"\r\n20\r\n" + b"x" * 32 + b"\r\n20\r\n" + b"x" * 32 + b"\r\n0\r\n\r\n",
    "an open body past the limit": LINE + b"\r\n" + b"x" * 61,
    "damaged gzip": LINE + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    "gzip cut short": LINE + b"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" + PACKED[:20],
}
MENDED = {
    "the same length twice": (LINE + b"Content-Length: 2\r\nX-A: 1\r\ncontent-length:2 \r\n\r\nab", b"ab"),
    "the same length three times": (LINE + b"Content-Length: 2\r\n" * 3 + b"\r\nab", b"ab"),
    "the same length twice, of nothing": (LINE + b"Content-Length: 0\r\n" * 2 + b"\r\n", b""),
    "after an interim answer": (b"HTTP/1.1 100 Go\r\n\r\n" + LINE + b"Content-Length: 2\r\n" * 2 + b"\r\nok", b"ok"),
    "within an interim answer": (b"HTTP/1.1 102 Go\r\n" + b"Content-Length: 9\r\n" * 2 + b"\r\n" + WHOLE["204"], b""),
    "a space after a chunk's size": (CHUNKED + b"\r\n2 \r\nhe\r\n0\r\n\r\n", b"he"),
    "blanks after each chunk's size": (CHUNKED + b"\r\n2 \t  \r\nhe\r\n3    \r\nllo\r\n0  \r\n\r\n", b"hello"),
    "blanks after a later chunk's size": (CHUNKED + b"\r\n2\r\nhe\r\n3 ;a=b\r\nllo\r\n0\r\n\r\n", b"hello"),
    "with a spare": (CHUNKED + b"\r\n2 \r\nhe\r\n0\r\n\r\n" + SPARE, b"he"),
}
ALL = {**WHOLE, **WITH_A_SPARE, **OPEN_ENDED, **REFUSED, **{name: raw for name, (raw, _) in MENDED.items()}}


@dataclass(frozen=True)
class Reading:
    """What was made of the bytes of a connection."""

    response: VendorResponse | None
    error: str | None
    status: int | None
    complete: bool
    sound: bool
    open_ended: bool


def reading(*pieces: bytes, method: str = "GET") -> Reading:
    evidence = Evidence()
    answer = Answer(evidence, method=method, limit=LIMIT)
    response, error, spare = None, None, False
    try:
        for piece in pieces:
            if answer.complete:
                spare = spare or bool(piece)  # a connection at rest is dropped for it
            else:
                answer.take(piece)
        if answer.complete or answer.open_ended:
            response = answer.response()
    except TransportError as raised:
        error = str(raised)
    sound = answer.complete and answer.sound and not spare
    return Reading(response, error, evidence.status, answer.complete, sound, answer.open_ended)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_cut_anywhere(name: str, method: str) -> None:
    """Cut in two at any byte, or into single bytes, an answer comes to what it comes to in one piece."""
    raw = ALL[name]
    whole = reading(raw, method=method)
    assert all(reading(raw[:at], raw[at:], method=method) == whole for at in range(1, len(raw)))
    assert reading(*(raw[at : at + 1] for at in range(len(raw))), method=method) == whole


@given(st.sampled_from(sorted(ALL)), st.lists(st.integers(0, 300)))
def test_cut_at_random(name: str, cuts: list[int]) -> None:
    """So it does in any number of pieces, empty ones too."""
    raw = ALL[name]
    ends = sorted(min(cut, len(raw)) for cut in cuts)
    pieces = [raw[begin:end] for begin, end in pairwise([0, *ends, len(raw)])]
    assert reading(*pieces) == reading(raw)


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_whole(name: str) -> None:
    """Each way of stating where an answer ends is understood; what only one side can tell keeps no connection."""
    read = reading(WHOLE[name])
    assert read.response is not None
    assert (read.error, read.complete) == (None, True)
    assert read.sound == (name not in ("closing", "1.0", "1.0 chunks"))


@pytest.mark.parametrize("name", WITH_A_SPARE)
def test_what_has_a_spare(name: str) -> None:
    """What comes along with an answer and is not of it changes nothing in it, and costs the connection."""
    read = reading(WITH_A_SPARE[name])
    first = WHOLE.get(name.split(", and")[0])
    assert first is None or read.response == reading(first).response
    assert (read.error, read.complete, read.sound) == (None, True, False)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    """Framing that two readers could read in two ways, and whatever else is not plain HTTP/1.1, is an error."""
    read = reading(REFUSED[name])
    assert read.response is None
    assert read.error


@pytest.mark.parametrize("name", MENDED)
def test_what_every_other_client_reads(name: str) -> None:
    """The same length several times, and blanks after a chunk's size, mean one thing; the connection is closed."""
    raw, body = MENDED[name]
    read = reading(raw)
    assert read.response is not None
    assert (read.response.body, read.error, read.complete, read.sound) == (body, None, True, False)


def test_blanks_after_a_chunks_size_are_read_at_the_beginning() -> None:
    """A vendor that pads sizes pads the first one: an answer is read a second time from its first bytes alone."""
    for size in (FRAMING - 200, FRAMING):
        chunk = b"%x\r\n%b\r\n" % (size, b"x" * size)
        answer = Answer(Evidence(), method="GET", limit=2 * FRAMING)
        raw = CHUNKED + b"\r\n" + chunk + b"2 \r\nhe\r\n0\r\n\r\n"
        if size == FRAMING:
            with pytest.raises(TransportError):
                answer.take(raw)
        else:
            answer.take(raw)
            assert answer.response().body == b"x" * size + b"he"


@pytest.mark.parametrize("name", [*WHOLE, *(name for name in MENDED if name != "with a spare")])
def test_each_beginning_is_no_answer(name: str) -> None:
    """An answer that lacks its last byte, or any more, is not complete, and is not taken for one that is."""
    raw = ALL[name]
    for at in range(len(raw)):
        read = reading(raw[:at])
        assert (read.complete, read.response, read.open_ended) == (False, None, False)


def test_head_has_no_body() -> None:
    """The answer to a HEAD ends with its head, whatever length that states."""
    read = reading(LINE + b"Content-Length: 5\r\n\r\n", method="HEAD")
    assert read.response == VendorResponse(200, {"content-length": "5"}, b"")
    assert (read.complete, read.sound) == (True, False)


@pytest.mark.parametrize(
    "filling",
    [
        lambda size: LINE + b"X: " + b"x" * size + b"\r\nContent-Length: 0\r\n\r\n",
        lambda size: LINE + b"X: y\r\n" * (size // 6) + b"Content-Length: 0\r\n\r\n",
        lambda size: b"HTTP/1.1 100 \r\n\r\n" * (size // 17) + LINE + b"Content-Length: 0\r\n\r\n",
        lambda size: b"\r\n" * (size // 2) + LINE + b"Content-Length: 0\r\n\r\n",
        lambda size: CHUNKED + b"\r\n1;" + b"x" * size + b"\r\nx\r\n0\r\n\r\n",
        lambda size: CHUNKED + b"\r\n1\r\nx\r\n0\r\n" + b"X: y\r\n" * (size // 6) + b"\r\n",
        lambda size: CHUNKED + b"\r\n1\r\nx\r\n0\r\nX: " + b"x" * size + b"\r\n\r\n",
        lambda size: CHUNKED + b"\r\n" + b"0" * size + b"1\r\nx\r\n0\r\n\r\n",
    ],
    ids=["a header", "headers", "interim answers", "empty lines", "an extension", "trailers", "a trailer", "a size"],
)
def test_what_is_not_the_body_is_bounded(filling: Callable[[int], bytes]) -> None:
    """Whatever it is made of, an answer has so many bytes besides its body, and a byte more is an error however cut."""
    assert reading(filling(FRAMING - 200)).complete
    for raw in (filling(FRAMING + 20), filling(FRAMING * 8)):
        whole = reading(raw)
        assert whole.error
        assert "besides its body" in whole.error
        for size in (1000, FRAMING, FRAMING + 1):
            assert reading(*(raw[at : at + size] for at in range(0, len(raw), size))) == whole


def test_small_chunks_pay_for_themselves() -> None:
    """A body in chunks of one byte each is within the bound, however long it is."""
    evidence = Evidence()
    answer = Answer(evidence, method="GET", limit=50_000)
    answer.take(CHUNKED + b"\r\n" + b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n")
    assert answer.response().body == b"x" * 50_000


def test_compressed_in_too_many_parts() -> None:
    """A body of very many compressed parts is an error, since each would be copied with all that follow."""
    answer = Answer(Evidence(), method="GET", limit=10_000)
    body = gzip.compress(b"", mtime=0) * 101
    answer.take(LINE + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    with pytest.raises(TransportError, match="parts"):
        answer.response()
