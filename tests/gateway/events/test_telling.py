"""Rounds of webhooks: what is sent, in which order, and what becomes of what is not taken."""

import asyncio
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from gateway.adjustments import Record, Verdict
from gateway.events.patience import PARK_AFTER, PAUSES
from gateway.events.telling import Round
from gateway.journal import Erase, Journal, Purge, Replay, TakeWebhook
from gateway.journal.database import Database
from gateway.port import Secret
from tests.deadlines import until
from tests.gateway.events.conftest import TIMEOUT, Scene, webhook
from tests.receiver import DROP, HANG, Received, Receiver, receiving

OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def kinds(received: list[Received]) -> list[str]:
    return [each.event["type"].partition(".")[2] for each in received]


def test_an_event_arrives_signed(scene: Scene, receiver: Receiver) -> None:
    """The library of the specification verifies it by each secret, and its id and body are those of the feed."""
    id_ = scene.happened()
    done = scene.told(webhook(f"{receiver.url}?token=1", secrets=(Secret(OTHER), Secret(OTHER.replace("C", "D")))))
    assert (done and done.delivered, done and done.failed) == (1, 0)
    (request,) = receiver.received
    assert request.verified(OTHER) == request.verified(OTHER.replace("C", "D")) == request.event
    assert request.path == "/hook?token=1"
    assert request.headers["content-type"] == "application/json"
    assert request.id == request.event["id"] == f"evt_{id_.removeprefix('adj_')}_2"
    assert request.event["data"]["adjustment"] == id_
    with pytest.raises(Exception, match="No matching signature"):
        request.verified("whsec_" + "A" * 32)


def test_a_webhook_is_told_of_nothing_before_it(scene: Scene, receiver: Receiver) -> None:
    """One that is new hears of what happens from then on."""
    scene.happened()
    new = webhook(receiver.url, name="new")
    scene.told(new)
    scene.happened(tenant="outlet")
    id_ = scene.happened()
    scene.told(new)
    assert [each.adjustment for each in receiver.received] == [id_]


def test_a_webhook_is_told_of_the_events_that_it_names(scene: Scene, receiver: Receiver) -> None:
    """The others are passed over."""
    scene.happened()
    scene.happened(Verdict.UNKNOWN, Verdict.APPLIED)
    scene.told(webhook(receiver.url, events=frozenset({"adjustment.unknown"})))
    scene.happened()
    scene.told(webhook(receiver.url, events=frozenset({"adjustment.unknown"})))
    assert kinds(receiver.received) == ["unknown"]


def test_what_was_told_is_not_told_again(scene: Scene, receiver: Receiver) -> None:
    """Each event is sent once where it is taken, whichever process sends it, and 300 of them are."""
    for _ in range(150):
        record = scene.claimed()
        scene.settled(scene.settled(record, Verdict.UNKNOWN))
    scene.publish()
    scene.all_told(webhook(receiver.url))
    assert len({each.id for each in receiver.received}) == len(receiver.received) == 300
    for adjustment in {each.adjustment for each in receiver.received}:
        assert kinds([each for each in receiver.received if each.adjustment == adjustment]) == ["unknown", "succeeded"]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 410, 500, 503, DROP])
def test_only_2xx_is_taken(scene: Scene, receiver: Receiver, status: int) -> None:
    """Any other answer, a redirect too, or none, has it sent again after a pause, under the same id."""
    with receiving() as elsewhere:
        receiver.headers = {"Location": elsewhere.url}
        receiver.answers = lambda request: status
        scene.happened()
        done = scene.told(webhook(receiver.url))
        assert (done and done.delivered, done and done.failed) == (0, 1)
        receiver.answers = lambda request: 200
        assert scene.told(webhook(receiver.url)) is None
        scene.clock.advance(PAUSES[0] + 1)
        scene.told(webhook(receiver.url))
        assert elsewhere.received == []
    first, second = receiver.received
    assert (first.id, first.body) == (second.id, second.body)
    assert scene.standing().waiting == 0


def test_an_endless_answer_is_not_read(scene: Scene, receiver: Receiver) -> None:
    """Its status counts, and the rest of it costs nothing."""
    receiver.body = b"x" * 10_000_000
    receiver.answers = lambda request: 200
    scene.happened()
    done = scene.told(webhook(receiver.url))
    assert done is not None
    assert done.delivered == 1


def test_one_that_hangs_is_given_up(scene: Scene, receiver: Receiver) -> None:
    """After its time-out, and several at once."""
    receiver.answers = lambda request: HANG
    for _ in range(4):
        scene.happened()
    done = scene.told(webhook(receiver.url, timeout=TIMEOUT))
    assert done is not None
    assert done.failed == 4


def test_events_of_one_adjustment_keep_their_order(scene: Scene, receiver: Receiver) -> None:
    """While one is not taken those behind it wait, even if they come later; other adjustments' pass."""
    receiver.answers = lambda request: 500 if request.adjustment == stuck else 204
    record = scene.claimed()
    stuck = record.draft.id
    record = scene.settled(record, Verdict.UNKNOWN)
    scene.publish()
    scene.told(webhook(receiver.url))
    scene.settled(record)
    scene.clock.advance(3)
    others = [scene.happened(), scene.happened()]
    scene.all_told(webhook(receiver.url))
    assert [each.adjustment for each in receiver.taken] == others
    assert kinds([each for each in receiver.received if each.adjustment == stuck])[-1] == "unknown"
    receiver.answers = lambda request: 204
    scene.clock.advance(PAUSES[2])
    scene.told(webhook(receiver.url))
    scene.told(webhook(receiver.url))
    assert kinds([each for each in receiver.taken if each.adjustment == stuck]) == ["unknown", "succeeded"]
    assert scene.standing().waiting == 0


FINE = 6 * 3600
"""Seconds in which each minute is looked at; then, until the event is parked, each ten minutes."""


def test_after_three_days_an_event_is_parked(scene: Scene, receiver: Receiver) -> None:
    """The pauses grow; then it is sent no more, what waited behind it is, and a person may have it sent late."""
    receiver.answers = lambda request: 500 if request.event["type"] == "adjustment.unknown" else 204
    stuck = scene.happened(Verdict.UNKNOWN, Verdict.APPLIED)
    begun, tries = scene.clock.now, []
    while (scene.clock.now - begun).total_seconds() < PARK_AFTER + PAUSES[-1]:
        before = len(receiver.received)
        scene.told(webhook(receiver.url))
        if len(receiver.received) > before:
            tries.append((scene.clock.now - begun).total_seconds())
        elapsed = (scene.clock.now - begun).total_seconds()
        scene.clock.advance(60 if elapsed < FINE or elapsed >= PARK_AFTER - 600 else 600)
    gaps = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert gaps[: len(PAUSES)] == sorted(gaps[: len(PAUSES)])
    assert 10 < len(tries) < 30
    assert kinds(receiver.taken) == ["succeeded"]
    standing = scene.standing()
    assert (standing.parked, standing.waiting, standing.failing_since) == (1, 0, None)
    (parked,) = scene.runner.run(scene.journal.not_taken("parked", limit=10))
    assert (parked.adjustment, parked.error) == (stuck, "the answer was 500")
    receiver.answers = lambda request: 204
    assert scene.runner.run(scene.journal.hand_on(Replay("acme", "app", None))) == 1
    scene.told(webhook(receiver.url))
    assert kinds(receiver.taken) == ["succeeded", "unknown"]
    assert scene.standing().parked == 0


def test_a_replay_keeps_nothing_back(scene: Scene, receiver: Receiver) -> None:
    """An event that is sent again at a person's wish holds up none of its adjustment, though it is not taken."""
    stuck = scene.happened(Verdict.UNKNOWN)
    scene.told(webhook(receiver.url))
    (entry,) = receiver.taken
    position = scene.runner.run(scene.journal.owed(("acme", "app"), 0, due=0, new=9)).new[0].position
    scene.runner.run(scene.journal.hand_on(Replay("acme", "app", (position,))))
    receiver.answers = lambda request: 500 if request.id == entry.id else 204
    scene.told(webhook(receiver.url))
    record = scene.runner.run(scene.journal.get("acme", stuck))
    assert isinstance(record, Record)
    scene.settled(record)
    scene.publish()
    scene.clock.advance(3)
    scene.told(webhook(receiver.url))
    assert kinds(receiver.taken) == ["unknown", "succeeded"]


def test_a_dead_webhook_is_tried_with_one_event(scene: Scene, receiver: Receiver) -> None:
    """While nothing is taken each round tries one new event; once something is, all that waits goes at once."""
    receiver.answers = lambda request: 503
    ids = [scene.happened() for _ in range(20)]
    scene.told(webhook(receiver.url))
    ids += [scene.happened() for _ in range(20)]
    first = len(receiver.received)
    assert first == 20
    scene.clock.advance(3)
    scene.told(webhook(receiver.url))
    assert len(receiver.received) == first + 1
    receiver.answers = lambda request: 204
    scene.clock.advance(5)
    scene.all_told(webhook(receiver.url))
    scene.all_told(webhook(receiver.url))
    assert sorted(each.adjustment for each in receiver.taken) == sorted(ids)


def test_a_dead_webhook_rests_though_there_is_nothing_to_tell(scene: Scene, receiver: Receiver) -> None:
    """While its event waits for a later try, no look begins a round after the other."""
    receiver.answers = lambda request: 503
    scene.happened()
    scene.told(webhook(receiver.url))
    scene.clock.advance(3)
    assert scene.runner.run(scene.journal.to_tell()) == {("acme", "app")}
    assert scene.told(webhook(receiver.url)) == Round()
    assert scene.runner.run(scene.journal.to_tell()) == frozenset()
    assert scene.told(webhook(receiver.url)) is None


def test_a_new_webhook_hears_of_nothing_before(scene: Scene, receiver: Receiver) -> None:
    """Not even of what happened before and was not published yet."""
    scene.settled(scene.claimed())
    hook = webhook(receiver.url, name="new")
    scene.told(hook)
    scene.publish()
    later = scene.happened()
    scene.told(hook)
    assert [each.adjustment for each in receiver.received] == [later]


def test_what_cannot_be_read_holds_up_no_other_adjustment(scene: Scene, receiver: Receiver, url: str) -> None:
    """It is tried again like one that was not taken, and the webhook hears of all others."""
    broken, whole = scene.happened(), scene.happened()
    engine = Database.parse(url, patience=5.0, clock=scene.clock).writer()
    with engine.begin() as connection:
        connection.execute(text("UPDATE adjustments SET draft = '?' WHERE id = :id"), {"id": broken})
    done = scene.told(webhook(receiver.url))
    assert (done and done.delivered, done and done.failed) == (1, 1)
    assert [each.adjustment for each in receiver.taken] == [whole]
    (waits,) = scene.runner.run(scene.journal.not_taken("waiting", limit=10))
    assert (waits.adjustment, waits.error.partition(":")[0]) == (broken, "it cannot be told")


@pytest.mark.parametrize("back", [120, 3600])
@pytest.mark.parametrize("asked", ["0", "1800"])
def test_a_clock_that_was_set_back_holds_no_webhook_up(scene: Scene, receiver: Receiver, back: int, asked: str) -> None:
    """Neither the lease of one that was killed, nor the rest after a failure, lasts for longer."""
    scene.happened()
    scene.runner.run(scene.journal.hand_on(TakeWebhook("acme", "app", "killed", 30.0)))
    scene.clock.advance(-back)
    receiver.headers = {"Retry-After": asked}
    receiver.answers = lambda request: 503
    done = scene.told(webhook(receiver.url))
    assert done is not None
    assert done.failed == 1
    scene.clock.advance(-back)
    assert scene.told(webhook(receiver.url)) is not None


def test_one_process_tells_a_webhook_at_a_time(
    scene: Scene, receiver: Receiver, opener: Callable[..., Journal]
) -> None:
    """While one is at it another finds it taken."""
    receiver.answers = lambda request: HANG
    scene.happened()
    with ThreadPoolExecutor(1) as aside, asyncio.Runner() as runner:
        other = Scene(opener(), scene.clock, runner)
        first = aside.submit(other.told, webhook(receiver.url))
        until(lambda: receiver.received)
        assert scene.told(webhook(receiver.url)) is None
        receiver.over.set()
        done = first.result()
        assert done is not None
        assert done.failed == 1
        runner.run(other.journal.close())


def test_one_that_was_killed_is_followed(scene: Scene, receiver: Receiver, opener: Callable[..., Journal]) -> None:
    """Once its lease is over another tells what it had not kept: at least once, and the same id each time."""
    scene.happened()
    scene.runner.run(scene.journal.hand_on(TakeWebhook("acme", "app", "killed", 30.0)))
    assert scene.told(webhook(receiver.url)) is None
    scene.clock.advance(31)
    done = scene.told(webhook(receiver.url), journal=opener())
    assert done is not None
    assert done.delivered == 1


def test_an_erased_member_leaves_with_nobody(scene: Scene, receiver: Receiver) -> None:
    """What waited was kept as an id: it is sent as the adjustment is after the erasure."""
    receiver.answers = lambda request: 500
    scene.happened()
    scene.told(webhook(receiver.url))
    assert receiver.received[0].event["data"]["member"] == "contact_id:1"
    scene.runner.run(scene.journal.remove(Erase("acme", "contact_id:1", "p5")))
    receiver.answers = lambda request: 204
    scene.clock.advance(PAUSES[0] + 1)
    scene.told(webhook(receiver.url))
    assert b"contact_id:1" not in receiver.taken[0].body
    assert receiver.taken[0].event["data"]["member"] == "contact_id:erased-p5"


def test_a_purge_leaves_what_waits(scene: Scene, receiver: Receiver) -> None:
    """What a configured webhook was not told yet stays; what nobody waits for, and what is parked, goes."""
    receiver.answers = lambda request: 500
    scene.happened()
    scene.told(webhook(receiver.url))
    waiting = scene.happened()
    scene.clock.advance(9)

    def purge(*hooks: str) -> int:
        done = scene.runner.run(scene.journal.remove(Purge("acme", scene.clock.now, webhooks=hooks)))
        return int(done.purged)

    assert purge("app") == 0
    scene.clock.advance(PARK_AFTER)
    scene.told(webhook(receiver.url))
    scene.told(webhook(receiver.url))
    assert scene.standing().parked == 1
    assert purge("app") == 1
    assert scene.standing().parked == 0
    assert waiting in {each.adjustment for each in receiver.received}
    assert purge() == 1
    scene.clock.advance(PARK_AFTER)
    scene.told(webhook(receiver.url))


def test_a_private_address_is_not_asked(scene: Scene, receiver: Receiver) -> None:
    """Though the configuration named a host that is not one, nothing leaves for an address that is."""
    scene.happened()
    url = receiver.url.replace("127.0.0.1", "localhost")
    done = scene.told(webhook(url, allow_private=False))
    assert done is not None
    assert done.failed == 1
    assert receiver.received == []
    (waits,) = scene.runner.run(scene.journal.not_taken("waiting", limit=10))
    assert "private" in waits.error
