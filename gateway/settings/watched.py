"""Files that a configuration takes values from: each is read again when it changes."""

import stat
from collections.abc import Callable
from math import inf
from pathlib import Path

LARGEST = 64 * 1024
LOOK_EVERY = 1.0
"""Seconds between looks at one file, at least."""

Noticed = Callable[[Path, str | None], None]
"""Is called with a file that has changed, and with why its new text is refused; None where it is used."""


class WatchedFile:
    """The text of one file, read again when it changes; looked at once a second at most.

    `clock` gives monotonic seconds. Making one raises `OSError` or `ValueError` where the file cannot be used.
    """

    def __init__(self, path: Path, clock: Callable[[], float], noticed: Noticed) -> None:
        self._path = path
        self._clock = clock
        self._noticed = noticed
        self._refused: str | None = None
        self._looked = clock()
        self._state, self._text = self._read()

    def text(self) -> str:
        """The file's text now; the last good one where it has since gone, or could not be sent as a secret."""
        if self._clock() - self._looked >= LOOK_EVERY:
            self._looked = self._clock()
            self._look()
        return self._text

    def look_again(self) -> None:
        """Have the next use look at the file, however short ago the last one did."""
        self._looked = -inf

    def _look(self) -> None:
        try:
            if self._signature() == self._state:
                self._refused = None
                return
            state, text = self._read()
            # A file caught while it is being rewritten is empty or cut: nothing of it may reach a header.
            if not text:
                raise ValueError("it is empty")
            if not text.isprintable():
                raise ValueError("it holds line breaks or characters that cannot be printed")
        except OSError as error:
            self._refuse(error.strerror or "not a usable path")
        except ValueError as error:
            self._refuse(str(error))
        else:
            changed = text != self._text
            self._state, self._text, self._refused = state, text, None
            if changed:
                self._noticed(self._path, None)

    def _refuse(self, why: str) -> None:
        """Say once why the file is not used as it is now."""
        if why != self._refused:
            self._refused = why
            self._noticed(self._path, why)

    def _read(self) -> tuple[tuple[int, ...], str]:
        # The signature is taken first: a change between the two is then seen at the next look.
        state = self._signature()
        with self._path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise ValueError(f"it is larger than {LARGEST // 1024} KiB")
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            raise ValueError("it is not UTF-8 text") from None
        return state, text.removesuffix("\n").removesuffix("\r")

    def _signature(self) -> tuple[int, ...]:
        status = self._path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is not a regular file")
        return status.st_ino, status.st_size, status.st_mtime_ns


class WatchedFiles:
    """Every file that a configuration takes values from, each watched once. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._noticed: Noticed = _unheard
        self._by_path: dict[Path, WatchedFile] = {}

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where they are."""
        return tuple(self._by_path)

    def at(self, path: Path) -> WatchedFile:
        """The file at a path. Raises `OSError` or `ValueError` where it cannot be used."""
        if path not in self._by_path:
            self._by_path[path] = WatchedFile(path, self._clock, lambda *change: self._noticed(*change))
        return self._by_path[path]

    def follow(self, noticed: Noticed) -> None:
        """Have every change from now on reported."""
        self._noticed = noticed

    def look_again(self) -> None:
        """Have the next use of each look at it, however short ago the last one did."""
        for file in self._by_path.values():
            file.look_again()


def _unheard(path: Path, why: str | None) -> None:
    """Report nothing: nobody listens yet."""
