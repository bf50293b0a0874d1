"""This gateway as it is shipped: the command `points-gateway serve`, with nothing set but where things are."""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.server import Server, free_port

COMMAND = Path(sys.executable).with_name("points-gateway")
KEY, CACHED_KEY, REUSING_KEY, OPERATOR_KEY = ("k" * 40, "c" * 40, "r" * 40, "o" * 40)


def configuration(vendor: int, store: str) -> dict[str, Any]:
    """One tenant with its client, as most would have it; beside it one that caches, and one that reuses connections.

    `vendor` is the fake vendor's port.
    """
    origin = f"http://127.0.0.1:{vendor}"
    club = {
        "adapter": "fabric",
        "base_url": f"{origin}/api",
        "token": "a-token-of-some-length",
        "billing_entity": "Company_Club",
        "point_types": {"base": "Base"},
        "reasons": {"goodwill": "7502"},
    }
    arcade = {"adapter": "iactionable", "base_url": f"{origin}/API", "partner_id": 99999, "api_key": "an-api-key"}
    return {
        "store": store,
        "vendors": {"arcade": arcade, "club": club, "club_reusing": {**club, "reuse_connections": True}},
        "tenants": {
            "acme": {"routes": {"adjust": "club", "balance": "arcade"}},
            "cached": {"routes": {"balance": {"vendor": "arcade", "cache": 60}}},
            "reusing": {"routes": {"adjust": "club_reusing"}},
        },
        "clients": {
            "app": _client(KEY, "acme"),
            "cached": _client(CACHED_KEY, "cached"),
            "reusing": _client(REUSING_KEY, "reusing"),
        },
    }


def console(admin: int) -> dict[str, Any]:
    """What a configuration has besides where the console is open, on the port `admin`, for one operator."""
    return {
        "server": {"admin": f"127.0.0.1:{admin}"},
        "operators": {"alice": {"keys": [OPERATOR_KEY], "scopes": ["operator:read", "operator:write"]}},
        "admin": {"session_secret": ["s" * 40]},
    }


def many(vendor: int, store: str, tenants: int) -> tuple[dict[str, Any], list[str]]:
    """That many tenants, each with a client of its own, and the keys of all these clients."""
    whole = configuration(vendor, store)
    keys = [f"key-of-tenant-{number:05}-" + "0" * 20 for number in range(tenants)]
    for number, key in enumerate(keys):
        whole["tenants"][f"tenant{number}"] = {"routes_from": "acme"}
        whole["clients"][f"app{number}"] = _client(key, f"tenant{number}")
    return whole, keys


def _client(key: str, tenant: str) -> dict[str, Any]:
    return {"keys": [key], "tenants": [tenant], "scopes": ["points:read", "points:write"]}


def start(
    folder: Path,
    configuration: dict[str, Any],
    *,
    cores: frozenset[int],
    workers: int = 1,
    packages: Path | None = None,
) -> Server:
    """Start it; its configuration, and a journal on SQLite, are in the folder. `packages`: where it finds more."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gateway.yaml").write_text(json.dumps(configuration), "utf-8")  # JSON is YAML
    port = free_port()
    command: list[str | Path] = [COMMAND, "serve", "--config", "gateway.yaml", "--port", str(port)]
    if workers > 1:
        command += ["--workers", str(workers)]
    environment = {"PYTHONPATH": str(packages)} if packages else {}
    return Server(command, port=port, folder=folder, cores=cores, environment=environment, supervised=workers > 1)
