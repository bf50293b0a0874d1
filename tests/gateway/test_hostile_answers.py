"""What a vendor answers costs little more than an ordinary answer of its size, whatever it is made of.

CPU time beside CPU time, since the event loop reads it and everything else waits meanwhile.
"""

import gzip
import json
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from adapters.expiring_points import xml
from gateway.delivery.redaction import Redactor
from gateway.errors import VendorBadResponse
from gateway.port import PartialResponse, VendorResponse
from gateway.port.settings import VendorSettings
from gateway.transport import Evidence, TransportError
from gateway.transport.answer import Answer

LARGEST: int = VendorSettings.model_fields["max_answer"].default
TIMES = 13
"""How many times the cost of an ordinary answer is let pass."""
RECORD = {"Id": 4711, "ContactId": 12, "Amount": 12.5, "Type": "standard", "Description": "You are cool", "Sum": 150.24}
TYPES = [
    "",
    "application/xml; charset=big5; charset=utf-7",
    "".join(f"; charset=cp{page}" for page in range(437, 1258)),
]


def filled(begin: str, part: str, end: str) -> bytes:
    """The largest answer that these parts make."""
    room = LARGEST - len(begin) - len(end)
    return (begin + part * (room // len(part)) + end).encode()[:LARGEST]


def cost(read: Callable[[], object], *, times: int = 1) -> float:
    """CPU seconds of reading: the least of some times."""
    spent = []
    for _ in range(times):
        begun = time.process_time()
        with suppress(ValueError, RecursionError, VendorBadResponse, TransportError):
            read()
        spent.append(time.process_time() - begun)
    return min(spent)


def uses(body: bytes, content_type: str = "") -> list[Callable[[], object]]:
    """What is done with an answer, whichever adapter it comes to."""
    redactor = Redactor(["abc123def456"])
    whole = VendorResponse(200, {"content-type": content_type}, body)
    partial = PartialResponse(200, {"content-type": content_type}, body)
    return [
        whole.json,
        lambda: xml.read(whole.rough_text()),
        lambda: redactor.response(whole, confidential=False),
        lambda: redactor.response(partial, confidential=False),
        lambda: redactor.shown(whole, confidential=False),
    ]


read_ordinary = VendorResponse(200, {}, filled("[", json.dumps(RECORD) + ",", json.dumps(RECORD) + "]")).json
"""Reads a large answer in the parts of which nothing is odd."""


@cache
def ordinary() -> float:
    """CPU seconds that it takes."""
    return cost(read_ordinary, times=5)


def assert_cheap(body: bytes, content_type: str = "") -> None:
    for use in uses(body, content_type):
        if cost(use) < TIMES * ordinary():
            continue
        # In turns, since what else the machine does at this moment makes both cost more.
        both = [(cost(use), cost(read_ordinary)) for _ in range(7)]
        assert min(odd for odd, _ in both) < TIMES * min(usual for _, usual in both)


SHAPES = {
    "repeated names": ("{", '"a":1,', '"a":1}'),
    "words that are none": ("[", "x,", "x]"),
    "quotes": ("[", '"', "]"),
    "empty objects": ("[", "{},", "{}]"),
    "elements": ("<xml>", "<a/>", "</xml>"),
    "attributes": ("<xml ", "a='' ", "/>"),
    "comments": ("<xml>", "<!---->", "</xml>"),
    "raw control characters": ('["', "\x01", '"]'),
    "bytes of nothing": ("", "\x00\x01", ""),
    "escapes that are none": ('["', "\\q", '"]'),
    "depth": ('{"a":' * 900, '{"a":' * 90 + "1" + "}" * 90 + ",", "}" * 900),
    "declarations": ("<?xml ", "encoding=", ""),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("content_type", TYPES, ids=["untyped", "wrong", "every charset"])
def test_the_costliest_shapes(shape: str, content_type: str) -> None:
    """Each of them took the event loop from 10 to 60 times what an ordinary answer takes."""
    assert_cheap(filled(*SHAPES[shape]), content_type)


PARTS = st.sampled_from([*'{}[]",:\\<>&;/=1xa \n\x01é', '"a":', "NaN", "1e9", "-0.5", "null", "\\u0041", "&#65;"])
PHRASES = st.lists(PARTS, max_size=6).map("".join)


@settings(deadline=None, max_examples=25, phases=[Phase.generate])
@given(begin=PHRASES, part=PHRASES, end=PHRASES)
def test_any_shape(begin: str, part: str, end: str) -> None:
    """Whatever is repeated until it is as large as an answer may be."""
    assert_cheap(filled(begin, part or " ", end))


def test_values_in_values_that_are_given_twice() -> None:
    """They double at every level, and so does what is compared."""
    text = "1"
    while 2 * len(text) + 12 < LARGEST:
        text = f'{{"a":{text},"a":{text}}}'
    assert_cheap(text.encode())


@pytest.mark.parametrize(
    ("rest", "encoding"),
    [
        (b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * LARGEST + b"0\r\n\r\n", ""),
        (b"a:\r\n" * 11_000 + b"\r\n", ""),
        (b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(50 * LARGEST), mtime=0), "gzip"),
        (b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"", mtime=0) * (LARGEST // 20), "gzip"),
    ],
    ids=["chunks of a byte", "headers", "a bomb", "members"],
)
def test_each_part_of_an_answer_that_comes(rest: bytes, encoding: str) -> None:
    """What is read from a socket at once is taken in within that time, and the whole answer decoded."""
    answer = Answer(Evidence(), method="POST", limit=LARGEST)
    raw = b"HTTP/1.1 200 OK\r\n" + rest
    spent = [cost(lambda part=raw[at : at + 65_536]: answer.take(part)) for at in range(0, len(raw), 65_536)]
    assert max(spent) < TIMES * ordinary()
    assert cost(answer.response) < TIMES * ordinary()


def test_more_values_than_its_size_allows_are_no_answer() -> None:
    """A few thousand are, however short each is."""
    few = VendorResponse(200, {}, b"[" + b"1," * 1_999 + b"1]")
    assert few.json() == [1] * 2_000
    with pytest.raises(VendorBadResponse, match="more values"):
        VendorResponse(200, {}, b"[" + b"1," * 3_999 + b"1]").json()
