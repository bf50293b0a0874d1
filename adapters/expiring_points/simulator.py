"""The vendor as its document has it: one question, by POST, in JSON or XML: how many points expire in a period.

Where the document is silent a choice is made here and marked as one.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError  # only the error; defusedxml reads  # nosec B405

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from gateway.simulation import Answer, Example, Request, Simulator, jsontext

PATH = "/api/v1.1/loyalty/account/expiring_points"
PROGRAMS = (123, 107)
CURRENCIES = {1: "bonus_points", 2: "status_points"}
# Both tokens are known; the second is that of an account which has used up its tariff.
TOKEN, EXHAUSTED = "abc123def456", "tariff-used-up"
MEMBER = "email:user@example.com"
# One member, under every identifier of the parameter table.
IDENTIFIERS = (
    ("email", "user@example.com"),
    ("phone", "+1234567890"),
    ("profile_id", "profile_123"),
    ("custom.user_id", "12345"),
)
TYPES: dict[str, tuple[type, ...]] = {
    "token": (str,),
    "loyalty_program_id": (int,),
    "points_currency_eid": (str,),
    "points_currency_iid": (int,),
    "date_from": (str,),
    "date_to": (str,),
    "matching": (str,),
    "field_name": (str,),
    "field_value": (str, int),
    "email": (str,),
    "phone": (str,),
    "profile_id": (str,),
}
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)\Z", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,18}\Z")


class Refusal(Exception):
    """Raised when a request is answered with an error instead of points."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class ExpiringPointsSimulator(Simulator):
    """Keeps one member's points as portions that expire, each at its own moment."""

    name = "expiring-points"
    example = Example(
        settings={
            "adapter": "expiring-points",
            "token": TOKEN,
            "loyalty_program_id": 123,
            "format": "json",
            "point_types": {"bonus": {"eid": "bonus_points"}, "base": {"iid": 1}, "status": {"iid": 2}},
            "default_point_type": "bonus",
            "custom_fields": {"user_id": "int"},
        },
        base_path="",
        member=MEMBER,
        unknown_member="email:nobody@example.com",
        point_type="bonus",
    )

    def seed(self) -> None:
        """150.24 within the sample's September, portions just outside it, and some in the coming 90 days."""
        now = self.now()
        self._portions: dict[str, list[tuple[datetime, Decimal]]] = {
            "bonus_points": [
                (datetime(2023, 8, 31, 23, 59, 59, tzinfo=UTC), Decimal(10)),
                (datetime(2023, 9, 1, tzinfo=UTC), Decimal("100.10")),
                (datetime(2023, 9, 14, 12, tzinfo=UTC), Decimal("20.04")),
                (datetime(2023, 9, 30, 23, 59, 59, tzinfo=UTC), Decimal("30.10")),
                (datetime(2023, 10, 1, tzinfo=UTC), Decimal(5)),
                (now + timedelta(days=10), Decimal(30)),
                (now + timedelta(days=45), Decimal("20.5")),
                (now + timedelta(days=80), Decimal("12.25")),
            ],
            "status_points": [(now + timedelta(days=30), Decimal(7))],
        }
        held = {currency: sum((points for _, points in kept), Decimal(0)) for currency, kept in self._portions.items()}
        self.ledger.open(MEMBER, held)

    def handle(self, request: Request) -> Answer:
        """POST of the question; answered in the language that it was asked in, in the envelope."""
        xml = request.media_type in ("application/xml", "text/xml")
        try:
            if request.path != PATH or request.query:
                raise Refusal(404, "Not found")
            if request.method != "POST":
                raise Refusal(405, "Method not allowed")
            points = self._expiring(_parameters(request, xml=xml))
        except Refusal as refusal:
            # Which HTTP status an error code comes with is not documented; this takes the code, except that
            # a used-up tariff comes as 200, so that both ways of failing are met.
            return _answer(200 if refusal.code == 402 else refusal.code, None, refusal.code, refusal.text, xml=xml)
        return _answer(200, points, 0, "Successful operation", xml=xml)

    def _expiring(self, given: dict[str, Any]) -> Decimal:
        if given.get("token") not in (TOKEN, EXHAUSTED):
            raise Refusal(401, "API token required")
        if given["token"] == EXHAUSTED:
            raise Refusal(402, "Tariff limit reached")
        program = _required(given, "loyalty_program_id")
        currency = _currency(given)
        start, end = _moment(given, "date_from"), _moment(given, "date_to")
        if start > end:
            raise Refusal(400, "Incorrect request: date_from is after date_to")
        wanted = _identifier(given)
        if program not in PROGRAMS:
            raise Refusal(403, "No access to this loyalty program")
        if wanted not in IDENTIFIERS:
            # The code for an unknown member is not documented; this one is a guess.
            raise Refusal(404, "Profile not found")
        return sum((points for moment, points in self._portions[currency] if start <= moment <= end), Decimal(0))


def _parameters(request: Request, *, xml: bool) -> dict[str, Any]:
    if xml:
        given = _from_xml(request.body)
    elif request.media_type == "application/json":
        given = _from_json(request.body)
    else:
        raise Refusal(400, "Incorrect request: expected JSON or XML")
    for name, value in given.items():
        # Stricter than the document: a parameter under a wrong name must not vanish unseen.
        if name not in TYPES:
            raise Refusal(400, f"Incorrect request: unknown parameter {name}")
        if isinstance(value, bool) or not isinstance(value, TYPES[name]):
            raise Refusal(400, f"Incorrect request: wrong type of {name}")
    return given


def _from_json(body: bytes) -> dict[str, Any]:
    try:
        given = jsontext.read(body)
    except ValueError as error:
        raise Refusal(400, f"Incorrect request: {error}") from error
    if not isinstance(given, dict):
        raise Refusal(400, "Incorrect request: expected an object")
    return given


def _from_xml(body: bytes) -> dict[str, Any]:
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Refusal(400, f"Incorrect request: {error}") from error
    given: dict[str, Any] = {}
    for child in root:
        if root.tag != "xml" or len(child) or child.attrib or child.tag in given:
            raise Refusal(400, "Incorrect request: expected plain parameters in one <xml>")
        # XML has only text: a parameter that must be a number has to look like one.
        text = child.text or ""
        given[child.tag] = int(text) if TYPES.get(child.tag) == (int,) and _INTEGER.match(text) else text
    return given


def _required(given: dict[str, Any], name: str) -> Any:
    if given.get(name, "") == "":
        raise Refusal(400, f"Incorrect request: {name} is required")
    return given[name]


def _currency(given: dict[str, Any]) -> str:
    named = set()
    if "points_currency_eid" in given:
        named.add(given["points_currency_eid"])
    if "points_currency_iid" in given:
        named.add(CURRENCIES.get(given["points_currency_iid"]))
    if not named:
        raise Refusal(400, "Incorrect request: points_currency_eid or points_currency_iid is required")
    currency = named.pop()
    # Both may be given; that they must then mean the same is a guess.
    if named or currency not in CURRENCIES.values():
        raise Refusal(400, "Incorrect request: no such points currency")
    return str(currency)


def _moment(given: dict[str, Any], name: str) -> datetime:
    text = _required(given, name)
    try:
        if not _RFC3339.match(text):
            raise ValueError("expected RFC 3339")
        return datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise Refusal(400, f"Incorrect request: {name}: {error}") from error


def _identifier(given: dict[str, Any]) -> tuple[str, str]:
    matching = _required(given, "matching")
    if matching == "custom":
        return f"custom.{_required(given, 'field_name')}", str(_required(given, "field_value"))
    if matching not in ("email", "phone", "profile_id"):
        raise Refusal(400, "Incorrect request: matching is email, phone, profile_id or custom")
    return matching, _required(given, matching)


def _answer(status: int, points: Decimal | None, code: int, text: str, *, xml: bool) -> Answer:
    if not xml:
        data = {} if points is None else {"data": {"expiring_points": format(points, "f")}}
        return Answer.json(status, {**data, "error": code, "error_text": text})
    inside = "" if points is None else f"<data><expiring_points>{points:f}</expiring_points></data>"
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    body = f"<xml>{inside}<error>{code}</error><error_text>{escaped}</error_text></xml>"
    return Answer(status, body.encode(), "application/xml; charset=utf-8")
