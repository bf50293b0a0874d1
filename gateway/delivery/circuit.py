"""Whether a vendor is left alone for a while: a pure state machine, no I/O.

closed    -> open         so many outages in a row, or a vendor that asks for a pause
open      -> half_open    the pause is over, and one call goes out as a probe
half_open -> closed       the probe was answered
half_open -> open         it was not: the next pause is twice as long, up to a bound
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from gateway.model import CircuitState

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
LONGEST_ASKED = 60.0
"""Seconds that a vendor's own `Retry-After` can keep a circuit open."""

Changed = Callable[[CircuitState, float], None]
"""Hears the state that a circuit has from now on, and for how many seconds it is open."""


class Sign(Enum):
    """What a call says about the vendor's health, whatever it came to for the caller."""

    ANSWERED = "answered"
    OUTAGE = "outage"
    BUSY = "busy"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Pass:
    """The leave to make one call; `turn` tells calls that began before the circuit last changed from later ones."""

    turn: int
    probe: bool


class Circuit:
    """The circuit before one vendor.

    `outages`: how many in a row open it; with 0 it never opens. `clock`: seconds, monotonic. `changed` hears of every
    change of state, with the seconds that an open circuit stays so.
    """

    def __init__(self, *, outages: int, clock: Callable[[], float], changed: Changed) -> None:
        self._outages = outages
        self._clock = clock
        self._changed = changed
        self._turn = 0
        self._usual = Pass(0, probe=False)
        self._in_a_row = 0
        self._pause = 0.0
        self._until = 0.0
        self.state = CircuitState.CLOSED

    def wait(self) -> float:
        """Seconds until a call may go out; 0 where one may now."""
        if self.state is CircuitState.CLOSED:
            return 0.0
        if self.state is CircuitState.HALF_OPEN:
            return FIRST_PAUSE  # the probe is on its way, and nobody knows for how long
        return max(0.0, self._until - self._clock())

    def enter(self) -> Pass | None:
        """Leave to make one call, or None. Every pass is to be given back by `leave`."""
        if self.state is CircuitState.CLOSED:
            return self._usual
        if self.wait() > 0:
            return None
        if self.state is CircuitState.OPEN:
            self._become(CircuitState.HALF_OPEN)
        return Pass(self._turn, probe=True)

    def leave(self, given: Pass, sign: Sign, retry_after: float | None = None) -> None:
        """Take in how a call went. `retry_after`: seconds that the vendor asked to wait, where it did."""
        if given.turn != self._turn or not self._outages:
            return  # it began under other circumstances, and says nothing about these
        if sign is Sign.NOTHING:
            if given.probe:
                self._open(0.0)  # the next call is the probe
        elif sign is Sign.OUTAGE or (sign is Sign.BUSY and given.probe):
            self._in_a_row += 1
            if given.probe or self._in_a_row >= self._outages:
                self._pause = min(max(FIRST_PAUSE, self._pause * 2), LONGEST_PAUSE)
                self._open(max(self._pause, _asked(retry_after)))
        elif sign is Sign.BUSY:
            self._in_a_row = 0
            if _asked(retry_after):
                self._open(_asked(retry_after))
        else:
            self._in_a_row = 0
            self._pause = 0.0
            if given.probe:
                self._become(CircuitState.CLOSED)

    def _open(self, seconds: float) -> None:
        self._until = self._clock() + seconds
        self._become(CircuitState.OPEN, seconds)

    def _become(self, state: CircuitState, seconds: float = 0.0) -> None:
        self._turn += 1
        self._usual = Pass(self._turn, probe=False)
        self.state = state
        self._changed(state, seconds)


def _asked(retry_after: float | None) -> float:
    return min(retry_after or 0.0, LONGEST_ASKED)
