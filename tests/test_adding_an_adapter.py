"""docs/adding-an-adapter.md is a whole adapter: its code is taken from the page, and run."""

import re
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

import adapters
from gateway.app import Gateway
from gateway.conformance.pair import paired
from gateway.conformance.trial import Trial
from gateway.model import Adjustment, Member
from gateway.planning.translation import Translator
from gateway.port import VendorResponse, registry
from gateway.settings import load
from gateway.simulation import Simulator, in_thread
from gateway.write import Write
from tests.deadlines import DEADLINE, FACTOR

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/adding-an-adapter.md").read_text("utf-8")
RUN = """
import sys, pytest, adapters
adapters.__path__.append(sys.argv[1] + "/adapters")
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", sys.argv[1], sys.argv[1] + "/tests"]))
"""
KEY = {"Authorization": "Bearer demo-storefront-key-000000000000000"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The page's files in a folder, installed as the page says: the package found, its entry points known."""
    for code in blocks("python"):
        path = tmp_path / code.partition("\n")[0].removeprefix("# ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, "utf-8")
    (tmp_path / "adapters/stamp_card/__init__.py").touch()
    information = tmp_path / "stamp_card-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: stamp-card\nVersion: 1\n")
    groups = tomllib.loads(blocks("toml")[0])["project"]["entry-points"]
    lines = [
        line for group, names in groups.items() for line in (f"[{group}]", *(f"{k} = {v}" for k, v in names.items()))
    ]
    (information / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(adapters, "__path__", [*adapters.__path__, str(tmp_path / "adapters")])
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("adapters.stamp_card")]:
        del sys.modules[name]
    vars(adapters).pop("stamp_card", None)


class Served(uvicorn.Server):
    """A server that says when it serves."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(uvicorn.Config(gateway.asgi, log_config=None, lifespan="on"))
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


@contextmanager
def serving(gateway: Gateway) -> Iterator[httpx.Client]:
    """A caller of a gateway that serves on a free port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Served(gateway)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert server.up.wait(DEADLINE)
        with httpx.Client(
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", headers=KEY, timeout=DEADLINE
        ) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def cafe(tree: Path) -> Iterator[tuple[httpx.Client, Any]]:
    """A gateway on the page's configuration, with the page's simulator as its vendor."""
    simulator: Simulator = registry.simulators()["stamp-card"]()
    with in_thread(simulator):
        config = tree / "points.yaml"
        config.write_text(blocks("yaml")[0].replace("http://127.0.0.1:9105/v2", simulator.base_url))
        kinds = registry.adapters()
        with serving(Gateway(load(config, kinds, {}), kinds)) as client:
            yield client, simulator


def adjust(client: httpx.Client, points: str, **fields: str) -> Any:
    body = {"member": "card:7", "points": points, **fields}
    return client.post("/v1/adjustments", json=body, headers={"Idempotency-Key": f"key-{points}"})


def test_the_pages_own_tests_pass(tree: Path) -> None:
    """What the page shows as tests of its adapter holds."""
    command = [sys.executable, "-c", RUN, str(tree)]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False, timeout=DEADLINE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_keeps_every_check(tree: Path) -> None:
    """The page's adapter is held to what the page says."""
    pair = paired("stamp-card")
    with Trial(pair, patience=FACTOR) as trial:
        assert [str(result.problem) for result in trial.results() if result.problem] == []


def test_a_change_goes_through_the_whole_gateway(cafe: tuple[httpx.Client, Any]) -> None:
    """An adjustment arrives at the vendor once, a balance comes back, and a reference is kept and not sent."""
    client, simulator = cafe
    answer = adjust(client, "5", description="Thanks", reference="order-1").json()
    assert (answer["status"], answer["balance"]["available"]) == ("succeeded", "15")
    assert answer["not_sent"] == ["reference"]
    assert adjust(client, "5", description="Thanks", reference="order-1").headers["Idempotent-Replayed"] == "true"
    sent = {"stamps": 5, "key": answer["id"], "note": "Thanks"}
    assert [effect.fields for effect in simulator.effects] == [sent]
    balance = client.get("/v1/members/card:7/balance").json()
    assert (balance["available"], balance["lifetime"]) == ("15", "15")


def test_its_search_goes_from_page_to_page(cafe: tuple[httpx.Client, Any]) -> None:
    """What is on the second page of the simulator is found there, by the cursor that the first one gave."""
    client, simulator = cafe
    ids = [adjust(client, str(points)).json()["id"] for points in range(1, 23)]
    kind = registry.adapters()["stamp-card"]
    translator = Translator("cafe", kind, kind.settings.model_validate(simulator.settings))
    last = Write(Adjustment(Member("card", "7"), Decimal(22)))
    cursor, found = None, []
    for _ in range(2):
        exchange, request = translator.find(last, id=ids[-1], cursor=cursor).begin()
        answer = httpx.get(simulator.base_url + request.path, headers=dict(request.headers), timeout=DEADLINE)
        with pytest.raises(StopIteration) as ended:
            exchange.send(VendorResponse(200, {"content-type": "application/json"}, answer.content))
        found.append(len(ended.value.value.matches))
        cursor = ended.value.value.next_cursor
    assert (found, cursor) == ([0, 1], None)


def test_its_refusals_are_final(cafe: tuple[httpx.Client, Any]) -> None:
    """Not enough stamps is the canonical problem, and changes nothing."""
    client, simulator = cafe
    answer = adjust(client, "-50")
    assert (answer.status_code, answer.json()["code"]) == (422, "insufficient_points")
    assert simulator.effects == []


def test_what_its_signature_does_not_say_is_refused(cafe: tuple[httpx.Client, Any]) -> None:
    """A fraction and a store are refused before the vendor is asked."""
    client, simulator = cafe
    assert adjust(client, "2.5").json()["code"] == "field_not_supported"
    assert adjust(client, "2", store="12").json()["errors"][0]["pointer"] == "/store"
    assert simulator.requests == []


def test_the_page_keeps_the_style_of_the_house(tree: Path) -> None:
    """Its code passes the project's own rules, and is formatted as they are."""
    ruff = [sys.executable, "-m", "ruff"]
    ours = "lint.isort.known-first-party = ['adapters', 'gateway']"
    options = ["--no-cache", "--config", str(ROOT / "pyproject.toml"), "--config", ours, "."]
    for command in (["check", *options], ["format", "--check", *options]):
        done = subprocess.run([*ruff, *command], cwd=tree, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
