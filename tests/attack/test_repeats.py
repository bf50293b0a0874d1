"""A gateway that dies on the way to a vendor that enforces idempotency: whatever was lost, there is one effect."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.attack.acts import Act
from tests.attack.points import REPEATS, Point
from tests.attack.scene import Outcome, play
from tests.attack.testimony import Word

AT_ONCE = 2
"""Scenes played at the same time; more would only wait for each other."""

POINTS = (Point.AFTER_MARK, Point.VENDOR_RECEIVED, Point.SETTLE_UNCOMMITTED, *REPEATS)
SCHEMES = {"card": "replay", "slip": "refuse"}
"""By the member scheme that leads to it: how the vendor enforces idempotency."""

Outcomes = Mapping[tuple[Point, str], Outcome]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """What came of every point, at a vendor of each sort."""
    scenes = {
        (point, scheme): tmp_path_factory.mktemp("repeat")
        for point in (Point.MARK_UNCOMMITTED, *POINTS)
        for scheme in SCHEMES
    }

    async def all_of_them() -> list[Outcome]:
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(point: Point, scheme: str, folder: Path) -> Outcome:
            async with slots:
                return await play(point, folder, enforcing=scheme)

        return await asyncio.gather(*(one(*scene, folder) for scene, folder in scenes.items()))

    return dict(zip(scenes, asyncio.run(all_of_them()), strict=True))


@pytest.mark.parametrize("act", [Act.APPLY_THEN_CLOSE, Act.CLOSE])
@pytest.mark.parametrize("scheme", SCHEMES, ids=SCHEMES.get)
@pytest.mark.parametrize("point", POINTS)
def test_there_is_one_effect_in_the_end(outcomes: Outcomes, point: Point, scheme: str, act: Act) -> None:
    """The key ends as succeeded, and the vendor made one entry, whether its first answer was lost or its request."""
    outcome = outcomes[point, scheme]
    assert outcome.violations == []
    assert outcome.word(act) is Word.SUCCEEDED
    assert len(outcome.cases[act].applied) == 1


@pytest.mark.parametrize("act", [Act.APPLY_THEN_CLOSE, Act.CLOSE])
@pytest.mark.parametrize("scheme", SCHEMES, ids=SCHEMES.get)
def test_nothing_leaves_before_the_mark_is_durable(outcomes: Outcomes, scheme: str, act: Act) -> None:
    """A gateway that died before its mark was kept has sent nothing; without a mark nothing is ever sent again."""
    outcome = outcomes[Point.MARK_UNCOMMITTED, scheme]
    assert outcome.violations == []
    assert outcome.word(act) is Word.UNKNOWN
    assert outcome.cases[act].received == []
