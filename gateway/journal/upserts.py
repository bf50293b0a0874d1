"""Inserts that know what to do where a row is there already; each database has a construct of its own for them."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Table


def insert_for(dialect: Dialect) -> Callable[[Table], Any]:
    """The database's own insert, which has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return cast("Callable[[Table], Any]", import_module(f"sqlalchemy.dialects.{dialect.name}").insert)


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows, each with all columns; one that replaces a row with the same primary key has all its values."""
    statement = insert_for(connection.dialect)(table)
    key = tuple(table.primary_key)
    values = {each.name: statement.excluded[each.name] for each in table.c if not each.primary_key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=values), list(rows))
