"""The setting `store`, the location of the journal; it may contain a password and is never shown."""

from gateway.documents.broken import Broken
from gateway.documents.entry import Entry
from gateway.documents.problem import Problem
from gateway.store import EXPECTED, Store


def store(entry: Entry, problems: list[Problem]) -> str:
    """The text for `Store.parse`, with an absolute path for SQLite; empty if it is invalid, with a problem added.

    A relative path starts from the folder of the configuration file.
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
