"""The help of every command teaches it, and a command line that is wrong is told apart from what fails."""

import itertools
import re
import shlex
import shutil
from pathlib import Path

import pytest

from gateway.cli.demo import KEY
from tests.gateway.cli.conftest import ROOT, Command, Left

COMMANDS = (
    "serve",
    "health",
    "reload",
    "check",
    "diff",
    "explain",
    "adjustments list",
    "adjustments show",
    "adjustments resolve",
    "adjustments withdraw",
    "journal backup",
    "journal copy",
    "journal verify",
    "journal erase",
    "journal purge",
    "journal reconcile",
    "journal audit",
    "events webhooks",
    "events parked",
    "events replay",
    "events listen",
    "import",
    "export",
    "pause",
    "resume",
    "conform",
    "conform-live",
    "new-adapter",
    "port",
    "schema",
    "describe-try",
    "init",
    "demo",
    "simulate",
)
WITHOUT_CONFIGURATION = (
    *("conform", "new-adapter", "describe-try", "port", "schema", "init", "demo", "diff", "import", "export"),
    *("events listen", "adjustments withdraw"),
)
ENDS_BY_ITSELF = (
    *("check", "explain", "adjustments list", "journal verify", "journal audit", "port", "schema", "init"),
    *("events webhooks", "events parked"),
)


def listed(shown: str) -> list[str]:
    """The commands in the last panel of a help text."""
    return re.findall(r"^│ ([\w-]+) ", shown.rpartition("─ Commands ─")[2], re.MULTILINE)


def example(command: Command, name: str) -> list[str]:
    """The words of a command's example, up to a redirection."""
    [line] = re.findall(r"Example: points-gateway (.+)", command(*name.split(), "--help").out)
    return shlex.split(line.partition(" > ")[0])


def test_the_commands_are_these(command: Command) -> None:
    """The help lists every command, and those below `adjustments`, `journal` and `events`."""
    top = listed(command("--help").out)
    assert sorted(top) == sorted({name.split()[0] for name in COMMANDS})
    groups = "adjustments", "journal", "events"
    below = [f"{group} {name}" for group in groups for name in listed(command(group, "--help").out)]
    assert below == [name for name in COMMANDS if " " in name]


def test_the_help_says_where_to_begin(command: Command) -> None:
    """The help of the whole names the first commands to try, lists them first, and says what exit codes mean."""
    shown = command("--help")
    assert listed(shown.out)[:2] == ["demo", "init"]
    assert shown.code == 0
    assert "Begin with points-gateway demo" in shown.out
    assert "Exit codes: 0 done; 1 it could not be done, and standard error says why" in shown.out


def test_an_example_has_the_key_of_the_demo(command: Command) -> None:
    """What can be tried beside the demo works as it stands."""
    words = example(command, "events listen")
    assert words[words.index("--key") + 1] == KEY


@pytest.mark.parametrize("name", ["check", "journal verify"])
def test_a_paragraph_fills_its_lines(command: Command, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 80 columns no line ends where the next word had room, but at the end of a paragraph."""
    monkeypatch.setenv("COLUMNS", "80")
    text = command(*name.split(), "--help").out.partition("╭")[0].partition("\n\n")[2]
    for paragraph in re.split(r"\n *\n", text.rstrip()):
        lines = paragraph.strip().splitlines()
        for line, following in itertools.pairwise(each.strip() for each in lines):
            assert len(f"{line} {following.split()[0]}") > 78, line


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(command: Command, name: str) -> None:
    """Each command says what it does and what each of its options is for."""
    shown = command(*name.split(), "--help")
    assert (shown.code, shown.err) == (0, "")
    rows = re.findall(r"^│ [ *]? *(--?\S+)(.*?)│$", shown.out, re.MULTILINE)
    assert rows
    for option, rest in rows:
        assert re.search(r"\w{3,}.*[.)\]] *$", rest), f"{name} {option}: {rest}"


@pytest.mark.parametrize("name", ENDS_BY_ITSELF)
def test_an_example_runs(command: Command, name: str, left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a checkout, the example of a command that ends by itself succeeds."""
    words = example(command, name)
    config = left.config.parent / "config"
    config.mkdir()
    shutil.copy(ROOT / "config/demo.yaml", config)
    shutil.copy(left.config, config / "gateway.yaml")
    shutil.copy(left.config.with_name("points.db"), config)
    monkeypatch.chdir(left.config.parent)
    assert command(*words).code == 0


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in (*ENDS_BY_ITSELF, "demo", "events listen")])
def test_an_example_parses(command: Command, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of any other command fails for want of a configuration, a gateway that serves it, or an adapter."""
    words = example(command, name)
    assert " ".join(words).startswith(name)
    monkeypatch.chdir(tmp_path)
    result = command(*words)
    assert result.code == 1
    lacking = "cannot be read: No such file|not here: run this in a checkout|no gateway on|no API key|no adapter 'my-"
    lacking += "|set POINTS_ADMIN_KEY"
    assert re.search(lacking, result.err)


@pytest.mark.parametrize(
    "arguments", [["nosuch"], ["adjustments", "nosuch"], *([*name.split(), "--nosuch"] for name in COMMANDS)]
)
def test_what_is_not_known_is_refused(command: Command, arguments: list[str]) -> None:
    """An unknown command or option ends with exit code 2 and is named on standard error."""
    result = command(*arguments)
    assert (result.code, result.out) == (2, "")
    assert arguments[-1] in result.err


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in WITHOUT_CONFIGURATION])
def test_a_configuration_is_required(command: Command, name: str) -> None:
    """A command that needs a configuration and is given none ends with exit code 2."""
    fields = {
        "explain": ["adjust", "--tenant=acme", "--member=email:a"],
        "adjustments show": ["adj_1"],
        "adjustments resolve": ["adj_1", "--applied"],
        "journal backup": ["backup.db"],
        "journal copy": ["--to=new.yaml"],
        "resume": ["all"],
        "conform-live": ["shop", "--member=card:7"],
        "journal reconcile": ["november.csv", "--vendor=crm"],
        "journal erase": ["--member=contact_id:1"],
        "events replay": ["--tenant=acme", "--webhook=app", "--parked"],
    }
    result = command(*name.split(), *fields.get(name, []), *(["--reason=seen"] if name.endswith("resolve") else []))
    assert result.code == 2
    assert "--config" in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["serve", "--port", "65536"],
        ["serve", "--workers", "0"],
        ["explain", "transfer"],
        ["adjustments", "list", "--status", "lost"],
        ["adjustments", "list", "--limit", "0"],
        ["adjustments", "list", "-o", "xml"],
    ],
    ids=" ".join,
)
def test_a_value_that_is_none_of_its_option(command: Command, arguments: list[str], left: Left) -> None:
    """A value that its option cannot take ends with exit code 2, and what it was given for is named."""
    result = command(*arguments, "--config", left.config)
    assert (result.code, result.out) == (2, "")
    assert re.search(r"Invalid value for '(--|-o|\{?operation)", result.err)
