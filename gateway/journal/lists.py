"""Pages of a list, newest first, each read by one index whatever the database believes of its tables.

An index holds the tenant, at most one more column, and the time of creation. Of several that fit, the one is taken that
holds least, counted up to a bound. A range is a comparison of whole rows, which no other index fits; SQLite is told the
name besides, and on PostgreSQL the connections of lists have every other kind of plan switched off.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import structlog
from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    TextClause,
    column,
    func,
    literal,
    literal_column,
    select,
    text,
    tuple_,
)

from gateway.adjustments import Record, Status
from gateway.errors import InvalidRequest
from gateway.journal import codec, skips
from gateway.journal.filters import Filters
from gateway.journal.tables import UNKNOWN, adjustments, read_by

log = structlog.get_logger(__name__)
EXAMINED = 10_000
"""Entries of an index that one page looks at, where more is asked than the index tells; it ends there."""
WEIGHED = 1_000, EXAMINED
"""Entries of an index that are counted before it is chosen, and those where all hold more; of indexes that hold more
than these too, the first here is taken."""
_NARROW = ("refers_to", "reference", "member", "operation", "status", "client", "vendor")
_LAST = 2**63 - 1
_COLUMN = {each.name: column(each.name, each.type) for each in adjustments.c}
_PARTIAL = {
    "refers_to": _COLUMN["refers_to"].is_not(None),
    "operation": _COLUMN["operation"] != literal_column("'adjust'"),
}
"""The condition of an index that does not have all rows, as its migration words it."""


class Place(NamedTuple):
    """Where an adjustment stands in a list: by the time of its creation in microseconds, and then by its number."""

    created_at: int
    seq: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some adjustments, newest first, or none; `next` is the id of the one after which the list goes on, if it does."""

    records: tuple[Record, ...]
    next: str | None = None


class _Part(NamedTuple):
    """The newest rows of a list, and the place down to which it was looked through, where that is not its end."""

    rows: Sequence[Any]
    end: Place | None = None


def page(
    connection: Connection,
    tenant: str | None,
    filters: Filters,
    limit: int,
    after: str | None,
    *,
    examined: int = EXAMINED,
) -> Page:
    """At most `limit` adjustments of a tenant that come after the one with this id; of every tenant for None.

    It has fewer where the list goes on beyond the `examined` entries that one page looks at. What cannot be read is
    left out, and logged. Raises `InvalidRequest` where there is no adjustment with this id.
    """
    place = None if after is None else place_of(connection, tenant, after)
    if filters.key is not None:
        part = _Part(_under_key(connection, tenant, filters, place))
    elif tenant is None and (filters == Filters() or filters.status is Status.UNKNOWN):
        part = _Part(connection.execute(_of_all(filters, place).limit(limit + 1)).all())
    elif tenant is None:
        part = _of_each(connection, filters, place, limit + 1, examined)
    else:
        part = _of_one(connection, tenant, filters, place, limit + 1, examined)
    return Page(tuple(_readable(part.rows[:limit])), _next(connection, part, limit))


def _next(connection: Connection, part: _Part, limit: int) -> str | None:
    if len(part.rows) > limit:
        return str(part.rows[limit - 1].id)
    if part.end is None:
        return None
    return str(connection.scalars(select(adjustments.c.id).where(adjustments.c.seq == part.end.seq)).one())


def place_of(connection: Connection, tenant: str | None, id_: str) -> Place:
    """Where a tenant's adjustment stands, or anybody's. Raises `InvalidRequest` where there is none with this id."""
    found = select(adjustments.c.created_at, adjustments.c.seq).where(adjustments.c.id == codec.storable(id_))
    if tenant is not None:
        found = found.where(adjustments.c.tenant == codec.storable(tenant))
    row = connection.execute(found).one_or_none()
    if row is None:
        raise InvalidRequest("The list cannot go on from there: begin it anew, without a cursor")
    return Place(*row)


def _of_all(filters: Filters, place: Place | None) -> Select[Any]:
    """For who looks into the journal itself: everything in the order of its numbers, or what is unknown.

    That has an index of its own, by the time of creation.
    """
    statement = filters.applied_to(select(adjustments), None)
    if filters.status is Status.UNKNOWN:
        moment = adjustments.c.created_at, adjustments.c.seq
        statement = statement.where(UNKNOWN).order_by(*(each.desc() for each in moment))
        return statement if place is None else statement.where(tuple_(*moment) < _row(*place))
    statement = statement.order_by(adjustments.c.seq.desc())
    return statement if place is None else statement.where(adjustments.c.seq < place.seq)


def _of_each(connection: Connection, filters: Filters, place: Place | None, most: int, examined: int) -> _Part:
    """The newest of every tenant: of each, what may be among them still, after what was found of others."""
    found: list[Any] = []
    end: Place | None = None
    for tenant in skips.tenants(connection):
        part = _of_one(connection, tenant, filters, place, most, examined)
        end = max((each for each in (end, part.end) if each is not None), default=None)
        found = sorted((each for each in (*found, *part.rows) if end is None or _newness(each) >= end), key=_newness)
        found = found[: -most - 1 : -1]
        oldest = _newness(found[-1]) if len(found) == most else end
        if oldest is not None:
            filters = replace(filters, created_from=codec.from_micros(oldest.created_at))
    return _Part(found, end)


def _newness(row: Any) -> Place:
    return Place(row.created_at, row.seq)


def _of_one(
    connection: Connection, tenant: str, filters: Filters, place: Place | None, most: int, examined: int
) -> _Part:
    columns, bounds = _equal(filters), _bounds(filters, place)
    ways = [
        _Way(name, (codec.storable(tenant), columns[name]), *bounds)
        for name in _NARROW
        if name in columns and columns[name] != "adjust"
    ] or [_Way(None, (codec.storable(tenant),), *bounds)]
    way, number = (ways[0], examined) if len(ways) == 1 else _narrowest(connection, ways)
    also = [_COLUMN[name] == value for name, value in columns.items() if name != way.name]
    conditions = *also, *filters.in_history
    if not conditions or number < examined:
        return _Part(way.rows(connection, conditions, most))
    rows: list[Any] = []
    end: Place | None = way.end
    for entries in (examined // 10, examined - examined // 10):  # few lists need more than the first tenth
        if entries and end is not None and len(rows) < most:
            way = replace(way, end=end)
            end = way.place_of_entry(connection, entries)
            part = way if end is None else replace(way, first=end)
            rows += part.rows(connection, conditions, most - len(rows))
    return _Part(rows, end)


def _equal(filters: Filters) -> dict[str, str]:
    """The columns that a filter asks to be equal to something, with what that is as the column has it."""
    asked = {name: getattr(filters, name) for name in ("key", *_NARROW, "vendor", "client")}
    return {name: codec.storable(value) for name, value in asked.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _Way:
    """A part of an index to read a list by: of the tenant, and of the column `name`, if any, with `values` for both.

    `first` is the oldest place of that part, `end` the one before which its newest is.
    """

    name: str | None
    values: tuple[str, ...]
    first: Place
    end: Place

    @property
    def columns(self) -> tuple[ColumnClause[Any], ...]:
        """The columns of the index, in its order."""
        names = ("tenant", *(() if self.name is None else (self.name,)), "created_at", "seq")
        return tuple(_COLUMN[name] for name in names)

    @property
    def range(self) -> tuple[ColumnElement[bool], ...]:
        """The condition of that part."""
        whole = tuple_(*self.columns)
        bounds = whole >= _row(*self.values, *self.first), whole < _row(*self.values, *self.end)
        return bounds if self.name not in _PARTIAL else (*bounds, _PARTIAL[self.name])

    def table(self, connection: Connection) -> TextClause:
        """The table, to be read by this index."""
        return read_by(f"ix_adjustments_{'_'.join(each.name for each in self.columns)}", connection)

    def rows(self, connection: Connection, conditions: Sequence[ColumnElement[bool]], most: int) -> list[Any]:
        """The newest rows of that part that fulfil conditions as well, at most so many."""
        return list(connection.execute(self._newest(connection, *_COLUMN.values()).where(*conditions).limit(most)))

    def count(self, connection: Connection, most: int) -> ScalarSelect[int]:
        """How many entries that part has, counted up to `most`."""
        entries = self._newest(connection, literal_column("1").label("one")).limit(most).subquery()
        return select(func.count()).select_from(entries).scalar_subquery()

    def place_of_entry(self, connection: Connection, number: int) -> Place | None:
        """The place of an entry of that part, counted from 1 for the newest; None where it has fewer."""
        moment = _COLUMN["created_at"], _COLUMN["seq"]
        row = connection.execute(self._newest(connection, *moment).offset(number - 1).limit(1)).one_or_none()
        return None if row is None else Place(*row)

    def _newest(self, connection: Connection, *shown: ColumnElement[Any]) -> Select[Any]:
        found = select(*shown).select_from(self.table(connection)).where(*self.range)
        return found.order_by(*(each.desc() for each in self.columns))


def _narrowest(connection: Connection, ways: list[_Way]) -> tuple[_Way, int]:
    """The way with the fewest entries, and how many it has, counted up to the last of `WEIGHED`."""
    for most in WEIGHED:
        numbers = connection.execute(select(*(way.count(connection, most) for way in ways))).one()
        if min(numbers) < most:
            break
    place = min(range(len(ways)), key=numbers.__getitem__)
    return ways[place], numbers[place]


def _under_key(connection: Connection, tenant: str | None, filters: Filters, place: Place | None) -> list[Any]:
    """At most one row for each client and tenant, whatever else is asked: the index of keys begins with the key."""
    first, end = _bounds(filters, place)
    columns = _equal(filters)
    key, moment = columns.pop("key"), (_COLUMN["created_at"], _COLUMN["seq"])
    owner = (_COLUMN["key"],) if tenant is None else (_COLUMN["key"], _COLUMN["tenant"])
    wanted = _row(key) if tenant is None else _row(key, codec.storable(tenant))
    found = select(*_COLUMN.values()).select_from(text("adjustments"))
    found = found.where(tuple_(*owner) >= wanted, tuple_(*owner) <= wanted)
    found = found.where(tuple_(*moment) >= _row(*first), tuple_(*moment) < _row(*end))
    # Joined to nothing, so that no other index could find them; in the order of this one, which no other has.
    found = found.where(*(_COLUMN[name].concat("") == value for name, value in columns.items()), *filters.in_history)
    rows = connection.execute(found.order_by(*(_COLUMN[name] for name in ("key", "tenant", "client")))).all()
    return sorted(rows, key=_newness, reverse=True)


def _bounds(filters: Filters, place: Place | None) -> tuple[Place, Place]:
    """The first place that may be in the list, and the one before which it ends."""
    since, until = filters.created_from, filters.created_to
    end = Place(_LAST if until is None else codec.to_micros(until) + 1, 0)
    return Place(-_LAST if since is None else codec.to_micros(since), 0), end if place is None else min(end, place)


def _row(*values: str | int) -> Any:
    return tuple_(*(literal(each, adjustments.c.created_at.type if isinstance(each, int) else None) for each in values))


def _readable(rows: Iterable[Any]) -> Iterable[Record]:
    for row in rows:
        try:
            yield codec.record_of(row)
        except Exception as error:
            log.error("an adjustment cannot be read in the journal; it is left out", adjustment=row.id, exc_info=error)
