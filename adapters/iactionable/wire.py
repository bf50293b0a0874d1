"""The answers of iactionable: points, times such as `/Date(milliseconds)/`, and the message of an error."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway import scalars
from gateway.errors import VendorBadResponse
from gateway.model import Balance
from gateway.port import VendorResponse, number

_DATE = re.compile(r"/Date\((-?[0-9]{1,18})([+-][0-9]{4})?\)/")
_LEVELS = (("Current", "current"), ("Next", "next"))
_READABLE = re.compile(r"[^\s\ufffd]")


def points(response: VendorResponse) -> Balance:
    """The member's points, from `{"AvailablePoints", "TotalPoints", "LastUpdated"}`.

    The last two are None if they are unreadable. Raises `VendorBadResponse` without `AvailablePoints`.
    """
    answer = response.json_object()
    return Balance(
        available=number(answer.get("AvailablePoints"), "AvailablePoints", response),
        lifetime=scalars.number(answer.get("TotalPoints")),
        updated_at=moment(answer.get("LastUpdated")),
    )


def points_of_type(response: VendorResponse) -> Balance:
    """The member's points of one type, from the v3 API: `{"Points", "PointType", "Level"?, "Reason"?}`.

    The last three are details, None if they are unreadable. Raises `VendorBadResponse` without `Points`.
    """
    answer = response.json_object()
    point_type, level = _part(answer, "PointType"), _part(answer, "Level")
    return Balance(
        available=number(answer.get("Points"), "Points", response),
        details={
            "point_type": point_type and _texts(point_type, "Key", "Name"),
            "level": level and {name: _level(_part(level, title)) for title, name in _LEVELS},
            "reason": scalars.text(answer.get("Reason")),
        },
    )


def _part(answer: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    part = answer.get(name)
    return part if isinstance(part, dict) else None


def _texts(part: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name.lower(): scalars.text(part.get(name)) for name in names}


def _level(level: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if level is None:
        return None
    level_type = _part(level, "LevelType")
    return {
        "name": scalars.text(level.get("Name")),
        "number": scalars.whole(level.get("Number")),
        "required_points": scalars.number(level.get("RequiredPoints")),
        "level_type": level_type and _texts(level_type, "Key", "Name"),
    }


def moment(value: object) -> datetime | None:
    """A time such as `/Date(1278521302499-0600)/`, in UTC; None if it is unreadable.

    The milliseconds count from 1970 in UTC. The offset is only for display and does not change the moment.
    """
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found[1]))
    except OverflowError:
        return None


def is_page(response: VendorResponse) -> bool:
    """Whether a body is a page of HTML, which comes from a proxy and not from the vendor."""
    return response.rough_text().lstrip().startswith("<")


def message(response: VendorResponse) -> str | None:
    """The message of an error: a JSON text or `Message`, otherwise plain text; the shape is not documented."""
    try:
        answer = response.json()
    except VendorBadResponse:
        text = response.rough_text().strip()
        return text if _READABLE.search(text) and not is_page(response) else None
    if isinstance(answer, dict):
        answer = answer.get("Message", answer.get("message"))
    return answer if isinstance(answer, str) and answer else None
