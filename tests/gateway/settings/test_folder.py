from pathlib import Path

import pytest

from gateway.port.registry import AdapterType
from gateway.settings import SettingsError, load

from .conftest import WHOLE

STORE, VENDORS = WHOLE[: WHOLE.index("vendors:")], WHOLE[WHOLE.index("vendors:") : WHOLE.index("tenants:")]
REST = WHOLE[WHOLE.index("tenants:") :]


def problems(folder: Path, adapters: dict[str, AdapterType]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(folder, adapters, {})
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration in three files, and others that are none of it."""
    for name, text in (("a.yaml", VENDORS), ("b.yml", STORE), ("c.yaml", REST), ("notes.txt", "["), (".x.yaml", "[")):
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_files_of_a_folder_are_put_together(folder: Path, adapters: dict[str, AdapterType]) -> None:
    """Sections of names are united, in the order of the files' names."""
    (folder / "d.yaml").write_text("vendors:\n  extra: {extends: perks}\ntenants:\n  outlet: {routes_from: acme}\n")
    settings = load(folder, adapters, {})
    assert list(settings.vendors) == ["arcade", "perks", "extra"]
    assert list(settings.tenants) == ["acme", "outlet"]
    assert settings.store == f"sqlite:///{folder}/points.db"


def test_a_name_given_in_two_files_names_both_places(folder: Path, adapters: dict[str, AdapterType]) -> None:
    """Entries of every section, and sections that stand once."""
    (folder / "d.yaml").write_text(STORE + "vendors:\n  perks: {extends: arcade}\n")
    assert problems(folder, adapters) == [
        f"d.yaml:1:1: store: given twice: first in {folder}/b.yml, line 1, column 1",
        f"d.yaml:3:3: vendors.perks: given twice: first in {folder}/a.yaml, line 3, column 3",
    ]


def test_what_an_entry_takes_over_is_told_in_the_file_where_it_stands(
    folder: Path, adapters: dict[str, AdapterType]
) -> None:
    """A base may stand in another file than what extends it."""
    (folder / "a.yaml").write_text(VENDORS.replace("partner_id: 7", "partner_id: x"))
    (folder / "d.yaml").write_text("vendors:\n  extra: {extends: arcade, timeout: x}\n")
    assert problems(folder, adapters) == [
        "a.yaml:2:76: vendors.arcade.partner_id: expected a whole number",
        "d.yaml:2:37: vendors.extra.timeout: expected a number",
    ]


def test_files_that_cannot_be_read_are_all_told_and_nothing_that_follows_from_it(
    folder: Path, adapters: dict[str, AdapterType]
) -> None:
    """Without the vendors, every route would seem wrong."""
    (folder / "a.yaml").write_text("vendors: [\n")
    (folder / "b.yml").write_text("")
    assert [problem.split(": ", 1)[0] for problem in problems(folder, adapters)] == ["a.yaml:2:1", "b.yml:1:1"]


def test_a_folder_without_files_is_told(tmp_path: Path, adapters: dict[str, AdapterType]) -> None:
    """And says what it looks for."""
    assert problems(tmp_path, adapters) == [
        f"{tmp_path}:1:1: expected *.yaml or *.yml files in the folder, and it has none"
    ]


@pytest.mark.parametrize("name", ["none.yaml", "a\0b"])
def test_a_path_that_is_not_there_is_told(tmp_path: Path, adapters: dict[str, AdapterType], name: str) -> None:
    """As a problem of that file."""
    (found,) = problems(tmp_path / name, adapters)
    assert ":1:1: cannot be read: " in found
