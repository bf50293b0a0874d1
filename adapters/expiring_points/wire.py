"""What an expiring-points answer says, in whichever of its two formats it came: `{data, error, error_text}`."""

import re
from dataclasses import dataclass
from typing import Any

from adapters.expiring_points import xml
from gateway.errors import VendorBadResponse
from gateway.port import VendorResponse

_INTEGER = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: `error` is 0 for success, `points` is raw, and absent where the vendor gave none."""

    error: int
    error_text: str | None
    points: object

    @classmethod
    def of(cls, response: VendorResponse) -> "Answer | None":
        """Read a JSON object or `<xml>`, told apart by the first character; None where it has no error code."""
        try:
            text = response.text()
            said: dict[str, Any] = xml.read(text.strip()) if text.lstrip()[:1] == "<" else response.json_object()
        except (ValueError, VendorBadResponse):
            return None
        error, error_text, data = said.get("error"), said.get("error_text"), said.get("data")
        if isinstance(error, str) and _INTEGER.fullmatch(error):
            error = int(error)
        if type(error) is not int:
            return None
        points = data.get("expiring_points") if isinstance(data, dict) else None
        return cls(error, error_text if isinstance(error_text, str) else None, points)
