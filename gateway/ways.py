"""The ways to every configured vendor: one that callers' calls take, and one for searches, apart from it.

A search has connections, places and a circuit of its own, so that searches that hang or fail hold up no caller's call.
While a vendor's calls are held by their circuit it is not searched either; no search changes that circuit.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from gateway.delivery import Delivery
from gateway.gate import Gate
from gateway.metrics import Metrics
from gateway.probing import ProbingGate
from gateway.retries import Retries
from gateway.rounds import SHARE
from gateway.translation import Translator
from gateway.transport import Transport, boottime, trust


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to the vendors, by configured name; `searches` has those alone that can be searched."""

    calls: Mapping[str, Delivery]
    searches: Mapping[str, Delivery]

    async def close(self) -> None:
        """Close the connections to all vendors."""
        for delivery in (*self.calls.values(), *self.searches.values()):
            await delivery.close()


def ways(vendors: Iterable[Translator], *, outages: int, metrics: Metrics, clock: Callable[[], datetime]) -> Ways:
    """The ways to these vendors. `outages`: in a row, after which a vendor is left alone; 0 for never."""
    trusting = cache(trust)
    retries = Retries(sleep=asyncio.sleep, random=random.random)
    calls, searches = {}, {}

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

    for vendor in vendors:
        name, settings = vendor.name, vendor.settings
        way_out = transport(vendor)
        if vendor.kind.probes and settings.probe:
            gate: Gate = ProbingGate(vendor, way_out, outages=outages, clock=time.monotonic, metrics=metrics)
        else:
            gate = Gate(name, settings, outages=outages, clock=time.monotonic, metrics=metrics)
        calls[name] = way(vendor, way_out, gate, retries)
        if vendor.adapter.finds:
            places = min(SHARE, settings.max_concurrency)
            apart = Gate(
                name,
                settings,
                outages=outages,
                clock=time.monotonic,
                metrics=metrics,
                purpose="search",
                places=places,
                heeds=gate,
            )
            searches[name] = way(vendor, transport(vendor), apart)
    return Ways(calls, searches)
