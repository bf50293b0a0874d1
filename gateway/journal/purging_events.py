"""What a purge does to events: it leaves what is still to be told, and marks where the feed has a gap."""

from collections.abc import Collection

from sqlalchemy import Connection, func, select, update

from gateway.journal.removal_commands import Purge
from gateway.journal.tables import deliveries, purged_events, transitions, webhooks
from gateway.journal.upserts import upsert

_STEP, _ROW = transitions.c, deliveries.c


def untold(connection: Connection, asked: Purge, ids: Collection[str]) -> frozenset[str]:
    """Those of these adjustments of which a webhook was not told yet. What no webhook is told of holds nothing up."""
    hooks = select(func.min(webhooks.c.position)).where(
        webhooks.c.feed == asked.tenant, webhooks.c.name.in_(asked.webhooks)
    )
    told = connection.scalar(hooks) if asked.webhooks and ids else None
    if told is None:
        return frozenset()
    later = select(_STEP.adjustment).where(_STEP.adjustment.in_(ids), _STEP.feed.is_not(None), _STEP.seq > told)
    waits = select(_ROW.adjustment).where(
        _ROW.adjustment.in_(ids), _ROW.state.in_(("waiting", "replayed")), _ROW.name.in_(asked.webhooks)
    )
    return frozenset((*connection.scalars(later), *connection.scalars(waits)))


def forget(connection: Connection, tenant: str, ids: Collection[str]) -> None:
    """Have no event of these adjustments be told any more; who reads the feed from before them is told so."""
    highest = connection.scalar(select(func.max(_STEP.seq)).where(_STEP.adjustment.in_(ids), _STEP.feed.is_not(None)))
    if highest is not None:
        before = connection.execute(select(purged_events).where(purged_events.c.feed == tenant)).one_or_none()
        until, times = (0, 0) if before is None else (before.until, before.times)
        upsert(connection, purged_events, [{"feed": tenant, "until": max(until, highest), "times": times + 1}])
    connection.execute(update(deliveries).where(_ROW.adjustment.in_(ids)).values(state="purged", due_at=None))
