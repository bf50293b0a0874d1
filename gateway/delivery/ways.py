"""The ways to every configured vendor: one that callers' calls take, and apart from it those for searches and repeats.

Each has connections, places and a circuit of its own, so that what hangs or fails there holds up no caller's call.
While a vendor's calls are held by their circuit it is neither searched nor repeated to; neither changes that circuit.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from gateway.delivery.delivery import Delivery
from gateway.delivery.gate import Gate
from gateway.delivery.probing import ProbingGate
from gateway.delivery.retries import Retries
from gateway.metrics import Metrics, Purpose
from gateway.planning.translation import Translator
from gateway.transport import Transport, boottime, trust

SHARE = 8
"""Records of one account that are under way at the same time, at most."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to the vendors, by configured name.

    `searches` has those alone that can be searched, `repeats` those that enforce idempotency.
    """

    calls: Mapping[str, Delivery]
    searches: Mapping[str, Delivery]
    repeats: Mapping[str, Delivery]

    async def close(self) -> None:
        """Close the connections to all vendors."""
        for delivery in (*self.calls.values(), *self.searches.values(), *self.repeats.values()):
            await delivery.close()


def ways(vendors: Iterable[Translator], *, outages: int, metrics: Metrics, clock: Callable[[], datetime]) -> Ways:
    """The ways to these vendors. `outages`: in a row, after which a vendor is left alone; 0 for never."""
    trusting = cache(trust)
    retries = Retries(sleep=asyncio.sleep, random=random.random)
    calls, searches, repeats = {}, {}, {}

    def transport(vendor: Translator) -> Transport:
        return Transport(vendor.settings, boottime, trusting=trusting)

    def way(vendor: Translator, transport: Transport, gate: Gate, retries: Retries | None = None) -> Delivery:
        return Delivery(
            vendor.name,
            vendor.settings,
            transport,
            metrics=metrics,
            clock=clock,
            boottime=boottime,
            gate=gate,
            retries=retries,
        )

    def apart(vendor: Translator, purpose: Purpose, calls: Gate) -> Gate:
        return Gate(
            vendor.name,
            vendor.settings,
            outages=outages,
            clock=time.monotonic,
            metrics=metrics,
            purpose=purpose,
            places=min(SHARE, vendor.settings.max_concurrency),
            heeds=calls,
        )

    for vendor in vendors:
        name, settings = vendor.name, vendor.settings
        way_out = transport(vendor)
        if vendor.kind.probes and settings.probe:
            gate: Gate = ProbingGate(vendor, way_out, outages=outages, clock=time.monotonic, metrics=metrics)
        else:
            gate = Gate(name, settings, outages=outages, clock=time.monotonic, metrics=metrics)
        calls[name] = way(vendor, way_out, gate, retries)
        if vendor.adapter.finds:
            searches[name] = way(vendor, transport(vendor), apart(vendor, "search", gate))
        if vendor.window > 0:
            repeats[name] = way(vendor, transport(vendor), apart(vendor, "repeat", gate))
    return Ways(calls, searches, repeats)
