"""The numbers that a table gives its rows: they only grow, also where the rows with the highest are gone."""

from sqlalchemy import Connection, Table, column, func, insert, select, table, text, update

_GIVEN = table("sqlite_sequence", column("name"), column("seq"))
_LAST = text("SELECT pg_sequence_last_value(pg_get_serial_sequence(:name, 'seq')::regclass)")


def last(connection: Connection, of: Table) -> int:
    """The last number that a table has given to a row; 0 where it gave none."""
    if connection.dialect.name == "sqlite":
        return connection.scalar(select(_GIVEN.c.seq).where(_GIVEN.c.name == of.name)) or 0
    return connection.scalar(_LAST, {"name": of.name}) or 0


def follow(connection: Connection, of: Table, number: int) -> None:
    """Have a table give numbers above this one from now on, and above all that it has."""
    number = max(number, connection.scalar(select(func.max(of.c.seq))) or 0)
    if not number:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.setval(func.pg_get_serial_sequence(of.name, "seq"), number)))
    elif not connection.execute(update(_GIVEN).where(_GIVEN.c.name == of.name).values(seq=number)).rowcount:
        connection.execute(insert(_GIVEN).values(name=of.name, seq=number))
