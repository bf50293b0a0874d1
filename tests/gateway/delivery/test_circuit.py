"""The life of a circuit, on a clock that the tests turn by hand."""

import pytest

from gateway.delivery.circuit import FIRST_PAUSE, LONGEST_ASKED, LONGEST_PAUSE, Circuit, Pass, Sign
from gateway.model import CircuitState


class Bench:
    """A circuit that opens after three outages, its clock, and what it said of its changes."""

    def __init__(self, outages: int = 3) -> None:
        self.now = 1000.0
        self.changes: list[tuple[CircuitState, float]] = []
        self.circuit = Circuit(
            outages=outages,
            clock=lambda: self.now,
            changed=lambda state, seconds: self.changes.append((state, seconds)),
        )

    def enter(self) -> Pass:
        permit = self.circuit.enter()
        assert permit is not None
        return permit

    def call(self, sign: Sign, retry_after: float | None = None) -> None:
        """One call from beginning to end."""
        self.circuit.leave(self.enter(), sign, retry_after)

    def opened(self) -> "Bench":
        for _ in range(3):
            self.call(Sign.OUTAGE)
        assert self.circuit.state is CircuitState.OPEN
        return self


def test_it_opens_after_so_many_outages_in_a_row() -> None:
    """An answer in between starts the count anew; the change is told once."""
    bench = Bench()
    for each in (Sign.OUTAGE, Sign.OUTAGE, Sign.ANSWERED, Sign.OUTAGE, Sign.OUTAGE):
        bench.call(each)
    assert bench.circuit.state is CircuitState.CLOSED
    bench.call(Sign.OUTAGE)
    assert bench.circuit.enter() is None
    assert bench.changes == [(CircuitState.OPEN, FIRST_PAUSE)]


def test_what_proves_nothing_does_not_count() -> None:
    """A cancelled call neither adds to the outages nor wipes them out."""
    bench = Bench()
    for each in (Sign.OUTAGE, Sign.NOTHING, Sign.OUTAGE, Sign.NOTHING, Sign.OUTAGE):
        bench.call(each)
    assert bench.circuit.state is CircuitState.OPEN


def test_open_says_how_long_it_stays_so() -> None:
    """The wait is what remains of the pause."""
    bench = Bench().opened()
    bench.now += 0.25
    assert bench.circuit.wait() == FIRST_PAUSE - 0.25
    assert bench.circuit.enter() is None


def test_one_probe_and_no_more() -> None:
    """After the pause one call goes out; others wait for what becomes of it, however long that takes."""
    bench = Bench().opened()
    bench.now += FIRST_PAUSE
    assert bench.enter().probe
    assert bench.circuit.state is CircuitState.HALF_OPEN
    bench.now += 100
    assert bench.circuit.enter() is None
    assert bench.circuit.wait() > 0


def test_an_answered_probe_closes_it() -> None:
    """Everybody is let through again, and it takes as many outages as before to open it, for the first pause."""
    bench = Bench().opened()
    bench.now += FIRST_PAUSE
    bench.call(Sign.ANSWERED)
    assert [bench.enter().probe for _ in range(5)] == [False] * 5
    bench.opened()
    opened, half_open, closed = CircuitState.OPEN, CircuitState.HALF_OPEN, CircuitState.CLOSED
    assert [state for state, _ in bench.changes] == [opened, half_open, closed, opened]
    assert bench.changes[-1] == (CircuitState.OPEN, FIRST_PAUSE)


def test_pauses_grow_up_to_a_bound() -> None:
    """A probe that fails doubles the pause."""
    bench = Bench().opened()
    pauses = []
    for _ in range(7):
        pauses.append(bench.circuit.wait())
        bench.now += bench.circuit.wait()
        bench.call(Sign.OUTAGE)
    assert pauses == [1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE]


def test_a_probe_that_was_cancelled_makes_room_for_the_next() -> None:
    """It proved nothing: the next call is the probe, at once."""
    bench = Bench().opened()
    bench.now += FIRST_PAUSE
    bench.call(Sign.NOTHING)
    assert bench.enter().probe


def test_calls_from_before_a_change_say_nothing() -> None:
    """A call that began while it was closed neither closes it, nor makes its pause longer, nor passes for the probe."""
    bench = Bench()
    early = [bench.enter() for _ in range(3)]
    bench.opened()
    bench.circuit.leave(early[0], Sign.ANSWERED)
    bench.circuit.leave(early[1], Sign.OUTAGE)
    assert (bench.circuit.state, bench.circuit.wait()) == (CircuitState.OPEN, FIRST_PAUSE)
    bench.now += FIRST_PAUSE
    bench.enter()
    bench.circuit.leave(early[2], Sign.ANSWERED)
    assert bench.circuit.state is CircuitState.HALF_OPEN


def test_a_busy_vendor_is_left_alone_for_as_long_as_it_asks() -> None:
    """Once is enough; without a word about how long, it is an answer like any other."""
    bench = Bench()
    bench.call(Sign.BUSY)
    assert bench.circuit.state is CircuitState.CLOSED
    bench.call(Sign.BUSY, 7.0)
    assert bench.changes == [(CircuitState.OPEN, 7.0)]


@pytest.mark.parametrize("sign", [Sign.BUSY, Sign.OUTAGE])
def test_what_a_vendor_asks_for_is_capped(sign: Sign) -> None:
    """No `Retry-After` keeps the circuit open for a day."""
    bench = Bench(outages=1)
    bench.call(sign, 86_400.0)
    assert bench.circuit.wait() == LONGEST_ASKED


def test_an_outage_may_ask_for_a_longer_pause() -> None:
    """The longer of the two holds."""
    bench = Bench(outages=1)
    bench.call(Sign.OUTAGE, 5.0)
    assert bench.circuit.wait() == 5.0


def test_it_can_be_switched_off() -> None:
    """With 0 outages it never opens, whatever comes."""
    bench = Bench(outages=0)
    for _ in range(100):
        bench.call(Sign.OUTAGE)
        bench.call(Sign.BUSY, 60.0)
    assert (bench.circuit.state, bench.changes) == (CircuitState.CLOSED, [])
