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
VERSION_3 = 0x20080522
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


def drop(*capabilities: int) -> None:
    """Give up capabilities of this process (capset(2); each number is below 32)."""
    libc, header, sets = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(VERSION_3, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    for capability in capabilities:
        for which in range(3):  # effective, permitted, inheritable
            sets[which] &= ~(1 << capability)
    assert libc.capset(header, sets) == 0


if os.geteuid() == 0 and sys.argv[-1] != BOUNDED:
    drop(*OVERRIDES)
main(*sys.argv[1:3])
