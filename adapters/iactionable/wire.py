"""What an iactionable answer says: points, times as `/Date(milliseconds)/`, and whatever words an error has."""

import re
from datetime import UTC, datetime, timedelta

from gateway import scalars
from gateway.errors import VendorBadResponse
from gateway.model import Balance
from gateway.port import VendorResponse, number

_DATE = re.compile(r"/Date\((-?[0-9]{1,18})([+-][0-9]{4})?\)/")
_WORDS = re.compile(r"[^\s\ufffd]")


def points(response: VendorResponse) -> Balance:
    """The member's points, from `{"AvailablePoints", "TotalPoints", "LastUpdated"}`.

    The last two are null where they cannot be read. Raises `VendorBadResponse` without `AvailablePoints`.
    """
    answer = response.json_object()
    return Balance(
        available=number(answer.get("AvailablePoints"), "AvailablePoints", response),
        lifetime=scalars.number(answer.get("TotalPoints")),
        updated_at=moment(answer.get("LastUpdated")),
    )


def moment(value: object) -> datetime | None:
    """A time such as `/Date(1278521302499-0600)/`, in UTC; None where it is not one that can be told.

    The milliseconds count from 1970 in UTC; an offset is how the vendor would show them and moves nothing.
    """
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found[1]))
    except OverflowError:
        return None


def message(response: VendorResponse) -> str | None:
    """The vendor's words in an error: a JSON text or `Message`, else plain text; its shape is not documented."""
    try:
        answer = response.json()
    except VendorBadResponse:
        text = response.rough_text().strip()
        return text if _WORDS.search(text) and not text.startswith("<") else None
    if isinstance(answer, dict):
        answer = answer.get("Message", answer.get("message"))
    return answer if isinstance(answer, str) and answer else None
