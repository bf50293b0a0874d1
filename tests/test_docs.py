"""What the documents say about the tree, the commands, the problems and the configuration is so."""

import itertools
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway import errors
from gateway.cli import main as command_line
from gateway.conformance.made_of import made_of
from gateway.conformance.pair import installed
from gateway.conformance.reference import reference
from gateway.conformance.report import carried_on, placed, report
from gateway.conformance.trial import Result, cases
from gateway.errors import GatewayError
from gateway.metrics import Metrics
from gateway.port import VendorSettings, registry
from gateway.port.registry import AdapterType
from gateway.service.background import Background
from gateway.settings import load
from gateway.settings.file_models import ClientEntry, RuleEntry, ServerEntry
from gateway.settings.operator_models import AdminEntry, OperatorEntry, ResolutionEntry
from gateway.settings.webhooks import WebhookEntry
from tests.test_house import WINGS

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path.relative_to(ROOT)
    for path in [
        *ROOT.glob("*.md"),
        *(path for room in ("docs", "adapters", "client") for path in (ROOT / room).rglob("*.md")),
    ]
)
API = (ROOT / "docs/api.md").read_text("utf-8")
CONFIGURATION = (ROOT / "docs/configuration.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text("utf-8")
OPERATING = (ROOT / "docs/operating.md").read_text("utf-8")
EVENTS = (ROOT / "docs/watching.md").read_text("utf-8").split("### Events to alarm on\n")[1].split("\n## ")[0]
CODE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANY_CODE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
OWN = [kind for kind in registry.adapters().values() if kind.adapter.__module__.startswith("adapters.")]
"""The adapters of the tree."""
WIDEST = 120
"""Characters of the longest line of prose."""


def prose(page: Path) -> str:
    return CODE.sub("", (ROOT / page).read_text("utf-8"))


def links(page: Path) -> list[str]:
    """The links of a page that stay within the project."""
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def anchors(page: Path) -> set[str]:
    """What a page's headings can be linked by: lower case, punctuation dropped, spaces as hyphens."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link names a file of the tree, and a heading in it where it names one."""
    for target in links(page):
        name, _, heading = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), f"{page}: {target}"
        assert path.resolve().is_relative_to(ROOT), f"{page}: {target}"
        if heading:
            assert heading in anchors(path.resolve().relative_to(ROOT)), f"{page}: {target}"


def test_every_page_can_be_found() -> None:
    """Each page of docs/ and of the adapters is linked from the README."""
    linked = {((ROOT / target.partition("#")[0]).resolve()) for target in links(Path("README.md"))}
    assert [str(page) for page in PAGES if len(page.parts) > 1 and (ROOT / page) not in linked] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_lines_of_prose_are_short(page: Path) -> None:
    """No line is longer than 120 characters, code blocks and the rows of tables apart."""
    lines = ANY_CODE.sub("", (ROOT / page).read_text("utf-8")).splitlines()
    assert [line for line in lines if len(line) > WIDEST and not line.startswith("|")] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_make_targets_exist(page: Path) -> None:
    """Each `make TARGET` that a page names is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / page).read_text("utf-8"), re.MULTILINE))
    assert named <= targets


def commands(page: Path) -> Iterator[tuple[list[str], set[str]]]:
    """The commands that a page names, alternatives apart, each with the options that stand behind it."""
    for line in re.findall(r"points-gateway ([a-z][^`\n]*)", (ROOT / page).read_text("utf-8")):
        words = re.sub(r"\s*\|\s*", "|", line).split()
        names = itertools.takewhile(lambda word: re.fullmatch(r"[a-z][a-z|-]*", word), words)
        for command in itertools.product(*(name.split("|") for name in names)):
            yield list(command), {word for word in words if word.startswith("--")}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_commands_exist(page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Each `points-gateway COMMAND` that a page names is one, and takes the options that it has there."""
    monkeypatch.setenv("COLUMNS", "200")
    for command, options in commands(page):
        monkeypatch.setattr("sys.argv", ["points-gateway", *command, "--help"])
        with pytest.raises(SystemExit) as ended:
            command_line()
        assert ended.value.code == 0, f"{page}: points-gateway {' '.join(command)}"
        shown = capsys.readouterr().out
        assert all(re.search(rf"{option}\b", shown) for option in options), f"{page}: {command} {options}"


def drawn() -> Iterator[Path]:
    """The files and folders of the tree that architecture.md draws."""
    above: list[str] = []
    for line in CODE.findall(ARCHITECTURE)[0][1].splitlines():
        names = re.findall(r"(?:^ *|(?<=  ))([a-z_]+(?:/|\.py))(?=\s)", line + " ")
        depth = (len(line) - len(line.lstrip())) // 2
        yield from (Path(*above[:depth], name) for name in names)
        above = [*above[:depth], *names[:1]]


def test_the_drawn_tree_is_the_tree() -> None:
    """What architecture.md draws exists, and it leaves out no part of gateway/ and its wings."""
    paths = set(drawn())
    assert sorted(str(path) for path in paths if not (ROOT / path).exists()) == []
    for room in ("gateway", *(f"gateway/{wing}" for wing in WINGS)):
        parts = {path.relative_to(ROOT) for path in (ROOT / room).iterdir() if path.name[0] not in "_."}
        assert {path for path in parts if path.suffix == ".py" or path.is_dir()} <= paths


def test_the_layers_are_parts_of_the_gateway() -> None:
    """Each word in the line of layers is a module or a folder of gateway/."""
    [line] = re.findall(r"^cli > .*$", ARCHITECTURE, re.MULTILINE)
    names = re.findall(r"[a-z]+", line)
    assert [name for name in names if not list((ROOT / "gateway").glob(f"{name}*"))] == []


def chapter(title: str) -> str:
    """A chapter of api.md."""
    return re.split(r"^## ", API.partition(f"\n## {title}\n")[2], flags=re.MULTILINE)[0]


def table() -> Iterator[tuple[list[str], list[int], str]]:
    """The rows of the table of problems: codes, their statuses, when."""
    for row in re.findall(r"^\| (`.*) \|$", chapter("Problems"), re.MULTILINE):
        codes, statuses, when = (cell.strip() for cell in row.split("|"))
        found = [int(status) for status in statuses.split("/")]
        names = re.findall(r"`(\w+)`", codes)
        yield names, found * len(names) if len(found) == 1 else found, when


def kinds(base: type[GatewayError] = GatewayError) -> Iterator[type[GatewayError]]:
    """Every error that has a code of its own."""
    for kind in base.__subclasses__():
        if "code" in vars(kind) and kind.__module__ == errors.__name__:
            yield kind
        yield from kinds(kind)


def test_the_problems_are_those_of_the_table() -> None:
    """Every code of gateway.errors is in api.md's table with its status, and the other way round."""
    documented = {code: status for codes, found, _ in table() for code, status in zip(codes, found, strict=True)}
    assert documented == {kind.code: kind.status for kind in kinds()}


def test_the_table_says_which_problems_are_retryable() -> None:
    """A row speaks of trying again where one of its problems is retryable, and only there."""
    retryable = {kind.code for kind in kinds() if kind.retryable}
    assert [codes for codes, _, when in table() if ("retryable" in when) == retryable.isdisjoint(codes)] == []


def yaml_blocks() -> list[str]:
    return [code for language, code in CODE.findall(CONFIGURATION) if language == "yaml"]


@pytest.mark.parametrize("text", yaml_blocks(), ids=lambda text: text.partition(":")[0])
def test_the_configuration_of_the_contract_loads(text: str, tmp_path: Path) -> None:
    """Each YAML block of configuration.md is a whole configuration, given the variables and files that it names."""
    for name in re.findall(r"\$\{file:([^}]+)\}", text):
        secret = tmp_path / Path(name).name
        secret.write_text("a-secret\n")
        text = text.replace(name, str(secret))
    config = tmp_path / "points.yaml"
    config.write_text(text, "utf-8")
    named = re.findall(r"\$\{env:(\w+)", text)
    secret = {"WEBHOOK_SECRET": f"whsec_{'0' * 32}"}
    settings = load(config, registry.adapters(), {name: secret.get(name, f"{name}-{'0' * 32}") for name in named})
    assert set(settings.vendors) >= {"arcade", "club", "perks", "crm"}
    assert settings.warnings == ()


@pytest.mark.parametrize("page", ["docs/configuration.md", "config/gateway.yaml"])
def test_every_setting_is_explained(page: str) -> None:
    """The reference and the commented configuration name each setting that there is, of the vendors that they have."""
    text = (ROOT / page).read_text("utf-8")
    own = [kind.settings for kind in OWN if re.search(rf"adapter: {kind.name}\b", text)]
    assert own
    entries = ServerEntry, ClientEntry, RuleEntry, WebhookEntry, OperatorEntry, AdminEntry, ResolutionEntry
    settings = {name for model in (*entries, *own) for name in model.model_fields}
    assert sorted(name for name in settings if not re.search(rf"\b{name}\b", text)) == []


@pytest.mark.parametrize("kind", OWN, ids=lambda kind: kind.name)
def test_every_setting_of_an_adapter_is_explained(kind: AdapterType) -> None:
    """Where the reference does not have its vendor, its own page names its settings."""
    pages = CONFIGURATION + (ROOT / kind.adapter.__module__.replace(".", "/")).with_name("README.md").read_text("utf-8")
    own = kind.settings.model_fields.keys() - VendorSettings.model_fields.keys()
    assert sorted(name for name in own if not re.search(rf"\b{name}\b", pages)) == []


def test_the_events_to_watch_are_logged() -> None:
    """Each event in the tables of watching.md is one that some part of the gateway logs."""
    events = [name for row in re.findall(r"^\| (`.+?) \|", EVENTS, re.MULTILINE) for name in re.findall("`(.+?)`", row)]
    code = "".join(path.read_text("utf-8") for path in (ROOT / "gateway").rglob("*.py"))
    assert events
    assert [event for event in events if not re.search(rf'log\.\w+\(\s*"{re.escape(event)}"', code)] == []


def test_the_metrics_to_watch_are_exposed() -> None:
    """Each metric that operating.md names is one."""
    metrics = Metrics()
    metrics.standing.update({}, None, datetime.now(UTC))
    Background(metrics=metrics, clock=lambda: datetime.now(UTC), monotonic=time.monotonic)
    exposed = set(re.findall(r"^# TYPE (\w+)", metrics.exposition().decode(), re.MULTILINE))
    named = {re.sub("_(count|sum|bucket)$", "", name) for name in re.findall(r"`(points_\w+)", OPERATING)}
    assert named
    assert named <= exposed


def test_the_table_of_vendors_is_what_the_adapters_say() -> None:
    """The report and README's table are those that `make vendors` writes, where every check is kept.

    tests/adapters/test_conformance.py tries the checks.
    """
    there = json.loads((ROOT / "docs/vendors.json").read_text("utf-8"))
    pairs = list(installed())
    digests = {pair.kind.name: made_of(pair.kind) for pair in pairs}
    reports = carried_on([report(pair, map(Result, cases(pair))) for pair in pairs], there, digests)
    assert there == reports
    readme = (ROOT / "README.md").read_text("utf-8")
    assert placed(readme, reports) == readme


def test_the_reference_of_the_port_is_its_docstrings() -> None:
    """The page is the one that `make port` writes."""
    assert (ROOT / "docs/adapter-port.md").read_text("utf-8") == reference()
