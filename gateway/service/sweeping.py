"""What the gateway looks for in the journal: attempts that nobody owns any more, and what is to be erased and ended."""

import structlog

from gateway.journal import EraseDue, Journal

log = structlog.get_logger(__name__)
EVERY = 1.0
"""Seconds between looks."""


async def expire(journal: Journal) -> None:
    """Make unknown the attempts whose leases have run out."""
    if expired := await journal.expire():
        log.warning("attempts were never concluded; they are unknown", count=expired)


async def erase_due(journal: Journal) -> None:
    """Erase all that has ended, and keep in the audit log how much that was, by pseudonym."""
    while (await journal.to_erase()).ended:
        done = await journal.remove(EraseDue())
        for pseudonym, number in sorted(done.items()):
            await journal.note("gateway", "erase", {"as": pseudonym, "erased": number})
            log.info("adjustments were erased that had ended", count=number, pseudonym=pseudonym)
        if not done:
            return  # another process has them in hand
