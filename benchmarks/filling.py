"""Fills a journal with rows like those of real writes: what a gateway has written a moment ago, over and over.

The rows of three writes are taken as they are: one applied, one refused, one unknown. Each copy has an id, key, member,
reference, transaction id and time of its own, wherever these stand in it.
"""

import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, text

from gateway.journal.codec import to_micros
from gateway.journal.database import Database

DAYS = 400
"""Days over which what is filled in was created; the newest is some minutes old."""
OUTLETS = 20
"""Tenants that share a fifth of the rows; one tenant has the others."""
CAMPAIGN, EVERYBODY, ODD_VENDOR, ODD_CLIENT = "campaign", "1", "closed", "retired"
"""A reference of a hundredth of all rows, none of them unknown; a member of a fiftieth; and a vendor and a client of
the ten oldest rows alone.
"""
AT_ONCE = 10_000
_SEPARATOR = "\x1f"
_NOW = ("created_at", "lease_until", "completed_at", "at", "effect_at", "repeat_until", "repeat_at", "look_at")
_TABLES = ("adjustments", "transitions")
PUBLISHED = "UPDATE outbox SET published = (SELECT max(seq) FROM transitions)"
"""A journal that grew has published its events as they came."""


@dataclass(frozen=True, slots=True)
class Written:
    """A write whose rows are copied, by what was asked for; `transaction`: the vendor's id of it, if it has any."""

    id: str
    key: str
    member: str
    reference: str
    transaction: str | None = None


@dataclass(frozen=True, slots=True)
class _Template:
    """A row with places to fill in: the texts of its columns in one text, the others as they are."""

    texts: str
    binary: frozenset[int]
    values: tuple[Any, ...]
    places: tuple[int, ...]
    moments: tuple[int, ...]
    begun: int

    def row(self, said: dict[str, str], now: int) -> list[Any]:
        row = list(self.values)
        for place, value in zip(self.places, (self.texts % said).split(_SEPARATOR), strict=True):
            row[place] = value.encode() if place in self.binary else value
        for place in self.moments:
            row[place] += now - self.begun
        return row


class Filling:
    """Copies of the rows of some writes. `applied`, `refused`, `unknown`: those of each outcome."""

    def __init__(self, connection: Connection, applied: Written, refused: Written, unknown: Written) -> None:
        self.columns: dict[str, list[str]] = {}
        self._applied, self._refused, self._unknown = (
            self._templates(connection, each) for each in (applied, refused, unknown)
        )
        for template in self._unknown[:1]:
            self._put_off(template)
        self._random = random.Random(1)

    def rows(self, first: int, end: int, total: int, unknown: int) -> Iterator[tuple[list[Any], list[list[Any]]]]:
        """Rows of adjustments from one number to another of so many in all, each with its transitions.

        `unknown` of all are, evenly spread.
        """
        now, rest, odds = to_micros(datetime.now(UTC)), self._random, _odds(self.columns["adjustments"])
        every = max(1, total // unknown) if unknown else total + 1
        for number in range(first, end):
            created = now - (total - number) * (DAYS * 86_400_000_000 // total) - 300_000_000
            campaign = number % 100 == 51
            is_unknown = number % every == every // 2 and not campaign
            templates = self._unknown if is_unknown else self._refused if number % 33 == 7 else self._applied
            numeric = templates is not self._applied
            member = int(EVERYBODY) if number % 50 == 2 else rest.randrange(2, max(3, total // 50))
            tenant = "acme" if number % 5 else f"outlet{number // 5 % OUTLETS}"
            said = {
                "id": f"adj_{created // 1000:012x}{rest.getrandbits(80):020x}",
                "key": f"{tenant}-{number:09}-{rest.getrandbits(64):016x}",
                "member": f"{member}" if numeric else f"{member:08x}-c072-48b7-a9ea-eb35c5dd506b",
                "reference": CAMPAIGN if campaign else f"order-{number // 3:09}",
                "transaction": f"{rest.getrandbits(128):032x}",
                "tenant": tenant,
                "feed": tenant,
                "client": "app" if tenant == "acme" else "till",
            }
            row, *steps = (each.row(said, created) for each in templates)
            if number < 10:
                for place, value in odds:
                    row[place] = value
            yield row, steps

    def _put_off(self, unknown: _Template) -> None:
        """Have been looked for once, and repeated once, and be due for neither before long."""
        much_later = unknown.begun + 2 * DAYS * 86_400_000_000
        asked = {"looks": 1, "look_at": much_later, "repeats": 1, "repeat_at": much_later, "effect_at": unknown.begun}
        columns = self.columns["adjustments"]
        values = list(unknown.values)
        for name, value in {**asked, "effect_attempt": 1, "effect_digest": "d" * 32}.items():
            values[columns.index(name)] = value
        object.__setattr__(unknown, "values", tuple(values))

    def _templates(self, connection: Connection, written: Written) -> list[_Template]:
        """The row of an adjustment, and those of its transitions."""
        found = []
        begun = None
        for table, where in zip(_TABLES, ("id", "adjustment"), strict=True):
            statement = text(f"SELECT * FROM {table} WHERE {where} = :id ORDER BY seq")
            for row in connection.execute(statement, {"id": written.id}).mappings():
                columns = {name: value for name, value in row.items() if name != "seq"}
                self.columns[table] = list(columns)
                begun = begun or columns["created_at"]
                found.append(_template(columns, written, begun))
        return found


def _template(columns: dict[str, Any], written: Written, begun: int) -> _Template:
    texts, binary, places = [], set(), []
    for place, (name, value) in enumerate(columns.items()):
        if isinstance(value, bytes):
            value = value.decode()
            binary.add(place)
        if not isinstance(value, str):
            continue
        places.append(place)
        value = value.replace("%", "%%")
        for what in ("id", "key", "member", "reference", "transaction"):
            if instead := getattr(written, what):
                value = value.replace(instead, f"%({what})s")
        texts.append(f"%({name})s" if name in ("tenant", "client", "feed") else value)
    moments = tuple(place for place, (name, value) in enumerate(columns.items()) if name in _NOW and value is not None)
    return _Template(_SEPARATOR.join(texts), frozenset(binary), tuple(columns.values()), tuple(places), moments, begun)


def _odds(columns: list[str]) -> list[tuple[int, str]]:
    return [(columns.index("vendor"), ODD_VENDOR), (columns.index("client"), ODD_CLIENT)]


def fill(store: str, writes: Sequence[Written], rows: int, *, unknown: int, there: int = 0) -> None:
    """Have so many rows in the journal of which `there` are, with its indexes in place all the time.

    `writes`: one that was applied, one that was refused, one that is unknown, as the journal has them. No gateway may
    run on it: nothing waits for the disk until the end.
    """
    database = Database.parse(store, patience=5.0, clock=lambda: datetime.now(UTC))
    engine = database.reader()
    with engine.connect() as connection:
        filling = Filling(connection, *writes)
    engine.dispose()
    made = filling.rows(there, rows, rows, unknown)
    if database.file is not None:
        _into_sqlite(str(database.file), filling.columns, made)
    else:
        _into_postgresql(store, filling.columns, made)


def _into_sqlite(file: str, columns: dict[str, list[str]], made: Iterator[tuple[list[Any], list[list[Any]]]]) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("synchronous=OFF", "cache_size=-2000000", "foreign_keys=OFF", "wal_autocheckpoint=100000"):
        connection.execute(f"PRAGMA {pragma}")
    inserts = [
        f"INSERT INTO {table} ({', '.join(_quoted(columns[table]))}) VALUES ({', '.join('?' * len(columns[table]))})"
        for table in _TABLES
    ]
    while part := list(islice(made, AT_ONCE)):
        connection.execute("BEGIN")
        connection.executemany(inserts[0], [row for row, _ in part])
        connection.executemany(inserts[1], [step for _, steps in part for step in steps])
        connection.execute("COMMIT")
    connection.execute(PUBLISHED)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _into_postgresql(
    store: str, columns: dict[str, list[str]], made: Iterator[tuple[list[Any], list[list[Any]]]]
) -> None:
    copies = [
        sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns[table]))
        )
        for table in _TABLES
    ]
    with psycopg.connect(store) as connection, connection.cursor() as cursor:
        connection.execute("SET synchronous_commit = off")
        while part := list(islice(made, AT_ONCE)):
            for copy, rows in zip(
                copies, ([row for row, _ in part], [step for _, steps in part for step in steps]), strict=True
            ):
                with cursor.copy(copy) as into:
                    for row in rows:
                        into.write_row(row)
            connection.commit()
    with psycopg.connect(store, autocommit=True) as connection:
        connection.execute(PUBLISHED)
        connection.execute("VACUUM (ANALYZE)")


def _quoted(columns: list[str]) -> list[str]:
    return [f'"{each}"' for each in columns]
