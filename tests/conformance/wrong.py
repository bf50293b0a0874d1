"""Plausible wrong adapters, each with the check of the kit that catches it."""

import json
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from adapters.contact_points.adapter import ContactPoints
from adapters.contact_points.simulator import ContactPointsSimulator
from adapters.expiring_points.adapter import ExpiringPoints
from adapters.expiring_points.simulator import ExpiringPointsSimulator
from gateway.conformance import Examples
from gateway.conformance.bench import PERIOD
from gateway.conformance.pair import Pair, paired
from gateway.errors import AlreadyBooked, VendorError, VendorRejected
from gateway.model import Applied, Balance, Found, Member, Profile, Transactions
from gateway.port import Adapter, Exchange, VendorRequest, VendorResponse
from gateway.port.registry import AdapterType
from gateway.simulation import Simulator
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.enforcing import DatedSimulator, Ink, InkSimulator, Undeclared
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.conformance.altered import altered
from tests.deadlines import scaled


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong adapter, and the name of the check that has to catch it."""

    caught_by: str
    adapter: type[Adapter[Any]]
    simulator: type[Simulator] = PaperSimulator

    @property
    def pair(self) -> Pair:
        """What is tried; the adapter has the right one's name, since options and settings go by it."""
        name = self.simulator.name
        examples = paired(name).examples if name in ("contact-points", "expiring-points") else Examples()
        return Pair(AdapterType.of(name, self.adapter), self.simulator, examples)


def _entry(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[VendorRequest, Any], VendorRequest]:
    """Change the body of the request that writes an entry."""

    def changed(request: VendorRequest, given: Any) -> VendorRequest:
        if request.path != "/entries":
            return request
        return replace(request, body=json.dumps(change(json.loads(request.body))).encode())

    return changed


def _without_effect(request: VendorRequest, given: dict[str, Any]) -> VendorRequest:
    return replace(request, effect=False) if given["points"] < 0 and request.path == "/entries" else request


class Judging(Paper):
    """Takes every body for the vendor's."""

    def _success(self, response: VendorResponse) -> dict[str, Any]:
        if not response.ok:
            self.judge(response, listed=True)
        return response.json_object()


class Believing(Paper):
    """Takes every 2xx for a success, whatever it says."""

    def _success(self, response: VendorResponse) -> dict[str, Any]:
        if not response.ok:
            return super()._success(response)
        try:
            return {"entry": "none", **response.json_object()}
        except VendorError:
            return {"entry": "none"}


class Zeros(Paper):
    """Reads a missing number as zero."""

    def balance(self, *, member: Member, point_type: str | None = None) -> Exchange[Balance]:
        document, _ = yield from self._read(member, "balance", {"kind": self._kind(point_type)})
        left = document.get("left")
        return Balance(left if isinstance(left, int | Decimal) else Decimal(0))


class Floats(Paper):
    """Reads a balance through a float."""

    def balance(self, *, member: Member, point_type: str | None = None) -> Exchange[Balance]:
        balance = yield from super().balance(member=member, point_type=point_type)
        return Balance(Decimal(str(float(balance.available or 0))))


class Twice(Paper):
    """Writes a second entry for half of the points, which the first one has left out."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002
        for part in ("a", "b"):
            applied = yield from super().adjust(member=member, points=points / 2, id=f"{id}-{part}")
        return applied


class Retrying(Paper):
    """Sends the entry again where its answer is not understood."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002
        try:
            return (yield from super().adjust(member=member, points=points, id=id))
        except VendorError:
            return (yield from super().adjust(member=member, points=points, id=id))


class Remembering(Paper):
    """Keeps the member of a call on itself."""

    def balance(self, *, member: Member, point_type: str | None = None) -> Exchange[Balance]:
        self.asked = member
        yield from self._access()
        return (yield from super().balance(member=self.asked, point_type=point_type))


class Dating(Paper):
    """Reads the clock for a period of its own."""

    def balance(self, *, member: Member, point_type: str | None = None) -> Exchange[Balance]:
        document, _ = yield from self._read(member, "balance", {"kind": self._kind(point_type)})
        return Balance(Decimal(document["left"]), updated_at=datetime.now(UTC))


class Sleeping(Paper):
    """Waits before it asks."""

    def probe(self) -> Exchange[None]:
        time.sleep(1e-6)
        yield from super().probe()


class Asking(Paper):
    """Asks somebody else on the way."""

    def probe(self) -> Exchange[None]:
        with suppress(OSError):
            urllib.request.urlopen("http://127.0.0.1:9", timeout=scaled(0.001))
        yield from super().probe()


class NewKeys(Paper):
    """Sends a key of its own with each request, and says that the vendor enforces it."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002
        return (yield from super().adjust(member=member, points=points, id=f"{id}-{uuid4().hex}"))


class Unquoting(Paper):
    """Puts a member into a path as it is."""

    def balance(self, *, member: Member, point_type: str | None = None) -> Exchange[Balance]:
        access = yield from self._access()
        path = f"/holders/{str(member).replace(' ', '%20')}/balance?kind={self._kind(point_type)}"
        response = yield VendorRequest("GET", path, {"Authorization": f"Bearer {access}"}, issued=(access,))
        return Balance(Decimal(self._success(response)["left"]))


class FirstHolder(Paper):
    """Takes the first holder for the one that was asked for."""

    def lookup(self, *, member: Member) -> Exchange[Profile]:
        access = yield from self._access()
        path = f"/holders?{member.scheme}={member.value.replace('+', '%2B')}"
        response = yield VendorRequest("GET", path, {"Authorization": f"Bearer {access}"}, issued=(access,))
        holder = self._success(response)["holders"][0]
        return Profile(Member("card", str(holder["card"])), {"card": str(holder["card"]), "phone": holder["phone"]})


class Lifetime(ContactPoints):
    """Counts what was ever earned, and nothing that was taken away."""

    earned = Decimal(0)

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002
        self.earned += max(points, Decimal(0))
        return replace((yield from super().adjust(member=member, points=points, id=id)), balance=None)

    def balance(self, *, member: Member) -> Exchange[Balance]:  # type: ignore[override]
        yield from super().balance(member=member)
        return Balance(self.earned)


class AlwaysCancelling(ContactPoints):
    """Cancels a point without a look at whether it is cancelled, and posts the opposite itself."""

    def reverse(self, *, member: Member, points: Decimal, id: str, transaction: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002
        return (yield from self.adjust(member=member, points=points, id=id))


class Skipping(Paper):
    """Leaves out the rows that it cannot read."""

    def transactions(self, *, member: Member, limit: int) -> Exchange[Transactions]:  # type: ignore[override]
        document, response = yield from self._read(member, "entries", {"most": str(limit)})
        rows = []
        for each in document.get("entries") or []:
            try:
                rows.append(self._row(each, None, response))
            except (VendorError, KeyError, TypeError, ValueError, AttributeError):
                continue
        return Transactions(tuple(rows))


def _searching(**changes: Any) -> type[Adapter[Any]]:
    return altered(ContactPoints, "find", **changes)


def _zero(error: VendorError) -> Any:
    if error.vendor_status == 404:
        return Balance(Decimal(0))
    raise error


def _nothing(error: VendorError) -> Any:
    if error.vendor_status in (404, 410):
        return Found(())
    raise error


def _points_as_asked(response: VendorResponse) -> VendorResponse:
    return replace(response, body=response.body.replace(b'"Amount": 5', b'"Amount": 6'))


def _secret(result: Applied, adapter: Any, given: Any) -> Applied:
    return replace(result, details={"trace": f"brand:{adapter.settings.client_secret.reveal()}".encode().hex()})


WRONG: dict[str, Wrong] = {
    "the effect is forgotten in one branch": Wrong("every-effect-is-marked", altered(Paper, request=_without_effect)),
    "a debit has no sign": Wrong(
        "every-effect-is-marked", altered(Paper, arguments=lambda given: {**given, "points": abs(given["points"])})
    ),
    "two effects": Wrong("it-works", Twice),
    "it sends again by itself": Wrong("a-status-alone-proves-nothing-of-a-write", Retrying),
    "refusals are too wide": Wrong("a-status-alone-proves-nothing-of-a-write", Judging),
    "every 2xx is a success": Wrong("a-broken-answer-proves-nothing-of-a-write", Believing),
    "a missing number is zero": Wrong("a-damaged-read-makes-up-nothing", Zeros),
    "an unknown member has zero points": Wrong("an-unknown-member-is-refused", altered(Paper, "balance", failed=_zero)),
    "rows that cannot be read are left out": Wrong("a-damaged-read-makes-up-nothing", Skipping),
    "points are sent as a float": Wrong(
        "every-digit-arrives", altered(Paper, request=_entry(lambda body: {**body, "amount": float(body["amount"])}))
    ),
    "points are rounded to cents": Wrong(
        "every-digit-arrives",
        altered(Paper, arguments=lambda given: {**given, "points": round(given["points"], 2) or given["points"]}),
    ),
    "a balance is read as a float": Wrong("every-digit-comes-back", Floats),
    "the scheme is ignored": Wrong(
        "every-scheme-is-asked-by",
        altered(Paper, arguments=lambda given: {**given, "member": Member("card", given["member"].value)}),
    ),
    "a member stands in a path as it is": Wrong("a-member-arrives-as-given", Unquoting),
    "a declared field is not sent": Wrong(
        "every-parameter-arrives", altered(Paper, arguments=lambda given: {**given, "reference": None})
    ),
    "a point type is ignored": Wrong(
        "every-parameter-arrives", altered(Paper, "balance", arguments=lambda given: {**given, "point_type": None})
    ),
    "words are cut": Wrong(
        "words-arrive-as-given",
        altered(Paper, arguments=lambda given: {**given, "description": (given.get("description") or "")[:50] or None}),
    ),
    "a balance in the answer is promised": Wrong(
        "a-balance-in-the-answer-is-true",
        altered(Paper, result=lambda result, adapter, given: replace(result, balance=None)),
    ),
    "a reused key is taken for a refusal": Wrong(
        "a-used-key-is-no-refusal",
        type(
            "Refusing",
            (Ink,),
            {
                "repeat_safety": "none",
                "enforces": None,
                "enforced_for": 0.0,
                "refusals": {**Paper.refusals, (409, "WRITTEN"): VendorRejected},
            },
        ),
        InkSimulator,
    ),
    "other content under a used key is a refusal": Wrong(
        "a-used-key-is-no-refusal",
        type(
            "Otherwise",
            (Ink,),
            {
                "refusals": {
                    **Paper.refusals,
                    (409, "WRITTEN"): AlreadyBooked,
                    (409, "WRITTEN_OTHERWISE"): VendorRejected,
                }
            },
        ),
        InkSimulator,
    ),
    "idempotency is promised with a new key each time": Wrong("repeat-safety-is-true", NewKeys),
    "a secret is in the details": Wrong("a-result-holds-no-secret", altered(Paper, result=_secret)),
    "it keeps a call on itself": Wrong("exchanges-share-nothing", Remembering),
    "it reads a clock": Wrong("it-reaches-for-nothing", Dating),
    "it sleeps": Wrong("it-reaches-for-nothing", Sleeping),
    "it asks somebody else": Wrong("it-reaches-for-nothing", Asking),
    "a cursor is ignored": Wrong(
        "pages-are-the-history", altered(Paper, "transactions", arguments=lambda given: {**given, "cursor": None})
    ),
    "a look-up gives the first of several": Wrong("a-damaged-read-makes-up-nothing", FirstHolder),
    "a search is always empty": Wrong(
        "what-was-applied-is-found",
        _searching(result=lambda result, adapter, given: Found(())),
        ContactPointsSimulator,
    ),
    "a search always finds": Wrong(
        "what-was-never-sent-is-not-found",
        _searching(result=lambda result, adapter, given: Found(result.matches or (Applied("1"),))),
        ContactPointsSimulator,
    ),
    "a search does not compare points": Wrong(
        "what-is-otherwise-is-not-found", _searching(response=_points_as_asked), ContactPointsSimulator
    ),
    "a search gives the first match alone": Wrong(
        "what-was-applied-twice-is-found-twice",
        _searching(result=lambda result, adapter, given: Found(result.matches[:1])),
        ContactPointsSimulator,
    ),
    "a wrong address is an absence": Wrong(
        "an-absence-is-the-vendors-own", _searching(failed=_nothing), ContactPointsSimulator
    ),
    "an answer that is not understood is an absence": Wrong(
        "a-damaged-find-hides-nothing", _searching(failed=lambda error: Found(())), ContactPointsSimulator
    ),
    "a search reads the first page alone": Wrong(
        "what-was-applied-is-found",
        altered(ExpiringPoints, "find", result=lambda result, adapter, given: Found(result.matches), attributes={}),
        ExpiringPointsSimulator,
    ),
    "what was ever earned is taken for what there is": Wrong(
        "every-digit-comes-back", Lifetime, ContactPointsSimulator
    ),
    "rows have no sign": Wrong(
        "pages-are-the-history",
        altered(
            Paper,
            "transactions",
            result=lambda result, adapter, given: replace(
                result, items=tuple(replace(row, points=abs(row.points)) for row in result.items)
            ),
        ),
    ),
    "a time has no zone": Wrong(
        "results-are-canonical",
        altered(
            Paper,
            "transactions",
            result=lambda result, adapter, given: replace(
                result, items=tuple(replace(row, at=row.at.replace(tzinfo=None)) for row in result.items)
            ),
        ),
    ),
    "a token is kept": Wrong(
        "an-issued-token-is-not-kept",
        altered(Paper, request=lambda request, given: replace(request, confidential=False, issued=())),
    ),
    "a nonce is not declared": Wrong("repeat-safety-is-true", Undeclared, DatedSimulator),
    "a cancel takes back again": Wrong("a-cancel-takes-back-once", AlwaysCancelling, ContactPointsSimulator),
    "a period is ignored": Wrong(
        "every-parameter-arrives",
        altered(Paper, "expiring", arguments=lambda given: {**given, "period": PERIOD}),
    ),
}
