"""What a contact-points answer says: the ReadPointDto of a point that was made, or the Message of a refusal."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from gateway import scalars
from gateway.errors import VendorBadResponse
from gateway.lenient import Unreadable
from gateway.port import VendorResponse, not_understood

_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")


@dataclass(frozen=True, slots=True)
class Point:
    """A point as the vendor made it: `id` and `sum`, and every other field of ReadPointDto in snake_case.

    `dto` is all of it as it came.
    """

    id: int
    sum: Decimal | None
    details: Mapping[str, Any]
    dto: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

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
        identifier = scalars.whole(dto.get("Id"))
        if identifier is None or identifier <= 0:
            not_understood("Id: not a positive integer", response)
        details = {name: read(dto.get(title)) for title, name, read in _FIELDS}
        return cls(identifier, scalars.number(dto.get("Sum")), details, dto)

    def is_exactly(self, *, contact_id: int, type_: str, amount: Decimal) -> bool:
        """Whether this says of itself all that was asked for, and that it stands."""
        sent = {"contact_id": contact_id, "type": type_, "amount": amount}
        return all(self.details[name] == value for name, value in sent.items()) and all(
            self.dto.get(title) is None or self.details[name] is False for title, name in _CANCELLED
        )

    def contradicts(self, *, contact_id: int, type_: str, amount: Decimal) -> bool:
        """Whether this may be another point than the one asked for; a field that says nothing contradicts nothing."""
        return (
            _contradicts(self.dto.get("ContactId"), contact_id, scalars.whole)
            or _contradicts(self.dto.get("Type"), type_, scalars.text)
            or _contradicts(self.dto.get("Amount"), amount, scalars.number)
            or _contradicts(self.dto.get("IsCanceller"), False, scalars.flag)
        )


def message(response: VendorResponse) -> str | None:
    """The `Message` of a refusal, with the texts of its `ModelState`; None where the body is none, or has an `Id`."""
    try:
        answer = response.json_object()
    except VendorBadResponse:
        return None
    said, state = answer.get("Message"), answer.get("ModelState")
    if not isinstance(said, str) or answer.get("Id") is not None:
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


def _contradicts(value: object, sent: object, read: Callable[[object], object]) -> bool:
    """Whether a field may say something else than what was sent."""
    if isinstance(value, Unreadable):
        return any(_contradicts(each, sent, read) for each in value.readings)
    if isinstance(value, str) and isinstance(sent, str):
        return not scalars.could_be(value, sent)
    return read(value) not in (None, sent)


_FIELDS: tuple[tuple[str, str, Callable[[object], Any]], ...] = (
    ("ContactId", "contact_id", scalars.whole),
    ("ContactCompanyId", "contact_company_id", scalars.whole),
    ("Type", "type", scalars.text),
    ("Amount", "amount", scalars.number),
    ("DateTime", "date_time", utc),
    ("Description", "description", scalars.text),
    ("SourceId", "source_id", scalars.text),
    ("SourceDescription", "source_description", scalars.text),
    ("StoreId", "store_id", scalars.whole),
    ("AdministratorId", "administrator_id", scalars.whole),
    ("BookValue", "book_value", scalars.number),
    ("SubType", "sub_type", scalars.text),
    ("PointCalculationBase", "point_calculation_base", scalars.number),
    ("ConverterTransactionId", "converter_transaction_id", scalars.whole),
    ("IsCanceller", "is_canceller", scalars.flag),
    ("CancellerPointId", "canceller_point_id", scalars.whole),
)

_CANCELLED = (("IsCanceller", "is_canceller"), ("CancellerPointId", "canceller_point_id"))
"""What is null or false of a point that stands."""
