"""How much memory something takes."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def bounded(most: int = 1_000_000) -> Iterator[None]:
    """Fail where more than this many bytes are allocated at any moment within."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most
