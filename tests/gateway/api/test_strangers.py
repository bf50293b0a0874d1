"""Requests without a valid key: how many an address has, on a clock that the tests turn by hand."""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.api.strangers import LINES, MOST, Budget, Strangers
from gateway.errors import RateLimited
from gateway.metrics import Metrics


class Bench:
    """Strangers with three requests a second, of which two a minute may be with a wrong key."""

    def __init__(self, rate: str = "3/second") -> None:
        self.now = 100.0
        self.metrics = Metrics()
        self.strangers = Strangers(
            anonymous=Budget.of(rate),
            wrong_keys=Budget.of("2/minute"),
            clock=lambda: self.now,
            metrics=self.metrics,
        )

    def wait(self, peer: str = "192.0.2.1", *, wrong_key: bool = False) -> float:
        """Count one request: the seconds that it is told to wait; 0 where it may be answered."""
        try:
            self.strangers.count(peer, wrong_key=wrong_key)
        except RateLimited as refused:
            return refused.retry_after or -1.0
        return 0.0

    def counted(self, reason: str) -> int:
        [line] = [
            line
            for line in self.metrics.exposition().decode().splitlines()
            if line.startswith(f'points_refused_total{{reason="{reason}"}}')
        ]
        return int(float(line.split()[-1]))


def test_an_address_has_a_budget_of_its_own() -> None:
    """So many at once; one more has to wait for its part of the time; another address has its own, a network of IPv6
    one for all of it."""
    bench = Bench()
    assert [bench.wait() for _ in range(3)] == [0, 0, 0]
    assert bench.wait() == pytest.approx(1 / 3)
    assert bench.wait("192.0.2.2") == 0
    bench.now += 0.34
    assert bench.wait() == 0
    assert [bool(bench.wait(f"2001:db8::{number}")) for number in range(4)] == [False, False, False, True]
    assert (bench.counted("no_key"), bench.counted("anonymous_rate")) == (8, 2)


def test_probes_count_and_are_not_refused() -> None:
    """They take from the same budget, and it is only said whether they are too many."""
    bench = Bench()
    assert [bench.strangers.too_many("192.0.2.1") for _ in range(4)] == [False, False, False, True]
    assert bench.wait() > 0
    assert (bench.counted("no_key"), bench.counted("anonymous_rate")) == (0, 1)


def test_wrong_keys_have_to_wait_longer_and_longer() -> None:
    """Past a few, wrong keys are refused for a second, then two, then four; nobody else at the address waits."""
    bench = Bench("30/second")
    assert [bench.wait(wrong_key=True) for _ in range(2)] == [0, 0]
    pauses = []
    for _ in range(4):
        pauses.append(bench.wait(wrong_key=True))
        bench.now += pauses[-1] / 2
        assert 0 < bench.wait(wrong_key=True) <= pauses[-1] / 2 + 1e-6
        assert bench.wait() == 0
        bench.now += pauses[-1] / 2 + 1e-6
    assert pauses == [1, 2, 4, 8]
    assert bench.wait("192.0.2.2", wrong_key=True) == 0
    assert (bench.counted("wrong_key"), bench.counted("wrong_key_pause")) == (11, 8)


def test_an_address_is_forgiven() -> None:
    """After ten minutes without a wrong key it begins anew; pauses never grow past a minute."""
    bench = Bench("30/second")
    pauses = []
    for _ in range(100):
        if pause := bench.wait(wrong_key=True):
            pauses.append(pause)
        bench.now += max(pause, 0.4) + 1e-6
    assert max(pauses) == pauses[-1] == 60
    bench.now += 661
    assert [bench.wait(wrong_key=True) for _ in range(3)] == [0, 0, 1]


@pytest.fixture
def unfiltered() -> Iterator[None]:
    """The log as it is before anybody sets it up: other tests of this process may have left one that says little."""
    before = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("unfiltered")
def test_a_flood_writes_few_lines() -> None:
    """One line about an address in ten seconds, with how many were refused since the last, and ten a second in all."""
    bench = Bench()
    with capture_logs() as lines:
        for _ in range(100):
            bench.wait()
        bench.now += LINES
        for _ in range(5):
            bench.wait()
    assert [(line["count"], line["peer"], line["reason"]) for line in lines] == [
        (1, "192.0.2.1", "anonymous_rate"),
        (97, "192.0.2.1", "anonymous_rate"),
    ]
    with capture_logs() as lines:
        for number in range(100):
            for _ in range(4):
                bench.wait(f"198.51.100.{number}")
    assert len(lines) == 9  # and one in the same second, above


def test_memory_is_bounded() -> None:
    """However many addresses come, so many are remembered."""
    bench = Bench()
    for number in range(MOST + 100):
        bench.wait(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(bench.strangers._peers) == MOST


@given(
    amount=st.integers(1, 50),
    seconds=st.sampled_from([1.0, 60.0, 3600.0]),
    gaps=st.lists(st.floats(0, 2), max_size=200),
)
def test_no_more_than_twice_the_rate_in_any_window(amount: int, seconds: float, gaps: list[float]) -> None:
    """Whenever requests come: at most `amount` at once, never more than twice that in a window, and who waits as long
    as they are told is served."""
    budget, now, owed = Budget(amount, seconds), 0.0, 0.0
    passed: list[float] = []
    for gap in gaps:
        now += gap * seconds / amount
        owed, wait = budget.take(owed, now)
        if not wait:
            passed.append(now)
            assert sum(moment > now - seconds for moment in passed) <= 2 * amount
            assert passed.count(now) <= amount
        else:
            assert 0 < wait <= seconds / amount + 1e-6
            assert not budget.take(owed, now + wait)[1]
