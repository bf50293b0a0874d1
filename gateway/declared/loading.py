"""A description from the bytes of its file: read, checked whole, and made into an adapter's class."""

from dataclasses import dataclass
from pathlib import Path

from gateway.declared.adapter_class import adapter_class
from gateway.declared.checking import faults
from gateway.declared.described import AnyDescribed, digest_of
from gateway.declared.description import Description
from gateway.declared.unquoted import marked
from gateway.documents.document import read
from gateway.documents.entry import Entry, validated
from gateway.documents.problem import Problem


@dataclass(frozen=True, slots=True)
class Loaded:
    """A description that can be used: its adapter's name and class, and the digest of its file."""

    name: str
    adapter: type[AnyDescribed]
    digest: str


def loaded(file: str, raw: bytes, problems: list[Problem]) -> Loaded | None:
    """The adapter that a file describes; None if it cannot be used, with every error in `problems`.

    `file` is the name for messages.
    """
    found: list[Problem] = []
    document = read(file, raw, Path(), _no_references, found)
    if document is None:
        problems += found
        return None
    entry = Entry(document, (), marked(document, raw.decode("utf-8-sig")))
    if not isinstance(document.value, dict):
        problems += [*found, entry.problem((), "expected a mapping with name, source, schemes and operations")]
        return None
    description = validated(Description, entry, found)
    if description is not None and not found:
        found += (entry.problem(path, detail, at_key=not path) for path, detail in faults(description))
    problems += found
    if description is None or found:
        return None
    digest = digest_of(raw)
    return Loaded(description.name, adapter_class(description, made_of=digest), digest)


def _no_references(text: str) -> str:
    raise ValueError("a description has no ${...}: what differs between accounts is a setting, as {settings.NAME}")
