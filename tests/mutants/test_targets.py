"""What `make mutants` changes, and the tests that it runs, are there."""

import pytest

from tests.mutants.targets import ROOT, TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_every_file_of_a_target_is_there(name: str) -> None:
    """Else the run ends before its first mutant."""
    target = TARGETS[name]
    files = [*target.modules, *(word for words in target.tests for word in words.split() if word.endswith(".py"))]
    assert [file for file in files if not (ROOT / file).is_file()] == []
