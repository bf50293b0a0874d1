"""docker-compose.yml as it stands, brought up by podman-compose: PostgreSQL, two workers, and the simulators.

PostgreSQL is Debian's own, in an image that begins as the official one does, since no registry is asked.
"""

import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deadlines import DEADLINE, until
from tests.image.engine import BUILDING, ROOT, RUN, Podman, base, require
from tests.plain import PLAIN

PROGRAMS = {
    "podman-compose": None,
    "catatonit": "/usr/libexec/podman",
    "aardvark-dns": "/usr/lib/podman",
    "iptables": None,
}
PROJECT = f"points-test-{os.getpid()}"
"""Each run has its own: aardvark-dns names its files after networks, and a run that was cut off leaves them behind."""
SIMULATORS = 4
DATABASE = """
FROM localhost/postgresql
RUN install -d -o postgres -m 1777 /var/run/postgresql /var/lib/postgresql/data
COPY database.py /database.py
ENTRYPOINT ["python3", "/database.py"]
"""
ENGINE = """#!{python}
import os, sys
command, words = {command!r}, sys.argv[1:]
if words[:1] == ["run"]:
    while "--healthcheck-interval" in words:
        at = words.index("--healthcheck-interval")
        del words[at : at + 2]
    words[:1] = {run!r}
os.execvp(command[0], [*command, *words])
"""
"""podman on the test's storage. Here nothing runs health checks every few seconds, since that needs systemd."""
QUIRKS = ("--read-only-tmpfs=false",)
"""podman 4 gives a tmpfs below its own /run another mode than it was asked for."""

pytestmark = pytest.mark.skipif("POINTS_TEST_IMAGE" not in os.environ, reason="takes minutes: `make test-image`")


class Composed:
    """What compose has brought up; `url` is where the gateway serves. Its ports begin with `first`."""

    def __init__(self, engine: Podman, folder: Path, first: int) -> None:
        self._engine, self._folder = engine, folder
        self.simulators, gateway = first, first + SIMULATORS
        self.url = f"http://127.0.0.1:{gateway}"
        program = folder / "podman"
        program.write_text(ENGINE.format(python=sys.executable, command=engine.command, run=[*RUN, *QUIRKS]))
        program.chmod(0o755)
        self._compose = ["podman-compose", "--podman-path", program, "-p", PROJECT]
        self._environ = {"POINTS_PORT": str(gateway), "SIMULATOR_PORTS": f"{first}-{gateway - 1}"}

    def do(self, *words: str) -> None:
        """Run a command of compose."""
        environ, command = {**os.environ, **self._environ}, [*self._compose, *words]
        with (self._folder / "compose.log").open("a") as log:  # it says there what failed, and ends with 0 all the same
            subprocess.run(command, cwd=self._folder, env=environ, check=True, stdout=log, stderr=log, timeout=BUILDING)

    def command(self, *words: str) -> str:
        """The output of a command line inside the gateway's container."""
        return self._engine("exec", f"{PROJECT}_gateway_1", "points-gateway", *words)

    def adjust(self, member: str, *, key: str) -> httpx.Response:
        """Credit 5 points, as the app that compose's configuration knows."""
        secret = (self._folder / "secrets/storefront_key").read_text().strip()
        headers = {"Authorization": f"Bearer {secret}", "X-Tenant": "acme", "Idempotency-Key": key}
        body = {"member": member, "points": 5}
        address = f"{self.url}/v1/adjustments"
        return httpx.post(address, json=body, headers=headers, timeout=DEADLINE, trust_env=False, verify=PLAIN)

    def logs(self) -> str:
        """What compose has written, and the end of what every container has."""
        names = [f"{PROJECT}_{name}_1" for name in ("gateway", "simulators", "postgres")]
        ends = (self._engine.tried("logs", "--tail=8", name) for name in names)
        written = [f"{name}: {end.stdout}{end.stderr}" for name, end in zip(names, ends, strict=True)]
        return "\n".join([(self._folder / "compose.log").read_text(), *written])

    def ready(self) -> bool:
        """Whether it says that it serves."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=DEADLINE, trust_env=False, verify=PLAIN).status_code == 200
        except httpx.HTTPError:
            return False


def _free(number: int) -> int:
    """The first of so many ports in a row of which nobody listens on any."""
    for first in range(19_100, 29_000, number):
        try:
            for port in range(first, first + number):
                with socket.create_server(("127.0.0.1", port)):
                    pass
        except OSError:
            continue
        return first
    raise AssertionError("no ports are free")


@pytest.fixture(scope="module")
def composed(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    """The whole of docker-compose.yml, with the secrets that `make secrets` makes, on other ports than its own."""
    require(PROGRAMS)
    folder = tmp_path_factory.mktemp("compose")
    for name in ("docker-compose.yml", "Makefile", "config/compose.yaml"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for name in (*folder.parents[:2], folder):
        name.chmod(name.stat().st_mode | stat.S_IXOTH)
    subprocess.run(["make", "-s", "secrets"], cwd=folder, check=True)
    podman("import", base(folder, "postgresql", "python3,postgresql"), "localhost/postgresql")
    image = folder / "database"
    image.mkdir()
    (image / "Dockerfile").write_text(DATABASE)
    shutil.copy(Path(__file__).with_name("database.py"), image)
    podman("build", "--format=docker", "--pull=never", "--network=none", "--tag=docker.io/library/postgres:17", image)
    made = Composed(podman, folder, _free(SIMULATORS + 1))
    try:
        made.do("up", "-d", "--no-build")
        try:
            until(made.ready, pause=0.5)
        except AssertionError as error:
            error.add_note(made.logs())
            raise
        yield made
    finally:
        made.do("down", "-v")


def test_compose_comes_up(composed: Composed) -> None:
    """An adjustment is credited by the simulator beside the gateway, and kept in PostgreSQL."""
    answer = composed.adjust("contact_id:1", key="key-1")
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
    address = f"http://127.0.0.1:{composed.simulators + 3}/_simulator/state"
    state = httpx.get(address, timeout=DEADLINE, trust_env=False, verify=PLAIN).json()
    assert [effect["points"] for effect in state["effects"]] == ["5"]
    _, *listed = composed.command("adjustments", "list").splitlines()  # the first line is a header
    assert [line.split()[1] for line in listed] == [answer.json()["id"]]


def test_commands_work_inside(composed: Composed) -> None:
    """An operator pauses, reloads, verifies, erases and looks at what was done, all inside the container."""
    assert composed.adjust("contact_id:1", key="key-2").status_code == 201
    assert composed.command("health") == "ok"
    assert composed.command("journal", "verify").endswith("no violation")
    composed.command("pause", "vendor", "crm", "--reason", "maintenance")
    assert composed.adjust("contact_id:1", key="key-3").json()["code"] == "paused"
    composed.command("resume", "vendor", "crm")
    assert composed.adjust("contact_id:1", key="key-3").status_code == 201
    assert composed.command("reload").endswith("nothing has changed")
    _, *listed = composed.command("adjustments", "list").splitlines()
    erased = composed.command("journal", "erase", "--member", "contact_id:1", "--reason", "request 17", "--yes")
    assert erased.startswith(f"{len(listed)} adjustment(s) erased")
    done = [line.split()[1] for line in composed.command("journal", "audit").splitlines() if line.startswith("20")]
    assert done == ["erase", "erase", "reload", "resume", "pause"]
