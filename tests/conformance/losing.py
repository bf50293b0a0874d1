"""Further plausible wrong adapters, which lose points, credit them twice, or leak a secret."""

import logging
import os
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from adapters.contact_points.adapter import ContactPoints
from adapters.contact_points.simulator import ContactPointsSimulator
from adapters.expiring_points.adapter import ExpiringPoints
from adapters.expiring_points.simulator import ExpiringPointsSimulator
from gateway.errors import VendorError
from gateway.model import Applied, Balance, Found, Member
from gateway.port import Exchange, VendorRequest, VendorResponse
from gateway.simulation import Answer, Effect, Request, jsontext
from tests.adapters.fifth_vendor.adapter import Paper, Settings
from tests.adapters.fifth_vendor.enforcing import Ink, InkSimulator
from tests.adapters.fifth_vendor.simulator import ACCESS, PaperSimulator
from tests.conformance.altered import altered
from tests.conformance.wrong import Wrong


class CutKeys(Paper):
    """Cuts its key to the length that an example of the vendor's has: ids of the same hour then share one."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002
        return (yield from super().adjust(member=member, points=points, id=id[:12]))


class KeysOfContent(Paper):
    """Makes its key of what is asked, so that two equal credits are one at the vendor."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002
        key = sha256(f"{member} {points}".encode()).hexdigest()
        return (yield from super().adjust(member=member, points=points, id=key))


class Clamping(Paper):
    """Takes no more than there is."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002
        if points < 0:
            left = (yield from self.balance(member=member)).available
            points = max(points, -(left or points))
        return (yield from super().adjust(member=member, points=points, id=id))


class Caching(Paper):
    """Fetches an access token once for all calls."""

    cached = ""

    def _access(self) -> Exchange[str]:
        self.cached = self.cached or (yield from super()._access())
        return self.cached


class Printing(Paper):
    """Prints what it sends, as one does while one develops."""

    def _access(self) -> Exchange[str]:
        access = yield from super()._access()
        print("paper: access", access)  # noqa: T201 (that is what is wrong)
        return access


class Logging(Paper):
    """Logs what it sends, where a log of that level is kept."""

    def _access(self) -> Exchange[str]:
        access = yield from super()._access()
        logging.getLogger(__name__).debug("paper: access %s", access)
        return access


class InTheEnvironment(Paper):
    """Prefers a secret of the environment, which nothing masks."""

    def _access(self) -> Exchange[str]:
        if "PAPER_ACCESS" in os.environ:
            return os.environ["PAPER_ACCESS"]
        return (yield from super()._access())


class OfAll(Paper):
    """Keeps its settings on the class, so that the account that was configured last has every call."""

    configured: Settings

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        type(self).configured = settings

    def _access(self) -> Exchange[str]:
        fields = {"client": self.configured.client, "secret": self.configured.client_secret.reveal()}
        response = yield VendorRequest.json("POST", "/token", fields, effect=False, confidential=True)
        self.judge(response, listed=False)
        return str(response.json_object()["access"])


class Lenient(Paper):
    """Takes a kind of points that it does not know for the usual one."""

    def _kind(self, point_type: str | None) -> str | None:
        return self.settings.point_types.get(point_type or "base", "stamps")


def _printed(result: Applied, adapter: Any, given: Any) -> Applied:
    print("cancelled with", adapter.settings.api_key.reveal())  # noqa: T201 (that is what is wrong)
    return result


def _with_its_key(result: Applied, adapter: Any, given: Any) -> Applied:
    return replace(result, details={"by": adapter.settings.api_key.reveal()})


def _in_the_address(request: VendorRequest, given: Any) -> VendorRequest:
    if request.path != "/entries":
        return request
    headers = {name: value for name, value in request.headers.items() if name != "Authorization"}
    return replace(request, path=f"/entries?session={ACCESS}", headers=headers, issued=())


class SessionSimulator(PaperSimulator):
    """Takes the access token as a session in the query too."""

    def handle(self, request: Request) -> Answer:
        if "session=" in request.target:
            target, _, session = request.target.partition("?session=")
            headers = (*request.headers, ("Authorization", f"Bearer {session}"))
            request = Request(request.method, target, headers, request.body)
        return super().handle(request)


class Setting(Paper):
    """Reads what there is, and sets it to what there shall be."""

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002
        left = (yield from self.balance(member=member)).available or Decimal(0)
        access = yield from self._access()
        response = yield VendorRequest.json(
            "PUT",
            f"/holders/{quote(str(member), safe='')}/balance",
            {"left": left + points, "change": points},
            headers={"Authorization": f"Bearer {access}", "Entry-Key": id},
            issued=(access,),
        )
        document = self._success(response)
        return Applied(str(document["entry"]), Balance(Decimal(document["left"])))


class SettingSimulator(PaperSimulator):
    """Sets a balance too."""

    def handle(self, request: Request) -> Answer:
        if request.method != "PUT":
            return super().handle(request)
        if request.header("Authorization") != f"Bearer {ACCESS}":
            return Answer.json(401, {"error": "who are you?"})
        body = jsontext.read(request.body)
        holder = request.path.split("/")[3].replace("%3A", ":")
        if not self.ledger.knows(holder):
            return Answer.json(404, {"error": "no such holder"})
        change = Decimal(body["left"]) - self.ledger.balance(holder, "stamps")
        entry = str(self.new_id())
        self.ledger.post(Effect(self.now(), holder, change, "stamps", entry, body), ["stamps"])
        return Answer.json(200, {"entry": entry, "left": self.ledger.balance(holder, "stamps")})


class AnyConflict(Ink):
    """Takes a key that was used for whatever it sends."""

    def _success(self, response: VendorResponse) -> dict[str, object]:
        if response.status == 409 and "code" in response.json_object():
            return {"entry": "written"}
        return super()._success(response)


class CancelsTheNewest(ContactPoints):
    """Cancels the newest point of the contact."""

    def reverse(self, *, member: Member, points: Decimal, transaction: str) -> Exchange[Applied]:  # type: ignore[override]
        newest = max((row.id or "" for row in (yield from self.transactions(member=member, limit=100)).items), key=int)
        return (yield from super().reverse(member=member, points=points, transaction=newest))


class CancelsWide(ContactPoints):
    """Takes each 404 and 400 to a cancel for a refusal."""

    def reverse(self, *, transaction: str, member: Member, points: Decimal) -> Exchange[Applied]:  # type: ignore[override]
        exchange = super().reverse(transaction=transaction, member=member, points=points)
        request = next(exchange)
        while True:
            response = yield request
            if request.effect and not response.ok:
                self.judge(response, listed=True)
            try:
                request = exchange.send(response)
            except StopIteration as done:
                applied: Applied = done.value
                return applied


class CancelsBlindly(ContactPoints):
    """Believes that a cancel was taken, whatever is answered with a 2xx."""

    def reverse(self, *, transaction: str, member: Member, points: Decimal) -> Exchange[Applied]:  # type: ignore[override]
        exchange = super().reverse(transaction=transaction, member=member, points=points)
        request = next(exchange)
        while not request.effect:
            request = exchange.send((yield request))
        response = yield request
        self._judged(response)
        return Applied(None)


def _nothing(error: VendorError) -> Found:
    return Found(())


def _first_match(result: Found, adapter: Any, given: Any) -> Found:
    return replace(result, next_cursor=None) if result.matches else result


def _with_an_exponent(request: VendorRequest, given: Any) -> VendorRequest:
    if request.path != "/entries":
        return request
    body = jsontext.read(request.body)
    return replace(request, body=jsontext.write({**body, "amount": str(given["points"].normalize())}).encode())


def _lower_case(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "member": Member(given["member"].scheme, given["member"].value.lower())}


LOSING: dict[str, Wrong] = {
    "a key is cut": Wrong("each-id-is-a-key-of-its-own", CutKeys),
    "a key is made of the content": Wrong("every-parameter-arrives", KeysOfContent),
    "a used key is a success": Wrong("a-used-key-is-no-refusal", AnyConflict, InkSimulator),
    "a debit takes what there is": Wrong("every-digit-arrives", Clamping),
    "it sets a balance": Wrong("two-adjustments-at-once-both-count", Setting, SettingSimulator),
    "an unknown kind of points is the usual one": Wrong("what-is-not-mapped-is-not-taken-for-another", Lenient),
    "points have an exponent": Wrong("every-digit-arrives", altered(Paper, request=_with_an_exponent)),
    "a member is in lower case": Wrong("a-member-arrives-as-given", altered(Paper, arguments=_lower_case)),
    "a transaction has our own id": Wrong(
        "a-slow-answer-is-an-answer",
        altered(Paper, result=lambda result, adapter, given: replace(result, transaction_id=given["id"])),
    ),
    "accounts share their settings": Wrong("accounts-share-nothing", OfAll),
    "a token is kept for the next call": Wrong("exchanges-share-nothing", Caching),
    "it prints a token": Wrong("it-reaches-for-nothing", Printing),
    "it logs a token": Wrong("it-reaches-for-nothing", Logging),
    "it reads the environment": Wrong("it-reaches-for-nothing", InTheEnvironment),
    "a session in an address is kept": Wrong(
        "an-issued-token-is-not-kept", altered(Paper, request=_in_the_address), SessionSimulator
    ),
    "a search ends at the first match": Wrong(
        "what-was-applied-twice-is-found-twice",
        altered(ExpiringPoints, "find", result=_first_match),
        ExpiringPointsSimulator,
    ),
    "the newest is cancelled": Wrong("a-cancel-takes-back-once", CancelsTheNewest, ContactPointsSimulator),
    "refusals of a cancel are too wide": Wrong(
        "a-status-alone-proves-nothing-of-a-cancel", CancelsWide, ContactPointsSimulator
    ),
    "every 2xx is a cancel": Wrong("a-status-alone-proves-nothing-of-a-cancel", CancelsBlindly, ContactPointsSimulator),
    "a search for a cancel is always empty": Wrong(
        "a-cancel-is-found-where-it-was-made",
        altered(ContactPoints, "find_reversal", result=lambda result, adapter, given: Found(())),
        ContactPointsSimulator,
    ),
    "no answer is no cancel": Wrong(
        "a-cancel-is-found-where-it-was-made",
        altered(ContactPoints, "find_reversal", failed=_nothing),
        ContactPointsSimulator,
    ),
    "a cancel prints a key": Wrong(
        "it-reaches-for-nothing", altered(ContactPoints, "reverse", result=_printed), ContactPointsSimulator
    ),
    "a key is in the details of a cancel": Wrong(
        "a-result-holds-no-secret", altered(ContactPoints, "reverse", result=_with_its_key), ContactPointsSimulator
    ),
}
