"""Brings the tables of the journal up to date before a gateway opens it."""

import os
from contextlib import suppress
from datetime import UTC, datetime


def prepare_apart(store: str) -> None:
    """Create or migrate the journal's tables in a child process, so that the memory for Alembic is freed with it.

    Errors are ignored here: opening the journal tries the same again and reports them.
    """
    child = os.fork()
    if child == 0:
        try:
            with suppress(Exception):
                from gateway.journal import Journal  # here, since a parent of workers has no journal

                Journal.prepare(store, clock=lambda: datetime.now(UTC))
        finally:
            os._exit(0)  # also after a Ctrl-C: the child must not continue as a second gateway
    os.waitpid(child, 0)
