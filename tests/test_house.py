"""The rules of the house that a reader cannot see in one file: who may import whom, and what stands nowhere."""

import ast
import re
import shutil
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.own_seconds import own_seconds

ROOT = Path(__file__).parents[1]

# Top to bottom: a part of gateway/ may import only parts that stand on a line below its own. A part is a module or a
# folder of gateway/, and in the wings each module, by its dotted name; a wing alone is what its package hands on. In
# any other folder the modules are free. A new part has to be given its place here.
WINGS = ("service", "answers", "delivery", "planning", "port")
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli",),
    ("conformance",),
    ("app",),
    ("generation",),
    ("admin",),
    ("console",),
    ("operators",),
    ("api",),
    ("service.service", "service.repeating", "service.settling", "service.exposition", "events"),
    ("service.wallet",),
    ("service.writes", "service.rounds", "service.searching"),
    ("service.reversals",),
    ("service.replies", "service.allowances", "service.strays"),
    ("service.balances", "service.members"),
    ("service.accounts", "service.background", "service.cache", "service.history", "service.leaving"),
    ("service.sweeping",),
    ("service.readiness", "service.vendor_reads", "service.waiting", "service.work"),
    ("service.vendors",),
    ("service.usage",),
    ("answers.plans", "answers.wallet"),
    ("answers.rendering",),
    ("answers.models", "answers.events"),
    ("answers.readings",),
    ("answers.answer_model",),
    ("delivery.ways",),
    ("delivery.delivery", "delivery.probing"),
    ("delivery.driving",),
    ("delivery.tokens",),
    ("delivery.alarms", "delivery.unsent", "delivery.retries"),
    ("delivery.asking", "delivery.meter", "delivery.no_token"),
    ("delivery.call", "delivery.gate"),
    ("delivery.outcome", "delivery.digest", "delivery.channels"),
    ("delivery.redaction", "delivery.circuit", "delivery.concurrency"),
    ("delivery.heads", "delivery.turns"),
    ("planning.wallet", "planning.configured", "planning.samples"),
    ("planning.planning",),
    ("planning.translation",),
    ("planning.translated",),
    ("planning.cancelling", "planning.contained", "planning.fresh"),
    ("settings",),
    ("planning.routing", "journal", "transport", "metrics", "logs"),
    ("journal_metrics", "shown_numbers", "webhook"),
    ("reversible", "event_kinds", "approvals"),
    ("adjustments", "meaning", "limits"),
    ("port.registry",),
    ("declared",),
    ("port.declaration", "port.installed"),
    ("port",),
    ("port.tokens",),
    ("port.adapter", "port.mapping"),
    ("port.signature",),
    ("port.authentication",),
    ("port.settings", "port.request", "port.response", "documents"),
    ("lenient",),
    ("port.credentials",),
    ("port.refusals", "port.echoes", "port.addresses", "port.switch", "scalars"),
    ("port.secrets", "reads", "rates", "write"),
    ("model", "errors", "exact", "charset", "escaping", "pauses", "own_id", "randomness", "store", "uptime"),
    ("gateway_error",),
    ("series", "tracing", "traits", "instrumented"),
)
# These stand apart, since others build on them alone: no part of gateway/ may import them, nor they any part of it.
APART = ("client", "simulation")
CLIENT = Path("client/points_gateway_client")
# The kit plays an adapter against its simulator; only its commands and an adapter's examples import it.
KIT, KIT_COMMANDS = "conformance", {"conform.py", "conform_live.py", "new_adapter.py", "port.py"}
PORT = {"port", "model", "errors", "exact", "lenient", "scalars"}

PLACE = {part: number for number, line in enumerate(LAYERS) for part in line}
ROOMS = ("gateway", "adapters", str(CLIENT))
MODULES = sorted(path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py"))
GATEWAY = [
    path
    for path in MODULES
    if path.parts[0] == "gateway" and (path.name != "__init__.py" or path.parts[1:] == ("port", "__init__.py"))
]
VENDORS = sorted(path.name for path in (ROOT / "adapters").iterdir() if (path / "__init__.py").exists())


def imports(path: Path) -> Iterator[str]:
    """Every module of the project that a file imports, wherever in the file, as a dotted name."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            named = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in named if name.split(".")[0] in ("gateway", "adapters", CLIENT.name))


def part(name: str) -> str:
    """The part of gateway/ that a dotted name is in: a module of a wing, or the wing where its package hands it on."""
    _, room, *inner = name.split(".")
    if room in WINGS and inner and (ROOT / "gateway" / room / f"{inner[0]}.py").exists():
        return f"{room}.{inner[0]}"
    return room


def part_of(path: Path) -> str:
    """The part of gateway/ that a file belongs to."""
    return part(".".join(path.with_suffix("").parts).removesuffix(".__init__"))


def texts(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every text file under a folder, with its text."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(ROOT), path.read_text("utf-8")


def kept() -> list[Path]:
    """The files that belong to the project: what git keeps or would keep, else all but what tools leave behind."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    left = {".git", ".venv", ".bench", "__pycache__", "var", "dist"}
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not any(each in left or each.endswith("_cache") for each in path.relative_to(ROOT).parts)
    ]


def test_every_part_of_the_gateway_has_a_place() -> None:
    """The table of layers names each module and folder of gateway/ once, and nothing that does not exist."""
    placed = [part for line in LAYERS for part in line] + list(APART)
    assert sorted(placed) == sorted({part_of(path) for path in GATEWAY})


@pytest.mark.parametrize("path", GATEWAY, ids=str)
def test_imports_run_down(path: Path) -> None:
    """A module imports only parts below its own; what stands apart only what it may."""
    mine = part_of(path)
    for name in imports(path):
        if name.startswith(CLIENT.name):
            assert mine in ("client", "cli"), f"{path} imports {name}: only commands call a gateway"
            continue
        assert name.startswith("gateway."), f"{path} imports {name}: the gateway knows no vendor"
        theirs = part(name)
        if theirs == mine:
            continue
        assert mine not in APART, f"{path} imports {name}"
        if mine == KIT and theirs == "simulation":
            continue
        assert theirs != KIT or path.name in KIT_COMMANDS, f"{path} imports {name}: no gateway that serves loads it"
        assert theirs in PLACE, f"{path} imports {name}, which stands apart"
        assert PLACE[theirs] > PLACE[mine], f"{path} imports {name}, which is not below it"


def test_the_client_library_stands_alone() -> None:
    """It is a distribution of its own, and imports nothing of the gateway."""
    modules = [path for path in MODULES if path.is_relative_to(CLIENT)]
    assert len(modules) > 10
    assert [(path, name) for path in modules for name in imports(path) if not name.startswith(CLIENT.name)] == []


def test_the_client_reads_numbers_as_the_gateway_does() -> None:
    """Its `exact` is the gateway's, to the byte: neither distribution can be imported by the other for it."""
    assert (ROOT / CLIENT / "exact.py").read_bytes() == (ROOT / "gateway/exact.py").read_bytes()


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_adapter_leans_on_the_port_alone(vendor: str) -> None:
    """Adapters import the port and what it deals in; a simulator only what simulators are built from."""
    for path in (path for path in MODULES if path.parts[:2] == ("adapters", vendor)):
        simulates = path.name.startswith("simulat")
        for name in imports(path):
            if simulates:
                allowed = name.startswith(("gateway.simulation.", f"adapters.{vendor}.simulat"))
            elif path.name == "examples.py":
                allowed = name == "gateway.conformance.Examples"
            else:
                own = name.startswith(f"adapters.{vendor}.") and not name.startswith(f"adapters.{vendor}.simulat")
                allowed = own or (name.startswith("gateway.") and part(name) in PORT)
            assert allowed, f"{path} imports {name}"


def test_every_adapter_is_registered_with_its_simulator() -> None:
    """Each folder of adapters/ with an adapter is named by both groups, and each entry point leads into one.

    A description without a simulator has no name of its own; a configuration can name its file.
    """
    made_of = ("adapter.py", "description.yaml")
    complete = [name for name in VENDORS if any((ROOT / "adapters" / name / each).exists() for each in made_of)]
    entry_points = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    for group in ("points_gateway.adapters", "points_gateway.simulators"):
        assert sorted(re.split("[.:]", target)[1] for target in entry_points[group].values()) == complete
        assert sorted(name.replace("-", "_") for name in entry_points[group]) == complete


def test_no_vendor_is_named_in_the_gateway() -> None:
    """No text in gateway/ holds a vendor's name, whatever its letter case and whatever joins its words."""
    names = [re.compile(vendor.replace("_", "[-_]?"), re.IGNORECASE) for vendor in VENDORS]
    found = [
        f"{path}: {match.group()}"
        for path, text in texts(ROOT / "gateway")
        for name in names
        if (match := name.search(text) or name.search(str(path)))
    ]
    assert found == []


@pytest.mark.parametrize("room", ROOMS)
def test_files_are_small(room: str) -> None:
    """No file is longer than 300 lines: past that there is a second noun in it."""
    assert {str(path): lines for path, text in texts(ROOT / room) if (lines := text.count("\n")) > 300} == {}


def test_modules_are_named_after_what_they_hold() -> None:
    """No module has a name that says nothing."""
    empty = re.compile(r"(util|helper|common|manager|misc|base)s?\Z")
    assert [str(path) for path in MODULES if any(empty.match(each.removesuffix(".py")) for each in path.parts)] == []


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "__init__.py"], ids=str)
def test_modules_begin_with_what_they_are(path: Path) -> None:
    """Each module has a docstring, and unless it draws something, one of five lines at most."""
    said = ast.get_docstring(ast.parse((ROOT / path).read_text("utf-8")))
    assert said
    assert len(said.splitlines()) <= 5 or re.search("[─>]", said)


def test_no_test_bounds_a_wait_by_a_number() -> None:
    """Every deadline of the tests is one of `tests/deadlines.py`, which scales it by how busy the machine is."""
    found = {
        str(path): seconds
        for path, text in texts(ROOT / "tests")
        if path.suffix == ".py" and "deadlines" not in path.name and (seconds := list(own_seconds(text)))
    }
    assert found == {}


def test_nothing_names_the_machine_that_it_was_made_on() -> None:
    """No file of the project holds a package index's address or a path of somebody's machine."""
    unwanted = re.compile(
        r"--(extra-)?index-url\b|pypi[.]org|python[h]osted[.]org|https?://[^\s\"')]+/simple\b"
        r"|(?<![\w.})])/(root|home|Users|work)/\w"
    )
    found = []
    for path in kept():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in unwanted.finditer(text)]
    assert found == []


def test_a_file_name_has_one_meaning() -> None:
    """A module's name occurs once in gateway/, or in several rooms with the same meaning."""
    same = {
        "__main__": "the commands, for `python -m`",
        "adapter": "the base class, and each vendor's own",
        "simulator": "each vendor's own",
        "wire": "each vendor's answers, read into values",
        "adjustments": "what an adjustment is, and the command about it",
        "audit": "what operators did: kept, and the command that lists it",
        "check": "the command about a configuration, and one promise that the kit holds an adapter to",
        "edge": "what all endpoints have in common: those of clients, and those of operators",
        "errors": "the gateway's problems",
        "exact": "numbers without floats, in each distribution",
        "examples": "what an adapter is tried with: the class, and each vendor's own",
        "events": "what apps are told of adjustments, as an answer and as commands",
        "evidence": "whether a byte of a request has left",
        "explain": "the command",
        "finding": "what operators look for in all tenants, and the kit's promise that what is unknown is found",
        "health": "whether a gateway is ready: what its pages say, and the command that asks",
        "history": "of a member at the vendor: each vendor's rows, and the pages that callers get",
        "ledger": "what a stand-in remembers: a simulated vendor, and the client's fake",
        "live": "what happens now: at the vendors, when check asks them, and as operators see it",
        "limits": "what may be adjusted, as a value and as it is configured",
        "results": "what an answer comes to: a gateway's to its client, and a vendor's by its description",
        "readings": "what vendors say of a member, as the gateway answers it and as the client reads it",
        "repeating": "sending the request of an unknown again",
        "request": "one HTTP request",
        "queue": "what waits for a person: as it is kept, and as operators see it",
        "schemas": "the input of an API: that of clients, and that of operators",
        "schema": "the JSON Schema of configurations, and the command that prints it",
        "settings": "what is configured: of a vendor, and of all",
        "settling": "how an unknown ends: the gateway's search, and the client's wait",
        "store": "where the journal is",
        "tenants": "the configured tenants, and as operators see them",
        "tokens": "what vendors issue: how an adapter fetches it, and the one in use",
        "unknown_sets": "sets of the unknown: how they are named, and as operators see them",
        "vendors": "the configured vendors",
        "report": "what came of each row of an import, and of each check of an adapter",
        "paging": "pages of a list: how a description asks for them, and the check of an adapter that does",
        "webhooks": "what tenants' endpoints are told of events: configured, kept, and verified by an app",
        "rates": "what points are worth, as values and as they are configured",
        "wallet": "all that a member has: what is asked, who asks it, and the answer",
    }
    names = Counter(path.stem for path in MODULES if path.name != "__init__.py" and "migrations" not in path.parts)
    assert [name for name, count in names.items() if count > 1 and name not in same] == []
