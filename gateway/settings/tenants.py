"""The section `tenants`: rules become routes, and tenants that take them from another share the same ones."""

from collections.abc import Mapping

from gateway.documents.broken import Broken
from gateway.documents.entry import Entry, validated
from gateway.documents.problem import Path, Problem, dotted
from gateway.documents.wording import unknown_name
from gateway.limits import Limits
from gateway.planning.routing import Route, Routes, Tenant
from gateway.rates import Rates
from gateway.settings.file_models import RuleEntry, RulesEntry, TenantEntry
from gateway.settings.rules import Kinds, check
from gateway.webhook import Webhook


def tenants(entries: Mapping[str, Entry], kinds: Kinds, problems: list[Problem]) -> dict[str, Tenant]:
    """Every tenant that has routes; what is wrong is added to `problems`."""
    own: dict[str, Routes] = {}
    limits: dict[str, Limits] = {}
    rates: dict[str, Rates] = {}
    was: dict[str, str] = {}
    paused: dict[str, bool | str] = {}
    keep: dict[str, int] = {}
    webhooks: dict[str, dict[str, Webhook]] = {}
    for name, entry in entries.items():
        check(entry, kinds, problems)
        tenant = validated(TenantEntry, entry, problems)
        if tenant is None:
            continue
        if tenant.limits is not None:
            limits[name] = tenant.limits.limits()
        if tenant.keep is not None:
            keep[name] = tenant.keep
        if tenant.was is not None:
            was[name] = tenant.was
        if tenant.rates is not None:
            rates[name] = tenant.rates.rates()
        paused[name] = tenant.paused
        webhooks[name] = {hook: each.webhook(hook) for hook, each in tenant.webhooks.items()}
        if (tenant.routes is None) == (tenant.routes_from is None):
            problems.append(entry.problem((), "expected exactly one of routes and routes_from", at_key=True))
        elif tenant.routes is not None:
            base = (*entry.path, "routes")
            own[name] = {operation: _routes((*base, operation), form) for operation, form in tenant.routes.items()}
    owners = _Owners(entries, problems)
    for name in entries:
        owner = owners.of(name)
        if owner != name and owner in own:
            own[name] = own[owner]
    return {
        name: Tenant(
            name,
            routes,
            limits.get(name),
            rates.get(name),
            was.get(name),
            paused.get(name, False),
            keep.get(name),
            webhooks.get(name, {}),
        )
        for name, routes in own.items()
    }


def _routes(path: Path, form: RulesEntry) -> tuple[Route, ...]:
    if isinstance(form, tuple):
        return tuple(_route((*path, index), rule) for index, rule in enumerate(form))
    return (_route(path, RuleEntry(vendor=form) if isinstance(form, str) else form),)


def _route(path: Path, rule: RuleEntry) -> Route:
    members = rule.when.member if rule.when is not None else None
    points = rule.when.point_type if rule.when is not None else None
    return Route(
        dotted(path),
        rule.vendor,
        None if members is None else frozenset(members),
        None if points is None else frozenset(points),
        rule.cache,
        rule.compensate or False,
    )


class _Owners:
    """Finds whose own routes a tenant uses in the end."""

    def __init__(self, entries: Mapping[str, Entry], problems: list[Problem]) -> None:
        self._entries = entries
        self._problems = problems
        self._known: dict[str, str | None] = {}

    def of(self, name: str) -> str | None:
        """The tenant that has routes of its own; None where there is none, which is told once, where it is wrong."""
        chain: dict[str, None] = {}
        last: str | None = name
        while last is not None and last not in self._known:
            chain[last] = None
            following = self._following(last, chain)
            if following == last:
                break
            last = following
        owner = self._known.get(last, last) if last is not None else None
        self._known |= dict.fromkeys(chain, owner)
        return owner

    def _following(self, name: str, chain: Mapping[str, None]) -> str | None:
        """The tenant that `name` takes its routes from, itself where it has its own; None where neither is so."""
        entry = self._entries[name]
        if not isinstance(entry.data, dict) or "routes_from" not in entry.data:
            return name
        following = entry.data["routes_from"]
        if not isinstance(following, str) or isinstance(following, Broken):
            return None
        told = ""
        if following not in self._entries:
            told = unknown_name("tenant", following, list(self._entries))
        elif following in chain:
            told = f"tenants take routes from each other in a circle, and {following!r} closes it"
        if told:
            self._problems.append(entry.problem(("routes_from",), told))
            return None
        return following
