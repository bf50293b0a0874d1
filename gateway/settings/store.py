"""The setting `store`: where the journal is; it may hold a password, and is never shown."""

from gateway.journal.store import EXPECTED, Store
from gateway.settings.entry import Entry
from gateway.settings.expand import Broken
from gateway.settings.problem import Problem


def store(entry: Entry, problems: list[Problem]) -> str:
    """The text as `Store.parse` reads it, the path of an SQLite file absolute; empty, with one more problem, if none.

    A relative path begins at the folder of the configuration's file.
    """
    text = entry.data
    if isinstance(text, Broken):
        return ""
    try:
        if not isinstance(text, str):
            raise ValueError(EXPECTED)
        return str(Store.parse(text, entry.document.folder).text)
    except ValueError as error:
        problems.append(entry.problem((), str(error)))
        return ""
