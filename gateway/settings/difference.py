"""What differs between two configurations, in words; what was renamed is found by what it is."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from gateway.limits import Limits, written
from gateway.planning.routing import Route, Tenant
from gateway.port import Secret, VendorSettings
from gateway.settings import operator_difference
from gateway.settings.settings import LASTING, Address, Client, Settings
from gateway.store import Store
from gateway.webhook import Webhook

T = TypeVar("T", VendorSettings, Tenant, Client)
_SHOWN = (bool, int, float, str, tuple, list, type(None))
"""Of a vendor's settings: all but secrets, and mappings, whose difference would be long."""
NEW_PROCESS = "(takes a new process)"


def difference(old: Settings, new: Settings) -> Iterator[str]:
    """A line for each thing that differs, with its dotted path; no line shows a secret."""
    if old.store != new.store:
        yield f"store: {Store.parse(old.store).shown} -> {Store.parse(new.store).shown} {NEW_PROCESS}"
    for field in fields(old.server):
        before, after = getattr(old.server, field.name), getattr(new.server, field.name)
        if before != after:
            takes = f" {NEW_PROCESS}" if field.name in LASTING else ""
            shown = "changed" if Secret in (type(before), type(after)) else f"{_text(before)} -> {_text(after)}"
            yield f"server.{field.name}: {shown}{takes}"
    vendors = _renamed(old.vendors, new.vendors, {}, _but_secrets)
    yield from _section("vendors", old.vendors, new.vendors, vendors, _vendor)
    for name in sorted(old.described.keys() & new.described.keys()):
        if old.vendors[name].made_of != new.vendors[name].made_of:
            yield f"vendors.{name}.description: its file changed"
    yield from _unreachable(vendors)
    names = {name: each.was for name, each in new.tenants.items() if each.was}
    tenants = _renamed(old.tenants, new.tenants, names, lambda each: (_rules(each, vendors), each.limits, each.rates))
    yield from _section("tenants", old.tenants, new.tenants, tenants, lambda a, b: _tenant(a, b, vendors))
    keys = {section: _keys(settings) for section, settings in (("old", old), ("new", new))}
    was = {name: each.was for name, each in new.clients.items() if each.was}
    clients = _renamed(
        old.clients,
        new.clients,
        was,
        lambda each: ({tenants.get(name, name) for name in each.tenants}, each.scopes),
        _by_key(keys["old"], keys["new"]),
    )
    yield from _section("clients", old.clients, new.clients, clients, lambda a, b: _client(a, b, tenants, keys))
    yield from operator_difference.between(old, new)


def _renamed(
    old: Mapping[str, T],
    new: Mapping[str, T],
    was: Mapping[str, str],
    content: Callable[[T], Any],
    found: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """By new name, the old one of what was renamed: `was` says so, or `found`, or what is new is as what is gone."""
    gone = {name: content(each) for name, each in old.items() if name not in new}
    first = {getattr(each, "journal_name", name): name for name, each in old.items()}
    renamed = {}
    for name, each in new.items():
        if name in old:
            continue
        before = first.get(was.get(name, ""), "") or (found or {}).get(name, "")
        if not before and (own := content(each)) is not None:
            before = next((other for other, theirs in gone.items() if theirs == own), "")
        if before in gone:
            renamed[name] = before
            del gone[before]
    return renamed


def _section(
    section: str,
    old: Mapping[str, T],
    new: Mapping[str, T],
    renamed: Mapping[str, str],
    compared: Callable[[T, T], Iterator[str]],
) -> Iterator[str]:
    for name in sorted(old.keys() - new.keys() - set(renamed.values())):
        yield f"{section}.{name}: removed"
    for name in sorted(new):
        if (before := renamed.get(name)) is not None:
            declared = getattr(new[name], "was", "") is not None
            silent = "" if declared else f"; it needs the line  was: {getattr(old[before], 'journal_name', before)}"
            yield f"{section}.{name}: renamed, it was {before}{silent}"
        elif name not in old:
            yield f"{section}.{name}: new"
            continue
        yield from (f"{section}.{name}.{line}" for line in compared(old[before or name], new[name]))


def _but_secrets(vendor: VendorSettings) -> dict[str, Any]:
    return {name: value for name, value in vendor if not isinstance(value, Secret)}


def _vendor(old: VendorSettings, new: VendorSettings) -> Iterator[str]:
    before, after = dict(old), dict(new)
    for field in sorted(before.keys() | after.keys()):
        one, other = before.get(field), after.get(field)
        if one != other:
            shown = isinstance(one, _SHOWN) and isinstance(other, _SHOWN)
            yield f"{field}: {_text(one)} -> {_text(other)}" if shown else f"{field}: changed"


def _unreachable(renamed: Mapping[str, str]) -> Iterator[str]:
    for name, before in sorted(renamed.items()):
        yield f"vendors.{name}: adjustments that the journal holds for {before} cannot make a next attempt"


def _tenant(old: Tenant, new: Tenant, vendors: Mapping[str, str]) -> Iterator[str]:
    before, after = _rules(old, vendors), _rules(new, vendors)
    for operation in sorted(before.keys() | after.keys()):
        if before.get(operation) != after.get(operation):
            yield f"routes.{operation}: {_way(old, operation)} -> {_way(new, operation)}"
    if old.rates != new.rates:
        yield "rates: changed"
    yield from (f"webhooks.{line}" for line in _webhooks(old.webhooks, new.webhooks))
    yield from _others(old, new, but=("routes", "rates", "webhooks"))


def _webhooks(old: Mapping[str, Webhook], new: Mapping[str, Webhook]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield f"{name}: removed"
        elif name not in old:
            yield f"{name}: new"
        else:
            changed = [
                each.name for each in fields(Webhook) if getattr(old[name], each.name) != getattr(new[name], each.name)
            ]
            yield from (f"{name}.{field}: changed" for field in changed)


def _rules(tenant: Tenant, vendors: Mapping[str, str]) -> dict[str, tuple[Any, ...]]:
    """The rules of a tenant without the places where they stand, and with the old names of vendors."""

    def rule(each: Route) -> tuple[Any, ...]:
        values = (getattr(each, field.name) for field in fields(each) if field.name not in ("rule", "vendor"))
        return vendors.get(each.vendor, each.vendor), *values

    return {operation: tuple(map(rule, routes)) for operation, routes in tenant.routes.items()}


def _way(tenant: Tenant, operation: str) -> str:
    routes = {str(name): rules for name, rules in tenant.routes.items()}.get(operation, ())
    return ", ".join(_condition(each) + each.vendor for each in routes) or "none"


def _condition(route: Route) -> str:
    conditions = [*sorted(route.member_schemes or ()), *sorted(route.point_types or ())]
    return f"{'/'.join(conditions)}: " if conditions else ""


def _client(
    old: Client, new: Client, tenants: Mapping[str, str], keys: Mapping[str, Mapping[str, frozenset[bytes]]]
) -> Iterator[str]:
    yield from _sets("tenants", old.tenants, {tenants.get(each, each) for each in new.tenants})
    yield from _sets("scopes", old.scopes, new.scopes)
    yield from _others(old, new, but=("tenants", "scopes"))
    before_keys, after_keys = keys["old"].get(old.name, frozenset()), keys["new"].get(new.name, frozenset())
    if before_keys != after_keys:
        yield f"keys: {len(after_keys - before_keys)} new, {len(before_keys - after_keys)} removed"


def _others(old: Tenant | Client, new: Tenant | Client, *, but: Collection[str]) -> Iterator[str]:
    """Every field that has no words of its own; a new name, and what it was, is told by `_section`."""
    renamed = ("name", "was") if old.name != new.name else ()
    for field in fields(new):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before != after and field.name not in (*but, *renamed):
            yield f"{field.name}: {_text(before)} -> {_text(after)}"


def _sets(name: str, old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    more, less = sorted(set(new) - set(old)), sorted(set(old) - set(new))
    changes = [f"with {', '.join(more)}"] * bool(more) + [f"without {', '.join(less)}"] * bool(less)
    if changes:
        yield f"{name}: now {' and '.join(changes)}"


def _keys(settings: Settings) -> dict[str, frozenset[bytes]]:
    found: dict[str, set[bytes]] = {}
    for each in settings.client_keys:
        found.setdefault(each.client, set()).add(each.digest)
    return {name: frozenset(digests) for name, digests in found.items()}


def _by_key(old: Mapping[str, frozenset[bytes]], new: Mapping[str, frozenset[bytes]]) -> dict[str, str]:
    owners = {digest: name for name, digests in old.items() for digest in digests}
    return {name: owners[each] for name, digests in new.items() for each in sorted(digests) if each in owners}


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Limits):
        return written(value)
    if isinstance(value, tuple | list) and not isinstance(value, Address):
        return f"[{', '.join(map(_text, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
