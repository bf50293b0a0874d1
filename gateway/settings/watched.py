"""The `${file:...}` files of a configuration; each is read again when it changes."""

import stat
from collections.abc import Callable
from math import inf
from pathlib import Path

LARGEST = 64 * 1024
CHECK_EVERY = 1.0
"""Minimum seconds between two checks of one file."""

OnChange = Callable[[Path, str | None], None]
"""A callback for a changed file, with the reason why its new text is refused; None if the text is used."""


class WatchedFile:
    """The text of one file, read again when it changes; checked at most once a second.

    `clock` returns monotonic seconds. The constructor raises `OSError` or `ValueError` for an unusable file.
    """

    def __init__(self, path: Path, clock: Callable[[], float], on_change: OnChange) -> None:
        self._path = path
        self._clock = clock
        self._on_change = on_change
        self._refused: str | None = None
        self._checked = clock()
        self._state, self._text = self._read()

    def text(self) -> str:
        """The file's current text; the last valid one if the file is gone or its text cannot be a secret."""
        if self._clock() - self._checked >= CHECK_EVERY:
            self._checked = self._clock()
            self._check()
        return self._text

    def recheck(self) -> None:
        """Make the next use check the file, even if the last check was just before."""
        self._checked = -inf

    def _check(self) -> None:
        try:
            if self._signature() == self._state:
                self._refused = None
                return
            state, text = self._read()
            # A file that is being rewritten is empty or incomplete for a moment; that must not be sent in a header.
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
                self._on_change(self._path, None)

    def _refuse(self, reason: str) -> None:
        """Report once why the current text is not used."""
        if reason != self._refused:
            self._refused = reason
            self._on_change(self._path, reason)

    def _read(self) -> tuple[tuple[int, ...], str]:
        # The signature is taken first, so that a change during the read is noticed at the next check.
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
    """All `${file:...}` files of a configuration, each watched once. `clock` returns monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._on_change: OnChange = unheard
        self._by_path: dict[Path, WatchedFile] = {}

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths of the files."""
        return tuple(self._by_path)

    def at(self, path: Path) -> WatchedFile:
        """The file at a path. Raises `OSError` or `ValueError` if it cannot be used."""
        if path not in self._by_path:
            self._by_path[path] = WatchedFile(path, self._clock, lambda *change: self._on_change(*change))
        return self._by_path[path]

    def follow(self, on_change: OnChange) -> None:
        """Call `on_change` for every change from now on."""
        self._on_change = on_change

    def recheck(self) -> None:
        """Make the next use of each file check it, even if the last check was just before."""
        for file in self._by_path.values():
            file.recheck()


def unheard(path: Path, reason: str | None) -> None:
    """Ignore the change; the default until `follow` sets a callback."""
