"""The vendor as its document has it: one call that adjusts a profile's points, answered in an envelope.

Where the document is silent a choice is made here and marked as one.
"""

from decimal import Decimal
from typing import Any

from gateway.simulation import Answer, Effect, Example, Request, Simulator, jsontext

PATH = "/api/v1/members/points-adjustment"
PROFILE = "f90a1da5-c072-48b7-a9ea-eb35c5dd506b"
# The document's four categories; that no other is taken is a guess.
POINT_TYPES = ("Base", "Bonus", "Promotional", "Restricted")
# A reason must be one that the account defines (public documents); 7502 is the sample's.
REASONS = ("7502", "7503")
FIELDS = {"points", "profileId", "pointType", "billingEntity", "reasonCode", "setToPending"}
Errors = dict[str, list[str]]


class FabricSimulator(Simulator):
    """Keeps the points of one account's members, active and pending apart."""

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

    def seed(self) -> None:
        """The profile of the sample, without points."""
        self.ledger.open(f"profile_id:{PROFILE}")

    def handle(self, request: Request) -> Answer:
        """POST of an adjustment; everything else is an error, in the same envelope."""
        if request.path != PATH or request.query:
            return _failure(404, "Not found", http=404)
        if request.method != "POST":
            return _failure(405, "Method not allowed", http=405)
        if request.header("Authorization") != f"Bearer {self.example.settings['token']}":
            return _failure(401, "Unauthorized", http=401)
        if request.media_type != "application/json":
            return _failure(415, "Unsupported media type", http=415)
        try:
            body = jsontext.read(request.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return _failure(400, "The body is not a JSON object", http=400)
        # From here on failures come as HTTP 200 with the status inside, as public documents describe it.
        if errors := _errors(body):
            return _failure(400, "Validation failed", errors)
        member = f"profile_id:{body['profileId']}"
        if not self.ledger.knows(member):
            return _failure(404, "Member not found", {"profileId": ["No member has this profile ID"]})
        return self._adjusted(member, body)

    def _adjusted(self, member: str, body: dict[str, Any]) -> Answer:
        points = Decimal(body["points"])
        # That points are Base where no type is said is a guess.
        point_type = body.get("pointType") or "Base"
        pending = body.get("setToPending", False)
        transaction = str(self.new_id())
        self.ledger.post(
            Effect(self.now(), member, points, point_type, transaction, dict(body)),
            [f"{point_type} (pending)" if pending else point_type],
        )
        # The sample has "100.0 points added"; the word for a debit is a guess.
        message = f"{_spelled(points.copy_abs())} points {'added' if points >= 0 else 'deducted'}"
        return Answer.json(
            200,
            {
                "message": "Member points adjusted",
                "errors": {},
                "data": {
                    "Message": message,
                    "futureDate": False,
                    "ExceptionString": "",
                    "transactionCode": transaction,
                },
                "status": 200,
            },
        )


def _errors(body: dict[str, Any]) -> Errors:
    errors: Errors = {}
    # Stricter than the document: a field under a wrong name must not vanish unseen.
    for name in body.keys() - FIELDS:
        errors[name] = ["Unknown field"]
    points = body.get("points")
    if isinstance(points, bool) or not isinstance(points, int | Decimal):
        errors["points"] = ["A number is required"]
    # The document does not mark it as required; without it there is nobody to adjust.
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


def _failure(status: int, message: str, errors: Errors | None = None, *, http: int = 200) -> Answer:
    return Answer.json(http, {"message": message, "errors": errors or {}, "data": {}, "status": status})


def _spelled(points: Decimal) -> str:
    plain = format(points, "f")
    return plain if "." in plain else plain + ".0"
