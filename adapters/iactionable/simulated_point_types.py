"""The points of profiles by point type, as the vendor's v3 API has them (a public client, not the vendor's document).

It is another generation than the partner API: its own paths, an application key in every query, and other answers.
"""

from decimal import Decimal
from typing import Any

from adapters.iactionable.simulated_profiles import Refusal, change, decoded, profile
from gateway.simulation import Effect, Request, Simulator, urlencoded

PROFILE_TYPE = "user"
POINT_TYPES = {"experience": "Experience Points", "coins": "Coins"}
APP_KEY = "simulated-iactionable-app-key"
# The levels of the one type that has any: the answer does not always have a level.
_LEVELS = (("Newcomer", 0), ("Regular", 100), ("Champion", 500))


def points(simulator: Simulator, request: Request) -> dict[str, Any]:
    """Read the points of one type by GET, change them by POST, and give them. Raises `Refusal`."""
    match request.path.split("/")[2:]:
        case [kind, id_type, entity, "points", point_type] if kind == PROFILE_TYPE:
            member, key = profile(id_type, entity), decoded(point_type)
        case _:
            raise Refusal(404, "There is nothing at this address")
    if request.method not in ("GET", "POST"):
        raise Refusal(405, "Points are read by GET and changed by POST")
    try:
        parameters = urlencoded.read(request.query)
    except ValueError as error:
        raise Refusal(400, f"The parameters cannot be read: {error}") from error
    # The public client sends the application key with every call, and the other key with writes.
    if parameters.get("appKey") != APP_KEY:
        raise Refusal(401, "A valid application key is required")
    if request.method == "POST" and request.header("Authorization") != simulator.example.settings["api_key"]:
        raise Refusal(401, "A valid API key is required")
    if request.method == "GET" and parameters.keys() != {"appKey"}:
        raise Refusal(400, "Only the application key is expected in the query")
    if key not in POINT_TYPES:
        raise Refusal(400, "There is no such point type")
    # This API has a call that creates a profile, which is not simulated. That a change creates none is a guess.
    if not simulator.ledger.knows(member):
        raise Refusal(400, "There is no such profile")
    reason = _changed(simulator, request, member, key) if request.method == "POST" else None
    balance = simulator.ledger.balance(member, key)
    return {
        # There is no lifetime total and no date.
        "Points": balance,
        "PointType": {"Key": key, "Name": POINT_TYPES[key]},
        **({"Level": _level(balance)} if key == "experience" else {}),
        # The answer does not always have a reason; that it is the description of the change is a guess.
        **({"Reason": reason} if reason is not None else {}),
    }


def _changed(simulator: Simulator, request: Request, member: str, key: str) -> str | None:
    value, parameters = change(request, "appKey")
    description = parameters.get("description")
    effect = Effect(simulator.now(), member, value, key, fields={"description": description})
    simulator.ledger.post(effect, [key])
    return description


def _level(balance: Decimal) -> dict[str, Any]:
    reached = max([0, *(number for number, (_, required) in enumerate(_LEVELS) if balance >= required)])
    # That there is no next one at the top is a guess.
    return {"Current": _named(reached), "Next": _named(reached + 1) if reached + 1 < len(_LEVELS) else None}


def _named(number: int) -> dict[str, Any]:
    name, required = _LEVELS[number]
    level_type = {"Key": "experience_levels", "Name": "Experience Levels"}
    return {"Name": name, "Number": number + 1, "RequiredPoints": required, "LevelType": level_type}
