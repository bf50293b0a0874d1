"""A simulator written from the vendor's document: contacts and their points.

Where the document is silent, the simulator chooses, and a comment says so.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from adapters.contact_points import simulated_contacts
from adapters.contact_points.simulated_errors import Refusal, invalid
from adapters.contact_points.simulated_points import Points
from gateway.simulation import Answer, Example, Request, Simulator, jsontext, urlencoded

# CreatePointDto: the type of each field, and the maximum length of strings.
INTEGERS = ("ContactId", "ContactCompanyId", "StoreId")
DECIMALS = ("Amount", "BookValue", "PointCalculationBase")
STRINGS = {"Type": 32, "Description": None, "SourceId": 255, "SourceDescription": None, "SubType": 32}
REQUIRED = ("ContactId", "Type", "Amount", "Description")
DYNAMIC = "Dynamic_"


class ContactPointsSimulator(Simulator):
    """Stores the points of contacts, summed by contact and type."""

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
        """Two contacts; the first has 1.0 of the sample's type, so that the sample's 3.0 gives its Sum of 4.0."""
        self.ledger.open("contact_id:1", {"sample string 2": Decimal("1.0")})
        self.ledger.open("contact_id:2")
        self._points = Points(self.ledger, self.now())

    def furnish(self) -> None:
        """Some points of another type for the first contact."""
        self.ledger.accounts["contact_id:1"]["standard"] = Decimal(12)

    def handle(self, request: Request) -> Answer:
        """Answer the calls of points and contacts; everything else is an error."""
        try:
            method, call = self._call(request)
            if request.header("X-ApiKey") != self.example.settings["api_key"]:
                raise Refusal(401, "Authorization has been denied for this request.")
            if request.method != method:
                raise Refusal(405, f"The requested resource does not support http method '{request.method}'.")
            return call()
        except Refusal as refusal:
            return refusal.answer(request)

    def _call(self, request: Request) -> tuple[str, Callable[[], Answer]]:
        """The method of what is at this address, and what answers it."""

        def read(rows: Callable[[dict[str, str]], Any]) -> tuple[str, Callable[[], Answer]]:
            return "GET", lambda: Answer.json(200, rows(_parameters(request)))

        points = self._points
        match request.path.split("/")[1:]:
            case ["api", "v1", "Points"] if request.method == "GET" and request.query:
                return read(points.of_a_period)
            case ["api", "v1", "Points", "Sums"]:
                return read(points.sums)
            case ["api", "v1", "Contacts"]:
                return read(simulated_contacts.looked_up)
            # The vendor's own client has whole numbers for accounts. The account of the example is a name.
            case ["api", "v2", "sample", "Points"]:
                return read(points.search)
            case ["api", "v2", "sample", "Points", "Page", last_id]:
                return read(lambda parameters: points.page(last_id, parameters))
            # The others have no parameters.
            case _ if request.query:
                pass
            case ["api", "v1", "Points"]:
                return "POST", lambda: self._created(request)
            case ["api", "v1", "Points", id]:
                return read(lambda _: points.one(id))
            case ["api", "v1", "Points", id, "Cancel"]:
                return "POST", lambda: self._cancelled(id, request)
            case ["api", "v1", "Contacts", id]:
                return read(lambda _: simulated_contacts.by_id(id))
            case ["api", "v2", "sample", "Points", id]:
                return read(lambda _: points.one_in_v2(id))
        raise Refusal(404, "No HTTP resource was found that matches the request URI.")

    def _created(self, request: Request) -> Answer:
        # Form bodies are documented too, but without a sample, so their shape is not known and they are refused.
        if request.media_type not in ("application/json", "text/json"):
            raise Refusal(415, "The request entity's media type is not supported for this resource.")
        try:
            body = jsontext.read(request.body)
        except ValueError as error:
            raise invalid({"dto": [str(error)]}) from error
        if not isinstance(body, dict):
            raise invalid({"dto": ["An object is required."]})
        if state := _model_state(body):
            raise invalid(state)
        if not self.ledger.knows(f"contact_id:{body['ContactId']}"):
            raise Refusal(404, f"Contact with id {body['ContactId']} was not found.")
        # Success is 200 or 201 (public documents); the simulator chooses 200.
        return Answer.json(200, self._points.create(body, self.now()))

    def _cancelled(self, point_id: str, request: Request) -> Answer:
        if request.body:
            raise invalid({"": ["No body is expected."]})
        self._points.cancel(point_id, self.now())
        # The vendor's own client reads nothing of the answer; that there is no body is a guess.
        return Answer(200)


def _parameters(request: Request) -> dict[str, str]:
    try:
        return urlencoded.read(request.query)
    except ValueError as error:
        raise invalid({"": [str(error)]}) from error


def _model_state(body: dict[str, Any]) -> dict[str, list[str]]:
    state: dict[str, list[str]] = {}
    for name, value in body.items():
        if (wrong := _wrong(name, value)) is not None:
            state[f"dto.{name}"] = [wrong]
    for name in REQUIRED:
        # An empty string counts as missing, as in ASP.NET's Required attribute.
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
        # Stricter than the document, so that a misspelled field is noticed.
        return "This field is not known."
    if value is not None and not isinstance(value, str):
        return "A string is required."
    longest = STRINGS.get(name)
    if value is not None and longest is not None and len(value) > longest:
        return f"The field {name} must be a string with a maximum length of {longest}."
    return None
