"""Calling again: what is repeated, how often, after how long, and what is never repeated."""

from typing import Any

import httpx
import pytest

from points_gateway_client import (
    Forbidden,
    IdempotencyInProgress,
    LimitExceeded,
    NoAnswer,
    NotResolvable,
    Problem,
    UnexpectedAnswer,
    VendorRejected,
    VendorUnavailable,
)
from tests.client.app import Adjusted, App, Refused

LOST = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.ReadTimeout("slow"),
    httpx.WriteError("reset"),
    httpx.ReadError("reset"),
    httpx.PoolTimeout("full"),
    httpx.RemoteProtocolError("cut short"),
]
HTML = {"Content-Type": "text/html"}
GOOD = {"adjustment": "adj_1", "new_key_allowed": True}


def adjust(app: App, **named: Any) -> Any:
    return app.call("adjust", "contact_id:1", 5, idempotency_key="order-1", **named)


@pytest.mark.parametrize("lost", LOST, ids=lambda error: type(error).__name__)
def test_a_write_without_an_answer_is_sent_again_as_it_was(
    app: App, adjustment: Adjusted, lost: httpx.RequestError
) -> None:
    """Connection errors and time-outs are followed by the same body under the same key."""
    route = app.router.post("/v1/adjustments").mock(side_effect=[lost, lost, httpx.Response(201, json=adjustment())])
    assert adjust(app).id == "adj_1"
    requests = [call.request for call in route.calls]
    assert len({request.content for request in requests}) == 1
    assert [request.headers["Idempotency-Key"] for request in requests] == ["order-1"] * 3


def test_no_answer_at_all_says_to_repeat_the_same_key(app: App) -> None:
    """When every attempt is lost, the error says that the points may have been applied, and keeps the cause."""
    route = app.router.post("/v1/adjustments").mock(side_effect=httpx.ReadTimeout("slow"))
    with pytest.raises(
        NoAnswer, match="may have been applied: repeat the call with the same idempotency key"
    ) as caught:
        adjust(app)
    assert route.call_count == 4
    assert caught.value.idempotency_key == "order-1"
    assert caught.value.retryable
    assert not caught.value.new_key_allowed
    assert isinstance(caught.value.__cause__, httpx.ReadTimeout)


def test_a_read_without_an_answer_says_nothing_of_keys(app: App) -> None:
    """A read that is lost has nothing to repeat but itself."""
    app.router.get("/v1/capabilities").mock(side_effect=httpx.ConnectError("refused"))
    with pytest.raises(NoAnswer, match=r"No answer from the gateway \(ConnectError\)$"):
        app.call("capabilities")


def test_a_retryable_problem_is_followed_by_the_same_request(app: App, adjustment: Adjusted, problem: Refused) -> None:
    """`retryable: true` makes the next attempt of the same adjustment, under the same key."""
    route = app.router.post("/v1/adjustments").mock(
        side_effect=[
            problem("vendor_unavailable", 503, retryable=True, adjustment="adj_1"),
            httpx.Response(201, json=adjustment(attempts=2)),
        ]
    )
    assert adjust(app).attempts == 2
    assert route.calls[0].request.content == route.calls[1].request.content
    assert {call.request.headers["Idempotency-Key"] for call in route.calls} == {"order-1"}


def test_a_call_still_in_progress_is_asked_for_again_when_the_gateway_says(
    app: App, adjustment: Adjusted, problem: Refused
) -> None:
    """409 `idempotency_in_progress` is repeated after its `Retry-After`."""
    app.router.post("/v1/adjustments").mock(
        side_effect=[
            problem("idempotency_in_progress", 409, retryable=True, headers={"Retry-After": "2"}),
            httpx.Response(201, json=adjustment(), headers={"Idempotent-Replayed": "true"}),
        ]
    )
    assert adjust(app).replayed
    assert app.slept == [2.0]


def test_waiting_for_what_is_in_progress_uses_up_no_retry(app: App, adjustment: Adjusted, problem: Refused) -> None:
    """However often the gateway says so, up to `max_wait` in all; a call that was lost in between is a retry."""
    in_progress = [
        problem("idempotency_in_progress", 409, retryable=True, headers={"Retry-After": str(seconds)})
        for seconds in (1, 2, 4, 4)
    ]
    done = httpx.Response(201, json=adjustment(), headers={"Idempotent-Replayed": "true"})
    app.router.post("/v1/adjustments").mock(side_effect=[httpx.ReadTimeout("slow"), *in_progress, done])
    assert adjust(app, client={"retries": 1}).replayed
    assert app.slept == [0.25, 1.0, 2.0, 4.0, 4.0]


def test_keeping_to_the_rate_uses_up_no_retry(app: App, adjustment: Adjusted, problem: Refused) -> None:
    """A client that calls too often waits as long as it is told, up to `max_wait` in all."""
    too_often = problem("rate_limited", 429, retryable=True, headers={"Retry-After": "5"})
    done = httpx.Response(201, json=adjustment())
    app.router.post("/v1/adjustments").mock(side_effect=[*[too_often] * 6, httpx.ReadTimeout("slow"), done])
    assert adjust(app, client={"retries": 1}).status == "succeeded"
    assert app.slept == [5.0] * 6 + [0.25]


def test_waiting_for_what_is_in_progress_is_bounded(app: App, problem: Refused) -> None:
    """After `max_wait` seconds of pauses it counts as any other problem; without retries it is raised at once."""
    route = app.router.post("/v1/adjustments").mock(
        return_value=problem("idempotency_in_progress", 409, retryable=True, headers={"Retry-After": "4"})
    )
    with pytest.raises(IdempotencyInProgress):
        adjust(app, client={"retries": 2, "max_wait": 9.0})
    assert app.slept == [4.0] * 4
    with pytest.raises(IdempotencyInProgress):
        adjust(app, client={"retries": 0})
    assert route.call_count == 6


def test_asking_again_at_once_is_a_retry(app: App, problem: Refused) -> None:
    """Pauses of nothing add up to nothing: they are bounded by `retries`."""
    route = app.router.post("/v1/adjustments").mock(
        return_value=problem("idempotency_in_progress", 409, retryable=True, headers={"Retry-After": "0"})
    )
    with pytest.raises(IdempotencyInProgress):
        adjust(app, client={"retries": 2})
    assert route.call_count == 3


def test_a_problem_that_is_not_retryable_is_final(app: App, problem: Refused) -> None:
    """`retryable: false` is raised at once, whatever the status."""
    route = app.router.post("/v1/adjustments").mock(return_value=problem("vendor_unavailable", 503))
    with pytest.raises(VendorUnavailable):
        adjust(app)
    assert route.call_count == 1
    assert app.slept == []


def test_attempts_are_bounded(app: App, problem: Refused) -> None:
    """`retries` is how often a call is made again; then the last problem is raised."""
    route = app.router.post("/v1/adjustments").mock(
        return_value=problem("idempotency_in_progress", 409, retryable=True)
    )
    with pytest.raises(IdempotencyInProgress) as caught:
        adjust(app, client={"retries": 2})
    assert route.call_count == 3
    assert not caught.value.new_key_allowed


def test_without_retries_a_call_is_made_once(app: App) -> None:
    """`retries=0` leaves repeating to the app."""
    route = app.router.get("/v1/capabilities").mock(side_effect=httpx.ConnectError("refused"))
    with pytest.raises(NoAnswer):
        app.call("capabilities", client={"retries": 0})
    assert route.call_count == 1


def test_pauses_double_up_to_the_longest(app: App) -> None:
    """Without `Retry-After` a pause is random, up to a bound that doubles and stops at `max_wait`."""
    app.router.get("/v1/capabilities").mock(side_effect=httpx.ConnectError("refused"))
    with pytest.raises(NoAnswer):
        app.call("capabilities", client={"retries": 6, "max_wait": 3.0})
    assert app.slept == [0.25, 0.5, 1.0, 2.0, 3.0, 3.0]


def test_pauses_have_full_jitter(app: App) -> None:
    """A pause is anything from nothing to its bound, as the given randomness says."""
    draws = iter([0.0, 0.5, 0.125])
    app.router.get("/v1/capabilities").mock(side_effect=httpx.ConnectError("refused"))
    with pytest.raises(NoAnswer):
        app.call("capabilities", client={"random": lambda: next(draws)})
    assert app.slept == [0.0, 0.25, 0.125]


@pytest.mark.parametrize(
    ("header", "slept"), [("7", 7.0), ("0", 0.0), ("60", 30.0), ("9" * 400, 30.0), ("soon", 0.25), ("-1", 0.25)]
)
def test_retry_after_is_honoured_up_to_the_longest(app: App, problem: Refused, header: str, slept: float) -> None:
    """Seconds are taken as they are, capped by `max_wait`; anything else is as if it were not there."""
    app.router.get("/v1/capabilities").mock(
        side_effect=[
            problem("rate_limited", 429, retryable=True, headers={"Retry-After": header}),
            httpx.Response(200, json={"tenant": "acme", "operations": {}}),
        ]
    )
    assert app.call("capabilities").tenant == "acme"
    assert app.slept == [slept]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxys_page_is_repeated_where_the_gateway_was_out_of_reach(
    app: App, adjustment: Adjusted, status: int
) -> None:
    """HTML with 502, 503 or 504 is followed by the same request, after its `Retry-After`."""
    page = httpx.Response(status, text="<html>Bad Gateway</html>", headers=HTML | {"Retry-After": "4"})
    app.router.post("/v1/adjustments").mock(side_effect=[page, httpx.Response(201, json=adjustment())])
    assert adjust(app).id == "adj_1"
    assert app.slept == [4.0]


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
def test_a_proxys_page_with_another_status_is_raised_at_once(app: App, status: int) -> None:
    """Any other status without a problem is an error of its own, and no proof of anything."""
    route = app.router.post("/v1/adjustments").mock(return_value=httpx.Response(status, text="<html>", headers=HTML))
    with pytest.raises(UnexpectedAnswer, match="media type is 'text/html'") as caught:
        adjust(app)
    assert (caught.value.status, caught.value.code) == (status, None)
    assert not caught.value.retryable
    assert not caught.value.new_key_allowed
    assert route.call_count == 1


@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b"not json", b'{"code": "forbidden"}', b'{"code": 1, "retryable": true}', b"\xff"]
)
def test_a_problem_of_somebody_else_is_not_taken_for_the_gateways(app: App, content: bytes) -> None:
    """Problem documents that are not of this API are unexpected answers."""
    app.router.get("/v1/capabilities").respond(
        403, content=content, headers={"Content-Type": "application/problem+json"}
    )
    with pytest.raises(UnexpectedAnswer):
        app.call("capabilities")


def test_a_refusal_after_a_lost_attempt_does_not_allow_a_new_key(app: App, problem: Refused) -> None:
    """The lost attempt may still act: what is not said of this key's adjustment allows nothing, whoever says it."""
    answer = problem("forbidden", 403, new_key_allowed=True)
    app.router.post("/v1/adjustments").mock(side_effect=[httpx.ReadTimeout("slow"), answer])
    with pytest.raises(Forbidden) as caught:
        adjust(app)
    assert not caught.value.new_key_allowed


def test_the_gateways_verdict_on_the_adjustment_allows_a_new_key_after_a_lost_attempt(
    app: App, problem: Refused
) -> None:
    """A final problem that names the key's adjustment settles every attempt under that key."""
    app.router.post("/v1/adjustments").mock(
        side_effect=[httpx.ReadTimeout("slow"), problem("vendor_rejected", 422, **GOOD)]
    )
    with pytest.raises(VendorRejected) as caught:
        adjust(app)
    assert caught.value.new_key_allowed


def test_a_resolution_is_not_repeated_after_a_lost_answer(app: App) -> None:
    """A repetition would only be told that there is nothing to resolve; the error says to look first."""
    route = app.router.post("/v1/adjustments/adj_1/resolution").mock(side_effect=httpx.ReadTimeout("slow"))
    with pytest.raises(NoAnswer, match="look at the adjustment") as caught:
        app.call("resolve", "adj_1", "applied", "Seen in the vendor's records")
    assert not caught.value.retryable
    assert route.call_count == 1


def test_a_resolution_is_not_repeated_after_a_proxys_page(app: App) -> None:
    """A proxy cannot say whether the gateway has done it."""
    route = app.router.post("/v1/adjustments/adj_1/resolution").respond(502, text="<html>")
    with pytest.raises(UnexpectedAnswer, match="look at the adjustment") as caught:
        app.call("resolve", "adj_1", "applied", "Seen in the vendor's records")
    assert not caught.value.retryable
    assert route.call_count == 1


def test_a_resolution_is_repeated_where_the_gateway_says_so(app: App, adjustment: Adjusted, problem: Refused) -> None:
    """A retryable problem is the gateway's word that nothing was done."""
    app.router.post("/v1/adjustments/adj_1/resolution").mock(
        side_effect=[
            problem("store_unavailable", 503, retryable=True),
            httpx.Response(200, json=adjustment(resolution={"outcome": "applied"})),
        ]
    )
    assert app.call("resolve", "adj_1", "applied", "Seen").resolution == {"outcome": "applied"}


def test_a_resolution_that_comes_too_early_is_raised(app: App, problem: Refused) -> None:
    """`not_resolvable` is final for this call."""
    app.router.post("/v1/adjustments/adj_1/resolution").mock(return_value=problem("not_resolvable", 409))
    with pytest.raises(NotResolvable):
        app.call("resolve", "adj_1", "not_applied", "Not there")


def test_errors_of_the_last_attempt_are_the_ones_raised(app: App, problem: Refused) -> None:
    """What is raised is how the last attempt ended, not the first."""
    app.router.get("/v1/capabilities").mock(
        side_effect=[httpx.ReadTimeout("slow"), problem("internal_error", 500, retryable=True), problem("x", 404)]
    )
    with pytest.raises(Problem) as caught:
        app.call("capabilities")
    assert caught.value.code == "x"


def test_what_is_refused_for_the_rest_of_the_day_is_not_asked_again(app: App, problem: Refused) -> None:
    """A budget that is exhausted until tomorrow is told at once; one that is whole in a moment is awaited."""
    for seconds, calls in (("3600", 1), ("1", 4)):
        refusal = problem("limit_exceeded", 422, retryable=True, headers={"Retry-After": seconds})
        route = app.router.post("/v1/adjustments").mock(side_effect=[refusal] * calls)
        with pytest.raises(LimitExceeded):
            adjust(app)
        assert route.call_count == calls
        route.reset()
