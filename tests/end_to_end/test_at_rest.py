"""What a gateway keeps on disk is its owner's alone, whatever the umask that it was started with."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.caller import Caller
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess

FIVE = {"member": "contact_id:1", "points": "5"}


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_whatever_the_umask(
    start: Starts, calling: Callable[[GatewayProcess], Caller], tmp_path: Path, umask: int
) -> None:
    """The journal, what SQLite keeps beside it, and the locks are 0600; folders that are made for it are 0700."""
    gateway = start(umask=umask, store="sqlite:///made/for/it/journal.db")
    assert calling(gateway).adjust(FIVE).status_code == 201
    made = tmp_path / "made"
    modes: dict[str, int] = {}
    for folder, _, files in os.walk(made):
        for path in (Path(folder), *(Path(folder, name) for name in files)):
            modes[str(path.relative_to(made))] = stat.S_IMODE(path.stat().st_mode)
    endings = ("", "-wal", "-shm", ".lock", ".opening", ".turn")
    assert modes == {
        **dict.fromkeys((".", "for", "for/it"), 0o700),
        **{f"for/it/journal.db{ending}": 0o600 for ending in endings},
    }


def test_files_that_are_there_stay_as_they_are(
    start: Starts, calling: Callable[[GatewayProcess], Caller], tmp_path: Path
) -> None:
    """An operator who lets a group read a journal has decided so: `check` warns where it is everybody."""
    journal = tmp_path / "journal.db"
    journal.touch()
    journal.chmod(0o640)
    assert calling(start()).adjust(FIVE).status_code == 201
    assert stat.S_IMODE(journal.stat().st_mode) == 0o640
