"""What leads to one vendor for one purpose: a transport, a circuit, and a limit of calls under way.

They outlive a configuration. The transport and the circuit go on where the next one has the same settings for them;
the limit belongs to the vendor's name, so that two configurations in use together stay within it.
"""

import ssl
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import partial
from weakref import WeakValueDictionary

import structlog

from gateway.delivery.circuit import Circuit
from gateway.delivery.concurrency import ConcurrencyLimit
from gateway.metrics import Metrics, Purpose
from gateway.model import CircuitState
from gateway.port import VendorSettings
from gateway.transport import Transport, boottime, trust

log = structlog.get_logger(__name__)
SHARE = 8
"""Records of one account that are under way at the same time, at most; of searches more, while nobody calls."""
PATIENCE = 0.2
"""The part of a vendor's time-out for which a call waits for a slot."""
QUEUE = 16
"""For each slot, how many calls may wait for one.

After a moment in which the journal was away, all writes of that moment come together. A vendor that answers in a tenth
of a second serves so many within the time for which they wait.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """What one configuration uses to reach a vendor for one purpose; others may use its parts as well."""

    vendor: str
    purpose: Purpose
    settings: VendorSettings
    transport: Transport
    circuit: Circuit
    concurrency: ConcurrencyLimit

    @property
    def places(self) -> int:
        """How many calls may be under way at once."""
        return _places(self.settings, self.purpose)

    @property
    def patience(self) -> float:
        """Seconds for which a call waits for a slot."""
        return self.settings.timeout * PATIENCE


_Place = tuple[str, Purpose]
"""A vendor's name, and what it is called for."""


class Channels:
    """The channels of one process. `clock`: as of `Circuit`.

    Each channel that was opened is released once: a transport is closed with the last channel that it is part of.
    """

    def __init__(self, *, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._metrics = metrics
        self._clock = clock
        self._transports: dict[Hashable, Transport] = {}
        self._users: Counter[Transport] = Counter()
        self._circuits: WeakValueDictionary[Hashable, Circuit] = WeakValueDictionary()
        self._limits: WeakValueDictionary[_Place, ConcurrencyLimit] = WeakValueDictionary()
        self._in_force: dict[_Place, Circuit] = {}

    def __len__(self) -> int:
        """How many transports are open."""
        return len(self._transports)

    def open(
        self,
        vendor: str,
        settings: VendorSettings,
        purpose: Purpose,
        *,
        outages: int,
        trusting: Callable[[str | None], ssl.SSLContext] = trust,
    ) -> Channel:
        """A channel to a vendor; of parts that others use, where they fit. `outages`: as of `Circuit`.

        Raises `OSError` where a certificate cannot be read.
        """
        place = vendor, purpose
        basis = *place, Transport.basis(settings)
        transport = self._transports.get(basis)
        if transport is None:
            transport = self._transports[basis] = Transport(settings, boottime, trusting=trusting)
        self._users[transport] += 1
        circuit = self._circuits.get((basis, outages))
        if circuit is None:
            circuit = Circuit(outages=outages, clock=self._clock, changed=partial(self._changed, place))
            self._circuits[basis, outages] = circuit
        limit = self._limits.get(place)
        if limit is None:
            limit = self._limits[place] = _limit(settings, purpose)
        return Channel(vendor, purpose, settings, transport, circuit, limit)

    def put_in_force(self, channels: Iterable[Channel]) -> None:
        """Have the parts of these channels follow their settings, and the metrics show their circuits alone."""
        before = self._in_force
        self._in_force = {}
        for channel in channels:
            place = channel.vendor, channel.purpose
            channel.transport.follow(channel.settings)
            places = channel.places
            channel.concurrency.resize(places, waiting=places * QUEUE, patience=channel.patience)
            self._in_force[place] = channel.circuit
            self._metrics.circuit(*place, channel.circuit.state)
        for place in before.keys() - self._in_force.keys():
            self._metrics.forget_circuit(*place)

    def release(self, channels: Iterable[Channel]) -> None:
        """Let go of channels that are not used any more."""
        for channel in channels:
            self._users[channel.transport] -= 1
            if not self._users[channel.transport]:
                del self._users[channel.transport]
                self._transports = {
                    key: each for key, each in self._transports.items() if each is not channel.transport
                }
                channel.transport.close()

    def close(self) -> None:
        """Close all transports, whoever uses them."""
        for transport in self._transports.values():
            transport.close()

    def _changed(self, place: _Place, state: CircuitState, seconds: float) -> None:
        if place in self._in_force:
            self._metrics.circuit(*place, self._in_force[place].state)
        report(*place, state, seconds)


def alone(
    vendor: str,
    settings: VendorSettings,
    transport: Transport,
    *,
    outages: int,
    clock: Callable[[], float],
    metrics: Metrics,
) -> Channel:
    """A channel for calls, of parts that no other has."""

    def changed(state: CircuitState, seconds: float) -> None:
        metrics.circuit(vendor, "call", state)
        report(vendor, "call", state, seconds)

    circuit = Circuit(outages=outages, clock=clock, changed=changed)
    return Channel(vendor, "call", settings, transport, circuit, _limit(settings, "call"))


def report(vendor: str, purpose: Purpose, state: CircuitState, seconds: float) -> None:
    """Log that a circuit has changed."""
    which = {"vendor": vendor, "purpose": purpose, "circuit": state.value}
    if state is CircuitState.OPEN:
        log.warning("a vendor is left alone", **which, seconds=round(seconds, 1))
    elif state is CircuitState.HALF_OPEN:
        log.info("a vendor is tried again", **which)
    else:
        log.warning("a vendor is back", **which)


def _places(settings: VendorSettings, purpose: Purpose) -> int:
    return settings.max_concurrency if purpose in ("call", "search") else min(SHARE, settings.max_concurrency)


def _limit(settings: VendorSettings, purpose: Purpose) -> ConcurrencyLimit:
    places = _places(settings, purpose)
    return ConcurrencyLimit(places, waiting=places * QUEUE, patience=settings.timeout * PATIENCE)
