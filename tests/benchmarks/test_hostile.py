"""The shapes that hostile connections have are the largest of their kinds that are not refused."""

import pytest

from benchmarks.hostile import SHAPES
from tests.gateway.api.bench import Bench, served
from tests.gateway.api.test_unparsed import round_trip

GROWS = {
    "empty fields": b"a:\r\n" * 3,
    "large fields": b"a: b\r\n" * 3,
    "one field": b"b" * 8000,
    "a chunk extension": b"e" * 8000,
    "a trailer": b"b" * 8000,
}
"""What makes each too large; a piece of 4 KiB that begins a head is not counted, so this is a little more."""


@pytest.mark.parametrize("name", GROWS)
def test_a_shape_is_taken_and_more_is_refused(name: str) -> None:
    """It is held without an answer; a little more of the same has one, which closes the connection."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        caller.send(SHAPES[name])
        for _ in range(3):
            await round_trip(bench)
        assert not caller.reader.at_eof()
        caller.send(GROWS[name])
        assert (await caller.ended()).startswith(b"HTTP/1.1 400 ")
        assert bench.bodies == []

    served(body)


def test_the_others_are_what_they_say() -> None:
    """A body that lacks its last byte is the largest that is read, and what is refused is refused for its fields."""
    head, _, content = SHAPES["a body"].partition(b"\r\n\r\n")
    assert (b"Content-Length: 65536" in head, len(content)) == (True, 64 * 1024 - 1)

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        caller.send(SHAPES["many fields"][:8000])
        assert b"at most 100 header fields" in await caller.ended()

    served(body)
