"""The setting `store`: the URL of the journal's database; it may hold a password, and is never shown."""

import re
from os.path import realpath

from gateway.settings.entry import Entry
from gateway.settings.expand import Broken
from gateway.settings.problem import Problem

EXPECTED = "expected sqlite:///relative/path.db, sqlite:////absolute/path.db or postgresql://..."
_POSTGRESQL = re.compile(r"postgresql://[!-~]+")
# A database in memory (:memory:, file:) would forget what was sent, so that a repeat could credit twice.
_SQLITE = re.compile(r"sqlite:///(?P<path>(?!:|file:)[^?\x00-\x1f]*[^?/\x00-\x1f])")


def store(entry: Entry, problems: list[Problem]) -> str:
    """The URL, the path of an SQLite file absolute; empty, with one more problem, where it is none of the known."""
    url = entry.data
    if isinstance(url, Broken):
        return ""
    if isinstance(url, str) and _POSTGRESQL.fullmatch(url):
        return str(url)
    if isinstance(url, str) and (match := _SQLITE.fullmatch(url)) is not None:
        return "sqlite:///" + realpath(entry.document.folder / match["path"])
    problems.append(entry.problem((), EXPECTED))
    return ""
