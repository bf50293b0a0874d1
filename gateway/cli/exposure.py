"""Files that other users of this machine can read or change, and should not."""

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

_ANYBODY = {stat.S_IROTH: "read", stat.S_IWOTH: "change"}


def exposed(files: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Each of the files that others can read or change, with what to do; those that are not there are left out."""
    for file in files:
        try:
            real = file.resolve(strict=True)
            mode = real.stat().st_mode
            reached = all(folder.stat().st_mode & stat.S_IXOTH for folder in real.parents)
        except OSError:
            continue
        can = [verb for bit, verb in _ANYBODY.items() if mode & bit]
        if can and reached:
            yield file, f"other users of this machine can {' and '.join(can)} it: chmod o-rw"
