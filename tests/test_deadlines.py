"""The factor by which every deadline of the tests is scaled."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import deadlines
from tests.deadlines import FACTOR, LARGEST, VARIABLE, until
from tests.own_seconds import own_seconds

ROOT = Path(__file__).parents[1]
PROGRAM = "from tests.deadlines import DEADLINE, FACTOR; print(FACTOR, DEADLINE)"


def told(environment: dict[str, str]) -> list[float]:
    """The factor and the deadline of another process in this environment."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True, check=True)
    return [float(word) for word in done.stdout.split()]


def test_the_environment_may_say_it() -> None:
    """The factor that the environment names is taken as it is, and deadlines are scaled by it."""
    assert told({**os.environ, VARIABLE: "2.5"}) == [2.5, 150.0]


def test_processes_of_the_tests_have_the_same() -> None:
    """What was measured once holds for every process that a test starts."""
    assert told(dict(os.environ))[0] == FACTOR


def test_it_is_measured_where_nobody_says_it() -> None:
    """A machine is never taken to be faster than a quiet one, nor slower than the gateway's own bounds allow for."""
    factor, _ = told({name: value for name, value in os.environ.items() if name != VARIABLE})
    assert 1.0 <= factor <= LARGEST


def test_waiting_ends_when_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits goes on at once when it holds, and fails at the deadline when it never does."""
    left = iter([False, False, True])
    until(lambda: next(left), pause=0.0)
    monkeypatch.setattr(deadlines, "DEADLINE", 0.0)
    with pytest.raises(AssertionError, match="never came to hold"):
        until(lambda: False, pause=0.0)


@pytest.mark.parametrize(
    "line",
    [
        "asyncio.timeout(5)",
        "asyncio.wait_for(task, 5)",
        "process.wait(timeout=0.5)",
        "thread.join(10)",
        "time.monotonic() + 10",
        "ITS_OWN = 5\nevent.wait(ITS_OWN)",
        "threading.Timer(30, kill)",
        "httpx.get(url)",
        "sqlite3.connect(file)",
        "settings(deadline=200)",
    ],
)
def test_a_number_of_seconds_is_noticed(line: str) -> None:
    """However a wait is bounded by a number, it is found."""
    assert len(list(own_seconds(line))) == 1


@pytest.mark.parametrize(
    "line",
    ["asyncio.timeout(DEADLINE)", "thread.join()", "httpx.get(url, timeout=scaled(5))", "settings(deadline=None)"],
)
def test_what_is_scaled_is_let_be(line: str) -> None:
    """What names a deadline, and what is not bounded, is no number."""
    assert list(own_seconds(line)) == []
