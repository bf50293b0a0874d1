"""Repeats that wait: what they hear and when, how often they look, and how many of them there may be."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.adjustments import Draft, Record, State, Status
from gateway.errors import StoreUnavailable
from gateway.model import Adjustment, Member
from gateway.service.waiting import FIRST_LOOK, LONGEST_LOOK, MOST, MOST_EACH, Waiting, pause
from gateway.write import Write

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
WRITE = Write(Adjustment(Member("email", "a"), Decimal(5)))
DRAFT = Draft("adj_1", "app", "acme", "k", "f", WRITE, "crm", "x", "r", (), 15.0)
IN_FLIGHT = Record(DRAFT, State(), NOON, NOON + timedelta(seconds=15))
DONE = IN_FLIGHT._replace(state=State(Status.SUCCEEDED))


@dataclass
class Room:
    """A room for 5 seconds, on a clock that only moves when all who sleep have been let sleep."""

    seconds: float = 5.0
    now: float = 100.0
    standing: Record | None = IN_FLIGHT
    broken: bool = False
    looks: list[float] = field(default_factory=list)
    sleepers: list[tuple[float, asyncio.Future[None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.waiting: Waiting[str] = Waiting(
            seconds=self.seconds, look=self._look, clock=lambda: self.now, sleep=self._sleep
        )

    async def _look(self, record: Record) -> Record | None:
        self.looks.append(round(self.now - 100.0, 3))
        if self.broken:
            raise StoreUnavailable
        return self.standing

    async def _sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.now + seconds, woken))
        await woken

    async def settle(self) -> None:
        """Let everybody go on as far as they can without time going by."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def until(self, moment: float) -> None:
        """Let time go by, waking who sleeps in turn, up to this second after the start."""
        await self.settle()
        while due := sorted((at, woken) for at, woken in self.sleepers if not woken.done() and at <= 100.0 + moment):
            self.now = due[0][0]
            due[0][1].set_result(None)
            await self.settle()
        self.now = 100.0 + moment

    @contextmanager
    def attempt(self) -> Iterator[Callable[[str], None]]:
        """An attempt of this process is under way; gives what ends it."""
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(self.waiting.telling("adj_1", ended))
        yield ended.set_result
        assert task.done()


Scene = Callable[[Room], Awaitable[None]]


def played(scene: Scene, **fields: object) -> None:
    """Play a scene in a room of its own."""

    async def play() -> None:
        room = Room(**fields)  # type: ignore[arg-type]  # a scene's own changes
        await scene(room)
        await room.settle()
        assert len(asyncio.all_tasks()) == 1, "somebody still waits"

    asyncio.run(play())


def test_an_attempt_of_this_process_tells() -> None:
    """Who waits hears what the attempt came to at the moment it ends, without a look at the journal."""

    async def scene(room: Room) -> None:
        with room.attempt() as end:
            waiters = [asyncio.ensure_future(room.waiting.outcome(IN_FLIGHT)) for _ in range(3)]
            await room.until(2)
            end("told")
            assert await asyncio.gather(*waiters) == ["told"] * 3
        assert (room.looks, room.now) == ([], 102.0)

    played(scene)


def test_an_attempt_of_another_process_is_looked_for() -> None:
    """The journal is looked at after pauses that double up to a bound, and the first end that it shows is heard."""

    async def scene(room: Room) -> None:
        waiter = asyncio.ensure_future(room.waiting.outcome(IN_FLIGHT))
        await room.until(2)
        assert room.looks == [0.05, 0.15, 0.35, 0.75, 1.25, 1.75]
        assert FIRST_LOOK * 8 < LONGEST_LOOK == 0.5
        room.standing = DONE
        await room.until(2.25)
        assert await waiter == DONE

    played(scene)


@pytest.mark.parametrize("broken", [False, True])
def test_the_time_is_bounded(broken: bool) -> None:
    """After its seconds a repeat has the record as it last stood, also where the journal cannot be read."""

    async def scene(room: Room) -> None:
        waiter = asyncio.ensure_future(room.waiting.outcome(IN_FLIGHT))
        await room.until(4.99)
        assert not waiter.done()
        await room.until(5)
        assert await waiter == IN_FLIGHT

    played(scene, broken=broken)


def test_an_attempt_that_does_not_end_is_looked_at_once_more() -> None:
    """Where an attempt of this process takes longer, the journal has the last word."""

    async def scene(room: Room) -> None:
        with room.attempt() as end:
            waiter = asyncio.ensure_future(room.waiting.outcome(IN_FLIGHT))
            await room.until(5)
            assert await waiter == IN_FLIGHT
            assert room.looks == [5.0]
            end("too late")
            await room.settle()

    played(scene)


def test_an_attempt_that_is_cut_is_looked_for() -> None:
    """An attempt that ends without an outcome leaves the journal to say what became of it."""

    async def scene(room: Room) -> None:
        cut: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(room.waiting.telling("adj_1", cut))
        waiter = asyncio.ensure_future(room.waiting.outcome(IN_FLIGHT))
        await room.settle()
        room.standing = IN_FLIGHT._replace(state=State(Status.UNKNOWN))
        task.cancel()
        await room.settle()
        assert await waiter == room.standing

    played(scene)


def test_a_fault_of_an_attempt_is_its_own() -> None:
    """What an attempt raises is raised to whoever made it; who waits looks at the journal."""

    async def scene(room: Room) -> None:
        async def attempt() -> str:
            await asyncio.sleep(0)
            raise ZeroDivisionError

        task = asyncio.ensure_future(room.waiting.telling("adj_1", attempt()))
        waiter = asyncio.ensure_future(room.waiting.outcome(IN_FLIGHT))
        room.standing = DONE
        await room.settle()
        assert await waiter == DONE
        with pytest.raises(ZeroDivisionError):
            await task

    played(scene)


def test_those_who_wait_are_bounded() -> None:
    """So many for one key and so many in all; who comes then is not let wait, until somebody has left."""

    async def scene(room: Room) -> None:
        def another(number: int) -> Record:
            return IN_FLIGHT._replace(draft=replace(DRAFT, id=f"adj_{number}"))

        each = [asyncio.ensure_future(room.waiting.outcome(IN_FLIGHT)) for _ in range(MOST_EACH)]
        await room.settle()
        assert await room.waiting.outcome(IN_FLIGHT) is IN_FLIGHT
        others = [asyncio.ensure_future(room.waiting.outcome(another(n))) for n in range(2, 2 + MOST - MOST_EACH)]
        await room.settle()
        newcomer = another(10_000)
        assert await room.waiting.outcome(newcomer) is newcomer
        each[0].cancel()
        await room.settle()
        late = asyncio.ensure_future(room.waiting.outcome(newcomer))
        await room.settle()
        assert not late.done()
        room.waiting.release()
        assert len(await asyncio.gather(*each[1:], *others, late)) == MOST

    played(scene)


def test_everybody_is_let_go_at_once() -> None:
    """A shutdown keeps nobody waiting, here or for another process, and nobody waits from then on."""

    async def scene(room: Room) -> None:
        with room.attempt() as end:
            elsewhere = IN_FLIGHT._replace(draft=replace(DRAFT, id="adj_2"))
            waiters = [asyncio.ensure_future(room.waiting.outcome(each)) for each in (IN_FLIGHT, elsewhere)]
            await room.settle()
            room.waiting.release()
            assert await asyncio.gather(*waiters) == [IN_FLIGHT, elsewhere]
            assert await room.waiting.outcome(IN_FLIGHT) is IN_FLIGHT
            assert (room.now, room.looks) == (100.0, [])
            end("later")
            await room.settle()

    played(scene)


def test_without_seconds_nobody_waits() -> None:
    """With 0 seconds a repeat has its answer at once, and the journal is not looked at."""

    async def scene(room: Room) -> None:
        assert await room.waiting.outcome(IN_FLIGHT) is IN_FLIGHT
        assert room.looks == []

    played(scene, seconds=0.0)


@pytest.mark.parametrize(
    ("age", "seconds"), [(-3, 1), (0, 1), (1.9, 1), (2, 2), (3.9, 2), (4, 4), (10, 4), (12.5, 3), (14.5, 1), (99, 1)]
)
def test_the_pause_follows_the_age_of_the_attempt(age: float, seconds: int) -> None:
    """1, 2 and then 4 seconds, and never past the end of the lease, when the attempt is over at the latest."""
    assert pause(IN_FLIGHT, NOON + timedelta(seconds=age)) == seconds


def test_the_contract_states_the_bounds() -> None:
    """How many may wait is what docs/configuration.md says."""
    page = Path(__file__).parents[3].joinpath("docs", "configuration.md").read_text("utf-8")
    assert f"at most {MOST_EACH} repeats wait for one key and {MOST} in all" in " ".join(page.split())
