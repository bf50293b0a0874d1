"""What a step of an exchange reaches for is noted, and nothing that others do meanwhile."""

import gc
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.conformance.watching import Watch


@pytest.fixture
def _often() -> Iterator[None]:
    """Collects garbage at nearly every new object, and reads a clock each time, as a profiler of tests does."""

    def read_a_clock(phase: str, about: dict[str, Any]) -> None:
        time.perf_counter()

    before = gc.get_threshold()
    gc.callbacks.append(read_a_clock)
    gc.set_threshold(1)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(read_a_clock)


@pytest.mark.usefixtures("_often")
def test_what_is_done_at_a_collection_of_garbage_is_not_the_adapters() -> None:
    """An adapter cannot help when that happens; afterwards garbage is collected as before."""
    watch = Watch()
    assert len(watch.during(lambda: [[number] for number in range(1000)])) == 1000
    assert watch.seen == []
    assert gc.isenabled()
    watch.during(time.monotonic)
    assert [each.partition(" (")[0] for each in watch.seen] == ["it reads a clock: time.monotonic"]
