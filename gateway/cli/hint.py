"""What a vendor's balance hints at about an unknown adjustment; never a proof, since others change balances too."""

from datetime import UTC, datetime

from gateway import exact
from gateway.adjustments import Record, Status
from gateway.app import planner
from gateway.delivery.delivery import Delivery
from gateway.errors import GatewayError
from gateway.journal import Filters, Journal
from gateway.metrics import Metrics
from gateway.model import time_text
from gateway.port.registry import AdapterType
from gateway.settings import Settings
from gateway.transport import Transport, boottime

LOOKED_THROUGH = 100


async def hint(settings: Settings, kinds: dict[str, AdapterType], journal: Journal, record: Record) -> str:
    """One sentence: the balance now, and what the vendor last said that it was. Asks the vendor."""
    draft = record.draft
    try:
        translator = planner(settings, kinds).translator(draft.vendor)
        translation = translator.balance(draft.adjustment.member, None)
    except GatewayError as error:
        return f"no hint: {error.detail}"
    vendor = translator.settings
    transport = Transport(vendor, boottime)
    delivery = Delivery(
        draft.vendor, vendor, transport, metrics=Metrics(), clock=lambda: datetime.now(UTC), boottime=boottime
    )
    try:
        reading = await delivery.read(translation)
    except GatewayError as error:
        return f"no hint: the balance cannot be read: {error.detail}"
    finally:
        await delivery.close()
    available = reading.result.available
    now = f"the vendor's balance is {'not told' if available is None else exact.text(available)} now"
    return (
        f"{now}; {await _before(journal, record)}; this was {exact.text(draft.adjustment.points)}. It proves nothing."
    )


async def _before(journal: Journal, record: Record) -> str:
    """What the vendor said that the balance was, in its last answer to a write for this member."""
    draft = record.draft
    wanted = Filters(member=str(draft.adjustment.member), status=Status.SUCCEEDED)
    for each in (await journal.list(draft.tenant, wanted, limit=LOOKED_THROUGH)).records:
        said = each.applied and each.applied.balance
        if said and said.available is not None and each.draft.vendor == draft.vendor:
            when = time_text(each.completed_at or each.created_at)
            return f"it said {exact.text(said.available)} at {when}, after {each.draft.id}"
    return "what it was before is not known"
