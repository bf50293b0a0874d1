"""The keeper counts what its gateway answers, life by life."""

from pathlib import Path
from random import Random

import pytest

from tests.attack.keeper import ETERNITY, Keeper, Serving


def test_an_answer_of_an_earlier_life_does_not_count(tmp_path: Path) -> None:
    """An answer that is heard late, when the next life has begun, does not bring the end of that one closer."""
    keeper = Keeper(config=tmp_path, ledger=tmp_path, log=tmp_path, serving=Serving(), random=Random(1), life=1)
    keeper.url = "http://127.0.0.1:2"

    def hear(url: str) -> None:
        for _ in range(2 * ETERNITY):
            keeper.answered(url)

    hear("http://127.0.0.1:1")
    with pytest.raises(AssertionError, match="past its end"):
        hear(keeper.url)
