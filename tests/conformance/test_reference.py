"""The reference of the port has all that an adapter, a simulator and a set of examples are written with."""

import re
from pathlib import Path

from gateway.conformance.reference import reference

PAGE = reference()
GUIDE = (Path(__file__).parents[2] / "docs/adding-an-adapter.md").read_text("utf-8")


def test_what_the_guide_imports_of_the_kit_and_of_simulators_is_described() -> None:
    """Each name that its simulator or its examples import has a heading of its own; so has all that `jsontext` has."""
    names = re.findall(r"^from (gateway\.(?:simulation|conformance)) import (.+)$", GUIDE, re.MULTILINE)
    assert names
    imported = {f"{module}.{name}" for module, line in names for name in line.split(", ")}
    headings = set(re.findall(r"^### `(.+)`$", PAGE, re.MULTILINE))
    assert "gateway.conformance.Examples" in imported
    assert imported - {"gateway.simulation.jsontext"} <= headings
    assert {"gateway.simulation.Ledger", "gateway.simulation.jsontext.read"} <= headings


def test_a_property_is_shown_as_one() -> None:
    """It is read, and not called; a method that is awaited says so."""
    assert "\nok: bool  # a property\n" in PAGE
    assert "\nbase_url: str  # a property\n" in PAGE
    assert "\nawait start(self, " in PAGE


def test_each_field_of_the_examples_is_explained() -> None:
    """Below its name stands what it says."""
    fields = PAGE.split("### `gateway.conformance.Examples`")[1].split("```text\n")[1].split("```")[0].splitlines()
    named = [number for number, line in enumerate(fields) if not line.startswith(" ")]
    assert len(named) > 15
    assert all(fields[number + 1].startswith("    ") for number in named)
