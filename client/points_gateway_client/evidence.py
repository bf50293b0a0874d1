"""Whether a request may have left, taken from httpx's trace events; an exception's class does not prove it."""

from typing import Any

_LEAVES = "send_request_headers.started"


class Evidence:
    """The evidence of one request; `traced` means that its transport is httpx's own, which emits trace events."""

    def __init__(self, *, traced: bool) -> None:
        self.sent = not traced  # another transport emits no events: assume the worst
        """Whether a byte of the request may have left."""

    def note(self, event: str, info: dict[str, Any]) -> None:
        """Handle an event of httpx's `trace` extension; the one that counts comes before the first byte leaves."""
        if event.endswith(_LEAVES):
            self.sent = True

    async def note_async(self, event: str, info: dict[str, Any]) -> None:
        """As `note`, for the asynchronous transport."""
        self.note(event, info)
