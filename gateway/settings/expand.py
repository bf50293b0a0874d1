"""`${env:NAME}`, `${env:NAME:-default}` and `${file:PATH}` within configured values; `$${` is a literal `${`."""

import re
from collections.abc import Mapping
from pathlib import Path

from gateway.documents.broken import MARK, Broken
from gateway.port.secrets import Expanded
from gateway.settings.watched import WatchedFile, WatchedFiles

FORMS = "${env:NAME}, ${env:NAME:-default}, ${file:PATH}, or $${ for the two characters themselves"
_TOKEN = re.compile(
    r"(?P<literal>\$\$\{)"
    r"|\$\{env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<fallback>:-(?P<default>[^}]*))?\}"
    r"|\$\{file:(?P<file>[^}]+)\}"
    r"|(?P<unknown>\$\{)"
)


_PLACEHOLDER = "Not-here-0123456789-Offline-9876543210"


class _Absent(ValueError):
    """Raised when a variable is not set, or a file cannot be read."""


class Expander:
    """Expands configured values from one environment and from files.

    `offline`: a variable that is not set and a file that cannot be read are no errors. What they are needed for gets a
    placeholder, which serves as a secret; as anything else it is not checked. `absent` has what was missing, as it is
    written in the configuration.
    """

    def __init__(self, environ: Mapping[str, str], files: WatchedFiles, *, offline: bool = False) -> None:
        self._environ = environ
        self._files = files
        self._offline = offline
        self.absent: list[str] = []

    def expand(self, text: str, folder: Path) -> Expanded:
        """The expanded text; relative file paths start from `folder`.

        Raises `ValueError`; its message names the variable or file and shows no other part of the text.
        """
        parts: list[str | WatchedFile] = []
        end, elsewhere = 0, False
        for token in _TOKEN.finditer(text):
            elsewhere |= bool(token["file"] or (token["name"] and self._environ.get(token["name"])))
            try:
                parts += [text[end : token.start()], self._part(token, folder)]
            except _Absent:
                if not self._offline:
                    raise
                self.absent.append(token[0])
                return Broken(_PLACEHOLDER, elsewhere=True)
            end = token.end()
        parts.append(text[end:])

        def read() -> str:
            return "".join(part if isinstance(part, str) else part.text() for part in parts)

        watched = any(isinstance(part, WatchedFile) for part in parts)
        return Expanded(read(), read if watched else None, elsewhere=elsewhere)

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
            return value or default  # as in a shell, `:-` replaces an empty variable too
        if value is None:
            raise _Absent(f"the environment variable {name} is not set, and no default is given")
        return value

    def _file(self, name: str, path: Path) -> WatchedFile:
        try:
            return self._files.at(path)
        except OSError as error:
            raise _Absent(f"the file {name} cannot be read: {error.strerror or 'not a usable path'}") from None
        except ValueError as error:
            raise _Absent(f"the file {name} cannot be read: {error}") from None
