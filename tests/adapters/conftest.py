"""Every adapter that is installed, and one that only tests know, each on a bench with its simulator."""

from collections.abc import Iterator
from typing import get_args

import pytest

from gateway.conformance.pair import installed
from gateway.model import Operation
from gateway.port.registry import AdapterType
from tests.adapters.bench import Bench, Pair
from tests.adapters.desk import Desk, opened_desk
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.deadlines import FACTOR

PAIRS = [*installed(), Pair(AdapterType.of("paper", Paper), PaperSimulator)]


def _named(pair: Pair) -> str:
    return pair.kind.name


WRITERS = [pair for pair in PAIRS if "adjust" in pair.kind.operations]
READERS = [
    pytest.param((pair, operation), id=f"{pair.kind.name}-{operation}")
    for pair in PAIRS
    for operation in get_args(Operation)
    if operation in pair.kind.operations and operation != "adjust"
]


@pytest.fixture(scope="session")
def conformance_patience() -> float:
    """The checks of the kit wait as long as this machine needs."""
    return FACTOR


@pytest.fixture(params=PAIRS, ids=_named, scope="module")
def pair(request: pytest.FixtureRequest) -> Pair:
    """Each adapter."""
    found: Pair = request.param
    return found


@pytest.fixture(params=WRITERS, ids=_named, scope="module")
def writer(request: pytest.FixtureRequest) -> Pair:
    """Each adapter that can adjust."""
    found: Pair = request.param
    return found


@pytest.fixture(params=READERS, scope="module")
def reader(request: pytest.FixtureRequest) -> tuple[Pair, Operation]:
    """Each adapter that can read, with each of its reads."""
    found: tuple[Pair, Operation] = request.param
    return found


@pytest.fixture(scope="module")
def ready(pair: Pair) -> Iterator[Bench]:
    """A bench for each adapter, made once."""
    with Bench(pair) as bench:
        yield bench


@pytest.fixture(scope="module")
def ready_to_write(writer: Pair) -> Iterator[Bench]:
    """A bench for each adapter that can adjust, made once."""
    with Bench(writer) as bench:
        yield bench


@pytest.fixture(scope="module")
def ready_to_read(reader: tuple[Pair, Operation]) -> Iterator[Bench]:
    """A bench for each read of each adapter, made once."""
    with Bench(reader[0]) as bench:
        yield bench


@pytest.fixture
def bench(ready: Bench) -> Bench:
    """Each adapter on its bench, as if nothing had happened yet."""
    ready.fresh()
    return ready


@pytest.fixture
def writing(ready_to_write: Bench) -> Bench:
    """Each adapter that can adjust on its bench, as if nothing had happened yet."""
    ready_to_write.fresh()
    return ready_to_write


@pytest.fixture
def reading(ready_to_read: Bench, reader: tuple[Pair, Operation]) -> tuple[Bench, Operation]:
    """Each adapter that can read on its bench, with each of its reads, as if nothing had happened yet."""
    ready_to_read.fresh()
    return ready_to_read, reader[1]


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One running gateway in front of every installed adapter's simulator."""
    with opened_desk(tmp_path_factory.mktemp("gateway")) as ready:
        yield ready


@pytest.fixture
def desk(opened: Desk) -> Desk:
    """The desk, and simulators as if nothing had happened yet."""
    opened.fresh()
    return opened
