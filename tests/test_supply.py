"""What an installation is made of can be listed, and the list is whole."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.deadlines import DEADLINE

ROOT = Path(__file__).parents[1]
CLIENT = tomllib.loads((ROOT / "client/pyproject.toml").read_text("utf-8"))["project"]
LOCK = (ROOT / "locks/runtime.txt").read_text("utf-8")


def test_wheels_are_built_by_what_builds_the_locked_environment() -> None:
    """Each package of the lock of `make wheels` is in that of an installation, in the same version, by the same hashes.

    What builds is what both projects require for it.
    """
    packages = r"^([\w.-]+)==(\S+)((?: \\\n +--hash=\S+)+)"
    builds = set(re.findall(packages, (ROOT / "locks/wheels.txt").read_text("utf-8"), re.MULTILINE))
    assert builds <= set(re.findall(packages, LOCK, re.MULTILINE))
    assert {name for name, *_ in builds} >= {"hatchling", "packaging", "pathspec", "pluggy"}
    projects = [tomllib.loads((ROOT / each).read_text("utf-8")) for each in ("pyproject.toml", "client/pyproject.toml")]
    assert [each["build-system"]["requires"] for each in projects] == [["hatchling>=1.27"]] * 2


def test_the_bill_of_materials_lists_the_lock(tmp_path: Path) -> None:
    """Each package of the lock is in it with its version and every hash, and so is the client library.

    Made twice, it is the same.
    """
    [recipe] = re.findall(r"^\t(.*cyclonedx-py .*) -o dist/sbom.json$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    recipe = recipe.replace("$(BIN)", str(Path(sys.executable).parent))
    bills = [tmp_path / "first.json", tmp_path / "second.json"]
    for bill in bills:
        # What is written is validated by `make sbom`, which takes ten times as long.
        command = f"{recipe} --no-validate -o {bill}"
        subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, check=True, capture_output=True, timeout=DEADLINE)
    assert bills[0].read_bytes() == bills[1].read_bytes()
    bill = json.loads(bills[0].read_text())
    listed = {
        (
            each["name"],
            each["version"],
            frozenset(found["content"] for found in each["externalReferences"][0].get("hashes", ())),
        )
        for each in bill["components"]
    }
    packages = re.findall(r"^([\w.-]+)==(\S+)((?:.*\\\n)+.*)", LOCK, re.MULTILINE)
    assert listed == {
        (name, version, frozenset(re.findall(r"sha256:([0-9a-f]{64})", rest))) for name, version, rest in packages
    } | {("points-gateway-client", CLIENT["version"], frozenset[str]())}
    assert len(packages) == len(re.findall(r"^\S+==", LOCK, re.MULTILINE)) > 50
    assert bill["metadata"]["component"]["name"] == "points-gateway"
