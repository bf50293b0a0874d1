"""The journal's writer: nothing that happens in it leaves callers waiting for ever."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gateway.adjustments import Draft, Record, Settlement, State, Status, Verdict
from gateway.errors import StoreUnavailable
from gateway.journal import Journal
from tests.deadlines import DEADLINE


class Renders:
    """Renders no answer, and raises what it is told to, once."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __call__(self, record: Record) -> None:
        error, self.error = self.error, None
        if error is not None:
            raise error


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), GeneratorExit()], ids=repr)
def test_it_outlives_whatever_is_raised_in_it(
    opener: Any, draft: Callable[..., Draft], runner: asyncio.Runner, error: BaseException
) -> None:
    """The operation is refused, its progress says that it failed, and the next one is done by the same writer."""
    render = Renders()
    journal: Journal = opener(render=render)
    record, _ = runner.run(journal.claim(draft()))
    assert journal.progress.failures == 0
    assert journal.progress.last_ok is not None
    render.error = error
    settlement = Settlement(record, Verdict.APPLIED, {})

    async def concluded() -> Any:
        async with asyncio.timeout(DEADLINE):
            return await journal.conclude(settlement)

    with pytest.raises(StoreUnavailable):
        runner.run(concluded())
    assert journal.progress.failures == 1
    assert runner.run(concluded()).record.state == State(Status.SUCCEEDED)
    assert journal.progress.failures == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_it_was_doing_when_it_failed_is_taken_back(
    opener: Any, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """A claim that was refused because something beside it failed is nobody's: the key is not left in progress."""
    render = Renders()
    journal: Journal = opener(render=render)
    record, _ = runner.run(journal.claim(draft()))
    other = draft()
    render.error = SystemExit(1)

    async def together() -> list[Any]:
        settling, claiming = journal.conclude(Settlement(record, Verdict.APPLIED, {})), journal.claim(other)
        return await asyncio.gather(settling, claiming, return_exceptions=True)

    assert [type(each) for each in runner.run(together())] == [StoreUnavailable] * 2
    repeated, ours = runner.run(journal.claim(other))
    assert ours
    assert repeated.state == State()


def test_a_writer_that_ended_is_started_again(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """However a writer's thread came to its end: whoever writes next starts another."""
    batches = journal._batches
    assert batches is not None
    thread = batches._thread  # there may be others of its name, which another test left behind
    batches._queue.put(None)  # as a thread that ends by itself
    thread.join(DEADLINE)
    assert not thread.is_alive()

    async def claim() -> bool:
        async with asyncio.timeout(DEADLINE):
            return (await journal.claim(draft()))[1]

    assert runner.run(claim())
