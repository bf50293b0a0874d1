"""`schema`: what editors are given."""

from tests.gateway.cli.conftest import ROOT, Command


def test_the_schema_is_the_one_that_is_kept(command: Command) -> None:
    """The output is config/gateway.schema.json, byte for byte."""
    said = command("schema")
    assert (said.code, said.err) == (0, "")
    assert said.out == (ROOT / "config/gateway.schema.json").read_text("utf-8")
