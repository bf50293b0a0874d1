"""Webhooks that ask for a pause by `Retry-After`: it is kept, for an hour at most, and nothing is lost."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from gateway.events.endpoint_call import AT_ONCE
from gateway.events.patience import LONGEST_ASKED, PAUSES
from tests.gateway.events.conftest import Scene, webhook
from tests.receiver import Receiver


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_pause_that_is_asked_for_is_kept(scene: Scene, receiver: Receiver, status: int, form: str) -> None:
    """Neither its event nor any other is sent before, whatever happens meanwhile."""
    at = datetime.now(UTC) + timedelta(minutes=30)
    receiver.headers = {"Retry-After": "1800" if form == "seconds" else format_datetime(at, usegmt=True)}
    receiver.answers = lambda request: status
    first = scene.happened()
    scene.told(webhook(receiver.url))
    second = scene.happened()
    receiver.answers = lambda request: 204
    for _ in range(5):
        assert scene.told(webhook(receiver.url)) is None
        assert scene.runner.run(scene.journal.to_tell()) == frozenset()
        scene.clock.advance(300)
    assert len(receiver.received) == 1
    scene.clock.advance(301)
    assert scene.runner.run(scene.journal.to_tell()) == {("acme", "app")}
    scene.all_told(webhook(receiver.url))
    scene.all_told(webhook(receiver.url))
    assert sorted(each.adjustment for each in receiver.taken) == sorted([first, second])


def test_nobody_can_ask_for_more_than_an_hour(scene: Scene, receiver: Receiver) -> None:
    """Then the event is tried again."""
    receiver.headers = {"Retry-After": "9" * 40}
    receiver.answers = lambda request: 503
    scene.happened()
    scene.told(webhook(receiver.url))
    scene.clock.advance(LONGEST_ASKED - 1)
    assert scene.told(webhook(receiver.url)) is None
    scene.clock.advance(2)
    scene.told(webhook(receiver.url))
    assert len(receiver.received) == 2


@pytest.mark.parametrize(
    ("status", "asked"), [(500, "1800"), (429, "soon"), (429, "-5"), (503, "0"), (503, "Thu, 01 Jan 2026 00:00:00")]
)
def test_what_asks_for_no_pause_is_tried_as_ever(scene: Scene, receiver: Receiver, status: int, asked: str) -> None:
    """Another status, and a text that is neither whole seconds nor a date with its zone."""
    receiver.headers = {"Retry-After": asked}
    receiver.answers = lambda request: status
    scene.happened()
    scene.told(webhook(receiver.url))
    scene.clock.advance(PAUSES[0] + 1)
    scene.told(webhook(receiver.url))
    assert len(receiver.received) == 2


def test_an_answer_that_asks_for_a_pause_ends_the_round(scene: Scene, receiver: Receiver) -> None:
    """What was not sent yet waits, though something was taken; all of it arrives after the pause, each once."""
    receiver.headers = {"Retry-After": "900"}
    receiver.body = b"x" * 100_000  # more than is read of an answer
    receiver.answers = lambda request: 204 if len(receiver.received) == 1 else 429
    ids = [scene.happened() for _ in range(40)]
    done = scene.told(webhook(receiver.url))
    assert done is not None
    assert (done.delivered, done.more) == (1, False)
    assert len(receiver.received) <= 1 + AT_ONCE + 1
    receiver.answers = lambda request: 204
    scene.clock.advance(890)
    assert scene.runner.run(scene.journal.to_tell()) == frozenset()
    assert scene.told(webhook(receiver.url)) is None
    scene.clock.advance(11)
    assert scene.runner.run(scene.journal.to_tell()) == {("acme", "app")}
    scene.all_told(webhook(receiver.url))
    assert sorted(each.adjustment for each in receiver.taken) == sorted(ids)
    assert scene.standing().waiting == 0
