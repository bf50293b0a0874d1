"""PgBouncer before the server: refused where it mixes sessions up, and no trouble where it does not."""

import asyncio
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.adjustments import Draft
from gateway.journal import Journal, JournalError
from tests.conftest import PostgreSQL
from tests.deadlines import DEADLINE, until

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
CONFIGURATION = """
[databases]
* = host={server} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
"""
Pooled = Callable[[str], str]


@pytest.fixture
def pooled(postgresql: PostgreSQL) -> Iterator[Pooled]:
    """Starts a PgBouncer in a mode; gives the URL of a new database behind it."""
    if PROGRAM is None:
        pytest.skip("pgbouncer: not installed (Debian's package of that name has it)")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="pooler-"))
        stack.callback(shutil.rmtree, folder)
        url = postgresql.database()
        stack.callback(postgresql.drop, url)

        def start(mode: str) -> str:
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            file = folder / "pgbouncer.ini"
            file.write_text(CONFIGURATION.format(server=postgresql.folder, port=port, mode=mode))
            [user] = {path.owner() for path in postgresql.folder.glob("data")}
            shutil.chown(folder, user)
            log = stack.enter_context((folder / "log").open("w"))
            process = subprocess.Popen([str(PROGRAM), str(file)], user=user, stdout=log, stderr=log)
            stack.callback(process.wait, DEADLINE)
            stack.callback(process.kill)
            through = f"postgresql://postgres@127.0.0.1:{port}/{url.partition('@/')[2].partition('?')[0]}"

            def serves() -> bool:
                assert process.poll() is None, (folder / "log").read_text()
                try:
                    psycopg.connect(through).close()
                except psycopg.OperationalError:
                    return False
                return True

            until(serves)
            return through

        yield start


def test_transaction_mode_is_refused(pooled: Pooled, clock: Any) -> None:
    """A journal is opened neither to write nor to read; one line says what to change."""
    through = pooled("transaction")
    for opening in (
        lambda: Journal.open(through, owner="a", clock=clock, render=lambda record: None),
        lambda: Journal.to_read(through, clock=clock),
    ):
        with pytest.raises(JournalError, match="pool_mode = session") as refused:
            opening()
        assert "\n" not in str(refused.value)


def test_session_mode_serves(pooled: Pooled, clock: Any, draft: Callable[..., Draft], runner: asyncio.Runner) -> None:
    """A pooler that gives each client a session of its own changes nothing."""
    journal = Journal.open(pooled("session"), owner="a", clock=clock, render=lambda record: None, patience=DEADLINE)
    assert runner.run(journal.claim(draft()))[1]
    runner.run(journal.ready())
    runner.run(journal.close())
