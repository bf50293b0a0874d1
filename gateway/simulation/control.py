"""The control endpoint of a simulator, beside its vendor's paths: faults, state, release, reset."""

import json
from typing import Any, Protocol

from gateway.simulation.faults import Faults, InvalidFault, expected
from gateway.simulation.ledger import Ledger
from gateway.simulation.messages import Answer, Request

PREFIX = "/_simulator/"


class Controlled(Protocol):
    """What the control endpoint needs of a simulator."""

    faults: Faults
    ledger: Ledger
    requests: list[Request]

    @property
    def name(self) -> str:
        """The name of the adapter that it is the counterpart of."""

    @property
    def held(self) -> int:
        """The number of requests that a fault holds up now."""

    def release(self) -> None:
        """Continue the requests that hang now."""

    def reset(self) -> None:
        """Restore the initial state."""


def answer(simulator: Controlled, request: Request) -> Answer:
    """Answer a request under `/_simulator/`: 404 and 405 as usual, 400 with the expected fields for a bad fault."""
    match request.path.removeprefix(PREFIX), request.method:
        case "faults", "POST":
            return _queue(simulator.faults, request)
        case "faults", "GET":
            pass
        case "faults", "DELETE":
            simulator.faults.clear()
        case "release", "POST":
            simulator.release()
            return Answer.json(200, _state(simulator))
        case "reset", "POST":
            simulator.reset()
            return Answer.json(200, _state(simulator))
        case "state", "GET":
            return Answer.json(200, _state(simulator))
        case (("faults" | "release" | "reset" | "state"), _):
            return Answer.json(405, {"errors": [f"{request.path} does not take {request.method}"]})
        case _:
            return Answer.json(404, {"errors": ["expected faults, state, release or reset"]})
    return Answer.json(200, simulator.faults.listed())


def _queue(faults: Faults, request: Request) -> Answer:
    try:
        body = json.loads(request.body)
        faults.add(*(body if isinstance(body, list) else [body]))
    except InvalidFault as error:
        return Answer.json(400, {"errors": error.errors, "expected": expected()})
    except ValueError as error:
        return Answer.json(400, {"errors": [f"not JSON: {error}"], "expected": expected()})
    return Answer.json(200, faults.listed())


def _state(simulator: Controlled) -> dict[str, Any]:
    return {
        "name": simulator.name,
        "members": {
            member: {account: format(points, "f") for account, points in balances.items()}
            for member, balances in simulator.ledger.accounts.items()
        },
        "effects": [
            {
                "at": effect.at.isoformat(),
                "member": effect.member,
                "points": format(effect.points, "f"),
                "point_type": effect.point_type,
                "transaction_id": effect.transaction_id,
                "said": effect.fields,
            }
            for effect in simulator.ledger.effects
        ],
        "requests": len(simulator.requests),
        "held": simulator.held,
        "faults": simulator.faults.listed(),
    }
