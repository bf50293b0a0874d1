"""The PostgreSQL of the benchmark: the tests' own, but one that waits for the disk."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.machine import pinned
from tests.conftest import PostgreSQL


class Durable(PostgreSQL):
    """A PostgreSQL with everything that makes a commit durable left on, as it is by default."""

    settings = ()


@contextmanager
def running(cores: frozenset[int]) -> Iterator[Durable]:
    """A running server, on those cores."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/var/tmp"))  # on a disk; a socket's path has little room
    try:
        with pinned(cores):
            server = Durable(folder)
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder)
