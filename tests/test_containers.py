"""The container files, read and held against each other and the tree; no container engine is needed."""

import inspect
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from gateway.cli.serve import serve
from gateway.port import registry
from gateway.port.secrets import Secret
from gateway.settings import Settings, load
from gateway.settings.file_models import ServerEntry
from tests.deadlines import DEADLINE

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "config/compose.yaml"


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest.strip()) for line in lines if line for word, _, rest in [line.partition(" ")]]


def of(name: str) -> list[str]:
    return [rest for word, rest in instructions() if word == name]


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return loaded


SERVICES: dict[str, Any] = compose()["services"]


def made(target: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a target of the Makefile in a folder that holds it and the container files."""
    for name in ("Makefile", "Dockerfile", "docker-compose.yml"):
        if not (folder / name).exists():
            shutil.copy(ROOT / name, folder)
    command = ["make", "-s", target, f"PYTHON={sys.executable}"]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of secrets that `make secrets` makes where there is none."""
    folder = tmp_path_factory.mktemp("tree")
    done = made("secrets", folder)
    assert done.returncode == 0, done.stderr
    return folder / "secrets"


@pytest.fixture
def settings(secrets: Path, tmp_path: Path) -> Settings:
    """The configuration that the gateway has in there."""
    config = tmp_path / CONFIG.name
    config.write_text(CONFIG.read_text("utf-8").replace("/run/secrets", str(secrets)), "utf-8")
    return load(config, registry.adapters(), {})


def ports(service: str) -> dict[int, int]:
    """A service's ports on this machine, by its own."""
    published = {}
    for entry in SERVICES[service].get("ports", ()):
        host, ours, theirs = re.sub(r"\$\{[A-Z_]+:-([\d-]+)\}", r"\1", entry).split(":")
        assert host == "127.0.0.1", f"{service} can be reached from other machines: {entry}"
        (first, last), (begin, _) = ((each.split("-") * 2)[:2] for each in (theirs, ours))
        published |= {port: int(begin) + port - int(first) for port in range(int(first), int(last) + 1)}
    return published


def test_what_the_image_copies_exists_and_is_sent() -> None:
    """Every source of a COPY is in the tree, and .dockerignore lets it through."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    sent = [line[1:] for line in ignored if line.startswith("!")]
    sources = {name for rest in of("COPY") if not rest.startswith("--from") for name in rest.split()[:-1]}
    assert sources == set(sent)
    assert [name for name in sources if not (ROOT / name).exists()] == []


def test_secrets_and_journals_are_not_sent_to_the_builder() -> None:
    """All is left out unless it is named, and nothing is named by a pattern."""
    lines = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] not in ("", "#")]
    assert lines[0] == "*"
    assert [line for line in lines if line.startswith("!") and "*" in line] == []


def test_images_are_pinned_by_tag() -> None:
    """Every image is named with a version, and may have the digest that `make pin-images` adds."""
    images = [rest.split()[0] for rest in of("FROM")]
    images += [service["image"] for service in SERVICES.values() if "build" not in service]
    assert [
        image for image in images if not re.search(r":\d+(\.\d+)*(-[a-z-]+)*(@sha256:[0-9a-f]{64})?\Z", image)
    ] == []


def test_the_image_has_a_python_that_the_project_takes() -> None:
    """Both stages have the same Python, the one that the locks and the project are for."""
    [image] = {rest.split()[0] for rest in of("FROM")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == f">={image.partition(':')[2].partition('-')[0]}"


def test_only_locked_packages_are_installed() -> None:
    """Dependencies come from the lock, by hash; the project itself brings none and fetches nothing to be built."""
    installs = [part for rest in of("RUN") for part in rest.split(" && ") if "pip install" in part]
    assert installs == [
        "pip install --no-compile --require-hashes -r locks/runtime.txt",
        "pip install --no-compile --no-deps --no-build-isolation ./client .",
    ]


def test_what_only_builds_is_taken_out_again() -> None:
    """The packages of the extra `build`, and those that only they need, are not in the image; pip goes with them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    gone = {re.split("[><=]", each)[0] for each in project["optional-dependencies"]["build"]}
    locked = re.findall(
        r"^(\S+)==.*\n((?: +--hash.*\n)+)((?: +#.*\n)+)", (ROOT / "locks/runtime.txt").read_text(), re.MULTILINE
    )
    needed_by = {name: set(re.findall(r"#(?: +via)? +([a-z][\w.-]*)", via)) - {"via"} for name, _, via in locked}
    while more := {name for name, by in needed_by.items() if by <= gone} - gone:
        gone |= more
    [uninstalled] = [part for rest in of("RUN") for part in rest.split(" && ") if "pip uninstall" in part]
    assert set(uninstalled.split()[4:]) == gone | {"setuptools", "pip"}


def test_nothing_runs_as_root() -> None:
    """The image ends with an ordinary user by number, and no service goes back to root."""
    users = of("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])
    for name, service in SERVICES.items():
        assert ("build" in service and "user" not in service) or service["user"] not in ("root", "0"), name


def test_the_image_serves_where_it_is_looked_for() -> None:
    """The entry point is the project's command, and so is the health check; both go by the configuration's port."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    [port], [entry], [command] = of("EXPOSE"), of("ENTRYPOINT"), of("CMD")
    assert yaml.safe_load(entry)[0] in scripts
    assert yaml.safe_load(command) == ["serve"]
    assert probes()["image"] == [yaml.safe_load(entry)[0], "health"]
    assert "POINTS_GATEWAY_HOST=0.0.0.0" in " ".join(of("ENV"))
    assert "--host" not in command  # `health` would not see it
    assert f":{port}" == ServerEntry().listen[-5:]
    assert ports("gateway") == {int(port): 8080}


def test_compose_serves_as_the_image_does() -> None:
    """The gateway's command there is the image's own and more that `serve` takes; no worker's metrics are published."""
    [own] = map(yaml.safe_load, of("CMD"))
    command = SERVICES["gateway"]["command"]
    assert command[: len(own)] == own
    assert command[len(own) :] == ["--workers", "2"]
    assert "workers" in inspect.signature(serve).parameters
    assert {9090, 9091}.isdisjoint(ports("gateway"))


class Ready(BaseHTTPRequestHandler):
    """Answers every GET with the status that its server was given."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 (the name that it is called by)
        pass


@contextmanager
def answering(status: int) -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Ready) as server:
        server.status, server.asked = status, []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def probes() -> dict[str, list[str]]:
    """The health checks of the image, and of those services that have one in Python."""
    image = yaml.safe_load(of("HEALTHCHECK")[0].partition("CMD ")[2])
    own = {name: service.get("healthcheck", {}).get("test", ["", ""])[1:] for name, service in SERVICES.items()}
    return {"image": image} | {name: test for name, test in own.items() if test and test[0] == "python"}


def test_ports_are_chosen_by_variables() -> None:
    """Each port on this machine has a variable with a default, so that a second one can run beside."""
    entries = [entry for service in SERVICES.values() for entry in service.get("ports", ())]
    assert entries
    assert [entry for entry in entries if not re.match(r"127\.0\.0\.1:\$\{[A-Z_]+:-[\d-]+\}:[\d-]+\Z", entry)] == []


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
@pytest.mark.parametrize("name", [name for name, test in probes().items() if test[0] == "python"])
def test_a_health_check_tells_well_from_ill(name: str, status: int, healthy: bool) -> None:
    """The command ends with 0 where its page answers 200, and with another code for 503."""
    python, *arguments = probes()[name]
    assert python == "python"
    with answering(status) as server:
        moved = [re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{server.server_port}", each) for each in arguments]
        done = subprocess.run([sys.executable, *moved], capture_output=True, check=False, timeout=DEADLINE)
        assert server.asked != []  # type: ignore[attr-defined]
    assert (done.returncode == 0) == healthy


def test_services_wait_for_what_can_say_that_it_is_ready() -> None:
    """Each dependency exists, and where its health is waited for, it has a check."""
    for name, service in SERVICES.items():
        for wanted, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}, name
            assert "healthcheck" in SERVICES[wanted] or ("build" in SERVICES[wanted] and of("HEALTHCHECK"))


def test_services_can_change_nothing_but_their_volumes() -> None:
    """Each has a read-only root, no capabilities, and no way to gain any."""
    for service in SERVICES.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service


def test_volumes_are_there() -> None:
    """A file that is mounted exists, and is mounted read-only; a volume that is named is declared."""
    declared = compose()["volumes"]
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source, _, how = volume.partition(":")
            if source.startswith("."):
                assert (ROOT / source).is_file()
                assert how.endswith(":ro")
            else:
                assert source in declared


def test_no_secret_stands_in_the_container_files(secrets: Path) -> None:
    """None has a default there, and none comes by the environment, where other processes and logs can see it."""
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert set(re.findall(r"\$\{(.*?)\}", text)) == {"POINTS_PORT:-8080", "SIMULATOR_PORTS:-9101-9104"}
    assert [file.name for file in secrets.iterdir() if file.read_text().strip() in text] == []
    environment = {name: value for each in SERVICES.values() for name, value in each.get("environment", {}).items()}
    assert set(environment) == {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD_FILE"}


def test_the_secrets_that_are_made_are_private_and_random(secrets: Path, tmp_path: Path) -> None:
    """The folder is closed to others; what opens something is another in each tree; what is there stays."""
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/operator_key").write_text("mine")
    assert made("secrets", tmp_path).returncode == 0
    assert (tmp_path / "secrets/operator_key").read_text() == "mine"
    for name in ("postgres_password", "storefront_key"):
        ours, theirs = ((folder / name).read_text().strip() for folder in (secrets, tmp_path / "secrets"))
        assert ours != theirs
        assert len(ours) >= 48


@pytest.mark.parametrize("digest", ["sha256:" + "0a" * 32, "", "sha256:short"])
def test_images_are_pinned_by_what_a_registry_says(tmp_path: Path, digest: str) -> None:
    """Each image of both files gets its digest, again and again; where there is none, nothing is written."""
    docker = tmp_path / "bin/docker"
    docker.parent.mkdir()
    docker.write_text(f"#!/bin/sh\necho 'Name:      docker.io/library/x'\necho 'Digest:    {digest}'\n")
    docker.chmod(0o755)
    before = [(ROOT / name).read_text() for name in ("Dockerfile", "docker-compose.yml")]
    for _ in range(2):
        done = made("pin-images", tmp_path, PATH=f"{docker.parent}:{os.environ['PATH']}")
    after = [(tmp_path / name).read_text() for name in ("Dockerfile", "docker-compose.yml")]
    if len(digest) < 70:
        assert (done.returncode, after) == (2, before)
        assert "no registry gives its digest" in done.stderr
    else:
        images = re.findall(r"^(?:FROM|    image:) (\S+:\S+)", "".join(after), re.MULTILINE)
        assert images == [f"{image}@{digest}" for image in ("python:3.11-slim-bookworm",) * 2 + ("postgres:17",)]


def test_services_are_bounded() -> None:
    """Each may take so much memory, processor time and processes, and no more."""
    for name, service in SERVICES.items():
        assert re.fullmatch(r"\d+m", service["mem_limit"]), name
        assert 0 < service["cpus"] <= 2
        assert 0 < service["pids_limit"] <= 256


def test_the_database_is_apart() -> None:
    """It is in a network of its own that leads nowhere, with the gateway alone."""
    networks = compose()["networks"]
    inside = {network: {name for name, each in SERVICES.items() if network in each["networks"]} for network in networks}
    assert networks["back"] == {"internal": True}
    assert inside == {"front": {"gateway", "simulators"}, "back": {"gateway", "postgres"}}


def test_both_read_the_configuration_that_is_mounted() -> None:
    """The configuration is mounted where the image looks for one."""
    [variable] = [rest for rest in of("ENV") if "POINTS_GATEWAY_CONFIG" in rest]
    target = variable.partition("POINTS_GATEWAY_CONFIG=")[2].split()[0]
    for name in ("gateway", "simulators"):
        assert f"./{CONFIG.relative_to(ROOT)}:{target}:ro" in SERVICES[name]["volumes"]


def test_the_configuration_takes_every_secret_from_a_file(settings: Settings, secrets: Path) -> None:
    """What the services are given is what the configuration asks for, no more and no less."""
    asked = set(re.findall(r"\$\{file:/run/secrets/(\w+)\}", CONFIG.read_text("utf-8")))
    assert asked == set(SERVICES["gateway"]["secrets"]) == set(SERVICES["simulators"]["secrets"])
    assert compose()["secrets"] == {name: {"file": f"./secrets/{name}"} for name in asked}
    assert asked == {file.name for file in secrets.iterdir()}
    assert settings.warnings == settings.plain == ()


def test_vendors_are_the_simulators(settings: Settings) -> None:
    """Every vendor is at the simulators' service, on a port that is published, and with a secret that is taken."""
    known = registry.simulators()
    urls = {name: urlsplit(vendor.base_url) for name, vendor in settings.vendors.items()}
    assert {url.hostname for url in urls.values()} == {"simulators"}
    assert sorted(url.port or 0 for url in urls.values()) == sorted(ports("simulators"))
    for name, vendor in settings.vendors.items():
        example = known[vendor.adapter].example
        assert urls[name].path == example.base_path
        secrets = {key: value.reveal() for key, value in vendor if isinstance(value, Secret)}
        assert secrets == {key: example.settings[key] for key in secrets}
    [asked] = re.findall(r"127\.0\.0\.1:(\d+)", probes()["simulators"][-1])
    assert int(asked) in ports("simulators")


def test_the_journal_is_the_database_next_door(settings: Settings, secrets: Path) -> None:
    """Host, user, password and database of the store are the PostgreSQL service's own."""
    store, postgres = urlsplit(settings.store), SERVICES["postgres"]
    environment = postgres["environment"]
    password = secrets / Path(environment["POSTGRES_PASSWORD_FILE"]).name
    assert (store.hostname, store.port) == ("postgres", 5432)
    assert (store.username, store.password) == (environment["POSTGRES_USER"], password.read_text().strip())
    assert environment["POSTGRES_PASSWORD_FILE"].startswith("/run/secrets/")
    assert postgres["secrets"] == [password.name]
    assert store.path == f"/{environment['POSTGRES_DB']}"
    check = postgres["healthcheck"]["test"]
    assert check[1:] == ["pg_isready", f"--username={store.username}", f"--dbname={environment['POSTGRES_DB']}"]
    assert "ports" not in postgres


def test_a_stop_waits_for_the_drain(settings: Settings) -> None:
    """The gateway is given longer to stop than it lets calls finish."""
    assert int(SERVICES["gateway"]["stop_grace_period"].removesuffix("s")) > settings.server.drain
