"""docs/describing-a-vendor.md is a whole description: it is taken from the page, and tried as the page says."""

import re
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

from gateway.declared.template import Hole
from gateway.settings.schema import of_descriptions
from tests.gateway.cli.conftest import ROOT, Command, command
from tests.gateway.declared.described import WHOLE, made
from tests.gateway.declared.shop import DESCRIPTION

__all__ = ["command"]
PAGE = (ROOT / "docs/describing-a-vendor.md").read_text("utf-8")
EXAMPLE, *REST = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
BOOKED = '{"state": "done", "id": "t-1", "tokens": 5, "left": 12}'


def tried(command: Command, folder: Path, answer: str, *words: str) -> tuple[int, str]:
    (folder / "tokens.yaml").write_text(EXAMPLE)
    (folder / "answer.txt").write_text(answer)
    result = command("describe-try", str(folder / "tokens.yaml"), str(folder / "answer.txt"), *words)
    return result.code, result.out + result.err


def test_the_example_is_short_and_whole() -> None:
    """Some twenty lines, without the comment and its continuation."""
    assert len(EXAMPLE.splitlines()) <= 25
    kind = made(EXAMPLE)
    assert (kind.name, set(kind.operations)) == ("tokens", {"adjust", "balance"})


def test_only_the_success_is_applied(command: Command, tmp_path: Path) -> None:
    """As the page says: another status, another number and a refusal are something else."""
    for answer, words, expected in (
        (BOOKED, ("--status", "201"), (0, "verdict  applied")),
        (f"HTTP/1.1 201 Created\r\nX-A: b\r\n\r\n{BOOKED}", (), (0, "verdict  applied")),
        (BOOKED, (), (1, "verdict  unknown")),
        (BOOKED, ("--status", "201", "--points", "6"), (1, "$.tokens: not what was sent")),
        ('{"error": "nobody", "text": "No."}', ("--status", "404"), (1, "verdict  refused")),
        ('{"number": "7", "left": 12}', ("--operation", "balance", "--member", "card:7"), (0, '{"available":12}')),
        ('{"number": "8", "left": 12}', ("--operation", "balance", "--member", "card:7"), (1, "not what was sent")),
        ("{}", ("--operation", "lookup"), (1, "describes no lookup")),
    ):
        code, shown = tried(command, tmp_path, answer, *words)
        assert (code, expected[1] in shown) == (expected[0], True), shown
        assert "Traceback" not in shown


def test_what_cannot_be_tried_is_one_line(command: Command, tmp_path: Path) -> None:
    """A file that is not there, one that is no description, a number that is none."""
    (tmp_path / "x.yaml").write_text("name: x\n")
    for words in (
        (str(tmp_path / "none.yaml"), str(tmp_path / "x.yaml")),
        (str(tmp_path / "x.yaml"), str(tmp_path / "x.yaml")),
    ):
        result = command("describe-try", *words)
        assert (result.code, "Traceback" in result.err) == (1, False)
    for words in (("--points", "many"), ("--member", "nobody"), ("--member", "email:a")):
        code, shown = tried(command, tmp_path, BOOKED, *words)
        assert (code, "Traceback" in shown) == (1, False), shown


def test_every_hole_of_the_table_is_one() -> None:
    """The page names no hole that does not exist."""
    table = PAGE.partition("| hole | value |")[2].partition("\n\n")[0]
    for name, optional in re.findall(r"`\{([a-z_.]+(?:NAME)?)(\??)\}`", table):
        Hole.of(name.replace("NAME", "name"), optional=bool(optional))


def test_editors_take_what_the_gateway_takes() -> None:
    """The JSON Schema accepts descriptions in their short forms, and no key that is misspelt."""
    validator = Draft202012Validator(of_descriptions())
    for text in (EXAMPLE, DESCRIPTION, WHOLE):
        validator.validate(yaml.safe_load(text))
    for path in sorted((ROOT / "adapters").glob("*/description.yaml")):
        validator.validate(yaml.safe_load(path.read_text("utf-8")))
    assert not validator.is_valid({**yaml.safe_load(EXAMPLE), "ajust": {}})
