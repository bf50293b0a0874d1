"""Work that goes on behind the calls: loops with names, each supervised, so that no failure ends one, nor another.

a turn goes well -> the next one after `every` seconds
a turn fails     -> it is logged, counted and alarmed; the pause doubles with each failure in a row, up to a bound
a task ends      -> it is started again, whatever ended it, unless the gateway stops
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal, TypeVar, get_args

import structlog

from gateway.errors import StoreUnavailable
from gateway.metrics import Metrics

log = structlog.get_logger(__name__)
T = TypeVar("T")
OUTCOMES = "outcomes"
"""The task that has the journal keep what came of attempts, where it could not at once."""
LONGEST_PAUSE = 15.0
"""Seconds that pass at most before a task that failed is tried again."""
STALLED = 60.0
"""Seconds after which a turn that has not ended counts as stalled."""
SAMPLED = 5.0
"""Seconds between two samples of what is told of this process."""


TaskState = Literal["ok", "failing", "stalled"]
"""How a background task does: its last turn went well, or failed, or does not end."""


@dataclass(frozen=True, slots=True)
class TaskStanding:
    """How a background task stands: when a turn last went well (None: never yet), and its failures since."""

    name: str
    state: TaskState
    last_ok: datetime | None
    failures: int


class Background:
    """The background tasks of one gateway process, and what is told of them to Prometheus.

    `clock` gives aware datetimes and `monotonic` seconds; `sleep` passes seconds.
    """

    def __init__(
        self,
        *,
        metrics: Metrics,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._metrics = metrics
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._turns: dict[str, tuple[Callable[[], Awaitable[object]], float]] = {}
        self._progress: dict[str, _Progress] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._waiting = Counter({OUTCOMES: 0})
        self._sampling: asyncio.TimerHandle | None = None
        self._apart: dict[str, Callable[[], tuple[datetime | None, int]]] = {}
        self._started = self._stopping = False
        self._states = metrics.gauge(
            "points_background", "Processes whose background task is in a state.", ("task", "state")
        )
        self._failures = metrics.gauge(
            "points_background_failures",
            "Turns of a background task that failed in a row; of several processes, the most.",
            ("task",),
            merged="max",
        )
        self._last_ok = metrics.gauge(
            "points_background_last_ok_timestamp_seconds",
            "When a turn of a background task last went well, 0 for never; of several processes, the earliest.",
            ("task",),
            merged="min",
        )
        self._waits = metrics.gauge(
            "points_background_waiting",
            "What waits in memory until a background task is done with it: outcomes that the journal has not kept yet.",
            ("task",),
        )
        metrics.sampled(self._sample)

    def loop(self, name: str, turn: Callable[[], Awaitable[object]], *, every: float) -> None:
        """Have `turn` taken again and again, `every` seconds after the last one, from `start` on.

        A loop that there is already goes on as it is.
        """
        if name in self._turns:
            return
        self._turns[name] = turn, every
        self._progress_of(name)
        if self._started:
            self._start(name)

    def start(self) -> None:
        """Begin all loops."""
        self._started = True
        self._sample_again()
        for name in self._turns:
            self._start(name)

    async def stop(self) -> None:
        """Cancel everything, and wait for it to end."""
        self._stopping = True
        if self._sampling is not None:
            self._sampling.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def begin(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin a task that runs once, and is cancelled by `stop`. What it raises is logged."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def until_done(
        self, name: str, attempt: Callable[[], Awaitable[T]], *, every: float, longest: float = LONGEST_PAUSE
    ) -> T:
        """What `attempt` gives once it goes well; it is tried until then, after pauses up to `longest`."""
        progress = self._progress_of(name)
        failures = 0
        self._waiting[name] += 1
        try:
            while True:
                await self._sleep(_pause(every, failures, longest))
                try:
                    result = await attempt()
                except Exception as error:
                    failures += 1
                    self._failed(progress, error)
                else:
                    self._succeeded(progress)
                    return result
        finally:
            self._waiting[name] -= 1

    def include(self, name: str, progress: Callable[[], tuple[datetime | None, int]]) -> None:
        """Tell of a task too that runs by itself: `progress` gives when it last went well, and its failures since."""
        self._apart[name] = progress

    @property
    def tasks(self) -> list[TaskStanding]:
        """How every task stands, by name."""
        now = self._monotonic()
        standings = [progress.standing(now) for progress in self._progress.values()]
        for name, progress in self._apart.items():
            last_ok, failures = progress()
            standings.append(TaskStanding(name, "failing" if failures else "ok", last_ok, failures))
        return sorted(standings, key=lambda each: each.name)

    def _sample(self) -> None:
        for name, count in self._waiting.items():
            self._waits.labels(name).set(count)
        for task in self.tasks:
            for state in get_args(TaskState):
                self._states.labels(task.name, state).set(task.state == state)
            self._failures.labels(task.name).set(task.failures)
            self._last_ok.labels(task.name).set(task.last_ok.timestamp() if task.last_ok else 0.0)

    def _sample_again(self) -> None:
        """Sample, and again after a while, so that another process can tell of this one."""
        self._metrics.sample()
        self._sampling = asyncio.get_running_loop().call_later(SAMPLED, self._sample_again)

    def _start(self, name: str) -> None:
        task = asyncio.get_running_loop().create_task(self._run(name), name=f"background {name}")
        self._tasks.add(task)
        task.add_done_callback(partial(self._loop_ended, name))

    async def _run(self, name: str) -> None:
        """Take turns for ever; what ends this is no `Exception`, and `_loop_ended` sees to it."""
        turn, every = self._turns[name]
        progress = self._progress[name]
        while True:
            await self._sleep(_pause(every, progress.failures))
            progress.begun = self._monotonic()
            try:
                await turn()
            except Exception as error:
                self._failed(progress, error)
            else:
                self._succeeded(progress)
            finally:
                progress.begun = None

    def _loop_ended(self, name: str, task: asyncio.Task[None]) -> None:
        """Start a loop again that ended although nobody stops the gateway."""
        self._tasks.discard(task)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if self._stopping:
            return
        self._failed(self._progress[name], error or RuntimeError("the loop returned"))
        self._start(name)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a background task failed", exc_info=error)
            self._metrics.alarmed("background")

    def _progress_of(self, name: str) -> "_Progress":
        if name not in self._progress:
            self._progress[name] = _Progress(name)
        return self._progress[name]

    def _succeeded(self, progress: "_Progress") -> None:
        progress.failures = 0
        progress.last_ok = self._clock()

    def _failed(self, progress: "_Progress", error: BaseException) -> None:
        progress.failures += 1
        if isinstance(error, StoreUnavailable):  # an outage of the journal, which /readyz says too
            log.error("a background task failed", task=progress.name, failures=progress.failures, error=error.detail)
        else:
            log.error("a background task failed", task=progress.name, failures=progress.failures, exc_info=error)
            self._metrics.alarmed("background")


@dataclass(slots=True)
class _Progress:
    """How one task does. `begun`: when its present turn began, on the monotonic clock."""

    name: str
    failures: int = 0
    last_ok: datetime | None = None
    begun: float | None = None

    def standing(self, now: float) -> TaskStanding:
        state: TaskState = "failing" if self.failures else "ok"
        if self.begun is not None and now - self.begun > STALLED:
            state = "stalled"
        return TaskStanding(self.name, state, self.last_ok, self.failures)


def _pause(every: float, failures: int, longest: float = LONGEST_PAUSE) -> float:
    """Seconds until the next turn: longer with each failure in a row."""
    return min(every * 2.0 ** min(failures, 20), max(every, longest))
