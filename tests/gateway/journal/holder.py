"""A gateway in a process of its own: it opens the journal, claims one key, says so, and waits to be ended."""

import asyncio
import sys
from datetime import UTC, datetime
from decimal import Decimal

from gateway.adjustments import Draft
from gateway.journal import Journal
from gateway.model import Adjustment, Member


async def main() -> None:
    journal = Journal.open(sys.argv[1], clock=lambda: datetime.now(UTC), render=lambda record: None)
    adjustment = Adjustment(Member("contact_id", "1"), Decimal(5))
    await journal.claim(
        Draft("adj_held", "storefront", "acme", "k", "f", adjustment, "crm", "example", "rule", (), 3600.0)
    )
    sys.stdout.write("claimed\n")
    sys.stdout.flush()
    sys.stdin.read()
    await journal.close()


asyncio.run(main())
