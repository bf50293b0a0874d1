"""`${env:NAME}`, `${env:NAME:-default}` and `${file:PATH}` within configured values; `$${` is a literal `${`."""

import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.secrets import Expanded

MARK = "${"
FORMS = "${env:NAME}, ${env:NAME:-default}, ${file:PATH}, or $${ for the two characters themselves"
LARGEST = 64 * 1024
_LOOK_EVERY = 1.0
_TOKEN = re.compile(
    r"(?P<literal>\$\$\{)"
    r"|\$\{env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<fallback>:-(?P<default>[^}]*))?\}"
    r"|\$\{file:(?P<file>[^}]+)\}"
    r"|(?P<unknown>\$\{)"
)


class Broken(Expanded):
    """Stands for a value whose problem is told already, so that nothing more is said about it."""


class WatchedFile:
    """The text of one file, read again when it changes; looked at once a second at most.

    `clock` gives monotonic seconds. Making one raises `OSError` or `ValueError` where the file cannot be used.
    """

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._looked = clock()
        self._state, self._text = self._read()

    def text(self) -> str:
        """The file's text now; the last good one where it has since gone, or could not be sent as a secret."""
        now = self._clock()
        if now - self._looked < _LOOK_EVERY:
            return self._text
        self._looked = now
        try:
            if self._signature() != self._state:
                state, text = self._read()
                # A file caught while it is being rewritten is empty or cut: nothing of it may reach a header.
                if text and text.isprintable():
                    self._state, self._text = state, text
        except (OSError, ValueError):
            pass
        return self._text

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


class Expander:
    """Replaces what configured values ask for, from one environment and from files."""

    def __init__(self, environ: Mapping[str, str], clock: Callable[[], float]) -> None:
        self._environ = environ
        self._clock = clock
        self._files: dict[Path, WatchedFile] = {}

    def expand(self, text: str, folder: Path) -> Expanded:
        """The text with everything replaced; relative file paths start at `folder`.

        Raises `ValueError`, which names the variable or file but shows no other part of the text.
        """
        parts: list[str | WatchedFile] = []
        end = 0
        for token in _TOKEN.finditer(text):
            parts += [text[end : token.start()], self._part(token, folder)]
            end = token.end()
        parts.append(text[end:])

        def read() -> str:
            return "".join(part if isinstance(part, str) else part.text() for part in parts)

        watched = any(isinstance(part, WatchedFile) for part in parts)
        return Expanded(read(), read if watched else None)

    def _part(self, token: re.Match[str], folder: Path) -> str | WatchedFile:
        if token["literal"]:
            return MARK
        if token["name"]:
            return self._variable(token["name"], token["default"] if token["fallback"] else None)
        if token["file"]:
            return self._file(token["file"], folder / token["file"])
        raise ValueError(f"expected {FORMS}")

    def _variable(self, name: str, default: str | None) -> str:
        value = self._environ.get(name)
        if default is not None:
            return value or default
        if value is None:
            raise ValueError(f"the environment variable {name} is not set, and no default is given")
        return value

    def _file(self, name: str, path: Path) -> WatchedFile:
        try:
            if path not in self._files:
                self._files[path] = WatchedFile(path, self._clock)
        except OSError as error:
            raise ValueError(f"the file {name} cannot be read: {error.strerror or 'not a usable path'}") from None
        except ValueError as error:
            raise ValueError(f"the file {name} cannot be read: {error}") from None
        return self._files[path]
