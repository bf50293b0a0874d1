"""Finds files that other users of this machine can read or change."""

import stat
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

_OTHERS = {stat.S_IROTH: "read", stat.S_IWOTH: "change"}


def exposed(files: Iterable[Path], *, public: Collection[Path] = ()) -> Iterator[tuple[Path, str]]:
    """The files that other users can read or change, each with the remedy; files that do not exist are left out.

    `public`: those of them that hold no secret, which anybody may read.
    """
    for file in files:
        try:
            real = file.resolve(strict=True)
            mode = real.stat().st_mode
            # The file's own mode does not matter if a folder above it is closed to others.
            reachable = all(folder.stat().st_mode & stat.S_IXOTH for folder in real.parents)
        except OSError:
            continue
        verbs = [verb for bit, verb in _OTHERS.items() if mode & bit]
        if file in public and "read" in verbs:
            verbs.remove("read")
        if verbs and reachable:
            remedy = "chmod o-w" if file in public else "chmod o-rw"
            yield file, f"other users of this machine can {' and '.join(verbs)} it: {remedy}"
