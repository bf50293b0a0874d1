"""A gateway on a journal that grows: its configuration, the writes that are copied, and commands."""

import json
import os
import resource
import socket
import subprocess
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from benchmarks import gateway
from benchmarks.filling import OUTLETS, Written
from benchmarks.gateway import KEY
from benchmarks.server import Server, free_port

ADMIN = "admin"
MEMBER = "0000c0de-c072-48b7-a9ea-eb35c5dd506b"
TRANSACTION = "f90a1da5-c072-48b7-a9ea-eb35c5dd506b"


@dataclass(frozen=True, slots=True)
class Spent:
    """What a command took: seconds until it ended, and of processor; `lines` of output; `code`."""

    seconds: float
    cpu: float
    lines: int
    code: int


class Grown:
    """A folder with a configuration, and a gateway that is started and stopped on its journal."""

    def __init__(self, folder: Path, store: str, vendor: int, cores: frozenset[int]) -> None:
        self.folder = folder
        self.admin = free_port()
        self._cores = cores
        self._configuration = _configuration(vendor, store, self.admin)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "gateway.yaml").write_text(json.dumps(self._configuration), "utf-8")

    def start(self) -> Server:
        """The gateway, once it is ready."""
        server = gateway.start(self.folder, self._configuration, cores=self._cores)
        deadline = time.monotonic() + 60
        while True:
            try:
                with socket.create_connection(("127.0.0.1", server.port), timeout=1):
                    return server
            except OSError:
                if time.monotonic() > deadline:
                    raise TimeoutError(server.tail()) from None
                time.sleep(0.01)

    def written(self) -> list[Written]:
        """Make the three writes that others are copied from, through a gateway: applied, refused, unknown."""
        server = self.start()
        try:
            return [
                _written(server.port, "key-of-what-was-applied-0", f"profile_id:{MEMBER}", TRANSACTION),
                _written(server.port, "key-of-what-was-refused-0", "contact_id:404404404", None),
                _written(server.port, "key-of-what-is-unknown-00", "contact_id:77777777", None),
            ]
        finally:
            server.stop()

    def command(self, *words: str) -> Spent:
        """Run `points-gateway`."""
        command = [str(gateway.COMMAND), *words]
        if words[0] != "--help":
            command += ["--config", "gateway.yaml"]
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.folder)},
        )  # fmt: skip
        after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Spent(ended - begun, cpu, done.stdout.count(b"\n"), done.returncode)


def ask(port: int, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """One request; gives its status and its JSON."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    fields = {"Authorization": f"Bearer {KEY}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if body is not None:
        fields["Content-Type"] = "application/json"
    try:
        connection.request(method, path, None if body is None else json.dumps(body), fields)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def searches(vendor: int) -> int:
    """How many searches the fake vendor has answered so far."""
    with urlopen(f"http://127.0.0.1:{vendor}/searches", timeout=10) as answer:
        return int(answer.read())


def _written(port: int, key: str, member: str, transaction: str | None) -> Written:
    reference = "reference-of-a-write"
    asked = {"member": member, "points": "100", "point_type": "base", "reason": "goodwill", "reference": reference}
    asked |= {"description": "Thank you for your order in our store, and see you again soon"}
    if member.startswith("contact_id"):
        del asked["reason"]
    _, answer = ask(port, "POST", "/v1/adjustments", asked, Idempotency_Key=key)
    id_ = answer.get("id") or answer["adjustment"]
    return Written(id_, key, member.partition(":")[2], reference, transaction)


def _configuration(vendor: int, store: str, admin: int) -> dict[str, Any]:
    whole = gateway.configuration(vendor, store)
    whole["vendors"] = {
        "club": {**whole["vendors"]["club"], "ignore": ["reference", "description"]},
        "crm": {
            "adapter": "contact-points",
            "base_url": f"http://127.0.0.1:{vendor}",
            "api_key": "a-key-of-some-length",
            "account": "acme",
            "point_types": {"base": "Base"},
        },
    }
    routes = {"adjust": [{"when": {"member": ["contact_id"]}, "vendor": "crm"}, {"vendor": "club"}]}
    outlets = [f"outlet{number}" for number in range(OUTLETS)]
    whole["tenants"] = {"acme": {"routes": routes}, **{each: {"routes_from": "acme"} for each in outlets}}
    client = {"scopes": ["points:read", "points:write", "points:inspect"]}
    whole["clients"] = {
        "app": {"keys": [KEY], "tenants": ["acme"], **client},
        "till": {"keys": ["t" * 40], "tenants": outlets, **client},
    }
    return whole | gateway.console(admin)
