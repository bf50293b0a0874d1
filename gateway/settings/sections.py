"""The sections of one file, or of several merged; each entry knows its document."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from types import MappingProxyType

from gateway.documents.document import Document
from gateway.documents.entry import Entry
from gateway.documents.problem import Problem
from gateway.documents.wording import unknown_key
from gateway.settings.file_models import NAME

SINGLE = ("server", "store", "admin", "resolution")
NAMED = ("vendors", "tenants", "clients", "operators")
_MISSING = MappingProxyType(
    {
        "store": "expected where the journal is, as in store: sqlite:///var/points.db",
        "vendors": "expected a mapping of vendors by name",
        "tenants": "expected a mapping of tenants by name",
        "clients": "expected a mapping of clients by name",
    }
)


@dataclass(frozen=True, slots=True)
class Sections:
    """The content of the documents: single sections, and sections that are mappings of named entries."""

    single: dict[str, Entry] = field(default_factory=dict)
    named: dict[str, dict[str, Entry]] = field(default_factory=dict)


def merged(path: FilePath, documents: Sequence[Document], problems: list[Problem]) -> Sections:
    """The sections of all documents; unknown, missing and repeated ones are added to `problems`."""
    sections = Sections()
    for document in documents:
        if not isinstance(document.value, dict):
            problems.append(document.problem((), f"expected a mapping with {', '.join((*SINGLE, *NAMED))}"))
            continue
        for name, value in document.value.items():
            if name in SINGLE:
                _add(sections.single, Entry(document, (name,), value), problems)
            elif name in NAMED:
                _add_named(sections.named.setdefault(name, {}), Entry(document, (name,), value), problems)
            else:
                problems.append(document.problem((name,), unknown_key(name, [*SINGLE, *NAMED]), at_key=True))
    found = {*sections.single, *sections.named}
    problems += (Problem(str(path), 1, 1, name, _MISSING[name]) for name in _MISSING if name not in found)
    return sections


def _add_named(entries: dict[str, Entry], section: Entry, problems: list[Problem]) -> None:
    if not isinstance(section.data, dict):
        problems.append(section.problem((), "expected a mapping of names and entries"))
        return
    for name, value in section.data.items():
        entry = Entry(section.document, (*section.path, name), value)
        if not re.fullmatch(NAME, name):
            problems.append(entry.problem((), "expected a name of 1 to 64 letters, digits, _ . or -", at_key=True))
        _add(entries, entry, problems)


def _add(entries: dict[str, Entry], entry: Entry, problems: list[Problem]) -> None:
    name = str(entry.path[-1])
    if name in entries:
        first = entries[name].problem((), "", at_key=True)
        detail = f"given twice: first in {first.file}, line {first.line}, column {first.column}"
        problems.append(entry.problem((), detail, at_key=True))
    else:
        entries[name] = entry
