"""A gateway with operators on its admin listener, and adjustments of every outcome in its journal."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from tests.deadlines import DEADLINE, until
from tests.end_to_end.caller import Caller
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.plain import PLAIN

OPERATORS = {name: f"test-key-of-{name}-" + "0" * 24 for name in ("alice", "bob", "viewer")}
"""Keys: alice and bob may do everything, the viewer only looks."""
PROXY_SECRET = "what-the-proxy-proves-itself-by-0000"
MEMBER = "email:jason@example.com"


def with_operators(configuration: dict[str, Any], *, approvals: int = 1, proxied: bool = False) -> dict[str, Any]:
    """A configuration with operators, and an admin listener on a free port."""
    read, write = ["operator:read"], ["operator:read", "operator:write"]
    accounts = {name: {"keys": [key], "scopes": read if name == "viewer" else write} for name, key in OPERATORS.items()}
    admin: dict[str, Any] = {"session_secret": ["a-secret-for-sessions-" + "0" * 24]}
    if proxied:
        admin |= {
            "trusted_proxies": ["127.0.0.1"],
            "identity_header": "X-Forwarded-User",
            "proxy_secret": [PROXY_SECRET],
        }
        accounts["alice"]["identity"] = "alice@example.com"
    acme = configuration["tenants"]["acme"]["routes"]
    routes = {**acme, "adjust": [{**rule, "compensate": True} for rule in acme["adjust"]]}
    return {
        **configuration,
        "tenants": {**configuration["tenants"], "acme": {"routes": routes}},
        "server": {**configuration["server"], "admin": "127.0.0.1:0"},
        "operators": accounts,
        "admin": admin,
        "resolution": {"approvals": approvals},
    }


def admin_url(process: GatewayProcess) -> str:
    """Where the admin listener of a gateway is, once it serves."""
    process.serving()
    until(lambda: '"event":"serving"' in process.log)
    line = next(each for each in process.lines if '"event":"serving"' in each)
    return str(json.loads(line)["admin"])


@contextmanager
def serving(folder: Path, configuration: dict[str, Any]) -> Iterator[tuple[GatewayProcess, str, Caller]]:
    """A gateway, where its admin listener is, and a caller of its API."""
    process = GatewayProcess(folder, configuration)
    try:
        url = admin_url(process)
        caller = Caller.of(process.url)
        with closing(caller.http):
            yield process, url, caller
    finally:
        process.stop()


def fill(api: Caller, vendors: Vendors) -> dict[str, str]:
    """Adjustments of every outcome; their ids by what they are."""
    ids: dict[str, str] = {}
    credited = api.adjust({"member": MEMBER, "points": "25", "reference": "order-4711", "description": "Welcome"})
    assert credited.status_code == 201, credited.text
    ids["succeeded"] = credited.json()["id"]
    taken = api.send(
        "POST",
        f"/v1/adjustments/{ids['succeeded']}/reversal",
        headers={"Idempotency-Key": api.new_key(), "Content-Type": "application/json"},
        json={"points": "5"},
    )
    assert taken.status_code == 201, taken.text
    ids["reversal"] = taken.json()["id"]
    refused = api.adjust({"member": "contact_id:404", "points": "7", "reference": "order-4712"})
    assert refused.status_code == 404, refused.text
    ids["failed"] = refused.json()["adjustment"]
    for number, points in enumerate(("-12.5", "40", "100"), start=1):
        ids[f"unknown {number}"] = lose(api, vendors, points, reference=f"order-480{number}")
    return ids


def lose(api: Caller, vendors: Vendors, points: str, **fields: str) -> str:
    """An adjustment of the tenant `hasty` whose outcome nobody knows; its id."""
    vendors.crm.fault("reset", when="after")
    unknown = api.acting(tenant="hasty").adjust({"member": "contact_id:1", "points": points, **fields})
    assert unknown.status_code == 202, unknown.text
    return str(unknown.json()["id"])


def settleable(url: str, adjustment: str) -> None:
    """Return once a person can settle an unknown, since nobody may still be working on it."""
    headers = {"Authorization": f"Bearer {OPERATORS['alice']}"}

    def over() -> bool:
        seen = httpx.get(
            f"{url}/admin/v1/adjustments/{adjustment}", headers=headers, trust_env=False, verify=PLAIN, timeout=DEADLINE
        ).json()
        return bool(datetime.fromisoformat(seen["lease_until"]) < datetime.fromisoformat(seen["now"]))

    until(over, pause=0.1)
