"""Tells a tab, a wrong indent and a missing colon as such, where the YAML parser has stopped at one or after it."""

import re
from collections.abc import Iterable

import yaml

from gateway.documents.problem import Problem

_IN_ANOTHER_PLACE = ("did not find expected key", "did not find expected '-' indicator", "expected <block end>")
_TOO_FAR_IN = "mapping values are not allowed"
_NO_COLON = "could not find expected ':'"
_NO_NAME = "expected a colon and a blank after the name, as in NAME: VALUE"
_NAMED = re.compile(r":(\s|$)")


def fault(name: str, text: str, error: yaml.MarkedYAMLError) -> Problem | None:
    """The problem with the layout of the line that the parser stopped at, or of the one before; None if it is another.

    `name`: of the file. No text of the file is quoted, as it may be a secret.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    mark = error.problem_mark or error.context_mark
    if mark is None or mark.line >= len(lines):
        return None
    at, said = mark.line, str(error.problem)
    for number in range(max(at - 1, 0), at + 1):
        blank = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
        if "\t" in blank:
            return Problem(name, number + 1, blank.index("\t") + 1, "", "a tab: YAML is indented with blanks alone")
    if said == _NO_COLON and error.context_mark is not None:
        return Problem(name, error.context_mark.line + 1, error.context_mark.column + 1, "", _NO_NAME)
    before = [number for number in range(at) if lines[number].strip() and not lines[number].lstrip().startswith("#")]
    if not before:
        return None
    above, own, last = _columns(lines[number] for number in before), _column(lines[at]), before[-1]
    if _TOO_FAR_IN in said and own == above[-1] and not _NAMED.search(lines[last]):
        return Problem(name, last + 1, own, "", _NO_NAME)
    if own not in above and any(each in said for each in _IN_ANOTHER_PLACE):
        columns = ", ".join(map(str, above))
        detail = f"wrong indent: this line begins in column {own}, and those above it in {columns}"
    elif own > above[-1] and _TOO_FAR_IN in said:
        detail = f"wrong indent: this line begins in column {own}, and the one above in {above[-1]} has a value already"
    else:
        return None
    return Problem(name, at + 1, own, "", detail)


def _columns(lines: Iterable[str]) -> list[int]:
    """The columns in which the mappings and lists begin that are open after these lines, outermost first."""
    columns: list[int] = []
    for line in lines:
        own = _column(line)
        while columns and columns[-1] > own:
            columns.pop()
        if not columns or columns[-1] < own:
            columns.append(own)
    return columns


def _column(line: str) -> int:
    return len(line) - len(line.lstrip(" ")) + 1
