"""What would be served by a configuration: complete, with everything inherited and every default, and masked."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from gateway import exact
from gateway.limits import Limits
from gateway.model import time_text
from gateway.planning.routing import Route, Tenant
from gateway.port.secrets import MASK
from gateway.rates import Rates
from gateway.settings import Admin, Client, ClientKey, OperatorAccount, Server, Settings
from gateway.store import Store
from gateway.webhook import Webhook


def lines(settings: Settings) -> Iterator[str]:
    """The lines of a YAML document in the form of a configuration. No secret is in it: each is `***`."""
    document = {
        "server": _server(settings.server),
        "store": Store.parse(settings.store).shown if settings.store else None,
        "vendors": {name: each.model_dump(mode="json") for name, each in sorted(settings.vendors.items())},
        "tenants": {name: _tenant(each) for name, each in sorted(settings.tenants.items())},
        "clients": {name: _client(each, settings.client_keys) for name, each in sorted(settings.clients.items())},
        "operators": {name: _operator(each, settings) for name, each in sorted(settings.operators.items())},
        "admin": _admin(settings.admin),
        "resolution": {
            "approvals": settings.resolution.approvals,
            "approval_expires": settings.resolution.expires,
        },
    }
    yield from yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120).splitlines()


def _server(server: Server) -> dict[str, Any]:
    shown = {name: getattr(server, name) for name in Server.__dataclass_fields__}
    for name in ("listen", "admin"):
        shown[name] = shown[name] and str(shown[name])
    shown["shared"] = None if server.shared is None else MASK
    shown["trusted_proxies"] = [str(each) for each in server.trusted_proxies]
    return shown


def _tenant(tenant: Tenant) -> dict[str, Any]:
    routes = {str(operation): [_route(each) for each in rules] for operation, rules in tenant.routes.items()}
    return {
        "routes": routes,
        "limits": _limits(tenant.limits),
        "rates": _rates(tenant.rates),
        "keep": tenant.keep,
        "webhooks": {name: _webhook(each) for name, each in sorted(tenant.webhooks.items())},
        "was": tenant.was,
        "paused": tenant.paused,
    }


def _webhook(webhook: Webhook) -> dict[str, Any]:
    return {
        "url": webhook.shown,
        "secrets": [MASK] * len(webhook.secrets),
        "events": sorted(webhook.events),
        "timeout": webhook.timeout,
        "allow_private": webhook.allow_private,
        "ca_file": webhook.ca_file,
        "proxy": webhook.proxy and MASK,
        "paused": webhook.paused,
    }


def _route(route: Route) -> dict[str, Any]:
    when = {"member": route.member_schemes, "point_type": route.point_types}
    conditions = {name: sorted(values) for name, values in when.items() if values is not None}
    return {"vendor": route.vendor, "when": conditions or None, "cache": route.cache, "compensate": route.compensate}


def _client(client: Client, keys: tuple[ClientKey, ...]) -> dict[str, Any]:
    return {
        "keys": [_key(each) for each in keys if each.client == client.name],
        "tenants": sorted(client.tenants),
        "scopes": sorted(client.scopes),
        "rate": client.rate,
        "max_concurrency": client.max_concurrency,
        "limits": _limits(client.limits),
        "was": client.was,
        "paused": client.paused,
    }


def _operator(operator: OperatorAccount, settings: Settings) -> dict[str, Any]:
    return {
        "keys": [_key(each) for each in settings.operator_keys if each.client == operator.name],
        "identity": operator.identity,
        "scopes": sorted(operator.scopes),
    }


def _admin(admin: Admin) -> dict[str, Any]:
    return {
        "trusted_proxies": [str(each) for each in admin.trusted_proxies],
        "identity_header": admin.identity_header,
        "proxy_secret": [MASK] * len(admin.proxy_secrets),
        "proxy_secret_header": admin.proxy_secret_header,
        "session_secret": [MASK] * len(admin.session_secrets),
        "session": admin.session,
        "public_url": admin.public_url,
    }


def _key(key: ClientKey) -> str | dict[str, str]:
    return MASK if key.expires is None else {"key": MASK, "expires": time_text(key.expires)}


def _limits(limits: Limits | None) -> dict[str, Any] | None:
    if limits is None:
        return None
    daily: dict[str, dict[str, str]] = {}
    for (point_type, direction), points in limits.daily.items():
        daily.setdefault(point_type, {})[direction] = exact.text(points)
    return {"max_points": None if limits.max_points is None else exact.text(limits.max_points), "daily": daily}


def _rates(rates: Rates | None) -> dict[str, Any] | None:
    if rates is None:
        return None
    vendors = {
        name: {kind: exact.text(rate) for kind, rate in each.items()} if isinstance(each, Mapping) else exact.text(each)
        for name, each in rates.by_vendor.items()
    }
    return {"currency": rates.currency, "vendors": vendors}
