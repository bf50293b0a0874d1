"""Renamed clients and tenants: the entry `was`, and the names that the journal has to know to notice a renaming."""

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from gateway import exact
from gateway.documents.broken import Broken
from gateway.documents.entry import Entry
from gateway.documents.problem import Problem
from gateway.limits import Kind
from gateway.planning.routing import Routes
from gateway.settings.settings import Settings

if TYPE_CHECKING:
    from gateway.journal import Names

MARK = 16
"""Hexadecimal digits by which a key, a client's rights or a tenant's routes are known again."""


def check(entries: Mapping[str, Entry], problems: list[Problem]) -> None:
    """Check that every `was` names an entry that is gone, and no two name the same one."""
    renamed: dict[str, str] = {}
    for name, entry in entries.items():
        was = entry.data.get("was") if isinstance(entry.data, dict) else None
        if not isinstance(was, str) or isinstance(was, Broken):
            continue
        if was in entries:
            detail = f"expected the name of an entry that is not here any more, and {was!r} is configured"
            problems.append(entry.problem(("was",), detail))
        elif was in renamed:
            detail = f"expected a name of its own in the journal: {renamed[was]!r} was {was!r} already"
            problems.append(entry.problem(("was",), detail))
        renamed.setdefault(was, name)


def names_of(settings: Settings) -> "Names":
    """The names of clients and tenants, and by what each is known again under another one."""
    from gateway.journal import Names  # with all that talks to databases, which only a server needs here

    marks: dict[int, str] = {}  # tenants share routes, so each is digested once
    contents: dict[tuple[Kind, str], str] = {}
    for each in settings.tenants.values():
        if id(each.routes) not in marks:
            marks[id(each.routes)] = _mark(exact.canonical(_content(each.routes, settings)))
        contents["tenant", each.journal_name] = marks[id(each.routes)]
    for client in settings.clients.values():
        rights = [sorted(settings.tenants[name].journal_name for name in client.tenants), sorted(client.scopes)]
        contents["client", client.journal_name] = _mark(exact.canonical(rights))
    return Names(
        journal_names={
            **{("client", each.name): each.journal_name for each in settings.clients.values()},
            **{("tenant", each.name): each.journal_name for each in settings.tenants.values()},
        },
        # A digest of the digest, and only a part of it, so that the journal does not help to guess a key.
        keys={_mark(each.digest): settings.clients[each.client].journal_name for each in settings.client_keys},
        contents=contents,
    )


def _content(routes: Routes, settings: Settings) -> dict[str, Any]:
    """Routes without names that may be changed together with the tenant's: a vendor is its adapter and address."""

    def of(vendor: str) -> list[str]:
        return [settings.vendors[vendor].adapter, settings.vendors[vendor].base_url]

    return {
        operation: [
            [*of(each.vendor), sorted(each.member_schemes or ()), sorted(each.point_types or ()), each.compensate]
            for each in rules
        ]
        for operation, rules in routes.items()
    }


def _mark(content: bytes) -> str:
    return sha256(b"points-gateway name\0" + content).hexdigest()[:MARK]
