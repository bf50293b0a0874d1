"""Named types of the OpenAPI document beside the models: one for each outcome of a write, and for each problem code.

A generator makes a class or a union of them, so that `status` and `code` tell the types apart.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.adjustments import Status
from gateway.answers.answer_model import AnswerModel
from gateway.answers.models import AdjustmentAnswer
from gateway.errors import GatewayError

REF = "#/components/schemas/{model}"
CODES = "ProblemCode"
_OUTCOMES = {201: (Status.SUCCEEDED,), 202: (Status.ACCEPTED, Status.UNKNOWN)}
"""Where the adjustment of a write stands, by the status of the answer."""


def answered(model: type[AnswerModel], status: int) -> dict[str, Any]:
    """The schema of an answer with this HTTP status."""
    if model is not AdjustmentAnswer or status not in _OUTCOMES:
        return _to(model.__name__)
    return _one_of("status", {outcome.value: _outcome_name(outcome) for outcome in _OUTCOMES[status]})


def outcomes() -> dict[str, Any]:
    """A schema for each outcome of a write, by name."""
    return {
        _outcome_name(outcome): _extended(
            AdjustmentAnswer.__name__, f"An adjustment whose status is `{outcome}`.", {"status": outcome.value}
        )
        for each in _OUTCOMES.values()
        for outcome in each
    }


def problem(kinds: Iterable[type[GatewayError]]) -> dict[str, Any]:
    """The schema of an answer that is one of these problems."""
    return _one_of("code", {kind.code: problem_name(kind.code) for kind in kinds})


def problems(kinds: Iterable[type[GatewayError]]) -> dict[str, Any]:
    """A schema for each of these problems, and the enumeration of their codes, by name."""
    found: dict[str, Any] = {
        kind.code: _extended("Problem", f"{kind.title}.", {"code": kind.code, "status": kind.status}) for kind in kinds
    }
    codes = {"type": "string", "enum": sorted(found), "description": "What went wrong; /problems explains each."}
    return {**{problem_name(code): each for code, each in found.items()}, CODES: codes}


def problem_name(code: str) -> str:
    """The name of a problem's type, as in `RateLimitedProblem`."""
    return "".join(word.capitalize() for word in code.split("_")) + "Problem"


def _outcome_name(outcome: Status) -> str:
    return f"{outcome.value.capitalize()}Adjustment"


def _extended(base: str, description: str, constants: Mapping[str, object]) -> dict[str, Any]:
    """A schema that extends another by the values that some of its fields have."""
    fixed = {
        "type": "object",
        "required": list(constants),
        "properties": {name: {"const": value} for name, value in constants.items()},
    }
    return {"description": description, "allOf": [_to(base), fixed]}


def _one_of(name: str, by_value: Mapping[str, str]) -> dict[str, Any]:
    """A schema of one of several types, which the field of that name tells apart."""
    if len(by_value) == 1:
        return _to(*by_value.values())
    mapping = {value: REF.format(model=model) for value, model in by_value.items()}
    return {"oneOf": list(map(_to, by_value.values())), "discriminator": {"propertyName": name, "mapping": mapping}}


def _to(model: str) -> dict[str, Any]:
    return {"$ref": REF.format(model=model)}
