"""Asks each configured vendor something harmless, as `check --live` does: whether it answers, and takes our secrets."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.delivery.channels import Channels
from gateway.delivery.delivery import Delivery
from gateway.delivery.tokens import AllTokens
from gateway.delivery.ways import ways
from gateway.errors import GatewayError, MemberAmbiguous, MemberNotFound, VendorRejected
from gateway.metrics import Metrics
from gateway.planning.configured import planner
from gateway.planning.samples import balance_of_nobody
from gateway.planning.translation import Translator
from gateway.port.registry import AdapterType
from gateway.settings import Settings
from gateway.transport import boottime


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of asking one vendor: whether it answers as it should, and how, in words."""

    good: bool
    text: str


def asked(settings: Settings, kinds: Mapping[str, AdapterType]) -> dict[str, Finding]:
    """What came of asking each vendor, by its name. Nothing is changed anywhere.

    Each is asked for the balance of a member whom it does not know. One that reads no balances is left out.
    """
    return asyncio.run(_asked(planner(settings, kinds).vendors()))


async def _asked(vendors: list[Translator]) -> dict[str, Finding]:
    metrics = Metrics()
    channels = Channels(metrics=metrics, clock=boottime)
    try:
        tokens = AllTokens(clock=boottime, metrics=metrics)
        opened = ways(vendors, channels, tokens, outages=0, metrics=metrics, clock=lambda: datetime.now(UTC))
        found = await asyncio.gather(*(_finding(each, opened.calls[each.name]) for each in vendors))
    finally:
        channels.close()
    return {vendor.name: each for vendor, each in zip(vendors, found, strict=True) if each is not None}


async def _finding(vendor: Translator, way: Delivery) -> Finding | None:
    if (question := balance_of_nobody(vendor)) is None:
        return None
    try:
        await way.read(question)
    except (MemberNotFound, MemberAmbiguous):
        pass
    except VendorRejected as error:  # whoever refuses has let us in; but a wrong path can be refused so too
        return Finding(True, f"answers, with a refusal: see whether that is about the member: {error.detail}")
    except GatewayError as error:
        return Finding(False, f"{error.code}: {error.detail}")
    return Finding(True, "answers")
