"""A gateway that dies at each point of a write keeps the promise, whatever the vendor makes of the request."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.attack.acts import Act
from tests.attack.points import MARKS, REPEATS, Point
from tests.attack.scene import Outcome, play
from tests.attack.testimony import Word

AT_ONCE = 2
"""Scenes played at the same time; more would only wait for each other."""

NOTHING_CLAIMED = (Point.BEFORE_CLAIM, Point.CLAIM_UNCOMMITTED, Point.RETRY_UNCOMMITTED)
NOTHING_SENT = (Point.AFTER_CLAIM, Point.BEFORE_SEND, Point.ABOUT_TO_WRITE, Point.AFTER_RETRY)
SETTLED = (Point.AFTER_SETTLE, Point.BEFORE_REPLY)
WRITES = tuple(point for point in Point if point not in (Point.NEVER, *MARKS, *REPEATS))
LOST = tuple(set(WRITES) - {*NOTHING_CLAIMED, *NOTHING_SENT, *SETTLED})
"""Points at which the vendor has decided, and the journal has not heard of it."""

WORDS = {Act.APPLY: Word.SUCCEEDED, Act.REFUSE: Word.FAILED}
EFFECTS = {Act.APPLY: 1, Act.REFUSE: 0}

each_act = pytest.mark.parametrize("act", [Act.APPLY, Act.REFUSE])
Outcomes = Mapping[Point, Outcome]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """What came of every point of a write."""
    folders = {point: tmp_path_factory.mktemp("point") for point in WRITES}

    async def all_of_them() -> list[Outcome]:
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(point: Point, folder: Path) -> Outcome:
            async with slots:
                return await play(point, folder)

        return await asyncio.gather(*(one(point, folder) for point, folder in folders.items()))

    return dict(zip(folders, asyncio.run(all_of_them()), strict=True))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What came of answers that were lost at a vendor that can be searched."""
    return asyncio.run(play(Point.VENDOR_RECEIVED, tmp_path_factory.mktemp("found"), search=True))


@pytest.mark.parametrize("point", WRITES)
def test_the_promise_stands(outcomes: Outcomes, point: Point) -> None:
    """Nothing that the vendor did, the journal keeps and callers were told contradicts the rest."""
    assert outcomes[point].violations == []


@each_act
@pytest.mark.parametrize("point", NOTHING_CLAIMED)
def test_before_the_claim_the_key_is_free(outcomes: Outcomes, point: Point, act: Act) -> None:
    """An attempt that was not claimed was not made: the same key makes it after the restart."""
    assert outcomes[point].word(act) is WORDS[act]
    assert len(outcomes[point].cases[act].applied) == EFFECTS[act]


@each_act
@pytest.mark.parametrize("point", NOTHING_SENT)
def test_claimed_and_not_sent_is_unknown(outcomes: Outcomes, point: Point, act: Act) -> None:
    """Once claimed, nothing is sent again by itself, though nothing had left."""
    assert outcomes[point].word(act) is Word.UNKNOWN
    assert outcomes[point].cases[act].applied == []


@each_act
@pytest.mark.parametrize("point", sorted(LOST))
def test_an_answer_that_was_lost_is_unknown(outcomes: Outcomes, point: Point, act: Act) -> None:
    """What the vendor decided and the journal did not keep is `unknown`, and the vendor is not asked twice."""
    assert outcomes[point].word(act) is Word.UNKNOWN
    assert len(outcomes[point].cases[act].received) == 1
    assert len(outcomes[point].cases[act].applied) == EFFECTS[act]


@each_act
def test_what_was_lost_is_found(found: Outcome, act: Act) -> None:
    """Where the vendor can be searched, and its search is believed, what is unknown gets its final word by itself."""
    assert found.violations == []
    assert found.word(act) is WORDS[act]
    assert len(found.cases[act].received) == 1


@each_act
@pytest.mark.parametrize("point", SETTLED)
def test_what_was_settled_is_repeated(outcomes: Outcomes, point: Point, act: Act) -> None:
    """What the journal kept is what the caller hears after the restart, and the vendor is not asked twice."""
    assert outcomes[point].word(act) is WORDS[act]
    assert len(outcomes[point].cases[act].received) == 1
