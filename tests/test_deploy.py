"""The examples of deploy/: valid by their own tools, and in accord with what the gateway does.

Those of the proxies run in tests/end_to_end/test_rolling_restart.py.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from gateway.settings.file_models import ServerEntry
from tests.deadlines import DEADLINE

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "deploy/points-gateway.service"
MANIFESTS = (ROOT / "deploy/kubernetes.yaml").read_text("utf-8")
DOCUMENTS: dict[str, Any] = {each["kind"]: each for each in yaml.safe_load_all(MANIFESTS)}
GRACE = 5
"""Seconds that a stop may take beside the linger and the drain: see docs/running.md."""


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_manifest_is_one(kind: str) -> None:
    """Each has all that Kubernetes' own schema asks for, and nothing that it does not know."""
    kubernetes_validate.validate(DOCUMENTS[kind], kubernetes_validate.latest_version(), strict=True)


def test_what_belongs_together_is_found() -> None:
    """The Service, the budget and the spread select the pods of the Deployment, and ports are named as they are."""
    deployment = DOCUMENTS["Deployment"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    pod = deployment["template"]["spec"]
    [container], [spread] = pod["containers"], pod["topologySpreadConstraints"]
    budget = DOCUMENTS["PodDisruptionBudget"]["spec"]
    selectors = [deployment["selector"], spread["labelSelector"], budget["selector"]]
    assert [each["matchLabels"] for each in selectors] == [labels] * 3
    assert DOCUMENTS["Service"]["spec"]["selector"] == labels
    named = {port["name"] for port in container["ports"]}
    asked = {probe["httpGet"]["port"] for name, probe in container.items() if name.endswith("Probe")}
    assert asked | {port["targetPort"] for port in DOCUMENTS["Service"]["spec"]["ports"]} <= named
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert 0 < budget["minAvailable"] < deployment["replicas"]


def test_a_pod_may_do_little() -> None:
    """It runs as the image's ordinary user, on a read-only root, without capabilities or a token."""
    pod = DOCUMENTS["Deployment"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    user = f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}"
    assert f"USER {user}\n" in (ROOT / "Dockerfile").read_text("utf-8")
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]


def test_stops_are_waited_for() -> None:
    """The pod and the unit have time for the linger, the drain and a little more; the pod's liveness is no /readyz."""
    [text] = re.findall(r"server: (\{.*\})", MANIFESTS)
    server = ServerEntry.model_validate(yaml.safe_load(text))
    pod = DOCUMENTS["Deployment"]["spec"]["template"]["spec"]
    assert server.linger > 0
    assert pod["terminationGracePeriodSeconds"] >= server.linger + server.drain + GRACE
    [stop] = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT.read_text("utf-8"), re.MULTILINE)
    assert int(stop) >= server.linger + server.drain + GRACE
    [container] = pod["containers"]
    paths = {name: probe["httpGet"]["path"] for name, probe in container.items() if name.endswith("Probe")}
    assert paths == {"readinessProbe": "/readyz", "livenessProbe": "/livez", "startupProbe": "/livez"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_unit_is_one(tmp_path: Path) -> None:
    """systemd finds nothing to say of it; its program is not installed here, so another takes its place."""
    program = shutil.which("true")
    unit = tmp_path / UNIT.name
    text, count = re.subn(r"^(Exec\w+=)\S+", rf"\g<1>{program}", UNIT.read_text("utf-8"), flags=re.MULTILINE)
    assert count == 2
    unit.write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=DEADLINE)
    assert (done.returncode, done.stderr) == (0, "")
