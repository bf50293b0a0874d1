"""An adapter whose search is broken in every way, installed for the attack alone: see `distribution/`."""

import asyncio
from decimal import Decimal

from gateway.model import Applied, Found, Member
from gateway.port import Exchange, VendorRequest
from tests.attack.enforcing import Replaying


class Losing(Replaying):
    """Its vendor takes entries under an id of ours, and could be searched for them; no search ever comes to its end."""

    path = "/chits"
    schemes = ("chit",)
    repeat_safety = "searchable"
    enforces = None
    finds = True

    def find(self, *, id: str, member: Member, points: Decimal) -> Exchange[Found]:  # noqa: A002 (the port's name)
        """Fail in one of five ways, by the id: before the request, on the answer, or waiting for one."""
        way = int(id[-1], 16) % 5
        if way == 0:
            raise KeyError(id)
        if way == 1:
            raise SystemExit(1)
        if way == 2:
            raise asyncio.CancelledError
        yield VendorRequest("GET", f"{self.path}/{'answer' if way == 3 else 'hang'}")
        return Found((Applied(str(Member.parse(id))),))
