"""The floods: what a stream tells of a server, and that a watched client is served beside a flood."""

import math
import sys
from pathlib import Path

import pytest

from benchmarks.floods import FLOODS, Row, bench, table
from benchmarks.stream import Answered, Stream
from benchmarks.tabs import TABS
from benchmarks.vendor import answer
from tests.benchmarks.test_load import Respond, sending, serving
from tests.deadlines import DEADLINE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="streams wait by epoll")

REFUSED = answer(b"{}").replace(b"200 OK", b"503 Service Unavailable")


def heard(respond: Respond, *, most: int, rate: float | None = None) -> Answered:
    """What a stream on one connection hears of so many requests."""
    with serving(respond) as port:
        stream = Stream(port, lambda: b"GET / HTTP/1.1\r\n\r\n", connections=1, seconds=DEADLINE, rate=rate, most=most)
        return stream.run()


def test_every_answer_counts_by_its_status() -> None:
    """An error is an answer like any other; so many requests are made and no more."""
    found = heard(sending(answer(b"{}"), REFUSED), most=5)
    assert (found.statuses, found.total, found.count(200)) == ({200: 1, 503: 4}, 5, 1)
    assert 0 < found.percentile(0.5, 503) <= found.percentile(1.0, 503) < DEADLINE
    assert math.isnan(found.percentile(0.5, 201))


def test_a_paced_stream_counts_from_when_a_request_was_due() -> None:
    """Where the only connection is taken, the wait for it is part of the latency."""
    found = heard(sending(answer(b"{}")), most=50, rate=10_000_000)
    assert found.total == 50
    assert found.percentile(1.0, 200) >= found.percentile(0.5, 200)
    assert found.percentile(1.0, 200) > 0.5 * found.seconds


def test_a_watched_client_beside_a_flood(tmp_path: Path) -> None:
    """Beside strangers who ask as fast as they can the client is served every time, and they are mostly refused."""
    with bench(tmp_path) as running:
        row = running.flooded(FLOODS[1], 0.3)
    assert row.during.count(200) == row.during.total > 0
    assert set(row.flood.latencies) == {401, 429}
    assert row.flood.count(401) <= 20
    assert row.name in table([row])


def test_a_watched_client_beside_tabs_of_the_console(tmp_path: Path) -> None:
    """Operators sign in and follow the live screen, and the client is served every time."""
    with bench(tmp_path) as running:
        row = running.followed(0.3)
    assert row.during.count(200) == row.during.total > 0
    assert set(row.flood.latencies) <= {200, 204}
    assert row.flood.count(200) >= TABS


def test_a_row() -> None:
    """It says what became of the flood, and how many times later the watched client was answered."""
    before, during = Answered({200: [0.01] * 9 + [0.02]}, 1.0), Answered({200: [0.02] * 9 + [0.08], 503: [0.1]}, 1.0)
    row = Row("no key", before, during, Answered({429: [0.1] * 1234, 0: [1.0]}, 1.0))
    assert row.line == "| no key | 1 of none, 1,234 of 429 | 10 / 20 | 20 / 80 | 2.0 / 4.0 | 1 |"
