"""What else a booking at expiring-points can say: a promotion, times, and data of the caller's own."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema

from adapters.expiring_points import xml
from gateway import exact, port
from gateway.errors import FieldNotSupported
from gateway.model import time_of, time_text

_FIELD = "options.expiring-points"
_ACCRUAL_ONLY = ("activation_date", "expiration_date")


def _moment(text: str) -> str:
    """The time in UTC, so that two spellings of one moment are one value. Raises `ValueError`."""
    return time_text(time_of(text))


def _json(value: dict[str, Any]) -> dict[str, Any]:
    """An object of JSON values. Raises `ValueError` for a number that has no exact form."""
    for each in _values(value):
        if isinstance(each, Decimal):
            exact.number(each)
        elif not (each is None or isinstance(each, str | int)):
            raise ValueError("expected an object of JSON values")
    return value


def _values(value: Any) -> list[Any]:
    """All values in a value that are no list and no object."""
    if isinstance(value, dict):
        value = list(value.values())
    return [inner for each in value for inner in _values(each)] if isinstance(value, list) else [value]


Moment = Annotated[str, AfterValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
"""An RFC 3339 time with an offset, as text in UTC."""


class Options(port.Options):
    """The options of an adjustment that only expiring-points has."""

    promotion_id: str | None = Field(None, min_length=1, description="The trigger promotion that it runs through.")
    created_at: Moment | None = Field(None, description="When it was made; now if not given.")
    activation_date: Moment | None = Field(None, description="From when on accrued points count; at once if not given.")
    expiration_date: Moment | None = Field(
        None, description="When accrued points expire; by the rule of the points currency if not given."
    )
    external_data: Annotated[dict[str, Any], AfterValidator(_json)] | None = Field(
        None, description="An object of your own, which is kept with the transaction; only in JSON."
    )

    def parameters(self, *, earns: bool, in_xml: bool) -> dict[str, Any]:
        """The parameters of a call. Raises `FieldNotSupported` for one that this call or the format cannot carry."""
        present = self.model_dump(exclude_none=True)
        for name in _ACCRUAL_ONLY:
            if name in present and not earns:
                raise FieldNotSupported(f"{_FIELD}.{name}", "only an accrual has it, and negative points are redeemed")
        if in_xml and "external_data" in present:
            raise FieldNotSupported(
                f"{_FIELD}.external_data", "how the vendor writes an object in XML is not documented"
            )
        if in_xml and self.promotion_id is not None and not xml.carries(self.promotion_id):
            raise FieldNotSupported(f"{_FIELD}.promotion_id", "it holds a character that XML cannot carry")
        return present
