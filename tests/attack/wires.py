"""The documented ways of asking a vendor for points: what is read from a request, and what an answer looks like.

Written from the vendors' own documents with plain dictionaries, and sharing nothing with the adapters.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

CANCELS = "cancels"
"""In the fields of what takes a point back: that point's number."""


@dataclass(frozen=True, slots=True)
class Order:
    """What one request asks for. `member` is `SCHEME:VALUE`; `source` the caller's own id, where the wire has one."""

    member: str
    points: Decimal
    source: str | None
    fields: dict[str, Any]


class Wire(Protocol):
    """One vendor's way of speaking; answers are a status and a JSON body."""

    path: str

    def order(self, body: bytes) -> Order:
        """Read a request."""

    def applied(self, order: Order, number: int) -> tuple[int, bytes]:
        """Say that the points were made, as the vendor's effect of this number."""

    def failed(self, status: int) -> tuple[int, bytes]:
        """Say no."""

    def locked_out(self, order: Order, number: int) -> tuple[int, bytes]:
        """Say, of points that were made, what a hasty reader takes for a refusal of the credentials."""


class Enforcing:
    """POST of an entry under a key of the caller's own, of which the vendor makes one for as long as it remembers.

    A repeat is answered with the first entry, or is refused with a code: `refuses`.
    """

    def __init__(self, path: str, scheme: str, *, refuses: bool) -> None:
        self.path = path
        self._scheme = scheme
        self._refuses = refuses

    def order(self, body: bytes) -> Order:
        """Read an entry."""
        entry = json.loads(body, parse_float=Decimal)
        return Order(f"{self._scheme}:{entry['holder']}", Decimal(entry["points"]), entry["key"], entry)

    def applied(self, order: Order, number: int) -> tuple[int, bytes]:
        """The entry's number."""
        return 201, json.dumps({"entry": str(number)}).encode()

    def booked(self, order: Order, number: int) -> tuple[int, bytes]:
        """What a repeat is answered with."""
        return (409, json.dumps({"code": "BOOKED"}).encode()) if self._refuses else self.applied(order, number)

    def failed(self, status: int) -> tuple[int, bytes]:
        """An error."""
        return status, json.dumps({"code": "NO", "status": status}).encode()

    def locked_out(self, order: Order, number: int) -> tuple[int, bytes]:
        """Any 401 of this vendor is a refusal; so an error it is."""
        return self.failed(500)


class ContactPoints:
    """POST Points, by which a source's id can be handed over; a failure is a Message."""

    path = "/api/v1/Points"

    def order(self, body: bytes) -> Order:
        """Read a CreatePointDto."""
        dto = json.loads(body, parse_float=Decimal)
        return Order(f"contact_id:{dto['ContactId']}", Decimal(dto["Amount"]), dto.get("SourceId"), dto)

    def applied(self, order: Order, number: int) -> tuple[int, bytes]:
        """A ReadPointDto."""
        return 201, self.point(order, number)

    def failed(self, status: int) -> tuple[int, bytes]:
        """A Message."""
        return status, json.dumps({"Message": f"No point was made ({status})."}).encode()

    def locked_out(self, order: Order, number: int) -> tuple[int, bytes]:
        """Any 401 of this vendor is a refusal; so an error it is."""
        return self.failed(500)

    def point(self, order: Order, number: int, *, canceller: int | None = None) -> bytes:
        """A point as the vendor shows it, its numbers digit for digit."""
        dto = {**order.fields, "Id": number, "IsCanceller": CANCELS in order.fields, "CancellerPointId": canceller}
        dto["DateTime"] = "2024-03-29T06:37:11.5943992+00:00"
        del dto["Amount"]
        text = json.dumps(dto)[:-1] + f', "Amount": {order.points}, "Sum": {order.points}}}'
        return text.encode()


class Cancelling(ContactPoints):
    """POST Cancel of one point, without a body; the answer to it has none."""

    def applied(self, order: Order, number: int) -> tuple[int, bytes]:
        """Nothing is said of the point that cancels."""
        return 200, b""


class Fabric:
    """POST points-adjustment, which takes no reference; an envelope says what became of it."""

    path = "/api/v1/members/points-adjustment"

    def order(self, body: bytes) -> Order:
        """Read the details of an adjustment."""
        said = json.loads(body, parse_float=Decimal)
        return Order(f"profile_id:{said['profileId']}", Decimal(said["points"]), None, said)

    def applied(self, order: Order, number: int) -> tuple[int, bytes]:
        """An envelope with a transaction code."""
        data = {"Message": f"{order.points} points added", "futureDate": False, "ExceptionString": ""}
        data["transactionCode"] = f"78660e74-02e3-11e8-b443-{number:012x}"
        return 200, self._envelope("Member points adjusted", {}, data, 200)

    def failed(self, status: int) -> tuple[int, bytes]:
        """An envelope with errors."""
        return status, self._envelope("Not adjusted", {"points": [f"not adjusted ({status})"]}, None, status)

    def locked_out(self, order: Order, number: int) -> tuple[int, bytes]:
        """A 401 with a transaction code: something was made."""
        data = {"transactionCode": f"78660e74-02e3-11e8-b443-{number:012x}"}
        return 401, self._envelope("Not adjusted", {"token": ["not known"]}, data, 401)

    def _envelope(self, message: str, errors: dict[str, list[str]], data: dict[str, Any] | None, status: int) -> bytes:
        return json.dumps({"message": message, "errors": errors, "data": data, "status": status}).encode()
