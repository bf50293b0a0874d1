"""Files and folders that nobody but their owner may read: a journal holds members, and what vendors said of them."""

import os
from contextlib import suppress
from pathlib import Path

OF_ITS_OWNER = 0o600
"""The mode of every file that is made; a umask can only take away from it."""
_FOLDER = 0o700


def make_folder(folder: Path) -> None:
    """Make a folder that is not there, and those above it; what is there stays as it is. Raises `OSError`."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(_FOLDER, exist_ok=True)


def make_file(file: Path) -> None:
    """Make an empty file that is not there, which SQLite takes for a new database. Raises `OSError`.

    SQLite would make it by the umask; the files that it keeps beside it have the mode of this one.
    """
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OF_ITS_OWNER))
