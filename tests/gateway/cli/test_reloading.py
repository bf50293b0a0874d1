"""A reload of several workers: each loads the very files that its parent read, and all serve them or none does."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.app import Gateway
from gateway.cli.reloading import Here, Reloading
from gateway.cli.worker_link import ParentEnd, WorkerEnd
from gateway.port import registry
from gateway.settings import Snapshot, load
from tests.deadlines import DEADLINE

KINDS = registry.adapters().loadable()[0]
VENDOR = {"adapter": "contact-points", "base_url": "http://127.0.0.1:9", "account": "a"}


def written(folder: Path, **vendor: Any) -> Snapshot:
    """A configuration in a file, as it was read."""
    configuration = {
        "store": "sqlite:///journal.db",
        "vendors": {"crm": {**VENDOR, "api_key": "key-of-the-crm", **vendor}},
        "tenants": {"acme": {"routes": {"adjust": "crm"}}},
        "clients": {"app": {"keys": ["k" * 32], "tenants": ["acme"], "scopes": ["points:read"]}},
    }
    file = folder / "gateway.yaml"
    file.write_text(json.dumps(configuration))
    return Snapshot.read(file)[0]


@asynccontextmanager
async def worker(
    number: int, snapshot: Snapshot, environ: Mapping[str, str]
) -> AsyncIterator[tuple[Gateway, ParentEnd]]:
    """A gateway that follows its parent, and the parent's end of it."""
    ours, theirs = socket.socketpair()
    parent = await ParentEnd.of(number, ours, snapshot)
    link = WorkerEnd(theirs, KINDS, environ)
    gateway = Gateway(load(link.snapshot, KINDS, environ), KINDS)
    try:
        async with link.asked(Here(gateway)):
            yield gateway, parent
    finally:
        parent.close()
        await gateway.close()


def play(
    folder: Path, scene: Callable[[Reloading, list[Gateway]], Coroutine[Any, Any, None]], *environs: Mapping[str, str]
) -> None:
    """Play a scene with a worker for each of these environments; the parent has the first one."""

    async def bounded() -> None:
        snapshot = written(folder)
        async with asyncio.timeout(DEADLINE), AsyncExitStack() as running:
            workers = [
                await running.enter_async_context(worker(number, snapshot, environ))
                for number, environ in enumerate(environs)
            ]
            parties = [parent for _, parent in workers]
            settings = load(snapshot, KINDS, environs[0])
            await scene(
                Reloading(snapshot, settings, KINDS, environs[0], lambda: parties), [each for each, _ in workers]
            )

    asyncio.run(bounded())


def test_all_swap(tmp_path: Path) -> None:
    """Every worker serves what was read once, and the parent has it for the next one that starts."""

    async def scene(reloading: Reloading, workers: list[Gateway]) -> None:
        snapshot = written(tmp_path, max_concurrency=7)
        outcome = await reloading.reload("a test")
        assert (outcome.done, outcome.lines) == (True, ("vendors.crm.max_concurrency: 64 -> 7",))
        assert {each.current.settings.digest for each in workers} == {snapshot.digest} == {outcome.digest}
        assert reloading.snapshot == snapshot
        (entry,) = await workers[0]._journal.audit(limit=10)
        assert (entry.by, entry.action, entry.detail["configuration"]) == ("a test", "reload", snapshot.digest)

    play(tmp_path, scene, {}, {})


def test_one_that_cannot_holds_all_back(tmp_path: Path) -> None:
    """What only one lacks is told, none swaps, and what the others had prepared is let go of."""

    async def scene(reloading: Reloading, workers: list[Gateway]) -> None:
        before = reloading.snapshot
        transports = len(workers[0]._channels)
        written(tmp_path, api_key="${env:KEY_OF_THE_CRM}", base_url="http://127.0.0.1:10")
        outcome = await reloading.reload("a test")
        assert (outcome.done, outcome.digest) == (False, before.digest)
        assert len(outcome.lines) == 1
        assert "vendors.crm.api_key: " in outcome.lines[0]
        assert "KEY_OF_THE_CRM" in outcome.lines[0]
        assert {each.current.settings.digest for each in workers} == {before.digest}
        assert reloading.snapshot == before
        written(tmp_path, max_concurrency=7)
        assert (await reloading.reload("a test")).done
        assert {len(each._channels) for each in workers} == {transports}

    play(tmp_path, scene, {"KEY_OF_THE_CRM": "key-of-the-crm"}, {})


def test_one_that_has_ended_is_told(tmp_path: Path) -> None:
    """A worker whose end of the link is closed refuses the reload; the next one is done by those that are there."""

    async def scene(reloading: Reloading, workers: list[Gateway]) -> None:
        written(tmp_path, max_concurrency=7)
        gone, there = reloading._parties()
        assert isinstance(gone, ParentEnd)
        gone._writer.close()
        assert (await reloading.reload("a test")).lines == ("worker 0 ended meanwhile: try again",)
        reloading._parties = lambda: [there]
        assert (await reloading.reload("a test")).done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.cli.worker_link.os.kill", lambda pid, sig: None)  # the worker is this very process
        play(tmp_path, scene, {}, {})


def test_nobody_serves(tmp_path: Path) -> None:
    """Between the end of the only worker and its restart there is nobody to check it with."""

    async def scene(reloading: Reloading, workers: list[Gateway]) -> None:
        reloading._parties = list
        assert (await reloading.reload("a test")).lines == ("no worker serves at this moment: try again",)

    play(tmp_path, scene, {})
