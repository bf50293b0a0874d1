"""A new optional field of an adjustment is a small change: a copy of the project gets one, and all parts have it."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import pytest

from gateway.model import Adjustment
from gateway.traits import traits
from points_gateway_client.fields import AdjustmentFields, AnsweredFields

ROOT = Path(__file__).parents[2]
MOST = 6
"""Files that a new optional field may touch."""
PATCH = {
    "gateway/model.py": [
        (
            '    store: str | None = text("The store that it happened in.")\n',
            '    campaign: str | None = text("The campaign that it belongs to.")\n',
        )
    ],
    "client/points_gateway_client/fields.py": [("    store: str | None\n", "    campaign: str | None\n")],
    "docs/api.md": [
        ("| store | - | - | - | `StoreId` (a positive integer) | - |\n", "| campaign | - | - | - | - | - |\n")
    ],
    "tests/adapters/test_field_table.py": [
        (
            '    ("store", CP): ("`StoreId` (a positive integer)", fields.store_id),\n',
            '    ("campaign", IA): ("-", unsaid("campaign")),\n'
            '    ("campaign", FA): ("-", unsaid("campaign")),\n'
            '    ("campaign", EP): ("-", unsaid("campaign")),\n'
            '    ("campaign", CP): ("-", unsaid("campaign")),\n'
            '    ("campaign", SQ): ("-", unsaid("campaign")),\n',
        )
    ],
    "CHANGELOG.md": [("### Added\n", "- The field `campaign` of an adjustment.\n")],
}
"""By file: what is added after each occurrence of a line. The schema of configurations is written by its command."""
SCHEMA = "config/gateway.schema.json"
CHECKS = re.findall(r"^def (check_\w+)", Path(__file__).with_name("new_field.py").read_text("utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with one more field."""
    copy = tmp_path_factory.mktemp("copy")
    for name in ("gateway", "adapters", "client", "config", "docs", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "CHANGELOG.md", copy)
    for name, additions in PATCH.items():
        text = (copy / name).read_text("utf-8")
        for line, added in additions:
            assert line in text, f"{name} has no line {line!r} any more: change the patch"
            text = text.replace(line, line + added)
        (copy / name).write_text(text, "utf-8")
    schema = run(copy, "-m", "gateway.cli", "schema")
    assert schema.returncode == 0, schema.stderr
    (copy / SCHEMA).write_text(schema.stdout, "utf-8")
    return copy


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the copy."""
    # What is compiled is kept beside the copy, so that no process compiles what another has.
    path = os.pathsep.join((str(copy), str(copy / "client")))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONPYCACHEPREFIX": str(copy.with_name("compiled"))}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )


def test_the_files_that_a_field_touches_are_few_and_named(copy: Path) -> None:
    """They are those that docs/architecture.md names, and no others differ."""
    touched = {
        str(path.relative_to(copy))
        for path in copy.rglob("*")
        if path.is_file() and path.read_bytes() != (ROOT / path.relative_to(copy)).read_bytes()
    }
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    passage = page.split("## Adding a field\n", 1)[1].split("\n## ", 1)[0]
    named = re.findall(r"^[0-9]+\. `([^`]+)`", passage, re.MULTILINE)
    assert touched == set(named) == {*PATCH, SCHEMA}
    assert len(touched) <= MOST


@pytest.fixture(scope="module")
def failures(copy: Path) -> dict[str, str | None]:
    """What went wrong in each check: one process makes them all, since most of it is imports."""
    done = run(copy, "-m", "tests.gateway.new_field", *CHECKS)
    assert done.returncode == 0, done.stderr
    found: dict[str, str | None] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("check", CHECKS)
def test_every_part_has_the_field(failures: dict[str, str | None], check: str) -> None:
    """See `new_field`."""
    assert failures[check] is None, failures[check]


def test_the_client_library_has_the_fields_of_the_gateway() -> None:
    """It stands apart and has a list of its own, which is the same one."""
    named = traits(Adjustment)
    assert list(AdjustmentFields.__annotations__) == [*named, "options"]
    assert [each.name for each in fields(AnsweredFields)] == [*named]
    sent, answered = get_type_hints(AdjustmentFields), get_type_hints(AnsweredFields)
    for name, each in named.items():
        assert sent[name] == answered[name] == (bool if each.longest is None else str | None)


def test_only_what_a_caller_has_to_say_has_no_traits() -> None:
    """Every field has traits but the member, the points, and the options, whose models are the adapters'."""
    assert {each.name for each in fields(Adjustment)} - traits(Adjustment).keys() == {"member", "points", "options"}
