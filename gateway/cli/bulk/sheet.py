"""A CSV file of adjustments: which column has what, each row as a request, and the key that a row has."""

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TextIO

from gateway import exact
from gateway.cli.bulk import option_cell
from points_gateway_client import AdjustmentFields, AdjustmentRequest

KEY = "idempotency_key"
REQUIRED = ("member", "points")
OPTIONAL = tuple(AdjustmentFields.__annotations__)
COLUMNS = (*REQUIRED, KEY, *OPTIONAL)
OWN = ("client", "tenant")
"""Columns of an export by which a row is known to be the caller's own: under another, its key makes it anew."""
OPERATION = "operation"
EXPORTED = (
    *("id", "status", "created_at", "completed_at", "tenant", "client", OPERATION, "reverses", KEY),
    *(*REQUIRED, *OPTIONAL, "vendor", "transaction_id", "retryable", "code", "attempts"),
)
"""The header of an export, in its order."""
_FLAGS = {"true": True, "false": False}
# What the gateway takes; the client would send any text.
_POINTS = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?\Z")


class BadSheet(Exception):
    """Raised when a file is no sheet of adjustments; it says why, without a place."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line on which it ends, and what is asked, or why it cannot be.

    `own`: the client and the tenant whose row it is, where the file says so.
    """

    line: int
    request: AdjustmentRequest | None
    problem: str = ""
    own: Mapping[str, str] = field(default_factory=dict)

    def under(self, names: Mapping[str, str]) -> "Row":
        """The row for a caller of these names, which cannot be sent if it is another's."""
        for kind, name in self.own.items():
            if name != names[kind]:
                why = f"{kind}: it is of {name!r}, and would be another adjustment of {names[kind]!r}"
                return replace(self, request=None, problem=why)
        return self


@dataclass(frozen=True, slots=True)
class Layout:
    """Where what stands: headers by name of column, the headers that are left out, and whose keys the rows make."""

    headers: Mapping[str, str]
    ignored: Sequence[str]
    batch: str | None
    delimiter: str

    @classmethod
    def of(cls, named: Sequence[str], ignored: Sequence[str], batch: str | None, delimiter: str) -> "Layout":
        """From texts such as `points=Amount`. Raises `ValueError`."""
        headers = {each: each for each in COLUMNS}
        for each in named:
            name, equals, header = each.partition("=")
            if not equals or name not in COLUMNS or not header:
                raise ValueError(f"expected NAME=HEADER, with one of {', '.join(COLUMNS)} as NAME")
            headers[name] = header
        return cls(headers, ignored, batch, delimiter)

    def rows(self, stream: TextIO) -> Iterator[Row]:
        """Every row of a file, in its order. Raises `BadSheet` for a file that is none."""
        reader = csv.reader(stream, delimiter=self.delimiter, strict=True)
        try:
            places = self._places(next(reader, []))
            keys = _Keys(self.batch)
            width = len(places)
            for cells in reader:
                if cells:
                    yield self._row(reader.line_num, cells, places, keys, width)
        except UnicodeDecodeError:
            raise BadSheet("expected text in UTF-8") from None
        except csv.Error as error:
            raise BadSheet(f"line {reader.line_num}: {error}") from None

    def _places(self, header: Sequence[str]) -> list[str]:
        """The name of each column, empty for one that is left out."""
        checked = {each: each for each in (*OWN, OPERATION) if each not in self.ignored}
        names = checked | {header: name for name, header in self.headers.items()}
        found = [names.get(each.strip(), "") for each in header]
        twice = [name for name, count in Counter(filter(None, found)).items() if count > 1]
        lacking = [self.headers[name] for name in REQUIRED if name not in found]
        ignored = {*self.ignored, *(EXPORTED if tuple(header) == EXPORTED else ())}
        unknown = [each for each, name in zip(header, found, strict=True) if not name and each not in ignored]
        if lacking:
            hint = "name another header by --column, as in points=Amount"
            raise BadSheet(f"there is no column {', '.join(map(repr, lacking))}: {hint}")
        if unknown:
            columns = ", ".join(map(repr, unknown))
            raise BadSheet(f"the column {columns} is none of an adjustment: name it by --column, or by --ignore")
        if twice:
            raise BadSheet(f"the column {self.headers[twice[0]]!r} is there twice")
        if KEY not in found and self.batch is None:
            raise BadSheet(f"there is no column {self.headers[KEY]!r}: say by --batch what keys are made for")
        if KEY in found and self.batch is not None:
            raise BadSheet(f"the column {self.headers[KEY]!r} has the keys: --batch is for a file without them")
        return found

    def _row(self, line: int, cells: Sequence[str], places: Sequence[str], keys: "_Keys", width: int) -> Row:
        if len(cells) != width:
            return Row(line, None, f"it has {len(cells)} cells, and the header {width}")
        values = {name: text.strip() for name, text in zip(places, cells, strict=True) if name and text.strip()}
        own = {name: values.pop(name) for name in OWN if name in values}
        operation = values.pop(OPERATION, "adjust")
        try:
            if operation != "adjust":
                raise ValueError(f"{OPERATION}: only adjustments are imported, and this is {operation!r}")
            return Row(line, _request(values, keys, line), own=own)
        except ValueError as error:
            return Row(line, None, str(error))


class _Keys:
    """The key of each row: its own, or made of the batch, of what the row says, and of how often it was said before."""

    def __init__(self, batch: str | None) -> None:
        self._batch = batch
        self._lines: dict[bytes, int] = {}
        self._times: Counter[bytes] = Counter()

    def of(self, values: Mapping[str, str], own: str | None, line: int) -> str:
        """Raises `ValueError` for a row without a key, or with one that an earlier row has."""
        if self._batch is None:
            if own is None:
                raise ValueError(f"{KEY}: it is empty")
            first = self._lines.setdefault(_digest(own).digest()[:16], line)
            if first != line:
                raise ValueError(f"{KEY}: line {first} has the same")
            return own
        said = exact.canonical(values)
        self._times[_digest(said).digest()[:16]] += 1
        number = self._times[_digest(said).digest()[:16]]
        return "import-" + _digest(exact.canonical([self._batch, values, number])).hexdigest()[:40]


def _digest(value: str | bytes) -> "hashlib._Hash":
    return hashlib.sha256(value.encode() if isinstance(value, str) else value)


def _request(values: dict[str, str], keys: _Keys, line: int) -> AdjustmentRequest:
    """What a row asks for. Raises `ValueError` where it cannot be sent."""
    own = values.pop(KEY, None)
    if lacking := [name for name in REQUIRED if name not in values]:
        raise ValueError(f"{lacking[0]}: it is empty")
    if not _POINTS.match(values["points"]) or not Decimal(values["points"]):
        raise ValueError("points: expected a decimal other than zero, as in -2.5, of 12 digits and 6 after the point")
    values["points"] = exact.text(Decimal(values["points"]))  # 5.0 is 5: the key goes by what is meant
    options = option_cell.read(values.pop("options", "{}"))
    fields: AdjustmentFields = {}
    for name in OPTIONAL:
        if name in values:
            fields[name] = values[name]  # type: ignore[literal-required]  # all names but the two below are texts
    if options:
        fields["options"] = options
        values["options"] = option_cell.written(options)  # as with points, the key goes by what is meant
    if "pending" in values:
        if values["pending"] not in _FLAGS:
            raise ValueError("pending: expected true or false")
        fields["pending"] = _FLAGS[values["pending"]]
    request = AdjustmentRequest(values["member"], values["points"], keys.of(values, own, line), fields)
    request.check()
    return request
