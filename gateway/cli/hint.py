"""A hint about an adjustment from the vendor's balance, asked by this command itself, in a sentence."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gateway import exact
from gateway.adjustments import Record
from gateway.delivery.channels import Channels
from gateway.delivery.tokens import AllTokens
from gateway.delivery.ways import ways
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.operators.balance_hint import read_hint
from gateway.planning.configured import planner
from gateway.port.registry import AdapterType
from gateway.settings import Settings
from gateway.transport import boottime


async def hint(
    settings: Settings, kinds: dict[str, AdapterType], journal: Journal, record: Record
) -> Mapping[str, Any]:
    """The hint as the operator API answers it, read from the vendor by connections of this command's own."""
    planned, metrics = planner(settings, kinds), Metrics()
    channels = Channels(metrics=metrics, clock=boottime)
    try:
        tokens = AllTokens(clock=boottime, metrics=metrics)
        vendors = [each for each in planned.vendors() if each.name == record.draft.vendor]
        opened = ways(vendors, channels, tokens, outages=0, metrics=metrics, clock=lambda: datetime.now(UTC))
        read = await read_hint(planned, opened, journal, record)
    finally:
        channels.close()
    answer: dict[str, Any] = exact.loads(read.to_json().decode())
    return answer
