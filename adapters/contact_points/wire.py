"""The answers of contact-points: points (ReadPointDto), sums (ReadPointSumDto), and the Message of a refusal."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from gateway import scalars
from gateway.errors import VendorBadResponse
from gateway.lenient import Unreadable
from gateway.model import Balance
from gateway.port import VendorResponse, not_understood, number

_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")


@dataclass(frozen=True, slots=True)
class Point:
    """A point at the vendor: `id` and `sum`, and in `details` every other field of ReadPointDto in snake_case.

    `dto` is the whole object as received.
    """

    id: int
    sum: Decimal | None
    details: Mapping[str, Any]
    dto: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, response: VendorResponse) -> "Point":
        """Read a ReadPointDto; missing or unreadable fields are None. Raises `VendorBadResponse` without an `Id`."""
        return cls._of(response.json_object(), response)

    @classmethod
    def all_of(cls, response: VendorResponse) -> "list[Point]":
        """Read a list of ReadPointDto. Raises `VendorBadResponse` for anything else."""
        return [cls._of(dto, response) for dto in _objects(response)]

    @classmethod
    def _of(cls, dto: Mapping[str, Any], response: VendorResponse) -> "Point":
        identifier = scalars.whole(dto.get("Id"))
        if identifier is None or identifier <= 0:
            not_understood("Id: not a positive integer", response)
        details = {name: read(dto.get(title)) for title, name, read in _FIELDS}
        return cls(identifier, scalars.number(dto.get("Sum")), details, dto)

    def is_exactly(self, *, contact_id: int, type_: str, amount: Decimal) -> bool:
        """Whether this point has all the requested values and is not cancelled."""
        sent = {"contact_id": contact_id, "type": type_, "amount": amount}
        return all(self.details[name] == value for name, value in sent.items()) and all(
            self.dto.get(title) is None or self.details[name] is False for title, name in _CANCELLED
        )

    def is_not_cancelled(self, *, contact_id: int, type_: str, amount: Decimal) -> bool:
        """Whether the vendor shows this point, with all of these values, as one that nothing cancels."""
        exactly = self.is_exactly(contact_id=contact_id, type_=type_, amount=amount)
        return exactly and all(title in self.dto for title, _ in _CANCELLED)

    def contradicts(self, *, contact_id: int, type_: str, amount: Decimal) -> bool:
        """Whether this may be another point than the requested one; an empty field does not contradict."""
        return (
            _contradicts(self.dto.get("ContactId"), contact_id, scalars.whole)
            or _contradicts(self.dto.get("Type"), type_, scalars.text)
            or _contradicts(self.dto.get("Amount"), amount, scalars.number)
            or _contradicts(self.dto.get("IsCanceller"), False, scalars.flag)
        )


def canceller(response: VendorResponse, id_: str, *, contact_id: int, type_: str, amount: Decimal) -> int | None:
    """The id of the point that cancels the point in an answer; None if there is none.

    Raises `VendorBadResponse` where it is not the point with this id that was created so, or where that is unclear.
    """
    point = Point.of(response)
    if str(point.id) != id_ or point.contradicts(contact_id=contact_id, type_=type_, amount=amount):
        not_understood("The point in the answer is not the one that is to be cancelled", response)
    value = point.dto.get("CancellerPointId")
    identifier = scalars.whole(value)
    if value is not None and (identifier is None or identifier <= 0):
        not_understood("CancellerPointId: not a positive integer", response)
    return identifier


def balance(response: VendorResponse, *, contact_id: int, type_: str) -> Balance:
    """The sum of one type, from a list of ReadPointSumDto; `available` is None if the list is empty.

    Contact and type are the key of a sum. Raises `VendorBadResponse` for a sum with another key, which shows that the
    vendor ignored a parameter, and for several sums that differ.
    """
    sums = _objects(response)
    keys = [
        {"contact_id": scalars.whole(each.get("ContactId")), "type": scalars.text(each.get("Type"))} for each in sums
    ]
    if any(key != {"contact_id": contact_id, "type": type_} for key in keys):
        not_understood("A sum is not of the contact and type that were asked for", response)
    amounts = {number(each.get("Sum"), "Sum", response) for each in sums}
    if len(amounts) > 1:
        not_understood("Several sums of one contact and type differ", response)
    times = [each for each in (moment(each.get("LastModified")) for each in sums) if each is not None]
    return Balance(next(iter(amounts), None), updated_at=max(times, default=None), details={"sums": keys})


def _objects(response: VendorResponse) -> list[dict[str, Any]]:
    """A list of objects. Raises `VendorBadResponse` for anything else."""
    rows = response.json()
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        not_understood("The answer is not a list of objects", response)
    return rows


def message(response: VendorResponse) -> str | None:
    """The `Message` of a refusal with the texts of its `ModelState`; None if the body has none, or has an `Id`."""
    try:
        answer = response.json_object()
    except VendorBadResponse:
        return None
    summary, state = answer.get("Message"), answer.get("ModelState")
    # With an `Id` the point may exist, so this is not the body of a refusal.
    if not isinstance(summary, str) or answer.get("Id") is not None:
        return None
    parts = [summary]
    for name, texts in state.items() if isinstance(state, dict) else ():
        parts += [
            f"{name}: {text}" for text in (texts if isinstance(texts, list) else [texts]) if isinstance(text, str)
        ]
    return " ".join(parts)


def utc(value: object) -> str | None:
    """A time such as `2024-03-29T06:37:11.5943992+00:00` in UTC with `Z`; the fraction keeps all its digits."""
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        # The fraction is left out here: datetime would cut .NET's seven digits to six.
        moment = datetime.fromisoformat(found[1] + found[3]).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return f"{moment.replace(tzinfo=None).isoformat()}{found[2] or ''}Z"


def moment(value: object) -> datetime | None:
    """The same time as a datetime in UTC, cut to microseconds."""
    text = utc(value)
    return None if text is None else datetime.fromisoformat(text)


def _contradicts(value: object, sent: object, read: Callable[[object], object]) -> bool:
    """Whether a field's value may differ from the value that was sent."""
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
"""The fields that are null or false in a point that is not cancelled."""
