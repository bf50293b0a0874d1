"""The response of a vendor, complete or partial, and how its body is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from gateway import charset, lenient
from gateway.errors import VendorBadResponse, VendorError


@dataclass(frozen=True, slots=True)
class VendorResponse:
    """One answer of a vendor: header names in lower case, the body complete and decompressed.

    `judgements`: the refusals that `Adapter.judge` has found in this answer; only that method appends to it.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    judgements: list[type[VendorError]] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Whether the status line reports a success; the body may still report a failure."""
        return 200 <= self.status < 300

    def text(self) -> str:
        """The body as text, in its actual charset. Raises `VendorBadResponse` if the charset is unclear."""
        text = charset.exactly(self.body, self.headers.get("content-type", ""))
        if text is None:
            raise VendorBadResponse("The answer is not text in a charset that can be told", vendor_status=self.status)
        return text

    def rough_text(self) -> str:
        """The body as text for people, with U+FFFD for every undecodable byte."""
        return charset.roughly(self.body, self.headers.get("content-type", ""))

    def json(self) -> Any:
        """The body as JSON, numbers exact; unreadable parts are `lenient.Unreadable`, or U+FFFD inside a text.

        Raises `VendorBadResponse` if it is not JSON.
        """
        text = charset.exactly(self.body, self.headers.get("content-type", ""))
        try:
            return lenient.loads(self.rough_text(), rough=True) if text is None else lenient.loads(text)
        except (ValueError, RecursionError) as error:
            raise VendorBadResponse(f"The answer is not JSON: {error}", vendor_status=self.status) from error

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `VendorBadResponse` for anything else."""
        parsed = self.json()
        if not isinstance(parsed, dict):
            raise VendorBadResponse("The answer is not a JSON object", vendor_status=self.status)
        return parsed

    def retry_after(self, now: datetime | None = None) -> float | None:
        """Seconds to wait, from `Retry-After` in either of its forms; None if it is missing or invalid."""
        value = self.headers.get("retry-after", "").strip()
        if not value:
            return None
        if value.isascii() and value.isdigit():
            return float(value[:12])  # bounded: a longer number would be infinite as a float
        try:
            moment = parsedate_to_datetime(value)
        except (TypeError, ValueError, OverflowError):
            return None
        if moment.tzinfo is None:  # "-0000", which means an unknown zone
            return None
        return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


@dataclass(frozen=True, slots=True)
class PartialResponse:
    """The received part of an answer that is incomplete or invalid; for people to see, and no proof.

    `status` is None if the head is incomplete; then `body` is everything received, including the head.
    """

    status: int | None
    headers: Mapping[str, str]
    body: bytes
