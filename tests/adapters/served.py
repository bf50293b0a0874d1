"""A gateway that serves over HTTP from a thread of its own, called as an app calls it."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import uvicorn
import yaml

from gateway.app import Gateway
from gateway.port.registry import AdapterType
from gateway.settings import Settings, load
from tests.deadlines import DEADLINE
from tests.empty_journal import lay
from tests.plain import PLAIN

KEY = "key-of-the-app-0000000000000000000000"


class Served:
    """Calls to a running gateway; every vendor of its configuration is the only one of a tenant of the same name."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self._keys = (f"key-{number}" for number in count(1))

    def adjust(
        self, tenant: str, body: Mapping[str, Any], *, key: str | None = None, preview: bool = False
    ) -> httpx.Response:
        """POST an adjustment, or its preview; with a new key where none is given.

        On a machine that is busy the journal's file may not be written within the gateway's few seconds. Then nothing
        is claimed and nothing is sent, and the same is asked again, as by any app.
        """
        headers = {"X-Tenant": tenant} | ({} if preview else {"Idempotency-Key": key or next(self._keys)})
        path, end = "/v1/adjustments" + "/preview" * preview, time.monotonic() + DEADLINE
        while True:
            response = self.http.post(path, json=body, headers=headers)
            if response.status_code != 503 or response.json()["code"] != "store_unavailable" or time.monotonic() > end:
                return response

    def get(self, tenant: str, path: str, **query: str) -> httpx.Response:
        """GET a path under /v1."""
        return self.http.get(f"/v1/{path}", params=query, headers={"X-Tenant": tenant})


def configured(
    folder: Path, vendors: Mapping[str, Any], kinds: Mapping[str, AdapterType], **tenants: Mapping[str, Any]
) -> Settings:
    """A configuration of these vendors as YAML, read back, beside an empty journal.

    Each vendor has a tenant besides those that are given. A vendor's `extends` may name another of them. Raises
    `SettingsError`.
    """
    lay(folder / "journal.db")
    own = {name: {"routes": dict.fromkeys(kinds[_adapter(vendors, name)].operations, name)} for name in vendors}
    scopes = ["points:read", "points:write", "points:resolve", "points:inspect"]
    whole = {
        "store": f"sqlite:///{folder}/journal.db",
        "vendors": dict(vendors),
        "tenants": {**own, **tenants},
        "clients": {"app": {"keys": [KEY], "tenants": ["*"], "scopes": scopes}},
    }
    path = folder / "gateway.yaml"
    path.write_text(yaml.safe_dump(whole, allow_unicode=True), "utf-8")
    return load(path, kinds, {})


def _adapter(vendors: Mapping[str, Any], name: str) -> str:
    vendor = vendors[name]
    return str(vendor["adapter"]) if "adapter" in vendor else _adapter(vendors, vendor["extends"])


@contextmanager
def served(settings: Settings, kinds: Mapping[str, AdapterType]) -> Iterator[Served]:
    """Serve a gateway with this configuration until the block ends."""
    server = _Server(Gateway(settings, kinds))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), name="gateway")
        thread.start()
        try:
            assert server.up.wait(DEADLINE), "the gateway did not start in time"
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            headers = {"Authorization": f"Bearer {KEY}"}
            with httpx.Client(base_url=url, headers=headers, trust_env=False, verify=PLAIN, timeout=DEADLINE) as http:
                yield Served(http)
        finally:
            server.should_exit = True
            thread.join()


class _Server(uvicorn.Server):
    """Serves without the main thread, and says when it does."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(uvicorn.Config(gateway.asgi, http="httptools", ws="none", lifespan="on", log_config=None))
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        if self.started:
            self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the tests' own process."""
        yield
