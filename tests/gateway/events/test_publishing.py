"""When a process publishes the feed: at once where somebody wants it, and else seldom."""

from gateway.events.publishing import READ_LATELY, SELDOM, Publisher
from gateway.journal.outbox import MOST
from gateway.metrics import Metrics
from tests.gateway.events.conftest import Scene
from tests.gateway.journal.backlog import with_a_backlog


def test_a_feed_that_nobody_wants_is_published_seldom(scene: Scene) -> None:
    """So its end is known to who begins to read, who then has it published at once for a while."""
    now = 0.0
    publisher = Publisher(scene.journal, Metrics(), owner="me", wanted=lambda: False, clock=lambda: now)

    def took() -> bool:
        """Whether a turn publishes what happened before it."""
        scene.settled(scene.claimed())
        before = publisher.published
        scene.runner.run(publisher.loop())
        return publisher.published > before

    assert took()
    now += SELDOM / 2
    assert not took()
    now += SELDOM / 2
    assert took()
    scene.runner.run(publisher.asked())
    now += READ_LATELY - 1
    assert took()
    assert took()


def test_what_one_turn_leaves_is_published_by_the_next(scene: Scene, url: str) -> None:
    """A long backlog does not wait for the next of the seldom turns."""
    publisher = Publisher(scene.journal, Metrics(), owner="me", wanted=lambda: False, clock=lambda: 0.0)
    with_a_backlog(url, scene.claimed(), MOST)
    scene.runner.run(publisher.loop())
    assert publisher.published == MOST
    scene.runner.run(publisher.loop())
    assert publisher.published > MOST
    behind = publisher.published
    scene.settled(scene.claimed())
    scene.runner.run(publisher.loop())
    assert publisher.published == behind


def test_a_feed_under_load_is_not_behind(scene: Scene) -> None:
    """There is always something that is not published yet, and another thing each time; what stays is behind."""
    now = 0.0
    beside = Publisher(scene.journal, Metrics(), owner="other", wanted=lambda: True, clock=lambda: now)
    for _ in range(5):
        scene.publish()
        scene.settled(scene.claimed())
        scene.runner.run(beside.loop())
        assert beside.behind == 0.0
        now += 60.0
    scene.runner.run(beside.loop())
    assert beside.behind == 60.0
    scene.publish()
    scene.runner.run(beside.loop())
    assert beside.behind == 0.0
