"""What an expiring-points answer says, in whichever of its two formats it came: `{data, error, error_text}`."""

from dataclasses import dataclass
from typing import Any

from adapters.expiring_points import xml
from gateway import scalars
from gateway.errors import VendorBadResponse
from gateway.port import VendorResponse


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: `error` is 0 for success, `points` is raw, and absent where the vendor gave none.

    `words` is what a person may read of `error_text`, which is None where a character of it cannot be told.
    """

    error: int
    error_text: str | None
    words: str | None
    points: object

    @classmethod
    def of(cls, response: VendorResponse) -> "Answer | None":
        """Read a JSON object or `<xml>`, told apart by the first character; None where it has no error code."""
        text = response.rough_text().strip()
        try:
            said: dict[str, Any] = xml.read(text) if text[:1] == "<" else response.json_object()
        except (ValueError, VendorBadResponse):
            return None
        error, error_text, data = scalars.whole(said.get("error")), said.get("error_text"), said.get("data")
        if error is None:
            return None
        points = data.get("expiring_points") if isinstance(data, dict) else None
        return cls(error, scalars.text(error_text), scalars.words(error_text), points)
