"""`${env:NAME}`, `${env:NAME:-default}` and `${file:PATH}` within configured values; `$${` is a literal `${`."""

import re
from collections.abc import Mapping
from pathlib import Path

from gateway.port.secrets import Expanded
from gateway.settings.watched import WatchedFile, WatchedFiles

MARK = "${"
FORMS = "${env:NAME}, ${env:NAME:-default}, ${file:PATH}, or $${ for the two characters themselves"
_TOKEN = re.compile(
    r"(?P<literal>\$\$\{)"
    r"|\$\{env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<fallback>:-(?P<default>[^}]*))?\}"
    r"|\$\{file:(?P<file>[^}]+)\}"
    r"|(?P<unknown>\$\{)"
)


class Broken(Expanded):
    """Stands for a value whose problem is told already, so that nothing more is said about it."""


class Expander:
    """Replaces what configured values ask for, from one environment and from files."""

    def __init__(self, environ: Mapping[str, str], files: WatchedFiles) -> None:
        self._environ = environ
        self._files = files

    def expand(self, text: str, folder: Path) -> Expanded:
        """The text with everything replaced; relative file paths start at `folder`.

        Raises `ValueError`, which names the variable or file but shows no other part of the text.
        """
        parts: list[str | WatchedFile] = []
        end, elsewhere = 0, False
        for token in _TOKEN.finditer(text):
            elsewhere |= bool(token["file"] or (token["name"] and self._environ.get(token["name"])))
            parts += [text[end : token.start()], self._part(token, folder)]
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
            return value or default
        if value is None:
            raise ValueError(f"the environment variable {name} is not set, and no default is given")
        return value

    def _file(self, name: str, path: Path) -> WatchedFile:
        try:
            return self._files.at(path)
        except OSError as error:
            raise ValueError(f"the file {name} cannot be read: {error.strerror or 'not a usable path'}") from None
        except ValueError as error:
            raise ValueError(f"the file {name} cannot be read: {error}") from None
