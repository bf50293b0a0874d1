"""The container image, built and run by podman. Nothing is pulled: its base is made of Debian's own packages.

It takes minutes, so `make test-image` runs it and `make test` does not. The base is kept in .bench/image/.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.deadlines import scaled, until

ROOT = Path(__file__).parents[1]
MADE = ROOT / ".bench/image"
PYTHON = "localhost/python:3.11-slim-bookworm"
"""What the Dockerfile's `FROM` comes to where no registry is asked."""
PACKAGES = "python3,python3-venv,python-is-python3,ca-certificates"
LARGEST = 120_000_000
"""Bytes that the image may have more than its base."""
BUILDING = scaled(900)
KEY = "a-key-for-tests-" + "0" * 24
CONFIGURATION = {
    "server": {"listen": "127.0.0.1:8080", "linger": 1},
    "store": "sqlite:////var/lib/points-gateway/points.db",
    "vendors": {
        "crm": {
            "adapter": "contact-points",
            "base_url": "http://127.0.0.1:9104",
            "api_key": "simulated-contact-points-key",
            "point_types": {"base": "standard"},
            "default_point_type": "base",
            "default_description": "Points adjustment",
        }
    },
    "tenants": {"acme": {"routes": {"adjust": "crm"}}},
    "clients": {"app": {"keys": [KEY], "tenants": ["*"], "scopes": ["points:write"]}},
}
CALL = f"""
import json, urllib.request
headers = {{"Authorization": "Bearer {KEY}", "X-Tenant": "acme", "Idempotency-Key": "key-1"}}
headers["Content-Type"] = "application/json"
body = json.dumps({{"member": "contact_id:1", "points": 5}}).encode()
request = urllib.request.Request("http://127.0.0.1:8080/v1/adjustments", body, headers)
print(urllib.request.urlopen(request).status)
"""
LEFT_BEHIND = """
import importlib.util, pathlib, shutil, sys
names = ["pip", "setuptools", "wheel", "hatchling", "editables", "pluggy", "pytest", "hypothesis", "tests"]
print([name for name in names if importlib.util.find_spec(name)])
print([name for name in ("pip", "pip3", "gcc", "cc", "make") if shutil.which(name)])
folders = [path for path in pathlib.Path(sys.prefix).rglob("*") if path.name in ("tests", "testing")]
print([str(path) for path in folders if path.is_dir()])
"""

pytestmark = pytest.mark.skipif("POINTS_TEST_IMAGE" not in os.environ, reason="takes minutes: `make test-image`")


RUN = ("run", "--ulimit=nofile=4096:4096", "--ulimit=nproc=1024:1024", "--health-interval=disable")
"""podman's own limits are more than a root without all rights may set; its timer of health checks is systemd's."""


class Podman:
    """podman on a storage of its own, as root, without a network."""

    def __init__(self, folder: Path) -> None:
        self._command = ["podman", f"--root={folder}/storage", f"--runroot={folder}/run", "--cgroup-manager=cgroupfs"]
        self._command += ["--events-backend=file", "--runtime=runc"]

    def tried(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command, whatever comes of it."""
        return subprocess.run(
            [*self._command, *map(str, words)], capture_output=True, text=True, check=False, timeout=BUILDING
        )

    def __call__(self, *words: str | Path) -> str:
        """The output of a command. Raises `AssertionError` where it fails."""
        done = self.tried(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()


def _debian() -> str:
    """The mirror of Debian 12 that this machine takes its packages from."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("a base can be made by root alone")
    if missing := [name for name in ("podman", "runc", "debootstrap", "apt-get") if shutil.which(name) is None]:
        pytest.skip(f"{', '.join(missing)} cannot be had: `make test-image` installs them on Debian")
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    mirrors = [line.split()[0] for line in lines if line.endswith(" bookworm")]
    if not mirrors:
        pytest.skip("this machine knows no mirror of Debian 12")
    return mirrors[0]


def _base(folder: Path) -> Path:
    """An archive of a small Debian with a Python, in place of the image of a registry."""
    archive = MADE / "base.tar"
    if not archive.exists():
        command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", folder / "base", _debian()]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=BUILDING)
        left_out = [f"--exclude=./{each}/*" for each in ("proc", "sys", "var/cache/apt", "var/lib/apt/lists")]
        partial = archive.with_suffix(".part")
        subprocess.run(["tar", "-C", folder / "base", *left_out, "-cf", partial, "."], check=True, timeout=BUILDING)
        partial.rename(archive)
    return archive


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    """An engine that has the image, under `points-gateway`, and its base."""
    _debian()
    MADE.mkdir(parents=True, exist_ok=True)
    folder = tmp_path_factory.mktemp("image")
    lock = folder / "runtime.txt"
    # Debian's Python is an older 3.11 than this process may be, and needs what such a one needs.
    needed = re.sub(r"; python_full_version < '3\.11\.[^\\]+", "", (ROOT / "locks/runtime.txt").read_text("utf-8"))
    lock.write_text(needed, "utf-8")
    wheels = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "-r", lock]
    subprocess.run([*wheels, "-d", MADE / "wheels"], check=True, timeout=BUILDING)
    (folder / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")
    engine = Podman(folder)
    try:
        engine("import", _base(folder), PYTHON)
        volumes = [f"--volume={MADE}/wheels:/wheels:ro", f"--volume={folder}/pip.conf:/etc/pip.conf:ro"]
        # Docker's format keeps the health check, which OCI's has no place for.
        build = ["build", "--format=docker", "--pull=never", "--network=none", "--tag=points-gateway"]
        engine(*build, *volumes, ROOT)
        yield engine
    finally:
        engine.tried("rm", "--all", "--force")
        engine.tried("rmi", "--all", "--force")


def test_the_image_is_small(podman: Podman) -> None:
    """It has less than 120 MB more than its base."""
    image, base = (int(podman("image", "inspect", "--format={{.Size}}", each)) for each in ("points-gateway", PYTHON))
    assert image - base < LARGEST, f"{(image - base) / 1e6:.0f} MB over a base of {base / 1e6:.0f} MB"


def test_the_image_has_what_serves_alone(podman: Podman) -> None:
    """Neither pip nor a compiler, nor anything that only builds or tests, is in it."""
    run = [*RUN, "--rm", "--network=none", "--entrypoint=python", "points-gateway", "-c", LEFT_BEHIND]
    assert podman(*run).splitlines() == ["[]", "[]", "[]"]


def test_every_command_starts(podman: Podman) -> None:
    """What was taken out is missed by no command: all modules can be imported."""
    script = (
        "import pkgutil, importlib, gateway, adapters\n"
        "for room in (gateway, adapters):\n"
        "    for each in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        "        '__main__' in each.name or importlib.import_module(each.name)\n"
        "print('all')"
    )
    assert podman(*RUN, "--rm", "--network=none", "--entrypoint=python", "points-gateway", "-c", script) == "all"


def test_the_image_serves(podman: Podman, tmp_path: Path) -> None:
    """It serves on a read-only root as an ordinary user, credits, is healthy by its own check, and stops in order."""
    tmp_path.chmod(0o755)
    (tmp_path / "gateway.yaml").write_text(yaml.safe_dump(CONFIGURATION))
    mounted = f"--volume={tmp_path}/gateway.yaml:/etc/points-gateway/gateway.yaml:ro"
    ordinary = [*RUN, "--detach", "--read-only", "--tmpfs=/tmp", "--cap-drop=all", "--security-opt=no-new-privileges"]
    ordinary += [mounted]
    gateway = podman(*ordinary, "--network=none", "--volume=journal:/var/lib/points-gateway", "points-gateway")
    podman(*ordinary, f"--network=container:{gateway}", "points-gateway", "simulate")
    until(lambda: podman.tried("healthcheck", "run", gateway).returncode == 0, pause=0.5)
    assert podman("exec", gateway, "id", "-u") == "10001"
    assert podman("exec", gateway, "python", "-c", CALL) == "201"
    podman("stop", "--time=60", gateway)
    state = json.loads(podman("container", "inspect", gateway))[0]["State"]
    assert state["ExitCode"] == 0
    assert podman.tried("healthcheck", "run", gateway).returncode != 0
