"""Opens the journal of a path as its owner would, and prints why it cannot: root lays down what lets it write anywhere.

Arguments: the journal, and `write` or `read`.
"""

import asyncio
import ctypes
import os
import sys
from datetime import UTC, datetime

from gateway.journal import Journal, JournalError

BOUNDED = "bounded"
DROP_FROM_BOUNDING_SET = 24
OVERRIDES = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


def main(store: str, way: str) -> None:
    try:
        if way == "write":
            journal = Journal.open(store, owner="a", clock=lambda: datetime.now(UTC), render=lambda record: None)
        else:
            journal = Journal.to_read(store, clock=lambda: datetime.now(UTC))
        asyncio.run(journal.close())
    except JournalError as error:
        sys.stdout.write(f"{error}\n")


if os.geteuid() == 0 and sys.argv[-1] != BOUNDED:
    for capability in OVERRIDES:
        assert ctypes.CDLL(None).prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0) == 0
    os.execv(sys.executable, [sys.executable, *sys.argv, BOUNDED])
main(*sys.argv[1:3])
