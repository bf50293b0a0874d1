"""Brings the tables of a journal up to date by itself; Alembic is loaded only where there is something to do."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from gateway.journal.failures import JournalError, JournalMissing
from gateway.journal.lock import wait_for_turn
from gateway.journal.tables import HEAD, VERSION_TABLE

_VERSION = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 (a constant)


def version(connection: Connection) -> str | None:
    """The migration that the journal behind this connection has reached; None where there is no journal yet."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(_VERSION)
    return found


def upgrade(connection: Connection) -> None:
    """Make the tables, or bring them up to date, within the connection's transaction.

    Of several gateways at once, one does it and the others wait: on SQLite the transaction sees to that. Raises
    `JournalError` where a newer gateway has been here.
    """
    found = version(connection)
    if found == HEAD:
        return
    if connection.dialect.name == "postgresql":
        wait_for_turn(connection)
        found = version(connection)
        if found == HEAD:
            return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    if found is not None and found not in {
        script.revision for script in ScriptDirectory.from_config(config).walk_revisions()
    }:
        raise unfit(found)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def unfit(found: str | None) -> JournalError:
    """Why a journal whose tables are at `found` cannot be used as it is."""
    if found is None:
        return JournalMissing("there is no journal there yet: a gateway makes it when it is started")
    return JournalError(
        f"the journal's tables are at version {found}, this gateway reads {HEAD}: use the gateway that wrote them,"
        " or, where that is the older one, start this one on it"
    )
