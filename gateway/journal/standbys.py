"""Whether what PostgreSQL confirms outlives its server, and whether its disk has room: asked while it is in use."""

import structlog
from sqlalchemy import Connection

from gateway.journal.beginning import NOTHING_KEPT

log = structlog.get_logger(__name__)
ALONE = (
    "The store names several servers, and the one in use has an empty synchronous_standby_names: a fail-over can lose"
    " confirmed writes, and a repeat of one that was lost is applied twice. Name the standbys there"
)
_NAMES = "SELECT current_setting('synchronous_standby_names')"
# Temporary files are made in the tablespace of the database, and are gone with the transaction.
_ROOM = "SET LOCAL work_mem = '64kB'; SET LOCAL temp_tablespaces = ''; SELECT count(*) FROM generate_series(1, 20000)"


class Standbys:
    """Whether standbys confirm what is written, where `several` servers may take each other's place."""

    def __init__(self, *, several: bool = False) -> None:
        self._several = several
        self._alone = False

    @property
    def not_promised(self) -> tuple[str, ...]:
        """What the server in use does not promise, in sentences for an operator."""
        return (ALONE,) if self._alone else ()

    def heard(self, confirmed: bool) -> None:
        """Take in whether the server in use waits for a standby; log it where it has begun not to."""
        alone = self._several and not confirmed
        if alone and not self._alone:
            log.error("the journal can lose what it confirmed", why=ALONE)
        self._alone = alone


def waited_for(connection: Connection) -> bool:
    """Whether each commit of this connection waits for a standby; false on SQLite."""
    return connection.dialect.name != "sqlite" and bool(connection.exec_driver_sql(_NAMES).scalar_one().strip())


def touch(connection: Connection) -> bool:
    """Within a transaction: write to the log, so that its commit waits for the disk, and for a standby that is set.

    Gives whether one is.
    """
    connection.exec_driver_sql(f"SELECT {NOTHING_KEPT}")
    return waited_for(connection)


def room(connection: Connection) -> None:
    """Raises what the server says where its disk has no room for some 300 kB; on SQLite a write finds that out."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(_ROOM)
