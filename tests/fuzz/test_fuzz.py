"""A short fuzz run, by another seed each time; the long one is part of `make soak`."""

from pathlib import Path
from random import randrange

from tests.fuzz.run import run

INPUTS = 1500


def test_damage_forges_crashes_leaks_and_starves_nothing(tmp_path: Path) -> None:
    """Whatever is wrong with requests and with vendors' answers: no finding, and most inputs are answered."""
    seed = randrange(1_000_000)
    outcome = run(INPUTS, seed, tmp_path)
    assert not outcome.findings, f"seed {seed}"
    assert outcome.figures.answers.total() > INPUTS / 2
    assert outcome.reached > INPUTS / 100  # damage that all ends at the door would test the door alone
