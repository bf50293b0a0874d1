"""`schema`: what editors are given."""

from tests.gateway.cli.conftest import ROOT, Command


def test_the_schema_is_the_one_that_is_kept(command: Command) -> None:
    """The output is config/gateway.schema.json, byte for byte."""
    result = command("schema")
    assert (result.code, result.err) == (0, "")
    assert result.out == (ROOT / "config/gateway.schema.json").read_text("utf-8")


def test_the_schema_of_descriptions_is_the_one_that_is_kept(command: Command) -> None:
    """The output is config/description.schema.json, byte for byte."""
    result = command("schema", "--descriptions")
    assert (result.code, result.err) == (0, "")
    assert result.out == (ROOT / "config/description.schema.json").read_text("utf-8")
