"""Which webhooks are told at a look, and what a changed configuration does to a round that is under way."""

import asyncio
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import pytest

from gateway.events.sending import Sender
from gateway.events.telling import Telling
from gateway.metrics import Metrics
from gateway.transport import boottime
from gateway.webhook import Webhook
from tests.deadlines import DEADLINE
from tests.gateway.events.conftest import ROUND, Scene, webhook
from tests.receiver import Received, Receiver


class Looking:
    """A sender that looks when it is told to, at a clock that stands still: once at everybody, then at news."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.tasks: list[asyncio.Task[None]] = []
        telling = Telling(scene.journal, owner=iter(map(str, range(10**6))).__next__, clock=boottime, within=ROUND)
        self.sender = Sender(
            scene.journal,
            telling,
            Metrics(),
            published=lambda: self._published,
            begin=self._begin,
            clock=lambda: 0.0,
        )
        self._published = 0

    def follow(self, **hooks: Webhook) -> None:
        self.sender.follow({("acme", name): hook for name, hook in hooks.items()})

    def look(self) -> None:
        """Look once; rounds begin, and go on while something else is waited for."""
        self._published = self._scene.runner.run(self._scene.journal.backlog()).published
        self._scene.runner.run(self.sender.loop())

    def until(self, holds: Callable[[], object]) -> None:
        """Have rounds go on until it holds."""

        async def wait() -> None:
            async with asyncio.timeout(DEADLINE):
                while not holds():  # noqa: ASYNC110 (another thread changes it)
                    await asyncio.sleep(0.01)

        self._scene.runner.run(wait())

    def ended(self) -> None:
        """Have all rounds come to their end."""
        self.until(lambda: all(each.done() for each in self.tasks))

    def _begin(self, rounds: Any) -> asyncio.Task[None]:
        self.tasks.append(asyncio.get_running_loop().create_task(rounds))
        return self.tasks[-1]


@pytest.fixture
def looking(scene: Scene) -> Iterator[Looking]:
    made = Looking(scene)
    yield made
    made.ended()
    made.sender.close()


def holding(receiver: Receiver) -> Event:
    """Have the first request wait for this."""
    go, first = Event(), [True]

    def answers(request: Received) -> int:
        if first.pop() if first else False:
            assert go.wait(DEADLINE)
        return 204

    receiver.answers = answers
    return go


def test_what_happens_during_a_round_is_told_after_it(scene: Scene, receiver: Receiver, looking: Looking) -> None:
    """News that came while a webhook was being told is not forgotten with the look that found it."""
    looking.follow(app=webhook(receiver.url))
    looking.look()
    looking.ended()
    go = holding(receiver)
    scene.happened()
    looking.look()
    looking.until(lambda: receiver.received)
    later = scene.happened()
    looking.look()
    go.set()
    looking.ended()
    looking.look()
    looking.ended()
    assert [each.adjustment for each in receiver.taken][-1] == later


def test_nobody_is_told_of_another_tenants_events(scene: Scene, receiver: Receiver, looking: Looking) -> None:
    """A look at news of one tenant begins no round of another's webhook."""
    looking.follow(app=webhook(receiver.url))
    looking.look()
    looking.ended()
    begun = len(looking.tasks)
    scene.happened(tenant="outlet")
    looking.look()
    assert len(looking.tasks) == begun


def test_a_round_ends_with_the_configuration_that_it_began_with(
    scene: Scene, receiver: Receiver, looking: Looking
) -> None:
    """One that is under way when its webhook goes is not cut, and the next one is told by the new configuration."""
    looking.follow(app=webhook(receiver.url))
    looking.look()
    looking.ended()
    go = holding(receiver)
    scene.happened()
    looking.look()
    looking.until(lambda: receiver.received)
    looking.follow(app=webhook(f"{receiver.url}/new"))
    go.set()
    looking.ended()
    scene.happened()
    looking.look()
    looking.ended()
    assert [each.path for each in receiver.taken] == ["/hook", "/hook/new"]


def test_a_file_that_is_not_there(looking: Looking, receiver: Receiver) -> None:
    """An authority that cannot be read is an error, and the webhooks of before go on."""
    looking.follow(app=webhook(receiver.url))
    with pytest.raises(OSError, match="No such file"):
        looking.follow(app=webhook(receiver.url, ca_file="/nowhere.pem"))
    assert looking.sender.wanted
