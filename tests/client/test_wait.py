"""Waiting for an outcome: looking until it is settled, and never mistaking a failed look for a failed write."""

from typing import Any

import httpx
import pytest
import respx

from points_gateway_client import Forbidden, NoAnswer, NotApplied, NotFound, OutcomeUnknown, ServerProblem
from points_gateway_client.json_object import Document
from points_gateway_client.results import Adjustment
from tests.client.app import Adjusted, App, Refused


@pytest.fixture
def accepted(app: App, adjustment: Adjusted) -> respx.Route:
    """A gateway that answers every write with a 202."""
    return app.router.post("/v1/adjustments").respond(
        202, json=adjustment(status="unknown"), headers={"Retry-After": "5"}
    )


def looks(app: App, *answers: httpx.Response | Exception) -> respx.Route:
    return app.router.get("/v1/adjustments/adj_1").mock(side_effect=list(answers))


def adjust(app: App, wait: float = 60.0) -> Any:
    return app.call("adjust", "contact_id:1", 5, idempotency_key="order-1", wait=wait)


def not_applied(adjustment: Adjusted) -> httpx.Response:
    document = {"code": "not_applied", "status": 502, "detail": "Settled by hand", "retryable": False}
    document |= {"new_key_allowed": True, "adjustment": "adj_1"}
    return httpx.Response(200, json=adjustment(status="failed", problem=document))


def test_an_adjustment_that_settles_is_returned(app: App, adjustment: Adjusted, accepted: respx.Route) -> None:
    """The pauses are those that the gateway asks for; nothing is posted again."""
    look = looks(
        app,
        httpx.Response(200, json=adjustment(status="unknown"), headers={"Retry-After": "9"}),
        httpx.Response(200, json=adjustment()),
    )
    assert adjust(app).status == "succeeded"
    assert app.slept == [5.0, 9.0]
    assert (accepted.call_count, look.call_count) == (1, 2)


def test_without_retry_after_the_pauses_double(app: App, adjustment: Adjusted, accepted: respx.Route) -> None:
    """A second, then two, then four."""
    unknown = httpx.Response(200, json=adjustment(status="in_progress"))
    looks(app, unknown, unknown, unknown, httpx.Response(200, json=adjustment()))
    adjust(app)
    assert app.slept == [5.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize(("header", "max_wait"), [("0", 30.0), ("5", 0.0)])
def test_looks_are_never_without_a_pause(
    app: App, adjustment: Adjusted, accepted: respx.Route, header: str, max_wait: float
) -> None:
    """Neither a `Retry-After` of nothing nor a client that waits for none makes a flood of looks."""
    unknown = httpx.Response(200, json=adjustment(status="unknown"), headers={"Retry-After": header})
    look = app.router.get("/v1/adjustments/adj_1").mock(return_value=unknown)
    with pytest.raises(OutcomeUnknown):
        app.call("adjust", "contact_id:1", 5, idempotency_key="order-1", wait=10.0, client={"max_wait": max_wait})
    assert look.call_count <= 41


def test_an_adjustment_that_fails_raises_its_own_problem(app: App, adjustment: Adjusted, accepted: respx.Route) -> None:
    """The problem that is kept with the adjustment is raised as the write itself would have raised it."""
    looks(app, not_applied(adjustment))
    with pytest.raises(NotApplied, match="Settled by hand") as caught:
        adjust(app)
    assert (caught.value.status, caught.value.adjustment, caught.value.idempotency_key) == (502, "adj_1", "order-1")
    assert caught.value.new_key_allowed


def test_a_failure_without_a_problem_is_still_a_failure(app: App, adjustment: Adjusted, accepted: respx.Route) -> None:
    """A gateway that does not say why raises the base class."""
    looks(app, httpx.Response(200, json=adjustment(status="failed", problem=None)))
    with pytest.raises(ServerProblem, match="does not say why"):
        adjust(app)


def test_when_the_time_is_over_the_outcome_is_unknown(app: App, adjustment: Adjusted, accepted: respx.Route) -> None:
    """The last look is at the end of the time given; then the newest state is raised."""
    unknown = httpx.Response(200, json=adjustment(status="unknown", attempts=3), headers={"Retry-After": "4"})
    look = app.router.get("/v1/adjustments/adj_1").mock(return_value=unknown)
    with pytest.raises(OutcomeUnknown) as caught:
        adjust(app, wait=11.0)
    assert app.slept == [5.0, 4.0, 2.0]
    assert look.call_count == 3
    assert (caught.value.adjustment.attempts, caught.value.retry_after) == (3, 4.0)


def test_a_look_that_is_refused_is_not_the_adjustments_failure(
    app: App, problem: Refused, accepted: respx.Route
) -> None:
    """A key without `points:read` cannot look: the outcome is unknown, and the refusal is the cause."""
    looks(app, problem("forbidden", 403))
    with pytest.raises(OutcomeUnknown) as caught:
        adjust(app)
    assert isinstance(caught.value.__cause__, Forbidden)
    assert not caught.value.new_key_allowed


def test_a_look_that_fails_for_a_while_is_taken_again(
    app: App, adjustment: Adjusted, problem: Refused, accepted: respx.Route
) -> None:
    """Lost looks, proxies' pages and retryable problems cost time, not the outcome."""
    looks(
        app,
        httpx.ReadTimeout("slow"),
        httpx.Response(502, text="<html>"),
        problem("store_unavailable", 503, retryable=True, headers={"Retry-After": "3"}),
        httpx.Response(200, json=adjustment()),
    )
    assert adjust(app).status == "succeeded"
    assert app.slept == [5.0, 2.0, 4.0, 3.0]


def test_looks_that_fail_to_the_end_leave_the_outcome_unknown(app: App, accepted: respx.Route) -> None:
    """What was known before is raised, with the last failed look as the cause."""
    app.router.get("/v1/adjustments/adj_1").mock(side_effect=httpx.ConnectError("refused"))
    with pytest.raises(OutcomeUnknown) as caught:
        adjust(app, wait=6.0)
    look = caught.value.__cause__
    assert isinstance(look, NoAnswer)
    assert isinstance(look.__cause__, httpx.ConnectError)
    assert caught.value.adjustment.status == "unknown"


def test_a_write_that_may_wait_no_time_still_looks_once(app: App, adjustment: Adjusted, accepted: respx.Route) -> None:
    """`wait=0` is not the same as no `wait`."""
    looks(app, httpx.Response(200, json=adjustment()))
    assert adjust(app, wait=0).status == "succeeded"
    assert app.slept == [0.0]


def test_waiting_for_an_adjustment_begins_with_a_look(app: App, adjustment: Adjusted) -> None:
    """`wait` asks at once, and goes on from there."""
    looks(app, httpx.Response(200, json=adjustment(status="unknown")), httpx.Response(200, json=adjustment()))
    unknown = Adjustment.read(Document(adjustment(status="unknown")))
    assert app.call("wait_until_settled", unknown, seconds=10).status == "succeeded"
    assert app.slept == [0.0, 2.0]


def test_waiting_no_time_is_one_look(app: App, adjustment: Adjusted) -> None:
    """`seconds=0` looks once."""
    look = looks(app, httpx.Response(200, json=adjustment(status="unknown")))
    with pytest.raises(OutcomeUnknown):
        app.call("wait_until_settled", Adjustment.read(Document(adjustment(status="unknown"))), seconds=0)
    assert look.call_count == 1


def test_waiting_by_an_id_reads_it_first(app: App, adjustment: Adjusted) -> None:
    """Of an adjustment that is kept by its id alone, one that is settled already is there at once."""
    looks(app, httpx.Response(200, json=adjustment()))
    assert app.call("wait_until_settled", "adj_1", seconds=10).status == "succeeded"
    assert app.slept == []


def test_waiting_by_an_id_goes_on(app: App, adjustment: Adjusted) -> None:
    """One that is not settled is asked for again, and a failure is raised as the write would have raised it."""
    failed = adjustment(status="failed", problem={"code": "not_applied", "status": 502, "retryable": False})
    looks(app, httpx.Response(200, json=adjustment(status="accepted")), httpx.Response(200, json=failed))
    with pytest.raises(NotApplied) as caught:
        app.call("wait_until_settled", "adj_1", seconds=10)
    assert (caught.value.adjustment, app.slept) == ("adj_1", [1.0])


def test_an_id_that_cannot_be_read_is_the_problem_of_the_read(app: App, problem: Refused) -> None:
    """Nothing is known of it, so nothing is said of its outcome."""
    looks(app, problem("not_found", 404))
    with pytest.raises(NotFound):
        app.call("wait_until_settled", "adj_1", seconds=10)
