"""Whether anything of a request has left: what httpx's own transports trace decides it, and no exception's class."""

from typing import Any

_LEAVES = "send_request_headers.started"


class Evidence:
    """What is known of one request; `traced` says that it goes by a transport of httpx's own, which tells."""

    def __init__(self, *, traced: bool) -> None:
        self.sent = not traced
        """Whether a byte of the request may have left."""

    def note(self, event: str, info: dict[str, Any]) -> None:
        """Take in an event of httpx's `trace` extension; this one comes before the first byte."""
        if event.endswith(_LEAVES):
            self.sent = True

    async def note_async(self, event: str, info: dict[str, Any]) -> None:
        """As `note`, for the asynchronous transport."""
        self.note(event, info)
