"""When added points begin and end to be valid, as the simulated vendor is told it."""

import calendar
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.talon_one.simulated_calls import refuse_field

_DURATION = re.compile(r"(\d{1,6})(?:([smhDWMY])|([D])(_D)|([DWMY])(_U))\Z", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "D": 86_400, "W": 7 * 86_400}


def text(at: datetime) -> str:
    """A time as the samples have it: RFC 3339 in UTC."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def begins(given: dict[str, Any], now: datetime) -> datetime | None:
    """When the points of a body become active; None if only an action activates them. Raises `Refusal`."""
    until = _until(given, "pendingUntil", "pendingDuration")
    duration = given.get("pendingDuration", "immediate")
    if until is not None:
        return until
    if duration == "on_action":
        return None
    return now if duration == "immediate" else _after(now, duration, "pendingDuration")


def ends(given: dict[str, Any], begin: datetime | None) -> datetime | None:
    """When the points of a body expire; None if never, or not before they are activated. Raises `Refusal`."""
    until = _until(given, "validUntil", "validityDuration")
    duration = given.get("validityDuration", "unlimited")
    if until is not None or duration == "unlimited":
        return until
    # Documented: a duration counts from the activation. It is checked also where that has not come.
    end = _after(begin or datetime(2000, 1, 1, tzinfo=UTC), duration, "validityDuration")
    return None if begin is None else end


def lasting(begin: datetime, duration: str | None) -> datetime | None:
    """When points expire that an action has activated."""
    return None if duration in (None, "unlimited") else _after(begin, str(duration), "validityDuration")


def _until(given: dict[str, Any], name: str, other: str) -> datetime | None:
    if name not in given:
        return None
    if other in given:
        refuse_field(other, f"The field must be omitted, since {name} is there")
    try:
        at = datetime.fromisoformat(given[name])
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        refuse_field(name, "The field must be an RFC3339 timestamp")
    return at


def _after(begin: datetime, duration: str, name: str) -> datetime:
    match = _DURATION.match(duration)
    if match is None:
        refuse_field(name, "The field must be an integer and a unit, such as 5D")
    number, unit = int(match[1]), match[2] or match[3] or match[5]
    try:
        if unit in _SECONDS:
            end = begin + timedelta(seconds=number * _SECONDS[unit])
        else:
            year, month = divmod(begin.year * 12 + begin.month - 1 + number * (12 if unit == "Y" else 1), 12)
            day = min(begin.day, calendar.monthrange(year, month + 1)[1])
            end = begin.replace(year=year, month=month + 1, day=day)
    except (OverflowError, ValueError, calendar.IllegalMonthError):
        refuse_field(name, "The field is too long a time")
    midnight = end.replace(hour=0, minute=0, second=0, microsecond=0)
    if match[4]:
        return midnight
    return _end_of(unit, midnight) if match[6] else end


def _end_of(unit: str, midnight: datetime) -> datetime:
    """The last second of the day, week, month or year of a date. That a week ends on Sunday is a guess."""
    if unit == "W":
        midnight += timedelta(days=6 - midnight.weekday())
    elif unit == "M":
        midnight = midnight.replace(day=calendar.monthrange(midnight.year, midnight.month)[1])
    elif unit == "Y":
        midnight = midnight.replace(month=12, day=31)
    return midnight + timedelta(days=1, seconds=-1)
