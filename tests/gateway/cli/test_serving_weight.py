"""What a serving process loads: a worker carries it for as long as it runs, and the start waits for it."""

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Timer
from typing import Any

from gateway.simulation import Simulator
from tests.conftest import PostgreSQL
from tests.deadlines import DEADLINE
from tests.gateway.cli.conftest import configuration

PROGRAM = """
import sys
from gateway.cli import main

sys.argv = ["points-gateway", *sys.argv[1:]]
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""
OPERATORS = {
    "server": {"listen": "127.0.0.1:0", "admin": "127.0.0.1:0", "outages": 0},
    "operators": {"alice": {"keys": ["a-key-of-an-operator-" + "0" * 24], "scopes": ["operator:read"]}},
}
NEVER = {
    *("aiohttp", "alembic", "greenlet", "httpx", "jinja2", "limits", "openapi_pydantic", "opentelemetry", "redis"),
    *("rich", "xml"),
    *("gateway.conformance", "gateway.declared.loading", "gateway.simulation"),
}
"""What no worker loads of itself: other commands' libraries, and what only some configurations or pages take."""
OF_OPERATORS = {
    "gateway.admin.application",
    "gateway.console",
    "gateway.operators.timeline",
    "itsdangerous",
    "markupsafe",
}
OF_A_GATEWAY = {
    "gateway.api",
    "gateway.app",
    "gateway.delivery",
    "gateway.journal",
    "sqlalchemy",
    "starlette",
    "uvicorn",
}
OF_POSTGRESQL = {"psycopg", "sqlalchemy.dialects.postgresql"}
OF_SQLITE = {"sqlite3", "sqlalchemy.dialects.sqlite"}


def loaded(folder: Path, settings: Mapping[str, Any], *words: str) -> set[str]:
    """The modules that a gateway has loaded which serves, and is stopped then; of several processes, the first's."""
    (folder / "gateway.yaml").write_text(json.dumps(settings))  # JSON is YAML
    command = [sys.executable, "-c", PROGRAM, "serve", "--config", folder / "gateway.yaml", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # fresh: its imports are the test
        assert process.stderr is not None
        bound = Timer(DEADLINE, process.kill)
        bound.start()
        log = []
        for line in process.stderr:
            log.append(line)
            if '"event":"serving"' in line:
                process.send_signal(signal.SIGTERM)
    bound.cancel()
    assert process.returncode == 0, log
    return set(log[-1].split())


def test_a_gateway_on_sqlite(vendor: Simulator, tmp_path: Path) -> None:
    """A gateway without an admin listener loads neither the operator API nor the console, nor PostgreSQL's driver."""
    assert loaded(tmp_path, configuration(vendor)) & (NEVER | OF_OPERATORS | OF_POSTGRESQL) == set()


def test_a_gateway_with_operators(vendor: Simulator, tmp_path: Path) -> None:
    """A gateway with an admin listener has loaded what operators use before it serves, and no template yet."""
    modules = loaded(tmp_path, configuration(vendor) | OPERATORS)
    assert modules & (NEVER | OF_POSTGRESQL) == set()
    assert modules >= OF_OPERATORS


def test_a_gateway_on_postgresql(vendor: Simulator, postgresql: PostgreSQL, tmp_path: Path) -> None:
    """A gateway on PostgreSQL loads its driver, and not that of SQLite."""
    modules = loaded(tmp_path, configuration(vendor) | {"store": postgresql.database()})
    assert modules & (NEVER | OF_OPERATORS | OF_SQLITE) == set()
    assert modules >= OF_POSTGRESQL


def test_a_parent_of_workers(vendor: Simulator, tmp_path: Path) -> None:
    """What starts workers and has them reload serves nothing: it loads no journal, no HTTP server and no delivery."""
    modules = loaded(tmp_path, configuration(vendor), "--workers", "2")
    assert modules & (NEVER | OF_OPERATORS | OF_A_GATEWAY) == set()
