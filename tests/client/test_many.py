"""Many adjustments in one call: each once, so many at once, and what came of each in its order."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx

from points_gateway_client import AdjustmentRequest, AdjustmentResult, AsyncPointsClient, NotSent
from tests.client.app import Adjusted, App, Refused
from tests.deadlines import DEADLINE


def requests(count: int) -> list[AdjustmentRequest]:
    return [AdjustmentRequest(f"contact_id:{each}", each, f"order-{each}") for each in range(1, count + 1)]


@pytest.fixture
def answered(app: App, adjustment: Adjusted) -> Callable[..., list[str]]:
    """Has the gateway answer every write, some in their own way; gives the keys as they come."""

    def prepare(**own: httpx.Response | httpx.RequestError) -> list[str]:
        keys: list[str] = []

        def write(request: httpx.Request) -> httpx.Response:
            key, body = request.headers["Idempotency-Key"], json.loads(request.content)
            keys.append(key)
            special = own.get(key.replace("-", "_"))
            if isinstance(special, httpx.RequestError):
                raise special
            made = adjustment(idempotency_key=key, member=body["member"], points=body["points"])
            return special or httpx.Response(201, json=made)

        app.router.post("/v1/adjustments").mock(side_effect=write)
        return keys

    return prepare


def test_each_is_made_once(app: App, answered: Callable[..., list[str]]) -> None:
    """The results are in the order of the requests, whatever the order of the answers, and each is told as it comes."""
    keys, told = answered(), list[AdjustmentResult]()
    asked = requests(50)
    results = app.call("adjust_many", asked, concurrency=7, progress=told.append)
    assert sorted(keys) == sorted(each.idempotency_key for each in asked)
    assert [each.request for each in results] == asked
    assert {each.outcome for each in results} == {"succeeded"}
    assert [each.adjustment.member for each in results if each.adjustment] == [each.member for each in asked]
    assert len(told) == 50


def test_fields_are_sent(app: App, answered: Callable[..., list[str]]) -> None:
    """The optional fields are those of `adjust`."""
    answered()
    app.call("adjust_many", [AdjustmentRequest("contact_id:1", "2.5", "order-1", {"description": "Thanks"})])
    [call] = app.router.calls
    assert json.loads(call.request.content) == {"member": "contact_id:1", "points": "2.5", "description": "Thanks"}


def test_what_each_came_to(
    app: App, answered: Callable[..., list[str]], adjustment: Adjusted, problem: Refused
) -> None:
    """The outcome follows the rule for callers: applied, final, to be corrected, or to be repeated as it is."""
    unknown = adjustment(status="unknown", idempotency_key="order-2", member="contact_id:2")
    answered(
        order_2=httpx.Response(202, json=unknown),
        order_3=problem("vendor_rejected", 422, adjustment="adj_3", new_key_allowed=True),
        order_4=problem("idempotency_key_reused", 422, adjustment="adj_4"),
        order_5=problem("vendor_unavailable", 503, adjustment="adj_5", retryable=True),
        order_6=httpx.Response(200, text="a proxy"),
    )
    results = app.call("adjust_many", requests(7), client={"retries": 0})
    assert [each.outcome for each in results] == [
        *("succeeded", "open", "failed", "refused", "open", "open", "succeeded"),
    ]
    assert [each.error.code if each.error else None for each in results] == [
        *(None, None, "vendor_rejected", "idempotency_key_reused", "vendor_unavailable", None, None),
    ]


@pytest.mark.parametrize("code", ["unauthenticated", "forbidden", "tenant_required", "client_paused"])
def test_what_would_meet_all_the_rest_ends_it(
    app: App, answered: Callable[..., list[str]], problem: Refused, code: str
) -> None:
    """No further one begins, and those say that nothing was sent."""
    keys = answered(order_3=problem(code, 403))
    results = app.call("adjust_many", requests(20), concurrency=1)
    assert keys == ["order-1", "order-2", "order-3"]
    assert [each.outcome for each in results] == ["succeeded"] * 2 + ["refused"] + ["open"] * 17
    assert all(isinstance(each.error, NotSent) and each.error.retryable for each in results[3:])
    assert str(results[3].error) == f"Not begun: {code}"


def test_the_same_again_goes_on(app: App, adjustment: Adjusted, answered: Callable[..., list[str]]) -> None:
    """Made again, the requests have the keys that they had, and what was done is a replay."""
    made = adjustment(idempotency_key="order-1", member="contact_id:1", points="1")
    answered(order_1=httpx.Response(201, json=made, headers={"Idempotent-Replayed": "true"}))
    results = app.call("adjust_many", requests(2))
    assert [each.adjustment.replayed for each in results if each.adjustment] == [True, False]


@pytest.mark.parametrize(
    ("wrong", "kind", "message"),
    [
        (AdjustmentRequest("contact_id:2", 5, "order-1"), ValueError, "has the idempotency_key of requests.0."),
        (AdjustmentRequest("contact_id:2", 5.5, "order-2"), TypeError, "a float is not"),  # type: ignore[arg-type]
        (AdjustmentRequest("jason", 5, "order-2"), ValueError, "member is written SCHEME:VALUE"),
        (AdjustmentRequest("contact_id:2", 5, ""), ValueError, "idempotency_key is 1 to"),
    ],
)
def test_an_invalid_request_is_named_before_any_is_sent(
    app: App, answered: Callable[..., list[str]], wrong: AdjustmentRequest, kind: type[Exception], message: str
) -> None:
    """Neither the first nor any other is sent."""
    keys = answered()
    with pytest.raises(kind, match=rf"requests\[1\].*{message}"):
        app.call("adjust_many", [*requests(1), wrong])
    assert keys == []


def test_no_more_run_than_are_allowed(adjustment: Adjusted, router: Any) -> None:
    """With a concurrency of three, three are under way while none is answered, and the fourth comes after one is."""
    app = App("sync", router)
    lock, gone, running, most = threading.Lock(), threading.Barrier(3), 0, 0

    def write(request: httpx.Request) -> httpx.Response:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gone.wait(DEADLINE)  # none is answered before three are here
        with lock:
            running -= 1
        body = json.loads(request.content)
        key = request.headers["Idempotency-Key"]
        return httpx.Response(201, json=adjustment(idempotency_key=key, member=body["member"]))

    router.post("/v1/adjustments").mock(side_effect=write)
    assert len(app.call("adjust_many", requests(12), concurrency=3)) == 12
    assert most == 3


def test_a_failure_of_progress_ends_it(app: App, answered: Callable[..., list[str]]) -> None:
    """What the caller's own function raises is raised, and no further one begins."""
    keys = answered()

    def fail(result: AdjustmentResult) -> None:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        app.call("adjust_many", requests(50), concurrency=2, progress=fail)
    assert len(keys) <= 3


def test_what_runs_when_it_ends_tries_no_more(adjustment: Adjusted, router: respx.MockRouter) -> None:
    """A call that is between two of its retries ends there, so that an app that is stopped stops."""
    app, told, retries = App("sync", router), threading.Event(), 10_000
    attempts = 0

    def write(request: httpx.Request) -> httpx.Response:
        nonlocal attempts
        if request.headers["Idempotency-Key"] == "order-1":
            made = adjustment(idempotency_key="order-1", member="contact_id:1")
            return httpx.Response(201, json=made)
        attempts += 1
        raise httpx.ReadError("cut off")

    def pause(seconds: float) -> None:
        told.wait(DEADLINE)

    def fail(result: AdjustmentResult) -> None:
        told.set()
        raise RuntimeError("stopped")

    router.post("/v1/adjustments").mock(side_effect=write)
    client = {"retries": retries, "sleep": pause}
    with pytest.raises(RuntimeError, match="stopped"):
        app.call("adjust_many", requests(2), concurrency=2, progress=fail, client=client)
    assert attempts < retries


def test_a_cancelled_run_leaves_nothing_running() -> None:
    """With asyncio, the calls under way are cancelled with it; made again, the requests have the same keys."""
    held = 0

    async def run() -> None:
        full = asyncio.Event()

        async def hold(request: httpx.Request) -> httpx.Response:
            nonlocal held
            held += 1
            if held == 3:
                full.set()
            try:
                await asyncio.Event().wait()
            finally:
                held -= 1
            raise AssertionError

        client = AsyncPointsClient("https://points.test", "k" * 40, transport=httpx.MockTransport(hold))
        async with client as points:
            running = asyncio.create_task(points.adjust_many(requests(5), concurrency=3))
            await full.wait()
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            assert held == 0

    asyncio.run(run())
