"""What the vendor with contacts can be asked: its points, by id or by a source's id, and its contacts, by email.

A contact at `merged.example` is merged into another one once it has been looked up: from then on its email leads there,
and a search for its points finds none. What it is sent is still taken.
"""

import json
from urllib.parse import parse_qs, urlsplit

from tests.attack.wires import CANCELS, ContactPoints, Order

MERGED = 1_000_000
"""How much larger the id of a contact is into which another one was merged."""
_POINT, _CONTACTS = f"{ContactPoints.path}/", "/api/v1/Contacts"


def contact(number: int, *, merged: bool) -> str:
    """The member of this number, by email."""
    return f"email:{number}@{'merged' if merged else 'one'}.example"


def names(member: str) -> tuple[str, ...]:
    """By which names the ledger may show this member: an email stands in none."""
    scheme, _, value = member.partition(":")
    if scheme != "email":
        return (member,)
    number, _, place = value.partition("@")
    ids = (int(number), int(number) + MERGED) if place == "merged.example" else (int(number),)
    return tuple(f"contact_id:{each}" for each in ids)


class Contacts:
    """The vendor's effects, in the order in which they were had, and what it says of them and of its contacts."""

    def __init__(self) -> None:
        self._wire = ContactPoints()
        self._effects: list[Order] = []
        self._cancellers: dict[int, int] = {}
        self._merged: set[str] = set()

    @property
    def count(self) -> int:
        """How many effects there were."""
        return len(self._effects)

    def add(self, order: Order) -> int:
        """Keep an effect; gives its number."""
        self._effects.append(order)
        number = len(self._effects)
        if CANCELS in order.fields:
            self._cancellers.setdefault(order.fields[CANCELS], number)
        return number

    def cancel(self, number: int) -> Order:
        """What takes back the point of this number. One that is cancelled already is cancelled once more."""
        point = self._effects[number - 1]
        return Order(point.member, -point.points, f"{CANCELS} {number}", {**point.fields, CANCELS: number})

    def answer(self, target: str) -> tuple[int, bytes]:
        """The answer to a GET."""
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path.startswith(_POINT):
            return 200, self._point(int(url.path.removeprefix(_POINT)))
        if url.path == _CONTACTS:
            return 200, self._contact(query["email"])
        if "contactId" not in query:  # whoever asks for points of long ago wants to know whether anybody answers
            return 200, b"[]"
        wanted = f"contact_id:{query['contactId']}", query["sourceId"]
        if wanted[0] in self._merged:
            return 200, b"[]"
        made = enumerate(self._effects, start=1)
        found = [self._point(number) for number, order in made if (order.member, order.source) == wanted]
        return 200, b"[" + b",".join(found) + b"]"

    def _point(self, number: int) -> bytes:
        return self._wire.point(self._effects[number - 1], number, canceller=self._cancellers.get(number))

    def _contact(self, email: str) -> bytes:
        first, *others = names(f"email:{email}")
        found = others[0] if first in self._merged else first
        self._merged |= {first} if others else set()
        return json.dumps({"Id": int(found.removeprefix("contact_id:")), "Email": email}).encode()
