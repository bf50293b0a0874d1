"""What a contact-points answer says: the ReadPointDto of a point that was made, or the Message of a refusal."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from gateway import exact
from gateway.errors import VendorBadResponse
from gateway.port import VendorResponse, not_understood

_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")


@dataclass(frozen=True, slots=True)
class Point:
    """A point as the vendor made it: `id` and `sum`, and every other field of ReadPointDto in snake_case."""

    id: int
    sum: Decimal | None
    details: Mapping[str, Any]

    @classmethod
    def of(cls, response: VendorResponse) -> "Point":
        """Read a ReadPointDto; what is absent or unreadable is None. Raises `VendorBadResponse` without an `Id`."""
        return cls._of(response.json_object(), response)

    @classmethod
    def all_of(cls, response: VendorResponse) -> "list[Point]":
        """Read a list of ReadPointDto. Raises `VendorBadResponse` for anything else."""
        dtos = response.json()
        if not isinstance(dtos, list) or not all(isinstance(dto, dict) for dto in dtos):
            not_understood("The answer is not a list of points", response)
        return [cls._of(dto, response) for dto in dtos]

    @classmethod
    def _of(cls, dto: Mapping[str, Any], response: VendorResponse) -> "Point":
        identifier = _integer(dto.get("Id"))
        if identifier is None:
            not_understood("Id: not an integer", response)
        return cls(identifier, _number(dto.get("Sum")), {name: read(dto.get(field)) for field, name, read in _FIELDS})

    def is_exactly(self, *, contact_id: int, type_: str, amount: Decimal) -> bool:
        """Whether this says of itself all that was asked for."""
        sent = {"contact_id": contact_id, "type": type_, "amount": amount}
        said = all(self.details[name] == value for name, value in sent.items())
        return said and not self.details["is_canceller"] and self.details["canceller_point_id"] is None

    def contradicts(self, *, contact_id: int, type_: str, amount: Decimal) -> bool:
        """Whether this is not the point that was asked for; a field that says nothing contradicts nothing."""
        sent = {"contact_id": contact_id, "type": type_, "amount": amount, "is_canceller": False}
        return any(self.details[name] not in (None, value) for name, value in sent.items())


def message(response: VendorResponse) -> str | None:
    """The `Message` of a refusal, with the texts of its `ModelState`; None where the body is not one."""
    try:
        answer = response.json_object()
    except VendorBadResponse:
        return None
    said, state = answer.get("Message"), answer.get("ModelState")
    if not isinstance(said, str):
        return None
    words = [said]
    for name, texts in state.items() if isinstance(state, dict) else ():
        words += [
            f"{name}: {text}" for text in (texts if isinstance(texts, list) else [texts]) if isinstance(text, str)
        ]
    return " ".join(words)


def utc(value: object) -> str | None:
    """A time such as `2024-03-29T06:37:11.5943992+00:00` in UTC with `Z`, every digit of its fraction kept."""
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(found[1] + found[3]).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return f"{moment.replace(tzinfo=None).isoformat()}{found[2] or ''}Z"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: object) -> Decimal | None:
    try:
        return exact.number(value)
    except ValueError:
        return None


def _integer(value: object) -> int | None:
    read = _number(value)
    return int(read) if read is not None and read == read.to_integral_value() else None


_FIELDS: tuple[tuple[str, str, Callable[[object], Any]], ...] = (
    ("ContactId", "contact_id", _integer),
    ("ContactCompanyId", "contact_company_id", _integer),
    ("Type", "type", _text),
    ("Amount", "amount", _number),
    ("DateTime", "date_time", utc),
    ("Description", "description", _text),
    ("SourceId", "source_id", _text),
    ("SourceDescription", "source_description", _text),
    ("StoreId", "store_id", _integer),
    ("AdministratorId", "administrator_id", _integer),
    ("BookValue", "book_value", _number),
    ("SubType", "sub_type", _text),
    ("PointCalculationBase", "point_calculation_base", _number),
    ("ConverterTransactionId", "converter_transaction_id", _integer),
    ("IsCanceller", "is_canceller", _flag),
    ("CancellerPointId", "canceller_point_id", _integer),
)
