"""A hint about an unknown adjustment from the vendor's balance; it proves nothing, because others change it too."""

from datetime import UTC, datetime

from gateway import exact
from gateway.adjustments import Record, Status
from gateway.delivery.channels import Channels
from gateway.delivery.tokens import AllTokens
from gateway.delivery.ways import ways
from gateway.errors import GatewayError
from gateway.journal import Filters, Journal
from gateway.metrics import Metrics
from gateway.model import time_text
from gateway.planning.configured import planner
from gateway.port.registry import AdapterType
from gateway.reads import BalanceRead
from gateway.settings import Settings
from gateway.transport import boottime

SEARCHED = 100
"""The number of the member's newest adjustments in which an earlier balance is searched for."""


async def hint(settings: Settings, kinds: dict[str, AdapterType], journal: Journal, record: Record) -> str:
    """A sentence with the current balance, read from the vendor, and the last one that the journal has."""
    draft = record.draft
    try:
        translator = planner(settings, kinds).translator(draft.vendor)
        translation = translator.read(BalanceRead(draft.write.member, draft.adjustment.point_type))
    except GatewayError as error:
        return f"no hint: {error.detail}"
    metrics = Metrics()
    channels = Channels(metrics=metrics, clock=boottime)
    try:
        tokens = AllTokens(clock=boottime, metrics=metrics)
        opened = ways([translator], channels, tokens, outages=0, metrics=metrics, clock=lambda: datetime.now(UTC))
        reading = await opened.calls[draft.vendor].read(translation)
    except GatewayError as error:
        return f"no hint: the balance cannot be read: {error.detail}"
    finally:
        channels.close()
    available = reading.result.available
    now = f"the vendor's balance is {'not told' if available is None else exact.text(available)} now"
    return (
        f"{now}; {await _before(journal, record)}; this was {exact.text(draft.adjustment.points)}. It proves nothing."
    )


async def _before(journal: Journal, record: Record) -> str:
    """The balance in the vendor's last answer to a write for this member and point type."""
    draft = record.draft
    filters = Filters(member=str(draft.adjustment.member), status=Status.SUCCEEDED)
    for each in (await journal.list(draft.tenant, filters, limit=SEARCHED)).records:
        balance = each.applied and each.applied.balance
        same = (each.draft.vendor, each.draft.adjustment.point_type) == (draft.vendor, draft.adjustment.point_type)
        if balance and balance.available is not None and same:
            when = time_text(each.completed_at or each.created_at)
            return f"it said {exact.text(balance.available)} at {when}, after {each.draft.id}"
    return "what it was before is not known"
