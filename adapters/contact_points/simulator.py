"""The vendor as its document has it: one call that creates a point for a contact and answers with all of it.

Where the document is silent a choice is made here and marked as one.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from gateway.simulation import Answer, Effect, Example, Request, Simulator, jsontext

# CreatePointDto: what each field is, and how long a string may be.
INTEGERS = ("ContactId", "ContactCompanyId", "StoreId")
DECIMALS = ("Amount", "BookValue", "PointCalculationBase")
STRINGS = {"Type": 32, "Description": None, "SourceId": 255, "SourceDescription": None, "SubType": 32}
REQUIRED = ("ContactId", "Type", "Amount", "Description")
DYNAMIC = "Dynamic_"

SEARCH = "/api/v2/sample/Points"
"""Where points are searched for, in the account named `sample` (public documents)."""


class ContactPointsSimulator(Simulator):
    """Keeps the points that contacts were given, summed by contact and type."""

    name = "contact-points"
    example = Example(
        settings={
            "adapter": "contact-points",
            "api_key": "simulated-contact-points-key",
            "point_types": {"base": "standard", "bonus": "bonus"},
            "default_point_type": "base",
            "default_description": "Points adjustment",
            "account": "sample",
        },
        base_path="",
        member="contact_id:1",
        unknown_member="contact_id:404",
        point_type="base",
    )

    def seed(self) -> None:
        """Two contacts; the first has 1.0 of the sample's type, so that the sample's 3.0 makes its Sum 4.0."""
        self._last_id = 0
        self._points: list[dict[str, Any]] = []
        self.ledger.open("contact_id:1", {"sample string 2": Decimal("1.0")})
        self.ledger.open("contact_id:2")

    def handle(self, request: Request) -> Answer:
        """POST of a point, the points of a period, and the search for points; everything else is an error."""
        if request.path == SEARCH:
            return self._search(request)
        if request.path == "/api/v1/Points" and request.method == "GET" and request.query:
            return self._of_a_period(request)
        if request.path != "/api/v1/Points" or request.query:
            return _failure(404, "No HTTP resource was found that matches the request URI.")
        if request.header("X-ApiKey") != self.example.settings["api_key"]:
            return _failure(401, "Authorization has been denied for this request.")
        if request.method != "POST":
            return _failure(405, f"The requested resource does not support http method '{request.method}'.")
        # Form bodies are documented too, without a sample; nothing is known of their shape, so none are taken.
        if request.media_type not in ("application/json", "text/json"):
            return _failure(415, "The request entity's media type is not supported for this resource.")
        try:
            body = jsontext.read(request.body)
        except ValueError as error:
            return _invalid({"dto": [str(error)]})
        if not isinstance(body, dict):
            return _invalid({"dto": ["An object is required."]})
        if state := _model_state(body):
            return _invalid(state)
        if not self.ledger.knows(f"contact_id:{body['ContactId']}"):
            return _failure(404, f"Contact with id {body['ContactId']} was not found.")
        return self._created(body)

    def _of_a_period(self, request: Request) -> Answer:
        """The whole account's points of one type, by the time of their making (public documents)."""
        if request.header("X-ApiKey") != self.example.settings["api_key"]:
            return _failure(401, "Authorization has been denied for this request.")
        wanted = dict(parse_qsl(request.query, keep_blank_values=True))
        if wrong := {"type", "from", "to"} ^ (set(wanted) - {"storeId"}):
            return _invalid({min(wrong): ["This parameter is required, or not known."]})
        try:
            start, end = (datetime.fromisoformat(wanted[name]) for name in ("from", "to"))
        except ValueError:
            return _invalid({"from": ["A date is required."]})
        points = [
            point
            for point in self._points
            if point["Type"] == wanted["type"] and start <= datetime.fromisoformat(point["DateTime"]) <= end
        ]
        return Answer.json(200, points)

    def _search(self, request: Request) -> Answer:
        """Points by contact and source, oldest first (public documents; that the answer is a list is a guess)."""
        if request.header("X-ApiKey") != self.example.settings["api_key"]:
            return _failure(401, "Authorization has been denied for this request.")
        if request.method != "GET":
            return _failure(405, f"The requested resource does not support http method '{request.method}'.")
        wanted = dict(parse_qsl(request.query, keep_blank_values=True))
        if unknown := set(wanted) - {"contactId", "sourceId"}:
            return _invalid({min(unknown): ["This parameter is not known."]})
        return Answer.json(
            200,
            [
                point
                for point in self._points
                if wanted.get("contactId") in (None, str(point["ContactId"]))
                and wanted.get("sourceId") in (None, point["SourceId"])
            ],
        )

    def _created(self, body: dict[str, Any]) -> Answer:
        member, kind, now = f"contact_id:{body['ContactId']}", body["Type"], self.now()
        self._last_id += 1
        # SourceId is not unique (public documents): the same one twice makes two points.
        self.ledger.post(Effect(now, member, Decimal(body["Amount"]), kind, str(self._last_id), dict(body)), [kind])
        # Success is 200 or 201 (public documents); 200 is the choice here.
        self._points.append(
            {
                "Id": self._last_id,
                "ContactId": body["ContactId"],
                "ContactCompanyId": body.get("ContactCompanyId"),
                "Type": kind,
                "Amount": _spelled(body["Amount"]),
                "Sum": _spelled(self.ledger.balance(member, kind)),
                "DateTime": _seven_digits(now),
                "Description": body["Description"],
                "SourceId": body.get("SourceId"),
                "SourceDescription": body.get("SourceDescription"),
                "StoreId": body.get("StoreId"),
                # Nobody in the vendor's own pages created it, no converter, and nothing has cancelled it.
                "AdministratorId": None,
                "BookValue": _spelled(body.get("BookValue")),
                "SubType": body.get("SubType"),
                "PointCalculationBase": _spelled(body.get("PointCalculationBase")),
                "ConverterTransactionId": None,
                "IsCanceller": False,
                "CancellerPointId": None,
            }
        )
        return Answer.json(200, self._points[-1])


def _model_state(body: dict[str, Any]) -> dict[str, list[str]]:
    state: dict[str, list[str]] = {}
    for name, value in body.items():
        if (wrong := _wrong(name, value)) is not None:
            state[f"dto.{name}"] = [wrong]
    for name in REQUIRED:
        # An empty string is not enough either, as ASP.NET's Required attribute has it.
        if body.get(name) in (None, ""):
            state[f"dto.{name}"] = [f"The {name} field is required."]
    return state


def _wrong(name: str, value: Any) -> str | None:
    if name in INTEGERS:
        fits = isinstance(value, int) and not isinstance(value, bool)
        return None if value is None or fits else "An integer is required."
    if name in DECIMALS:
        fits = isinstance(value, int | Decimal) and not isinstance(value, bool)
        return None if value is None or fits else "A decimal number is required."
    if name not in STRINGS and not name.startswith(DYNAMIC):
        # Stricter than the document: a field under a wrong name must not vanish unseen.
        return "This field is not known."
    if value is not None and not isinstance(value, str):
        return "A string is required."
    longest = STRINGS.get(name)
    if value is not None and longest is not None and len(value) > longest:
        return f"The field {name} must be a string with a maximum length of {longest}."
    return None


def _failure(status: int, message: str, **more: Any) -> Answer:
    return Answer.json(status, {"Message": message, **more})


def _invalid(state: dict[str, list[str]]) -> Answer:
    # Validation errors are not documented; this shape is the guess of the public documents.
    return _failure(400, "The request is invalid.", ModelState=state)


def _spelled(number: int | Decimal | None) -> Decimal | None:
    """A decimal as .NET writes one: its own digits, and at least one after the point."""
    if number is None:
        return None
    plain = format(Decimal(number), "f")
    return Decimal(plain if "." in plain else plain + ".0")


def _seven_digits(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0+00:00"
