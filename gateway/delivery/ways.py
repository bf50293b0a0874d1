"""The ways to every configured vendor: one that callers' calls take, and apart from it those for searches and repeats.

Each has connections, places and a circuit of its own, so that what hangs or fails there holds up no caller's call.
While a vendor's calls are held by their circuit it is neither searched nor repeated to; neither changes that circuit.
"""

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from gateway.delivery.channels import SHARE, Channel, Channels
from gateway.delivery.delivery import Delivery
from gateway.delivery.gate import Gate
from gateway.delivery.probing import ProbingGate
from gateway.delivery.retries import Retries
from gateway.delivery.tokens import AllTokens, Tokens, address
from gateway.metrics import Metrics, Purpose
from gateway.planning.translation import Translator
from gateway.port import VendorSettings
from gateway.transport import boottime, trust


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to the vendors of one configuration, by configured name.

    `searches` has those alone that can be searched, `repeats` those that enforce idempotency. `channels` are all that
    they take; whoever made the ways releases them.
    """

    calls: Mapping[str, Delivery]
    searches: Mapping[str, Delivery]
    repeats: Mapping[str, Delivery]
    channels: tuple[Channel, ...]

    def room(self, names: Iterable[str]) -> int:
        """How many searches may be under way at once at vendors that are one account.

        All that each of them takes, while there are no calls; each call to any vendor takes the room of `SHARE` of
        them, down to one `SHARE`: nobody waits for what has time.
        """
        calls = sum(each.under_way for each in self.calls.values())
        return max(SHARE, min(self.calls[name].slots for name in names) - SHARE * calls)


def ways(
    vendors: Iterable[Translator],
    channels: Channels,
    tokens: AllTokens,
    *,
    outages: int,
    metrics: Metrics,
    clock: Callable[[], datetime],
) -> Ways:
    """The ways to these vendors. `outages`: in a row, after which a vendor is left alone; 0 for never.

    All ways to a vendor share its `tokens`, which are fetched on a channel of their own.

    Raises `OSError` where a certificate cannot be read.
    """
    trusting = cache(trust)
    retries = Retries(sleep=asyncio.sleep, random=random.random)
    calls, searches, repeats = {}, {}, {}
    opened: list[Channel] = []

    def channel(vendor: Translator, purpose: Purpose, settings: VendorSettings | None = None) -> Channel:
        settings = settings or vendor.settings
        opened.append(channels.open(vendor.name, settings, purpose, outages=outages, trusting=trusting))
        return opened[-1]

    def issuing(vendor: Translator) -> Tokens | None:
        if not vendor.fetches:
            return None
        return tokens.of(vendor, channel(vendor, "token", vendor.settings.at(address(vendor))))

    def way(
        vendor: Translator, channel: Channel, gate: Gate, issued: Tokens | None, retries: Retries | None = None
    ) -> Delivery:
        return Delivery(
            vendor.name,
            vendor.settings,
            channel.transport,
            metrics=metrics,
            clock=clock,
            boottime=boottime,
            gate=gate,
            retries=retries,
            tokens=issued,
            purpose=channel.purpose,
        )

    def apart(vendor: Translator, purpose: Purpose, calls: Gate, issued: Tokens | None) -> Delivery:
        own = channel(vendor, purpose)
        return way(vendor, own, Gate(own, metrics=metrics, heeds=calls), issued)

    with ExitStack() as failed:
        failed.callback(channels.release, opened)
        for vendor in vendors:
            issued, own = issuing(vendor), channel(vendor, "call")
            probes = vendor.kind.probes and vendor.settings.probe
            gate = ProbingGate(own, vendor, metrics=metrics, tokens=issued) if probes else Gate(own, metrics=metrics)
            calls[vendor.name] = way(vendor, own, gate, issued, retries)
            if vendor.adapter.finds:
                searches[vendor.name] = apart(vendor, "search", gate, issued)
            if vendor.window > 0:
                repeats[vendor.name] = apart(vendor, "repeat", gate, issued)
        failed.pop_all()
    return Ways(calls, searches, repeats, tuple(opened))
