"""The key `limits` of clients and tenants, and its conversion to `gateway.limits`."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from gateway.documents.entry import Entry
from gateway.documents.problem import Problem
from gateway.documents.wording import unknown_name
from gateway.limits import DIRECTIONS, OTHERS, Limits
from gateway.port import VendorSettings

_POINTS = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,6})?")
_SCHEMA = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": f"^{_POINTS.pattern}$"}]}
_EXACT = 15
"""Digits that a float, the type of YAML's numbers, represents exactly."""


def _points(value: object) -> Decimal:
    text = str(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else ""
    inexact = isinstance(value, float) and len(text) > _EXACT
    if inexact or not _POINTS.fullmatch(text):
        raise ValueError(
            'expected points such as 1000 or "0.5": at most 12 digits before the point and 6 after, in quotes where'
            f" they are more than {_EXACT} with a point"
        )
    return Decimal(text.removesuffix(".0"))


def _more_than_none(value: Decimal) -> Decimal:
    if not value:
        raise ValueError("expected more than 0: a client that may adjust nothing has not the scope points:write")
    return value


Points = Annotated[
    Decimal,
    PlainValidator(_points),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": f"^{_POINTS.pattern}$"}, {"type": "number", "minimum": 0}]}
    ),
]


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class DailyEntry(_Entry):
    """Points of one type in a day, which begins at 00:00 UTC."""

    credit: Points | None = Field(None, description="That may be credited; no bound where it is not set.")
    debit: Points | None = Field(None, description="That may be debited; no bound where it is not set.")


class LimitsEntry(_Entry):
    """The most that a client or a tenant may adjust."""

    max_points: Annotated[Points, AfterValidator(_more_than_none)] | None = Field(
        None, description="Points of the largest adjustment, credit or debit."
    )
    daily: Mapping[Annotated[str, Field(min_length=1, max_length=64)], DailyEntry] | None = Field(
        None,
        min_length=1,
        description="Points a day by canonical point type; * is for all that has no bound of its own, together.",
    )

    def limits(self) -> Limits:
        """The limits as `gateway.limits` has them."""
        daily: dict[Any, Decimal] = {}
        for point_type, entry in (self.daily or {}).items():
            for direction in DIRECTIONS:
                points = getattr(entry, direction)
                if points is not None:
                    daily[point_type, direction] = points
        return Limits(self.max_points, daily)


def warnings(
    entries: Mapping[str, Entry], found: Mapping[str, Limits], vendors: Mapping[str, VendorSettings]
) -> Iterator[Problem]:
    """Warnings about budgets that bound less than they seem to; `found` are the limits of some of the `entries`.

    A budget for a type that no vendor has is never used. A budget for a vendor's default type does not count requests
    without a type: these count under `*`, and without that entry they have no bound.
    """
    known = sorted({each for settings in vendors.values() for each in getattr(settings, "point_types", {})})
    defaults = {getattr(settings, "default_point_type", None): name for name, settings in vendors.items()}
    for name, limits in found.items():
        for point_type, direction in limits.daily:
            path = ("limits", "daily", point_type, direction)
            if known and point_type not in (*known, OTHERS):
                yield entries[name].problem(path, unknown_name("point type", point_type, known))
            elif point_type in defaults and (OTHERS, direction) not in limits.daily:
                yield entries[name].problem(
                    path,
                    f"this does not bound requests without a point_type, which vendor {defaults[point_type]!r} takes"
                    f' for this type: add "{OTHERS}": {{{direction}: ...}}',
                )
