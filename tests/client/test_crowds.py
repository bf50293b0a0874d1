"""Many calls at once: what they cost, how many are under way, who is next, and what cancelling leaves behind."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from points_gateway_client import AsyncPointsClient, NotSent, PointsClient
from points_gateway_client.in_flight import Places
from tests.client.crowd import Crowd, crowd
from tests.deadlines import scaled, until

KEY = "k" * 40
AtOnce = Callable[[int, int], list[str]]


def url(server: Crowd) -> str:
    return f"http://127.0.0.1:{server.port}"


def gathered(server: Crowd, calls: int, times: int, **options: float) -> list[str]:
    """The members of so many calls made at once on one event loop, so many times; each of them answered."""

    async def run() -> list[str]:
        members: list[str] = []
        async with AsyncPointsClient(url(server), KEY, **options) as points:  # type: ignore[arg-type]
            for _ in range(times):
                done = await asyncio.gather(*(points.balance(f"email:{number}") for number in range(calls)))
                members += [balance.member for balance in done]
        return members

    return asyncio.run(run())


def threaded(server: Crowd, calls: int, times: int, **options: float) -> list[str]:
    """The same with a thread for each call."""
    members: list[str] = []
    with PointsClient(url(server), KEY, **options) as points, ThreadPoolExecutor(calls) as threads:  # type: ignore[arg-type]
        for _ in range(times):
            done = threads.map(lambda number: points.balance(f"email:{number}").member, range(calls))
            members += list(done)
    return members


BOTH = pytest.mark.parametrize("at_once", [gathered, threaded], ids=["async", "sync"])


@BOTH
def test_a_crowd_costs_what_its_calls_cost(at_once: Callable[..., list[str]]) -> None:
    """800 calls at once cost as much CPU as 8 times 100, give or take; every one of them gets its own answer."""
    with crowd(pause=0.3) as server:  # long enough for a queue to form

        def cost(calls: int, times: int) -> float:
            begun = time.process_time()
            members = at_once(server, calls, times)
            assert members == [f"email:{number}" for number in range(calls)] * times
            return time.process_time() - begun

        cost(10, 1)  # what is made once
        assert cost(800, 1) < 2.5 * cost(100, 8)


@BOTH
def test_a_crowd_with_a_short_timeout_is_answered(at_once: Callable[..., list[str]]) -> None:
    """Waiting for one's turn counts against no time-out: each call has all of it for itself."""
    with crowd(pause=scaled(0.05)) as server:
        assert len(at_once(server, 60, 1, max_connections=2, timeout=scaled(0.5), retries=0)) == 60


@BOTH
def test_a_bounded_number_is_under_way(at_once: Callable[..., list[str]]) -> None:
    """The gateway never has more than `max_connections` requests of one client at once."""
    with crowd(pause=0.01) as server:
        at_once(server, 50, 2, max_connections=7)
        assert server.most == 7


def test_first_come_first_served() -> None:
    """Calls leave in the order in which they were made."""
    with crowd() as server:
        gathered(server, 50, 1, max_connections=1)
        assert server.asked == [str(number) for number in range(50)]


def test_threads_are_served_in_the_order_in_which_they_came() -> None:
    """A place that becomes free goes to the thread that waits longest, and not to one that comes just then."""
    places, served = Places(1, longest=None), list[int]()

    def call(number: int) -> None:
        with places:
            served.append(number)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(20)]
    with places:
        for number, thread in enumerate(threads):
            thread.start()
            until(lambda waiting=number + 1: places.waiting == waiting)  # type: ignore[misc]
    for thread in threads:
        thread.join()
    assert served == list(range(20))


def test_a_turn_that_does_not_come_was_not_sent() -> None:
    """With `queue_timeout` a call that waited for so long ends in `NotSent`, and the next ones get their turns."""
    with crowd(pause=scaled(0.5)) as server:

        async def run() -> None:
            options = {"max_connections": 1, "queue_timeout": scaled(0.05), "retries": 0}
            async with AsyncPointsClient(url(server), KEY, **options) as points:  # type: ignore[arg-type]
                first = asyncio.create_task(points.balance("email:first"))
                await asyncio.sleep(0)
                with pytest.raises(NotSent, match=r"nothing was sent \(NoPlace\)"):
                    await points.adjust("email:second", 5, idempotency_key="order-1")
                await first
                await points.balance("email:third")

        asyncio.run(run())
        assert server.asked == ["first", "third"]


def test_a_threads_turn_that_does_not_come_was_not_sent() -> None:
    """The same in threads."""
    with (
        crowd(pause=scaled(0.5)) as server,
        PointsClient(url(server), KEY, max_connections=1, queue_timeout=scaled(0.05), retries=0) as points,
    ):
        first = threading.Thread(target=points.balance, args=("email:first",))
        first.start()
        until(lambda: server.asked)
        with pytest.raises(NotSent, match=r"nothing was sent \(NoPlace\)"):
            points.adjust("email:second", 5, idempotency_key="order-1")
        first.join()
        points.balance("email:third")
        assert server.asked == ["first", "third"]


def test_cancelled_calls_leave_their_places() -> None:
    """However far a call had come when it was cancelled, the client goes on with all of its places."""
    with crowd(pause=0.001) as server:

        async def run() -> None:
            async with AsyncPointsClient(url(server), KEY, max_connections=3) as points:
                for steps in range(100):
                    calls = [asyncio.create_task(points.balance(f"email:{number}")) for number in range(6)]
                    for _ in range(steps):
                        await asyncio.sleep(0)
                    for call in calls[::2]:
                        call.cancel()
                    done = await asyncio.gather(*calls, return_exceptions=True)
                    assert [getattr(balance, "member", None) for balance in done[1::2]] == [
                        "email:1",
                        "email:3",
                        "email:5",
                    ]
                server.most = 0
                await asyncio.gather(*(points.balance(f"email:{number}") for number in range(30)))
                assert server.most == 3

        asyncio.run(run())


@pytest.mark.parametrize("kind", [PointsClient, AsyncPointsClient])
@pytest.mark.parametrize("most", [0, -1])
def test_a_client_has_at_least_one_place(kind: type[PointsClient | AsyncPointsClient], most: int) -> None:
    """A client that could never call is not made."""
    with pytest.raises(ValueError, match="max_connections is at least 1"):
        kind("http://127.0.0.1:1", KEY, max_connections=most)


def test_a_closed_client_makes_no_calls() -> None:
    """After `aclose` nothing leaves any more, be there connections or not."""
    with crowd() as server:

        async def run() -> None:
            points = AsyncPointsClient(url(server), KEY)
            await points.balance("email:1")
            await points.aclose()
            with pytest.raises(RuntimeError, match="closed"):
                await points.balance("email:2")

        asyncio.run(run())
        assert server.asked == ["1"]
