"""The container image, built and run by podman.

It takes minutes, so `make test-image` runs it and `make test` does not. The base is kept in .bench/image/.
"""

import json
import os
from pathlib import Path

import pytest
import yaml

from tests.deadlines import until
from tests.image.engine import PYTHON, RUN, Podman

LARGEST = 120_000_000
"""Bytes that the image may have more than its base."""
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


def test_the_image_is_small(podman: Podman) -> None:
    """It has less than 120 MB more than its base."""
    image, base = (int(podman("image", "inspect", "--format={{.Size}}", each)) for each in ("points-gateway", PYTHON))
    assert image - base < LARGEST, f"{(image - base) / 1e6:.0f} MB over a base of {base / 1e6:.0f} MB"


def test_the_image_has_what_serves_alone(podman: Podman) -> None:
    """Neither pip nor a compiler, nor anything that only builds or tests, is in it."""
    run = [*RUN, "--rm", "--network=none", "--entrypoint=python", "points-gateway", "-c", LEFT_BEHIND]
    assert podman(*run).splitlines() == ["[]", "[]", "[]"]


def test_every_command_starts(podman: Podman) -> None:
    """What was taken out is missed by no command: all modules can be imported, but those that need an extra."""
    script = (
        "import pkgutil, importlib, gateway, adapters, points_gateway_client\n"
        "for room in (gateway, adapters, points_gateway_client):\n"
        "    for each in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        "        '__main__' in each.name or '.conformance.' in each.name or importlib.import_module(each.name)\n"
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
