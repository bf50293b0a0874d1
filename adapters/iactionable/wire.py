"""What an iactionable answer says: points, times as `/Date(milliseconds)/`, and whatever words an error has."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway import exact
from gateway.errors import VendorBadResponse
from gateway.model import Balance
from gateway.port import VendorResponse, number

_DATE = re.compile(r"/Date\((-?[0-9]{1,18})([+-][0-9]{4})?\)/")


def points(response: VendorResponse) -> Balance:
    """The member's points, from `{"AvailablePoints", "TotalPoints", "LastUpdated"}`.

    The last two are null where they cannot be read. Raises `VendorBadResponse` without `AvailablePoints`.
    """
    answer = response.json_object()
    return Balance(
        available=number(answer.get("AvailablePoints"), "AvailablePoints", response),
        lifetime=_number_or_none(answer.get("TotalPoints")),
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
        text = response.text().strip()
    except VendorBadResponse:
        return None
    try:
        said: Any = exact.loads(text)
    except (ValueError, RecursionError):
        said = None if text.startswith("<") else text
    if isinstance(said, dict):
        said = said.get("Message", said.get("message"))
    return said or None if isinstance(said, str) else None


def _number_or_none(value: object) -> Any:
    try:
        return exact.number(value)
    except ValueError:
        return None
