"""The wheel, installed where there is no checkout: the first minute of somebody who has nothing else."""

import os
import re
import signal
import site
import subprocess
import sys
import venv
from pathlib import Path

import httpx
import pytest

from gateway.cli.demo import KEY
from tests.deadlines import DEADLINE

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of an environment that has both wheels, and the dependencies of this one."""
    folder = tmp_path_factory.mktemp("installed")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
    wheel = (*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, ROOT, ROOT / "client")
    subprocess.run(wheel, check=True, timeout=4 * DEADLINE, capture_output=True)
    venv.create(folder / "env", with_pip=False)
    into = (*pip, "--python", folder / "env/bin/python", "install", "--no-deps", "--no-index", *folder.glob("*.whl"))
    subprocess.run(into, check=True, timeout=4 * DEADLINE, capture_output=True)
    # Of a path file within the other environment nothing is heeded, so that its link to the checkout is not either.
    [packages] = (folder / "env/lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))
    return folder / "env/bin/points-gateway"


def ran(program: Path, folder: Path, *words: str) -> str:
    """What a command prints in this folder; it has to succeed."""
    done = subprocess.run([program, *words], cwd=folder, capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_configuration_to_begin_with(program: Path, tmp_path: Path) -> None:
    """`init` has what it writes from the wheel, and `check` takes it."""
    assert re.fullmatch(r"points-gateway \d+\.\d+\.\d+\n", ran(program, tmp_path, "--version"))
    ran(program, tmp_path, "init")
    assert "points.yaml: good: " in ran(program, tmp_path, "check", "--offline", "--config", "points.yaml")


def test_a_demo_from_an_empty_folder(program: Path, tmp_path: Path) -> None:
    """It runs with all vendors, shows the first credit, and leaves nothing behind."""
    environ = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONSAFEPATH": "1"}
    process = subprocess.Popen(
        [program, "demo", "--port", "0"], cwd=tmp_path, env=environ, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        url = next(found[1] for line in process.stdout if (found := re.search(r"runs on (\S+) with 4 simulated", line)))
        next(line for line in process.stdout if "is shown here" in line)
        headers = {"Authorization": f"Bearer {KEY}", "Idempotency-Key": "first"}
        body = {"member": "email:Jason@example.com", "points": "5"}
        answer = httpx.post(f"{url}/v1/adjustments", json=body, headers=headers, timeout=DEADLINE)
        assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
        assert process.stdout.readline().startswith("201  POST  /v1/adjustments  -> arcade  adj_")
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == 0
        assert list(tmp_path.iterdir()) == []
    finally:
        process.kill()
        process.communicate(timeout=DEADLINE)
