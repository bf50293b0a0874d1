"""Two real PostgreSQL servers, of which one follows the other, and takes its place when that one dies."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.conftest import WAIT, ordinary_user, programs
from tests.deadlines import until

SETTINGS = {
    "fsync": "off",  # servers are killed, not the machine
    "listen_addresses": "127.0.0.1",
    "max_connections": "50",
    "unix_socket_directories": "",
    "wal_level": "replica",
}


class Pair:
    """A primary and its synchronous standby; `url` names both, as a gateway's `store` does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._user = ordinary_user()
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._programs = programs(folder, self._user)
        self._ports = [_free_port(), _free_port()]
        options = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync")
        self._run("initdb", f"--pgdata={folder}/0", *options)
        self._start(0)
        origin = f"host=127.0.0.1 port={self._ports[0]} user=postgres application_name=standby"
        copy = ("--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync")
        self._run("pg_basebackup", f"--pgdata={folder}/1", f"--dbname={origin}", *copy)
        self._start(1)
        self.wait_for_standbys("*")
        until(lambda: self._asked(0, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 1)

    @property
    def url(self) -> str:
        """Both servers, in the plain form."""
        first, second = self._ports
        return f"postgresql://postgres@127.0.0.1:{first},127.0.0.1:{second}/postgres?target_session_attrs=read-write"

    def wait_for_standbys(self, names: str) -> None:
        """Have the primary wait for these standbys at each commit; for none where it is empty."""
        self._asked(0, f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self._asked(0, "SELECT pg_reload_conf()")
        until(lambda: self._asked(0, "SELECT current_setting('synchronous_standby_names')") == names)

    def fail_over(self) -> None:
        """Kill the primary at once, and promote the standby; returns once that takes writes."""
        self._run("pg_ctl", f"--pgdata={self._folder}/0", *WAIT, "--mode=immediate", "stop")
        self._run("pg_ctl", f"--pgdata={self._folder}/1", *WAIT, "promote")

    def stop(self) -> None:
        """End what still runs."""
        for number in (0, 1):
            if (self._folder / str(number) / "postmaster.pid").exists():
                self._run("pg_ctl", f"--pgdata={self._folder}/{number}", *WAIT, "--mode=immediate", "stop")

    def _start(self, number: int) -> None:
        settings = SETTINGS | {"port": str(self._ports[number])}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        place = f"--pgdata={self._folder}/{number}"
        self._run("pg_ctl", place, *WAIT, f"--log={self._folder}/log-{number}", f"--options={options}", "start")

    def _asked(self, number: int, statement: str) -> object:
        where = f"host=127.0.0.1 port={self._ports[number]} user=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchone()[0] if cursor.description else None

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        with tempfile.TemporaryFile() as output:  # not a pipe, which the servers would inherit
            done = subprocess.run(command, user=self._user, cwd=self._folder, stdout=output, stderr=output, check=False)
            output.seek(0)
            assert done.returncode == 0, output.read().decode()


@contextmanager
def pair() -> Iterator[Pair]:
    """Both servers, for a while."""
    folder = Path(tempfile.mkdtemp(prefix="pair-"))
    try:
        servers = Pair(folder)
        try:
            yield servers
        finally:
            servers.stop()
    finally:
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
