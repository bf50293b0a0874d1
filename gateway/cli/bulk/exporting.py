"""`export`: the adjustments of a tenant from a running gateway, as CSV or NDJSON, as they are read."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import Annotated

import typer

from gateway import exact
from gateway.adjustments import Status
from gateway.cli import terminal
from gateway.cli.bulk import option_cell
from gateway.cli.bulk.calling import CaFile, KeyFile, Retries, TenantName, Url, connected, why
from gateway.cli.bulk.progress import progress
from gateway.cli.bulk.sheet import EXPORTED
from gateway.cli.failing import fail
from gateway.write import WriteOperation
from points_gateway_client import Adjustment, PointsError


class Form(StrEnum):
    """The format of an export."""

    CSV = "csv"
    NDJSON = "ndjson"


def export(
    url: Url,
    key_file: KeyFile = None,
    tenant: TenantName = None,
    form: Annotated[
        Form, typer.Option("--format", help="CSV with a header, or NDJSON: a line for each, whole as the API has it.")
    ] = Form.CSV,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file; else standard output.")] = None,
    member: Annotated[str | None, typer.Option(help="Only this member.")] = None,
    status: Annotated[Status | None, typer.Option(help="Only this status.")] = None,
    reference: Annotated[str | None, typer.Option(help="Only this reference.")] = None,
    operation: Annotated[WriteOperation | None, typer.Option(help="Only adjustments, or only reversals.")] = None,
    created_from: Annotated[str | None, typer.Option(help="Created at or after, as in 2026-01-01T00:00:00Z.")] = None,
    created_to: Annotated[str | None, typer.Option(help="Created at or before.")] = None,
    ca_file: CaFile = None,
    retries: Retries = 8,
) -> None:
    """Write a tenant's adjustments, newest first, from a running gateway, as they are read.

    One that is created meanwhile is not in it. Where the gateway is lost on the way, what was read is written, and the
    exit code is 1.

    Example: points-gateway export --url http://127.0.0.1:8080 --format ndjson --created-from 2026-11-01T00:00:00Z
    """
    since, until = _moment(created_from, "--created-from"), _moment(created_to, "--created-to")
    count = 0
    with connected(url, key_file, tenant, ca_file, retries=retries) as points:
        found = points.iter_adjustments(
            member=member,
            status=status,
            reference=reference,
            operation=operation,
            created_from=since,
            created_to=until,
        )
        try:
            first = next(found, None)  # before a file is made: the gateway may refuse
            with _written(output, form) as write, progress("exported", None, beside_output=output is None) as done:
                for each in () if first is None else _all(first, found):
                    write(each)
                    count += 1
                    done()
        except PointsError as error:
            fail(f"{why(error)}; {count:,} adjustments were written")
    if output is not None:
        terminal.note(f"{count:,} adjustments")


def _all(first: Adjustment, rest: Iterator[Adjustment]) -> Iterator[Adjustment]:
    yield first
    yield from rest


@contextmanager
def _written(file: Path | None, form: Form) -> Iterator[Callable[[Adjustment], None]]:
    """What writes one adjustment; if the file cannot be written, the command ends."""
    lines = _csv if form is Form.CSV else _json
    if file is None:
        show = terminal.show if form is Form.CSV else terminal.show_json
        if form is Form.CSV:
            show(_line(EXPORTED))
        yield lambda each: show(lines(each))
        return
    try:
        with file.open("w", encoding="utf-8", newline="") as stream:
            if form is Form.CSV:
                stream.write(_line(EXPORTED) + "\n")
            yield lambda each: _put(stream.write, lines(each))
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}")


def _put(write: Callable[[str], int], line: str) -> None:
    write(f"{line}\n")


def _json(each: Adjustment) -> str:
    return exact.dumps(each.raw).decode()


def _csv(each: Adjustment) -> str:
    raw, vendor = each.raw, each.vendor
    own = {
        "operation": each.operation,
        "options": option_cell.written(each.options),
        "vendor": vendor and vendor.name,
        "transaction_id": vendor and vendor.transaction_id,
        "code": each.problem and each.problem.get("code"),
    }
    return _line([_text(own.get(name, raw.get(name))) for name in EXPORTED])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _line(cells: "list[str] | tuple[str, ...]") -> str:
    line = StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _moment(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(f"{option} is a time with an offset, as in 2026-01-31T00:00:00Z")
    return moment
