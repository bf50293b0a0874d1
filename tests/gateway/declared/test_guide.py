"""docs/describing-a-vendor.md is a whole description: it is taken from the page, and tried as the page says."""

import re
from pathlib import Path

import pytest
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
        (BOOKED, ("--status", "201", "--points", "6"), (1, "$.tokens: not what was sent: sent 6, received 5")),
        ('{"error": "nobody", "text": "No."}', ("--status", "404"), (1, "verdict  refused")),
        ('{"number": "7", "left": 12}', ("--operation", "balance", "--member", "card:7"), (0, '{"available":12}')),
        ('{"number": "8", "left": 12}', ("--operation", "balance", "--member", "card:7"), (1, "not what was sent")),
        ("{}", ("--operation", "lookup"), (1, "describes no lookup")),
    ):
        code, shown = tried(command, tmp_path, answer, *words)
        assert (code, expected[1] in shown) == (expected[0], True), shown
        assert "Traceback" not in shown


def test_a_refusal_may_be_a_success_by_its_status(command: Command, tmp_path: Path) -> None:
    """By the code in it; another word proves neither."""
    code = EXAMPLE.replace("code: $.error", "code: $.state").replace("  message: $.text\n", "")
    text = code.replace(
        "{status: 404, code: nobody, means: member_not_found}",
        "{status: 201, code: rejected, means: vendor_rejected}",
    )
    (tmp_path / "tokens.yaml").write_text(text)
    for word, verdict in (("done", "applied"), ("rejected", "refused"), ("queued", "unknown")):
        (tmp_path / "answer.json").write_text(BOOKED.replace("done", word))
        words = (str(tmp_path / "tokens.yaml"), str(tmp_path / "answer.json"), "--status", "201")
        assert f"verdict  {verdict}" in command("describe-try", *words).out


SHELVES = (
    EXAMPLE.replace("{key: secret}", "{key: secret, shelf: text, rack: number}")
    .replace('{tokens: "{points}"', '{shelf: "{settings.shelf}", rack: "{settings.rack}", tokens: "{points}"')
    .replace(
        '$.tokens: "{points}"',
        '$.tokens: "{points}", $.shelf: "{settings.shelf}", $.rack: "{settings.rack}", $.key: "{settings.key}"',
    )
)
AGREED = '{"state": "done", "id": "t-1", "tokens": 5, "left": 1, "shelf": "north", "rack": 7, "key": "key-of-the-shop"}'


def shelved(command: Command, folder: Path, *words: str, answer: str = AGREED) -> tuple[int, str]:
    (folder / "shelves.yaml").write_text(SHELVES)
    (folder / "answer.txt").write_text(answer)
    result = command(
        "describe-try", str(folder / "shelves.yaml"), str(folder / "answer.txt"), *words, "--status", "201"
    )
    return result.code, result.out + result.err


def test_settings_are_given_and_what_is_made_up_is_shown(command: Command, tmp_path: Path) -> None:
    """An answer that agrees with a setting needs it; secrets are compared, and shown in no form."""
    code, shown = shelved(command, tmp_path)
    assert code == 1
    assert "made up  --member card:12345 --points 5 --id adj_example --setting shelf=made-up" in shown
    assert '$.shelf: not what was sent: sent "made-up-for-a-trial-0123456789", received "north"' in shown
    whole = ("--setting", "shelf=north", "--setting", "rack=7", "--setting", "key=key-of-the-shop")
    code, shown = shelved(command, tmp_path, *whole)
    assert (code, "verdict  applied" in shown, "--setting" in shown) == (0, True, False), shown
    for answer in (AGREED, AGREED.replace("key-of-the-shop", "another-key"), AGREED.replace(', "rack": 7', "")):
        code, shown = shelved(command, tmp_path, *whole[:-1], "key=key-of-the-sho", answer=answer)
        assert (code, "key-of-the-sho" in shown, "another-key" in shown) == (1, False, False), shown
        lacks = "$.rack: not what was sent: sent 7, received nothing"
        assert ("not what was sent, the secret setting key" if "rack" in answer else lacks) in shown


def test_a_point_type_is_in_the_vendors_word(command: Command, tmp_path: Path) -> None:
    """As the answer has it; a description that sends none has no use for it."""
    text = EXAMPLE.replace('{tokens: "{points}"', '{kind: "{point_type}", tokens: "{points}"')
    (tmp_path / "kinds.yaml").write_text(text.replace('$.tokens: "{points}"', '$.kind: "{point_type}"'))
    (tmp_path / "answer.txt").write_text(BOOKED.replace('"left"', '"kind": "gold", "left"'))
    words = ("describe-try", str(tmp_path / "kinds.yaml"), str(tmp_path / "answer.txt"), "--status", "201")
    result = command(*words, "--point-type", "gold")
    assert (result.code, "verdict  applied" in result.out, '"kind":"gold"' in result.out) == (0, True, True), result
    assert '$.kind: not what was sent: sent "tin", received "gold"' in command(*words, "--point-type", "tin").out
    assert "the vendor requires it" in command(*words).err
    assert "the description sends no {reason}" in command(*words, "--point-type", "gold", "--reason", "gift").err


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("shelf", "--setting shelf: expected NAME=VALUE"),
        ("shop=1", "no setting is named shop (there are: key, shelf, rack)"),
        ("rack=top", "setting rack: expected a whole number"),
        ("shelf=", "setting shelf: "),
    ],
)
def test_a_setting_that_is_none_is_one_line(command: Command, tmp_path: Path, given: str, why: str) -> None:
    """Its name, and what was expected."""
    code, shown = shelved(command, tmp_path, "--setting", given)
    assert (code, why in shown, len(shown.splitlines())) == (1, True, 1), shown


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
