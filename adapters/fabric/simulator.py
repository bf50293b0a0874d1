"""A simulator written from the vendor's document: profiles and their points, in envelopes.

Where the document is silent, the simulator chooses, and a comment says so.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from adapters.fabric import simulated_tokens
from adapters.fabric.simulated_balances import Lot, Points
from adapters.fabric.simulated_members import (
    BALANCE_PROFILE,
    EXPIRY_PROFILE,
    IN_ACCOUNT,
    IN_MEMBER,
    PROFILE,
    PROFILES,
    looked_up,
)
from gateway.simulation import Answer, Effect, Example, Request, Simulator, jsontext, urlencoded

# The document's four categories; that all others are refused is a guess.
POINT_TYPES = ("Base", "Bonus", "Promotional", "Restricted")
# The account defines the valid reasons (public documents); 7502 is the sample's.
REASONS = ("7502", "7503")
FIELDS = {"points", "profileId", "pointType", "billingEntity", "reasonCode", "setToPending"}
Errors = dict[str, list[str]]
_COUNT = re.compile(r"[0-9]{1,9}\Z")


class Refusal(Exception):
    """Raised to answer a request with a failure in the envelope.

    Unless `http` says otherwise it is HTTP 200 with the status in the body, as public documents describe it.
    """

    def __init__(self, status: int, message: str, errors: Errors | None = None, *, http: int = 200) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors or {}
        self.http = http


class FabricSimulator(Simulator):
    """Stores the points of one account's members, active and pending points separately."""

    name = "fabric"
    example = Example(
        settings={
            "adapter": "fabric",
            "token": "simulated-fabric-token",
            "billing_entity": "Company_Club",
            "point_types": {"base": "Base", "bonus": "Bonus"},
            "default_point_type": "base",
            "reasons": {"goodwill": "7502", "correction": "7503"},
            "default_reason": "goodwill",
        },
        base_path="/api",
        member=f"profile_id:{PROFILE}",
        unknown_member="profile_id:00000000-0000-4000-8000-000000000000",
        point_type="base",
        reason="goodwill",
    )

    @property
    def token_url(self) -> str:
        """Where tokens are issued for the client's credentials, while the simulator runs."""
        return self.origin + simulated_tokens.V3_PATH

    def seed(self) -> None:
        """The profile of the samples without points, and those with the balance and the expiry of two other samples."""
        exact, now = self.ledger.exact, self.now()
        self.tokens = simulated_tokens.Tokens(self.now, self.new_id)
        self._points = {profile: Points(exact) for profile in PROFILES}
        in_20_days, in_400_days = now + timedelta(days=20), now + timedelta(days=400)
        self._points[BALANCE_PROFILE] = Points(
            exact,
            [Lot(Decimal(200), "Base", in_400_days), Lot(Decimal(100), "Base", in_400_days, "4321")],
            earned=Decimal(600),
            deducted=Decimal(100),
            used=Decimal(100),
            expired=Decimal(100),
            locked=Decimal(100),
        )
        self._points[EXPIRY_PROFILE] = Points(
            exact,
            [Lot(Decimal(100), "Base", in_20_days), Lot(Decimal(12), "Base", in_20_days, "demo_store")],
            earned=Decimal(112),
        )
        for profile, points in self._points.items():
            self.ledger.open(f"profile_id:{profile}", {"Base": points.total()} if points.lots else None)

    def handle(self, request: Request) -> Answer:
        """Answer the calls of members and their points, and issue tokens; everything else is an error."""
        if (token := self.tokens.answer(request)) is not None:
            return token
        try:
            method, call = self._call(request)
            if request.method != method:
                raise Refusal(405, "Method not allowed", http=405)
            if not self._authorized(request.header("Authorization") or ""):
                raise Refusal(401, "Unauthorized", http=401)
            return call()
        except Refusal as refusal:
            return Answer.json(
                refusal.http,
                {"message": refusal.message, "errors": refusal.errors, "data": {}, "status": refusal.status},
            )

    def _authorized(self, header: str) -> bool:
        scheme, _, token = header.partition(" ")
        return scheme == "Bearer" and (token == self.example.settings["token"] or self.tokens.valid(token))

    def _call(self, request: Request) -> tuple[str, Callable[[], Answer]]:
        """The method of what is at this address, and what answers it."""
        match request.path.split("/")[1:]:
            case ["api", "v1", "members", "points-adjustment"] if not request.query:
                return "POST", lambda: self._adjust(request)
            # Its POST enrolls a member (public documents); that is not simulated.
            case ["api", "v1", "members"] if request.method == "GET":
                return "GET", lambda: _success("", _members(_filters(request)))
            case ["api", "v1", "inquire", "points-expiry"]:
                return "GET", lambda: _success("Success", self._of(_profile(request)).expiry(self.now()))
            case ["api", "v1", "inquire", profile, "member-points"] if not request.query:
                return "GET", lambda: _success("", [self._of(unquote(profile)).balance()])
        raise Refusal(404, "Not found", http=404)

    def _of(self, profile: str) -> Points:
        if profile not in self._points:
            raise Refusal(404, "Member not found", {"profileId": ["No member has this profile ID"]})
        return self._points[profile]

    def _adjust(self, request: Request) -> Answer:
        if request.media_type != "application/json":
            raise Refusal(415, "Unsupported media type", http=415)
        try:
            body = jsontext.read(request.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Refusal(400, "The body is not a JSON object", http=400)
        if errors := _errors(body):
            raise Refusal(400, "Validation failed", errors)
        return self._adjusted(self._of(body["profileId"]), body)

    def _adjusted(self, balance: Points, body: dict[str, Any]) -> Answer:
        points = Decimal(body["points"])
        # That Base is the default type is a guess.
        point_type = body.get("pointType") or "Base"
        pending = body.get("setToPending", False)
        transaction = str(self.new_id())
        self.ledger.post(
            Effect(self.now(), f"profile_id:{body['profileId']}", points, point_type, transaction, dict(body)),
            [f"{point_type} (pending)" if pending else point_type],
        )
        balance.adjust(points, point_type, self.now(), pending=pending)
        # The sample says "100.0 points added"; the text for a debit is a guess.
        message = f"{_with_point(points.copy_abs())} points {'added' if points >= 0 else 'deducted'}"
        data = {"Message": message, "futureDate": False, "ExceptionString": "", "transactionCode": transaction}
        return _success("Member points adjusted", data)


def _errors(body: dict[str, Any]) -> Errors:
    errors: Errors = {}
    # Stricter than the document, so that a misspelled field is noticed.
    for name in body.keys() - FIELDS:
        errors[name] = ["Unknown field"]
    points = body.get("points")
    if isinstance(points, bool) or not isinstance(points, int | Decimal):
        errors["points"] = ["A number is required"]
    # The document does not mark it as required, but without it there is no member to adjust.
    if not isinstance(body.get("profileId"), str):
        errors["profileId"] = ["A string is required"]
    for name in ("pointType", "billingEntity", "reasonCode"):
        value = body.get(name)
        if value is not None and (not isinstance(value, str) or not value):
            errors[name] = ["A string of at least 1 character, or null, is required"]
    if not isinstance(body.get("setToPending", False), bool):
        errors["setToPending"] = ["A boolean is required"]
    if "pointType" not in errors and body.get("pointType") not in (None, *POINT_TYPES):
        errors["pointType"] = ["Unknown point type"]
    if "reasonCode" not in errors and body.get("reasonCode") not in (None, *REASONS):
        errors["reasonCode"] = ["Unknown reason code"]
    return errors


def _success(message: str, data: Any) -> Answer:
    return Answer.json(200, {"message": message, "errors": {}, "data": data, "status": 200})


def _parameters(request: Request) -> dict[str, str]:
    try:
        return urlencoded.read(request.query)
    except ValueError as error:
        raise Refusal(400, "Validation failed", {"query": [str(error)]}) from error


def _profile(request: Request) -> str:
    parameters = _parameters(request)
    # The page does not mark it as required, but without it there is no member to answer for.
    if parameters.keys() != {"profileId"}:
        raise Refusal(400, "Validation failed", {"profileId": ["This parameter alone is required"]})
    return parameters["profileId"]


def _filters(request: Request) -> dict[str, str]:
    parameters = _parameters(request)
    wrong = parameters.keys() - {*IN_MEMBER, *IN_ACCOUNT, "offset", "limit"}
    wrong |= {name for name in ("offset", "limit") if not _COUNT.match(parameters.get(name, "0"))}
    if wrong:
        raise Refusal(400, "Validation failed", {name: ["Unknown or wrong parameter"] for name in sorted(wrong)})
    # The page says of two filters that one of them is required, and marks none. That any filter does is a guess.
    if not parameters.keys() - {"offset", "limit"}:
        raise Refusal(400, "Validation failed", {"profileId": ["A filter is required"]})
    return parameters


def _members(parameters: dict[str, str]) -> Any:
    filters = {name: value for name, value in parameters.items() if name not in ("offset", "limit")}
    found = looked_up(filters)
    if filters.keys() & set(IN_ACCOUNT):
        # By these the page has "details of a single member". That they are then no list is a guess.
        if not found:
            raise Refusal(404, "Member not found")
        return found[0]
    # The page calls `limit` an ending number from the offset: a page size.
    offset = int(parameters.get("offset", "0"))
    return found[offset : offset + int(parameters.get("limit", "20"))]


def _with_point(points: Decimal) -> str:
    plain = format(points, "f")
    return plain if "." in plain else plain + ".0"
