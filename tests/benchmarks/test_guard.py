"""The guard: what a read and a write cost in CPU time, what memory a worker takes, and that more would be noticed."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import calls, guard
from benchmarks.guard import Bench, Costs
from tests.benchmarks import slowed
from tests.deadlines import DEADLINE, slowness

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads of other processes what Linux has of them")

KEY = "s" * 40
FEW = 16
"""Connections whose slowed reads a gateway answers within half a second each on a busy machine, and refuses none."""
TRIES = 3
"""How often it is measured before it counts as slow: noise passes, a slowdown stays."""
CROWDED, SLOW = 1.4, 2.5
"""How many times more a multiple may be on a machine that others make so many times slower: they evict what the gateway
has in the caches of the processor, and little of what the bare echo has there. Beside ten busy processes on two cores
a read was seen to cost 1.35 times what it usually does, a write 1.15 times.
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the adapter that wastes time, installed as pip would."""
    folder = tmp_path_factory.mktemp("packages")
    shutil.copy(slowed.__file__, folder / "slowed_adapter.py")
    about = folder / "slowed_adapter-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: slowed-adapter\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[points_gateway.adapters]\nslowed = slowed_adapter:Slowed\n")
    return folder


@pytest.fixture(scope="module")
def bench(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """An echo and a gateway, whose tenant `slowed` has the adapter that wastes time."""
    with guard.bench(
        tmp_path_factory.mktemp("guard"),
        packages=packages,
        within=DEADLINE,
        vendors={"slowed": {"extends": "arcade", "adapter": "slowed"}},
        tenants={"slowed": {"routes": {"balance": "slowed"}}},
        clients={"slowed": {"keys": [KEY], "tenants": ["slowed"], "scopes": ["points:read"]}},
    ) as running:
        yield running


def usual(slow: float) -> dict[str, float]:
    """What a read and a write usually cost on a machine that others make so many times slower."""
    crowding = min(1.0, (slow - 1) / (SLOW - 1))
    return {name: cost * (1 + (CROWDED - 1) * crowding) for name, cost in guard.USUAL.items()}


@pytest.fixture(scope="module")
def costs(bench: Bench) -> tuple[Costs, list[str]]:
    """What a read and a write cost, and which of it is too much; measured again while something is."""
    asked = guard.asked()
    for _ in range(TRIES):
        before, found, after = slowness(), bench.costs(asked), slowness()
        if not (wrong := found.too_slow(usual(max(before, after)))):
            break
    return found, wrong


def test_reads_and_writes_cost_what_they_usually_do(costs: tuple[Costs, list[str]]) -> None:
    """Neither costs much more CPU time than is usual, as a multiple of the bare echo's."""
    assert costs[1] == []


def test_a_slowdown_is_noticed(bench: Bench, costs: tuple[Costs, list[str]]) -> None:
    """Reads that take 1.6 times the CPU time of others beside them are too slow, by the same judgement."""
    wasted = 0.6 * costs[0].seconds("read") * 1e6
    asked = {"read": guard.asked()["read"], "slowed": calls.balance(f"email:{wasted:.0f}", KEY)}
    found = bench.costs(asked, connections=FEW)
    assert found.too_slow({"slowed": found.multiple("read")}) != []


def test_a_worker_takes_the_memory_it_usually_does(
    bench: Bench, costs: tuple[Costs, list[str]], tmp_path: Path
) -> None:
    """After reads and writes a worker has little more memory than is usual, as a multiple of the bare echo's."""
    heavy = guard.too_heavy(bench.memory())
    if heavy:  # the first start after a change compiles what it loads, and keeps some of the memory that this takes
        with guard.bench(tmp_path, within=DEADLINE) as another:
            another.costs(guard.asked())
            heavy = guard.too_heavy(another.memory())
    assert heavy == []


def test_what_is_loaded_besides_is_noticed() -> None:
    """A tenth of a worker more, as a library or two would be, is too much."""
    assert guard.too_heavy(guard.MEMORY) == []
    assert len(guard.too_heavy(1.1 * guard.MEMORY)) == 1
