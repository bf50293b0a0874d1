"""Background tasks: whatever happens in one, it goes on, the others too, and its state can be seen."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.errors import StoreUnavailable
from gateway.metrics import Metrics
from gateway.service.background import LONGEST_PAUSE, STALLED, Background, TaskStanding
from tests.deadlines import DEADLINE

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Bench:
    """Background tasks that sleep until they are woken."""

    metrics: Metrics = field(default_factory=Metrics)
    seconds: float = 0.0
    pauses: list[float] = field(default_factory=list)
    sleeping: list[asyncio.Future[None]] = field(default_factory=list)
    tasks: Background = field(init=False)

    def __post_init__(self) -> None:
        self.tasks = Background(
            metrics=self.metrics, clock=lambda: NOW, monotonic=lambda: self.seconds, sleep=self._sleep
        )

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        future = asyncio.get_running_loop().create_future()
        self.sleeping.append(future)
        await future

    async def settle(self) -> None:
        """Let everything run that can."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def wake(self) -> None:
        """End every sleep, and let what follows run."""
        await self.settle()
        sleeping, self.sleeping = self.sleeping, []
        for future in sleeping:
            if not future.done():
                future.set_result(None)
        await self.settle()

    def standing(self, name: str) -> TaskStanding:
        return next(each for each in self.tasks.tasks if each.name == name)

    def counted(self, line: str) -> bool:
        self.metrics.sample()
        return line in self.metrics.exposition().decode().splitlines()


def on_bench(body: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(DEADLINE):
            bench = Bench()
            try:
                await body(bench)
            finally:
                await bench.tasks.stop()

    asyncio.run(bounded())


class Turns:
    """Turns of a loop that fail as long as there are errors to raise."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.taken = 0

    async def __call__(self) -> None:
        self.taken += 1
        if self.errors:
            raise self.errors.pop(0)


@pytest.mark.parametrize(
    "error",
    [
        StoreUnavailable("the journal cannot be written"),
        KeyError("points"),
        RecursionError(),
        MemoryError(),
        ExceptionGroup("several", [KeyError("points")]),
        asyncio.CancelledError(),
        GeneratorExit(),
    ],
    ids=repr,
)
def test_a_turn_that_fails_ends_nothing(error: BaseException) -> None:
    """Whatever a turn raises, a cancellation of its own too, the loop goes on, and so does every other."""

    async def body(bench: Bench) -> None:
        broken, whole = Turns(error), Turns()
        bench.tasks.loop("broken", broken, every=1.0)
        bench.tasks.loop("whole", whole, every=1.0)
        bench.tasks.start()
        await bench.wake()
        assert bench.standing("broken") == TaskStanding("broken", "failing", None, 1)
        assert bench.standing("whole") == TaskStanding("whole", "ok", NOW, 0)
        await bench.wake()
        assert (broken.taken, whole.taken) == (2, 2)
        assert bench.standing("broken") == TaskStanding("broken", "ok", NOW, 0)

    on_bench(body)


def test_the_pause_grows_with_the_failures() -> None:
    """It doubles with each failure in a row, up to a bound, and is the usual one again after a turn that went well."""

    async def body(bench: Bench) -> None:
        bench.tasks.loop("broken", Turns(*(KeyError() for _ in range(6))), every=1.0)
        bench.tasks.start()
        for _ in range(8):
            await bench.wake()
        assert bench.pauses == [1.0, 2.0, 4.0, 8.0, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE, 1.0, 1.0]

    on_bench(body)


def test_a_failure_is_alarmed_and_shown() -> None:
    """What is no outage of the journal alarms; the state, the failures and the last good turn are metrics."""

    async def body(bench: Bench) -> None:
        bench.tasks.loop("broken", Turns(StoreUnavailable(), KeyError()), every=1.0)
        bench.tasks.start()
        await bench.wake()
        assert bench.counted('points_background{state="failing",task="broken"} 1.0')
        assert bench.counted('points_background_last_ok_timestamp_seconds{task="broken"} 0.0')
        assert bench.counted('points_alarms_total{why="background"} 0.0')
        await bench.wake()
        assert bench.counted('points_background_failures{task="broken"} 2.0')
        assert bench.counted('points_alarms_total{why="background"} 1.0')
        await bench.wake()
        assert bench.counted('points_background{state="ok",task="broken"} 1.0')
        assert bench.counted('points_background_last_ok_timestamp_seconds{task="broken"} 1772323200.0')

    on_bench(body)


def test_a_turn_that_does_not_end_is_seen() -> None:
    """A turn that takes too long counts as stalled, until it ends."""

    async def body(bench: Bench) -> None:
        go = asyncio.Event()
        bench.tasks.loop("slow", go.wait, every=1.0)
        bench.tasks.start()
        await bench.wake()
        bench.seconds += STALLED
        assert bench.standing("slow").state == "ok"
        bench.seconds += 1
        assert bench.standing("slow").state == "stalled"
        go.set()
        await bench.settle()
        assert bench.standing("slow") == TaskStanding("slow", "ok", NOW, 0)

    on_bench(body)


def test_a_loop_that_is_cancelled_from_elsewhere_is_started_again() -> None:
    """Only `stop` ends a loop: not somebody who cancels whatever tasks there are."""

    async def body(bench: Bench) -> None:
        turns = Turns()
        bench.tasks.loop("loop", turns, every=1.0)
        bench.tasks.start()
        await bench.settle()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await bench.settle()
        assert bench.standing("loop").state == "failing"
        await bench.wake()
        assert (turns.taken, bench.standing("loop").state) == (1, "ok")

    on_bench(body)


def test_stopping_ends_everything() -> None:
    """Loops, and tasks that were begun, are cancelled, and have ended when it returns."""

    async def body(bench: Bench) -> None:
        bench.tasks.loop("loop", Turns(), every=1.0)
        bench.tasks.start()
        begun = bench.tasks.begin(asyncio.Event().wait())
        await bench.settle()
        await bench.tasks.stop()
        assert begun.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    on_bench(body)


def test_a_task_that_was_begun_and_fails_alarms() -> None:
    """Nobody waits for it, so that the alarm and the log are all that tells of it."""

    async def body(bench: Bench) -> None:
        async def fails() -> None:
            raise KeyError("points")

        bench.tasks.begin(fails())
        await bench.settle()
        assert bench.counted('points_alarms_total{why="background"} 1.0')

    on_bench(body)


def test_what_must_be_done_is_tried_until_it_is() -> None:
    """Whatever the first tries raise, the last one's result is given, and the failures are shown until then."""

    async def body(bench: Bench) -> None:
        errors: list[Exception] = [StoreUnavailable(), KeyError("points")]

        async def attempt() -> str:
            if errors:
                raise errors.pop(0)
            return "kept"

        doing = asyncio.create_task(bench.tasks.until_done("outcomes", attempt, every=0.5))
        for failures in (1, 2):
            await bench.wake()
            assert bench.standing("outcomes").failures == failures
        await bench.wake()
        assert await doing == "kept"
        assert bench.standing("outcomes") == TaskStanding("outcomes", "ok", NOW, 0)
        assert bench.pauses == [0.5, 1.0, 2.0]

    on_bench(body)


def test_a_task_that_runs_by_itself_is_told_of() -> None:
    """What it says of its progress is its standing."""

    async def body(bench: Bench) -> None:
        progress: list[tuple[datetime | None, int]] = [(NOW, 0), (NOW, 3)]
        bench.tasks.include("journal", lambda: progress.pop(0))
        assert bench.standing("journal") == TaskStanding("journal", "ok", NOW, 0)
        assert bench.standing("journal") == TaskStanding("journal", "failing", NOW, 3)

    on_bench(body)
