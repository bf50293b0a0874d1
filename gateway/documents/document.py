"""One YAML file as plain values, with the position of each value for error messages."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import yaml

from gateway.documents import layout
from gateway.documents.broken import MARK
from gateway.documents.composer import Composer, Unusable
from gateway.documents.place import Place, Spot, find, line_and_column
from gateway.documents.problem import Path, Problem, dotted

# The complement of `c-printable` in YAML 1.2: the parser's own error for such characters names no line.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its `name` for messages, the `folder` that its relative paths start from, and its value."""

    name: str
    folder: FilePath
    value: Any
    place: Spot | Place

    def problem(self, path: Path, detail: str, *, at_key: bool = False, where: Path | None = None) -> Problem:
        """A problem at the value of `path`, or at its key; `where` is the path to display, if it differs."""
        line, column = line_and_column(find(self.place, path, at_key=at_key))
        return Problem(self.name, line, column, dotted(path if where is None else where), detail)


def read(
    name: str, raw: bytes, folder: FilePath, expand: Callable[[str], str], problems: list[Problem]
) -> Document | None:
    """Parse one file; `expand` replaces `${...}`.

    Errors are added to `problems`; None if nothing of the file can be used.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig")
        problems.append(_after(name, before, "expected text in UTF-8, and this byte is not"))
        return None
    if found := _UNPRINTABLE.search(text):
        detail = f"the control character U+{ord(found[0]):04X} is not allowed in YAML"
        problems.append(_after(name, text[: found.start()], detail))
        return None
    try:
        value, place = Composer(name, expand, problems).compose(text)
    except Unusable as error:
        problems.append(error.problem)
    except yaml.MarkedYAMLError as error:
        hint = "" if MARK not in text else " (within {} and [], quote ${...})"
        problems.append(layout.fault(name, text, error) or _not_yaml(name, error, hint))
    except yaml.YAMLError:
        problems.append(Problem(name, 1, 1, "", "not YAML"))
    else:
        return Document(name, folder, value, place)
    return None


def _after(name: str, before: str, detail: str) -> Problem:
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Problem(name, len(lines), len(lines[-1]) + 1, "", detail)


def _not_yaml(name: str, error: yaml.MarkedYAMLError, hint: str) -> Problem:
    """The parser's own message, which shows at most single characters of the file, so no secret."""
    mark = error.problem_mark or error.context_mark
    detail = ", ".join(part for part in (error.context, error.problem) if part)
    line, column = (mark.line, mark.column) if mark else (0, 0)
    return Problem(name, line + 1, column + 1, "", f"not YAML: {detail}{hint if 'flow' in detail else ''}")
