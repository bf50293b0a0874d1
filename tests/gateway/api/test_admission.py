"""Which requests are begun, which wait and which are refused; on a clock that the tests turn by hand."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from gateway.api.admission import AT_ONCE, BURST, LONGEST, MOST, PATIENCE, TURN, Admission
from gateway.metrics import Metrics
from tests.deadlines import DEADLINE


class Request:
    """One request of a client, named by its first letter."""

    def __init__(self, bench: "Bench", name: str) -> None:
        self.bench = bench
        self.name = name

    def begin(self) -> bool:
        if self.name in self.bench.gone:
            return False
        if self.name in self.bench.broken:
            raise RuntimeError(self.name)
        self.bench.begun.append(self.name)
        return True

    def refuse(self) -> None:
        self.bench.refused.append(self.name)


class Bench:
    """An admission whose turns take as long as the test says."""

    def __init__(self, most: int = MOST) -> None:
        self.now = 0.0
        self.took = 0.0
        self.looks = 0
        self.begun: list[str] = []
        self.refused: list[str] = []
        self.gone: set[str] = set()
        self.broken: set[str] = set()
        self.metrics = Metrics()
        self.admission = Admission(who=lambda scope: scope["who"], metrics=self.metrics, clock=self._clock, most=most)

    def _clock(self) -> float:
        self.looks += 1
        self.now += self.took
        return self.now

    def come(self, *names: str) -> None:
        """Requests come."""
        for name in names:
            if self.admission.at_once():
                self.begun.append(name)
            else:
                self.admission.wait({"who": name[0]}, Request(self, name))

    async def turns(self, count: int, took: float = 0.0) -> None:
        """So many turns of the event loop, each of so many seconds."""
        self.took = took
        for _ in range(count):
            await asyncio.sleep(0)

    async def busy(self) -> None:
        """A turn was long, and nothing waits yet."""
        self.now += 1
        self.come("z0")
        await self.turns(3, 2 * TURN)
        self.begun.clear()


def on_bench(body: Callable[[Bench], Coroutine[Any, Any, None]], **options: int) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(DEADLINE):
            await body(Bench(**options))

    asyncio.run(bounded())


def test_all_is_begun_while_turns_are_short() -> None:
    """Nobody waits, and once nothing comes any more nothing is measured either."""

    async def body(bench: Bench) -> None:
        for turn in range(5):
            bench.come(*(f"a{turn}-{number}" for number in range(AT_ONCE)))
            await bench.turns(3, TURN / 2)
        assert (len(bench.begun), len(bench.admission)) == (5 * AT_ONCE, 0)
        await bench.turns(5)
        looks = bench.looks
        await bench.turns(20)
        assert bench.looks == looks

    on_bench(body)


def test_a_crowd_is_begun_bit_by_bit() -> None:
    """What comes in one turn beyond a number waits for the next ones, and nobody is refused for that."""

    async def body(bench: Bench) -> None:
        bench.come(*(f"a{number}" for number in range(5 * AT_ONCE)))
        assert (len(bench.begun), len(bench.admission)) == (AT_ONCE, 4 * AT_ONCE)
        await bench.turns(10, TURN / 2)
        assert bench.begun == [f"a{number}" for number in range(5 * AT_ONCE)]
        assert not bench.refused

    on_bench(body)


def test_clients_take_turns_where_there_is_too_much() -> None:
    """Who brings ten waits behind its own; a request that comes alone is begun as one of the first."""

    async def body(bench: Bench) -> None:
        await bench.busy()
        bench.come(*(f"a{number}" for number in range(10)), "b0", "c0")
        assert not bench.begun, "what is under way goes first"
        await bench.turns(3, 2 * TURN)
        assert bench.begun[:4] == ["a0", "b0", "c0", "a1"]

    on_bench(body)


def test_long_turns_stop_nobody_for_ever() -> None:
    """Turns that are long whatever is done, as on a machine with much else to do, leave one request a turn."""

    async def body(bench: Bench) -> None:
        await bench.busy()
        bench.come(*(f"a{number}" for number in range(10)))
        await bench.turns(10, 5 * TURN)
        assert (len(bench.begun), bench.refused) == (10, [])

    on_bench(body)


def test_a_burst_may_wait_and_a_standing_queue_may_not() -> None:
    """For a moment all may wait; then a queue that never emptied is more than can be done, and refuses quickly."""

    async def body(bench: Bench) -> None:
        await bench.busy()
        burst = round(BURST / (2 * TURN))
        for turn in range(burst - 2):
            bench.come(*(f"a{turn}-{number}" for number in range(3)))
            await bench.turns(1, 2 * TURN)
        assert not bench.refused
        for turn in range(100):
            bench.come(*(f"b{turn}-{number}" for number in range(3)))
            before = len(bench.refused)
            await bench.turns(1, 2 * TURN)
        assert before < len(bench.refused)
        assert len(bench.admission) <= AT_ONCE + 3, "a short queue stays, and nobody else waits for long"
        assert f'points_refused_total{{reason="overload"}} {len(bench.refused)}.0' in str(bench.metrics.exposition())
        await bench.turns(200)
        assert len(bench.admission) == 0
        refused = len(bench.refused)
        await bench.busy()
        bench.come("c0")
        await bench.turns(2)
        assert (bench.begun, len(bench.refused)) == (["c0"], refused)

    on_bench(body)


def test_a_queue_that_empties_for_a_moment_gets_no_second_burst() -> None:
    """In one flood the queue may be empty now and then; only after half a second without a refusal a burst may wait."""

    async def body(bench: Bench) -> None:
        await bench.busy()
        while not bench.refused:
            bench.come(*(f"a{number}" for number in range(3)))
            await bench.turns(1, 2 * TURN)
        while len(bench.admission):
            await bench.turns(1)
        crowd = [f"b{number}" for number in range(2 * AT_ONCE)]
        soon = round(PATIENCE / (2 * TURN)) + 2
        for pause, refuses in ((2, True), (round(BURST / (2 * TURN)) + 2, False)):
            await bench.turns(pause, 2 * TURN)
            before = len(bench.refused)
            bench.come(*crowd)
            await bench.turns(soon, 2 * TURN)
            assert (len(bench.refused) > before) is refuses
            await bench.turns(200)
            assert len(bench.admission) == 0

    on_bench(body)


def test_clients_with_few_requests_wait_longer_than_a_burst() -> None:
    """Many clients that wait with one request each are not the cause of the load; in the end they are refused too."""

    async def body(bench: Bench) -> None:
        await bench.busy()
        bench.come(*(f"{chr(ord('a') + number)}1" for number in range(AT_ONCE - 14)))
        await bench.turns(round(LONGEST / (2 * TURN)) - 2, 2 * TURN)
        assert len(bench.admission) > 0
        assert not bench.refused
        await bench.turns(4, 2 * TURN)
        assert bench.refused

    on_bench(body)


def test_who_brings_little_is_not_refused_for_others() -> None:
    """Beside a client that offers far more than can be done, all requests of a modest one have their turn."""

    async def body(bench: Bench) -> None:
        await bench.busy()
        for turn in range(200):
            bench.come(*(f"a{turn}-{number}" for number in range(8)))
            if turn % 10 == 0:
                bench.come(*(f"b{turn}-{number}" for number in range(4)))  # as after a stop
            await bench.turns(1, 2 * TURN)
        await bench.turns(20, 2 * TURN)
        assert {name[0] for name in bench.refused} == {"a"}
        assert sum(name.startswith("b") for name in bench.begun) == 80

    on_bench(body)


def test_a_few_who_always_come_again_are_no_overload() -> None:
    """A short queue that never empties is what some callers cause who wait for their answers: it is served."""

    async def body(bench: Bench) -> None:
        await bench.busy()
        bench.come(*(f"a{number}" for number in range(20)))
        for _ in range(300):
            answered = len(bench.begun)
            await bench.turns(1, 2 * TURN)
            bench.come(*bench.begun[answered:])
        assert not bench.refused

    on_bench(body)


def test_a_process_that_was_stopped_refuses_nobody() -> None:
    """One turn that takes ever so long counts as a long one and no more: nobody could have been served meanwhile."""

    async def body(bench: Bench) -> None:
        await bench.busy()
        bench.come("a0", "a1")
        await bench.turns(1, 1000.0)
        await bench.turns(2)
        assert (bench.begun, bench.refused) == (["a0", "a1"], [])

    on_bench(body)


def test_so_many_wait() -> None:
    """Past that the newest of the client with most is refused, a moment later; who has less has room."""

    async def body(bench: Bench) -> None:
        await bench.busy()
        bench.come("a0", "a1", "a2", "a3", "b0")
        assert not bench.refused, "a connection may be in the middle of reading"
        await asyncio.sleep(0)
        assert bench.refused == ["a3", "a2"]

    on_bench(body, most=3)


def test_who_has_left_is_passed_over() -> None:
    """A caller that is gone takes nobody's place in a turn."""

    async def body(bench: Bench) -> None:
        await bench.busy()
        bench.come("a0", "b0")
        bench.gone = {"a0"}
        await bench.turns(1, 2 * TURN)
        assert (bench.begun, len(bench.admission)) == (["b0"], 0)

    on_bench(body)


def test_one_that_fails_stops_nobody() -> None:
    """What beginning one request raises is told, and all others are begun."""

    async def body(bench: Bench) -> None:
        messages: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: messages.append(context["exception"]))
        await bench.busy()
        bench.come("a0", "a1", "a2")
        bench.broken = {"a0"}
        await bench.turns(4, 2 * TURN)
        await bench.turns(4)
        assert (bench.begun, len(bench.admission)) == (["a1", "a2"], 0)
        assert [str(each) for each in messages] == ["a0"]

    on_bench(body)
