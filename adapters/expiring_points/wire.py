"""The answers of expiring-points, in either of the vendor's two formats: `{data, error, error_text}`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.expiring_points import xml
from gateway import scalars
from gateway.errors import VendorBadResponse
from gateway.lenient import Unreadable
from gateway.port import VendorResponse, not_understood


def rows(response: VendorResponse) -> list[dict[str, Any]]:
    """The objects that `data` lists, in JSON. Raises `VendorBadResponse` where it is no such list."""
    data = response.json_object().get("data")
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        not_understood("data: not a list of objects", response)
    return data


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: `error` is 0 for success, `data` has the raw values, and is empty if the answer has none.

    `has_data`: something is in `data`, whether or not it can be read. `error_text` is None if a character of it is
    unreadable; `message` is then its readable part, for people.
    """

    error: int
    error_text: str | None
    message: str | None
    data: Mapping[str, Any]
    has_data: bool

    @classmethod
    def of(cls, response: VendorResponse) -> "Answer | None":
        """Read a JSON object or `<xml>`, distinguished by the first character; None if there is no error code."""
        text = response.rough_text().strip()
        try:
            fields: dict[str, Any] = xml.read(text) if text[:1] == "<" else response.json_object()
        except (ValueError, VendorBadResponse):
            return None
        error, error_text, data = scalars.whole(fields.get("error")), fields.get("error_text"), fields.get("data")
        if error is None:
            return None
        values = data if isinstance(data, dict) else {}
        has_data = isinstance(data, Unreadable) or data not in (None, {}, [], "")
        return cls(error, scalars.text(error_text), scalars.display_text(error_text), values, has_data)

    @property
    def details(self) -> dict[str, Any]:
        """The fields of every answer that have no place elsewhere."""
        return {"error": self.error, "error_text": self.error_text}
