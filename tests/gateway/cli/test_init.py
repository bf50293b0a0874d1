"""`init`: a configuration to begin with, where there is none."""

from pathlib import Path

import pytest

from tests.gateway.cli.conftest import ROOT, Command


def test_it_writes_a_configuration_and_its_schema(command: Command, tmp_path: Path) -> None:
    """What it writes is valid as far as it can be without secrets, explains itself, and names its schema."""
    folder = tmp_path / "new"
    result = command("init", folder)
    assert (result.code, result.err) == (0, "")
    assert sorted(each.name for each in folder.iterdir()) == ["gateway.schema.json", "points.yaml"]
    text = (folder / "points.yaml").read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=gateway.schema.json\n")
    assert "../var" not in text
    kept = (ROOT / "config/gateway.schema.json").read_text("utf-8")
    assert (folder / "gateway.schema.json").read_text("utf-8") == kept
    assert f"points-gateway check --config {folder}/points.yaml" in result.out
    assert (folder / "points.yaml").stat().st_mode & 0o777 == 0o600
    assert command("check", "--offline", "--config", folder / "points.yaml").code == 0


def test_it_says_what_is_to_be_set(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables and files that its secrets and keys come from are listed, without those that are there."""
    monkeypatch.setenv("CRM_API_KEY", "a-key-of-somebody-else")
    lines = command("init", tmp_path).out.splitlines()
    assert {"  ${env:ARCADE_API_KEY}", "  ${file:/run/secrets/club}", "  ${env:STOREFRONT_KEY}"} <= set(lines)
    assert "  ${env:CRM_API_KEY}" not in lines


def test_it_overwrites_nothing(command: Command, tmp_path: Path) -> None:
    """Where one of its files is there already, neither is written."""
    (tmp_path / "gateway.schema.json").write_text("mine")
    result = command("init", tmp_path)
    assert result.code == 1
    assert "gateway.schema.json is there already" in result.err
    assert [each.name for each in tmp_path.iterdir()] == ["gateway.schema.json"]
    assert (tmp_path / "gateway.schema.json").read_text() == "mine"


def test_a_folder_that_cannot_be_made(command: Command, tmp_path: Path) -> None:
    """It says why."""
    (tmp_path / "file").write_text("")
    result = command("init", tmp_path / "file/below")
    assert (result.code, result.err) == (
        1,
        f"points-gateway: {tmp_path}/file/below cannot be written: Not a directory\n",
    )
