"""The key `rates` of tenants, and its conversion to `gateway.rates`."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PlainValidator, Tag, WithJsonSchema

from gateway.documents.entry import Entry
from gateway.documents.problem import Problem
from gateway.documents.wording import unknown_name
from gateway.planning.routing import Tenant
from gateway.port import VendorSettings
from gateway.rates import Rates

_RATE = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,12})?")
_EXACT = 15
"""Digits that a float, the type of YAML's numbers, represents exactly."""


def _rate(value: object) -> Decimal:
    text = str(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else ""
    if (isinstance(value, float) and len(text) > _EXACT) or not _RATE.fullmatch(text):
        raise ValueError(
            'expected what a point is worth, such as "0.01": at most 12 digits before the point and 12 after, in quotes'
            " where they are many"
        )
    return Decimal(text)


Rate = Annotated[
    Decimal,
    PlainValidator(_rate),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": f"^{_RATE.pattern}$"}, {"type": "number", "minimum": 0}]}),
]


def _form(value: Any) -> str:
    return "types" if isinstance(value, dict) else "rate"


class RatesEntry(BaseModel):
    """What the points of a tenant's vendors are worth, for the total of a wallet."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    currency: str = Field(pattern=r"^[A-Z]{3}$", description="The code of the currency, as EUR.")
    vendors: Mapping[
        str,
        Annotated[
            Annotated[Rate, Tag("rate")] | Annotated[Mapping[str, Rate], Tag("types"), Field(min_length=1)],
            Discriminator(_form),
        ],
    ] = Field(
        min_length=1, description="What one point is worth, by vendor: of all its points, or by canonical point type."
    )

    def rates(self) -> Rates:
        """The rates as `gateway.rates` has them."""
        return Rates(self.currency, self.vendors)


def unknown(
    entries: Mapping[str, Entry],
    tenants: Mapping[str, Tenant],
    known: Mapping[str, object],
    configured: Mapping[str, VendorSettings],
) -> Iterator[Problem]:
    """Rates of vendors that are not `known`, and of point types that a configured vendor does not have."""
    for name, tenant in tenants.items():
        for vendor, rate in tenant.rates.by_vendor.items() if tenant.rates else ():
            path = ("rates", "vendors", vendor)
            if vendor not in known:
                yield entries[name].problem(path, unknown_name("vendor", vendor, list(known)), at_key=True)
            elif isinstance(rate, Mapping) and vendor in configured:
                types = list(getattr(configured[vendor], "point_types", {}))
                for point_type in rate:
                    if point_type not in types:
                        detail = unknown_name("point type", point_type, types)
                        yield entries[name].problem((*path, point_type), detail, at_key=True)
