"""How much memory something takes."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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


def resident(pid: int) -> float:
    """Megabytes of memory that a process has resident."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024
