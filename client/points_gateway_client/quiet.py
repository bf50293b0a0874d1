"""Log lines of httpx about this client's calls are dropped: its info line has the whole URL, and so the member.

httpx's lines about an app's other calls stay as they are.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_OURS: ContextVar[bool] = ContextVar("points_gateway_client_call", default=False)


def silence() -> None:
    """Have the logger of httpx drop what it says of calls within `unlogged`; a second time does nothing."""
    logging.getLogger("httpx").addFilter(_is_not_ours)


@contextmanager
def unlogged() -> Iterator[None]:
    """Make one request, of which httpx logs nothing."""
    before = _OURS.set(True)
    try:
        yield
    finally:
        _OURS.reset(before)


def _is_not_ours(record: logging.LogRecord) -> bool:
    return not _OURS.get()
