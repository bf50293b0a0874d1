"""A PostgreSQL whose disk is full: /readyz asks by `ready`, which finds out before callers do."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.adjustments import Draft
from gateway.errors import StoreUnavailable
from gateway.journal import Journal
from tests.conftest import PostgreSQL
from tests.deadlines import DEADLINE

SIZE = 32 * 1024 * 1024
"""Bytes of the disk; an empty database takes a quarter of it."""


@pytest.fixture
def disk() -> Iterator[Path]:
    """A small disk of its own, in memory; skipped where none can be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="disk-"))
    try:
        options = ["-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
        if os.geteuid() != 0 or subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
            pytest.skip("mount: needs root, and leave to mount a tmpfs")
        yield folder
        subprocess.run(["umount", str(folder)], check=True)
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def store(disk: Path, postgresql: PostgreSQL) -> Iterator[str]:
    """A database that is on that disk, while the log of its server is elsewhere."""
    [owner] = {path.owner() for path in postgresql.folder.glob("data")}
    shutil.chown(disk, owner)
    url = postgresql.database()
    name = url.partition("@/")[2].partition("?")[0]
    with psycopg.connect(url.replace(f"/{name}?", "/postgres?"), autocommit=True) as server:
        server.execute(f"CREATE TABLESPACE small LOCATION '{disk}'".encode())
        server.execute(f"ALTER DATABASE {name} SET TABLESPACE small".encode())
        yield url
        postgresql.drop(url)
        server.execute("DROP TABLESPACE small")


def fill(file: Path) -> None:
    """Write until nothing more can be written."""
    with file.open("wb", buffering=0) as writing, suppress(OSError):
        while True:
            writing.write(bytes(4096))


def test_a_full_disk_is_found_out(
    disk: Path, store: str, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """While there is no room the journal is not ready, though some rows still find a place in pages that are there; it
    is ready again once there is room."""
    journal = Journal.open(
        store, owner="a", clock=clock, render=lambda record: None, patience=DEADLINE, within=DEADLINE
    )
    runner.run(journal.ready())
    runner.run(journal.claim(draft()))
    filler = disk / "filler"
    fill(filler)
    assert runner.run(journal.claim(draft()))[1], "a single row has room in a page"
    with pytest.raises(StoreUnavailable, match="disk is full"):
        runner.run(journal.ready())
    filler.unlink()
    runner.run(journal.ready())
    runner.run(journal.close())
