"""Whether a file or a server can hold a journal at all, found out when it is opened.

What is let pass here would fail later, in the middle of a write whose outcome then could not be kept.
"""

import stat
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from sqlalchemy import Connection, text

from gateway.journal import cause
from gateway.journal.tables import metadata
from gateway.store import printable

_SERVER = (
    "SELECT current_setting('server_encoding'), pg_is_in_recovery(), current_setting('default_transaction_read_only'),"
    " (SELECT source FROM pg_settings WHERE name = 'default_transaction_read_only'),"
    " current_user::text, current_database()::text"
)
_RESET = MappingProxyType(
    {
        "user": "set for role {user}; ALTER ROLE {user} RESET default_transaction_read_only",
        "database": "set for database {database}; ALTER DATABASE {database} RESET default_transaction_read_only",
        "database user": "set for role {user} in database {database};"
        " ALTER ROLE {user} IN DATABASE {database} RESET default_transaction_read_only",
        "client": "set by the URL in store, or by PGOPTIONS; take it out there",
    }
)
_SET_BY_SERVER = "set in the server's own configuration; change it there"
_NEEDED = ("SELECT", "INSERT", "UPDATE")
_ONLY_ADDED_TO = ("audit",)
_TABLE = text("SELECT has_table_privilege(:table, :right)")
_SEQUENCE = text("SELECT has_sequence_privilege(pg_get_serial_sequence(:table, 'seq'), 'USAGE')")


class Unfit(Exception):
    """Raised when a file or a server cannot hold a journal; its text says why, and what to do."""


def check_file(file: Path) -> None:
    """Raises `Unfit` where there is something else than a plain file, and `OSError` where it cannot be looked at."""
    try:
        status = file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        _check_former(file)
        return  # it is made, or the making of its folder says why not
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        raise Unfit("it is a folder: name a file in it")
    if stat.S_ISLNK(mode):  # all others are resolved already
        raise Unfit("its links lead in a circle: name another file in store")
    if not stat.S_ISREG(mode):
        raise Unfit("it is not a plain file: name another one in store")
    if status.st_nlink > 1:
        # What is written waits in a file beside it, named after it: by each name another part would be there.
        raise Unfit(f"it has {status.st_nlink} names (hard links), and may have one only: make copies of the others")


def _check_former(file: Path) -> None:
    """Paths were percent-decoded once: a new journal in the place of one that was kept so has forgotten every key."""
    former = Path(unquote(str(file)))
    if former != file and former.is_file():
        told = f"an earlier version kept it at {printable(str(former))}: move that file here, and its -wal and -shm"
        raise Unfit(f"{told}; or name another file in store")


def check_session(connection: Connection, *, writes: bool) -> None:
    """Raises `Unfit` for a database in an encoding that loses text, and for one that takes no writes if it `writes`.

    To be called before the connection's first transaction: a server that takes no writes refuses to begin one.
    """
    if connection.dialect.name == "sqlite":
        [encoding] = asked(connection, "PRAGMA encoding")
        if encoding != "UTF-8":
            raise Unfit(f"its texts are in {encoding}, not UTF-8, since another program made it: name another file")
        return
    encoding, standby, read_only, source, user, database = asked(connection, _SERVER)
    if encoding != "UTF8":
        told = f"its encoding is {encoding}, which loses text: create a database with ENCODING 'UTF8' and name that one"
        raise Unfit(told)
    if writes and standby:
        raise Unfit("the server is a standby, which takes no writes: name the primary server in store")
    if writes and read_only == "on":
        where = _RESET.get(source, _SET_BY_SERVER).format(user=user, database=database)
        raise Unfit(f"default_transaction_read_only is on, and a gateway has to write ({where})")


def check_writing(connection: Connection) -> None:
    """Within a transaction, once the tables are there: raises `Unfit`, or what the database says, where it is no use.

    SQLite begins to write to a file that cannot be written, and PostgreSQL lets a role claim that may not settle.
    """
    if connection.dialect.name == "sqlite":
        touch(connection, 0)
        return
    for name, table in metadata.tables.items():
        rights = _NEEDED[:2] if name in _ONLY_ADDED_TO else _NEEDED
        lacking = [each for each in rights if not connection.scalar(_TABLE, {"table": name, "right": each})]
        if "seq" in table.c and not connection.scalar(_SEQUENCE, {"table": name}):
            lacking.append("USAGE of its sequence")
        if lacking:
            user = connection.scalar(text("SELECT current_user::text"))
            raise Unfit(f"role {user} lacks rights on table {name} ({', '.join(lacking)}): GRANT them to it")


def asked(connection: Connection, question: str) -> Sequence[Any]:
    """The one row of an answer, by the driver itself: SQLAlchemy would begin a transaction."""
    with closing(connection.connection.cursor()) as cursor:
        try:
            cursor.execute(question)
            row: Sequence[Any] = cursor.fetchone() or ()
        except connection.dialect.loaded_dbapi.Error as error:
            raise Unfit(cause.of(error)) from error
    return row


def touch(connection: Connection, number: int) -> None:
    """Within a transaction on SQLite: change a number in the file's head that is nobody's else, without a row.

    On a full disk nothing less than a change is refused.
    """
    connection.exec_driver_sql(f"PRAGMA user_version = {number % 2**31}")
