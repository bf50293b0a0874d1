"""A running gateway reads its configuration again: all of it serves the new one or none, and no call is lost."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest

from tests.deadlines import DEADLINE, until
from tests.end_to_end.caller import Caller
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.nursery import PROGRAM, Finished, nursery

FIVE = {"member": "contact_id:1", "points": "5"}


def written(gateway: GatewayProcess, configuration: dict[str, Any] | str) -> None:
    """Have the file of a gateway hold this."""
    text = configuration if isinstance(configuration, str) else json.dumps(configuration)
    (gateway.folder / "gateway.yaml").write_text(text)


def reloaded(gateway: GatewayProcess) -> Finished:
    """What `points-gateway reload` says."""
    return nursery().run(PROGRAM, "reload", "--config", gateway.folder / "gateway.yaml")


def served(gateway: GatewayProcess, caller: Caller) -> str:
    """The digest of the configuration that answers."""
    return str(caller.send("GET", "/readyz?verbose").json()["configuration"]["digest"])


def refusals(gateway: GatewayProcess, number: int) -> list[dict[str, Any]]:
    """The lines of the log about so many reloads that were refused; other lines may come between them."""

    def found() -> list[dict[str, Any]]:
        return [json.loads(line) for line in gateway.lines if "a reload was refused" in line]

    until(lambda: len(found()) == number)
    return found()


@contextmanager
def under_load(caller: Caller) -> Iterator[list[int]]:
    """Calls from several threads, one after the other, while the block runs; the statuses of all their answers."""
    statuses: list[int] = []
    over = Event()

    def call(number: int) -> None:
        count = 0
        while not over.is_set():
            count += 1
            statuses.append(caller.adjust(FIVE, key=f"key-load-{number}-{count}").status_code)

    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(call, number) for number in range(4)]
        try:
            yield statuses
        finally:
            over.set()
            for each in calls:
                each.result(DEADLINE)


@pytest.mark.parametrize("workers", [1, 2])
def test_no_call_is_lost(
    start: Starts,
    calling: Callable[[GatewayProcess], Caller],
    configured: Callable[..., dict[str, Any]],
    vendors: Vendors,
    workers: int,
) -> None:
    """Under load, several reloads are done: every write is applied once and answered, and all workers have the last."""
    gateway = start(workers=workers)
    api = calling(gateway)
    before = served(gateway, api)
    with under_load(api) as statuses:
        for number in range(4):
            vendor = {**configured()["vendors"]["crm"], "max_concurrency": 10 + number}
            written(gateway, configured(vendors={**configured()["vendors"], "crm": vendor}))
            done = reloaded(gateway)
            assert done.code == 0, done
        assert b"vendors.crm.max_concurrency: 12 -> 13\n" in done.out
        enough = len(statuses) + 20
        until(lambda: len(statuses) > enough)
    assert set(statuses) == {201}
    assert len(vendors.crm.effects) == len(statuses)
    (digest,) = {served(gateway, api) for _ in range(10)}
    assert digest != before
    assert f"serves configuration {digest}".encode() in done.out
    assert gateway.stop() == 0
    assert gateway.log.count("the configuration was reloaded") == 4


@pytest.mark.parametrize("workers", [1, 2])
def test_a_bad_one_is_refused(
    start: Starts,
    calling: Callable[[GatewayProcess], Caller],
    configured: Callable[..., dict[str, Any]],
    vendors: Vendors,
    workers: int,
) -> None:
    """Its mistakes are in the log and on the command's output, each with its place; the old one goes on."""
    gateway = start(workers=workers)
    api = calling(gateway)
    before = served(gateway, api)
    file = gateway.folder / "gateway.yaml"
    bad_ones = (
        ("vendors: [", f"{file}:2:1: not YAML"),
        (configured(clients={}, vendor=1), f"{file}:1:"),
        (configured(store="sqlite:///other.db"), "store: it cannot change while the gateway runs"),
        (configured(server={**configured()["server"], "admin": "127.0.0.1:1"}), "server.admin: it cannot change"),
    )
    for number, (bad, message) in enumerate(bad_ones, start=1):
        written(gateway, bad)
        done = reloaded(gateway)
        assert (done.code, done.out) == (1, b"")
        assert message in done.err.decode()
        assert done.err.decode().splitlines()[0] in refusals(gateway, number)[-1]["problems"]
    os.kill(gateway.pid, signal.SIGHUP)
    assert refusals(gateway, len(bad_ones) + 1)[-1]["by"] == "SIGHUP"
    assert served(gateway, api) == before
    assert api.adjust(FIVE).status_code == 201


def test_a_renaming_says_what_it_was(
    start: Starts,
    calling: Callable[[GatewayProcess], Caller],
    configured: Callable[..., dict[str, Any]],
    vendors: Vendors,
) -> None:
    """A client under another name is refused; with `was` its repeats get the answers that were given."""
    gateway = start()
    api = calling(gateway)
    shop = api.acting(client="storefront")
    before = shop.adjust(FIVE, key="key-0")
    clients = configured()["clients"]
    renamed = {"shop" if name == "storefront" else name: each for name, each in clients.items()}
    written(gateway, configured(clients=renamed))
    done = reloaded(gateway)
    assert done.code == 1
    assert "clients.shop: it has a key of 'storefront'" in done.err.decode()
    written(gateway, configured(clients={**renamed, "shop": {**renamed["shop"], "was": "storefront"}}))
    done = reloaded(gateway)
    assert (done.code, done.out.splitlines()[0]) == (0, b"clients.shop: renamed, it was storefront")
    assert shop.adjust(FIVE, key="key-0").content == before.content
    assert len(vendors.crm.effects) == 1
    audit = nursery().run(PROGRAM, "journal", "audit", "--config", gateway.folder / "gateway.yaml").out.decode()
    assert [line.count("reload") for line in audit.splitlines() if "reload" in line] == [1]
    assert served(gateway, api) in audit


def test_settings_of_the_process_follow(
    start: Starts,
    calling: Callable[[GatewayProcess], Caller],
    configured: Callable[..., dict[str, Any]],
    vendors: Vendors,
) -> None:
    """The level of the log counts from the reload on, and the time of a drain at the end."""
    gateway = start(server={**configured()["server"], "drain": 3600})
    api = calling(gateway)
    written(gateway, configured(server={**configured()["server"], "drain": 0, "log_level": "warning"}))
    assert reloaded(gateway).code == 0
    vendors.crm.fault(kind="hang", when="before")
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(api.adjust, FIVE)
        vendors.crm.requests.wait_for(1)
        assert gateway.stop() == 0
        assert call.result(DEADLINE).json()["status"] == "unknown"
    lines = [json.loads(line) for line in gateway.lines]
    assert [line["status"] for line in lines if line["event"] == "request" and line["client"]] == []
    assert "calls were still under way at the end of the drain; they were cut" in gateway.log


def test_nobody_to_reload(start: Starts) -> None:
    """A gateway that has ended, killed or not, is not there any more."""
    gateway = start()
    gateway.serving()
    gateway.kill()
    for _ in range(2):
        done = reloaded(gateway)
        assert done.code == 1
        assert b"no gateway on this machine serves" in done.err
