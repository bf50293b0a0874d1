"""Problems: one exception a code, and what each says about going on."""

import pickle
import re
from pathlib import Path
from typing import Any

import pytest

import points_gateway_client
from points_gateway_client import (
    FieldError,
    NoAnswer,
    OutcomeUnknown,
    PointsError,
    Problem,
    RequestProblem,
    ServerProblem,
    UnexpectedAnswer,
    VendorWords,
)
from points_gateway_client.json_object import Document
from points_gateway_client.problems import CODES, problem
from points_gateway_client.results import Adjustment
from tests.client.app import Adjusted, App, Refused

CONTRACT = Path(__file__).parents[2] / "docs" / "api.md"


def table() -> list[tuple[str, int]]:
    """Every code of the contract's table of problems, with its status."""
    text = CONTRACT.read_text(encoding="utf-8").partition("\n## Problems")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \| ([0-9 /]+) \|", text, re.MULTILINE)
    found = []
    for codes, statuses in rows:
        names, numbers = re.findall(r"`(\w+)`", codes), re.findall(r"\d{3}", statuses)
        found += [(name, int(numbers[min(at, len(numbers) - 1)])) for at, name in enumerate(names)]
    return found


def test_there_is_one_class_for_every_code_of_the_contract() -> None:
    """The classes are those of the contract's table, no more and no fewer, and the package hands each of them on."""
    assert sorted(CODES) == sorted(code for code, _ in table())
    assert all(getattr(points_gateway_client, kind.__name__) is kind for kind in CODES.values())


@pytest.mark.parametrize(("code", "status"), table())
def test_a_problem_is_an_exception_of_its_own(app: App, problem: Refused, code: str, status: int) -> None:
    """Each code raises its class, under `PointsError`, with everything that the problem says."""
    app.router.post("/v1/adjustments").mock(
        return_value=problem(
            code,
            status,
            errors=[{"pointer": "/points", "detail": "wrong"}],
            adjustment="adj_1",
            vendor={"name": "crm", "adapter": "a", "status": 400, "code": "12", "message": "No."},
            headers={"Retry-After": "3"},
        )
    )
    with pytest.raises(PointsError) as caught:
        app.call("adjust", "contact_id:1", 5, idempotency_key="order-1")
    error = caught.value
    assert type(error) is CODES[code]
    assert isinstance(error, RequestProblem if status < 500 else ServerProblem)
    assert (error.code, error.status, error.detail, str(error)) == (code, status, f"About {code}", f"About {code}")
    assert error.errors == (FieldError("/points", "wrong"),)
    assert error.adjustment == "adj_1"
    assert error.vendor == VendorWords("crm", "a", 400, "12", "No.")
    assert (error.request_id, error.retry_after, error.idempotency_key) == ("req-1", 3.0, "order-1")


@pytest.mark.parametrize(("status", "kind"), [(418, "RequestProblem"), (599, "ServerProblem")])
def test_a_code_that_is_not_known_is_judged_by_its_status(app: App, problem: Refused, status: int, kind: str) -> None:
    """A code of a later gateway becomes the base class of its status, and keeps its name."""
    app.router.get("/v1/capabilities").mock(return_value=problem("something_new", status))
    with pytest.raises(Problem) as caught:
        app.call("capabilities")
    assert type(caught.value).__name__ == kind
    assert caught.value.code == "something_new"


def test_the_request_id_is_that_of_the_answer(app: App, problem: Refused) -> None:
    """The header wins over the body, as somebody on the way may have set it."""
    app.router.get("/v1/capabilities").mock(
        return_value=problem("forbidden", 403, headers={"Request-Id": "from-header"})
    )
    with pytest.raises(Problem) as caught:
        app.call("capabilities")
    assert caught.value.request_id == "from-header"


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("code", ["vendor_rejected", "idempotency_key_reused", "a_code_of_tomorrow"])
def test_the_gateway_says_whether_a_new_key_is_allowed(app: App, problem: Refused, code: str, allowed: bool) -> None:
    """Whatever the code is, it is the problem's own member that counts."""
    answer = problem(code, 422, adjustment="adj_1", new_key_allowed=allowed)
    app.router.post("/v1/adjustments").mock(return_value=answer)
    with pytest.raises(Problem) as caught:
        app.call("adjust", "contact_id:1", 5, idempotency_key="order-1")
    assert caught.value.new_key_allowed is allowed


@pytest.mark.parametrize("fields", [{}, {"adjustment": "adj_1"}, {"adjustment": "adj_1", "new_key_allowed": None}])
def test_a_gateway_that_does_not_say_so_allows_no_new_key(fields: dict[str, Any]) -> None:
    """A problem without the member, as of an earlier gateway, is no permission, even where it is final."""
    document = {"code": "vendor_rejected", "retryable": False, **fields}
    assert not problem(Document(document), status=422).new_key_allowed


def test_a_member_of_another_type_is_no_problem_of_this_api() -> None:
    """What is not true or false is not read as either."""
    with pytest.raises(ValueError, match="new_key_allowed"):
        problem(Document({"code": "x", "retryable": False, "new_key_allowed": "true"}), status=422)


@pytest.mark.parametrize(
    "error",
    [
        NoAnswer("nobody there", idempotency_key="order-1"),
        UnexpectedAnswer("html", status=502),
        problem(
            Document({"code": "x", "retryable": False, "new_key_allowed": True, "adjustment": "adj_1"}), status=404
        ),
    ],
)
def test_errors_survive_pickling(error: PointsError) -> None:
    """A worker can hand an error to another process with everything that it says."""
    repeated = pickle.loads(pickle.dumps(error))
    assert type(repeated) is type(error)
    assert (str(repeated), repeated.__dict__) == (str(error), error.__dict__)


def test_an_unknown_outcome_survives_pickling(adjustment: Adjusted) -> None:
    """The adjustment travels along."""
    unknown = OutcomeUnknown(Adjustment.read(Document(adjustment(status="unknown"))), retry_after=2.0)
    repeated = pickle.loads(pickle.dumps(unknown))
    assert (repeated.id, repeated.retry_after, str(repeated)) == ("adj_1", 2.0, str(unknown))
    assert repeated.adjustment == unknown.adjustment
