"""`journal reconcile`: a vendor's statement against the journal."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, get_args

import typer

from gateway import exact
from gateway.adjustments import Record
from gateway.cli import terminal
from gateway.cli.journal import statement
from gateway.cli.journal.matching import Match, Ours, Outcome, reconcile
from gateway.cli.listing import filters
from gateway.cli.options import Config, fail, stored, with_journal
from gateway.journal import Filters, Journal
from gateway.model import time_text

_FIELDS = ("outcome", "how", "detail", "id", "status", "points_here", "at_here", "line", "points_there", "at_there")


def reconcile_(
    file: Annotated[Path, typer.Argument(help="The vendor's statement, as CSV with a header.", metavar="STATEMENT")],
    config: Config,
    vendor: Annotated[str, typer.Option(help="Whose it is: the vendor's configured name.")],
    tenant: Annotated[str | None, typer.Option(help="Only this tenant's adjustments; all by default.")] = None,
    created_from: Annotated[str | None, typer.Option(help="Adjustments created at or after; as the statement.")] = None,
    created_to: Annotated[str | None, typer.Option(help="Adjustments created at or before; as the statement.")] = None,
    within: Annotated[float, typer.Option(min=0, help="Seconds that two times of the same may differ.")] = 300.0,
    column: Annotated[
        list[str] | None, typer.Option(help="A column by its header, as in points=Amount; several times.")
    ] = None,
    report: Annotated[Path | None, typer.Option("--csv", help="Write the whole report here, as CSV.")] = None,
) -> None:
    """Hold a vendor's statement against the journal: what matches, is only here or only there, or is otherwise.

    Columns: points (signed), and any of transaction_id, reference, member and at (a time with an offset). The exit code
    is 1 where not all of it matches. Nothing is changed, and a gateway may be running.

    Example: points-gateway journal reconcile november.csv -c config/gateway.yaml --vendor crm --csv report.csv
    """
    store = stored(config)
    try:
        entries = statement.read(file, statement.columns(column or ()))
    except ValueError as error:
        raise typer.BadParameter(f"--column: {error}") from None
    except statement.BadStatement as error:
        for problem in error.problems:
            terminal.note(problem)
        fail(f"{len(error.problems)} problem(s) in the statement")
    span = timedelta(seconds=within)
    times = [each.at for each in entries if each.at is not None]
    chosen = filters(vendor=vendor, created_from=created_from, created_to=created_to)
    if created_from is None and created_to is None and times:
        chosen = Filters(vendor=vendor, created_from=min(times) - span, created_to=max(times) + span)
    ours, purged = with_journal(store, lambda journal: _ours(journal, tenant, chosen))
    matches = list(reconcile(ours, entries, within=span))
    if report is not None:
        _write(report, matches)
    for each in matches:
        if each.outcome != "matched":
            terminal.show(_line(each))
    numbers = Counter(each.outcome for each in matches)
    for outcome in get_args(Outcome):
        points = sum((_points(each) for each in matches if each.outcome == outcome), Decimal(0))
        terminal.show(f"{outcome:10}  {numbers[outcome]:>10,}  {exact.text(points):>16} points")
    if purged:
        terminal.show(f"{purged:,} adjustment(s) were purged, and are not compared")
    if numbers.total() > numbers["matched"]:
        fail(f"{numbers.total() - numbers['matched']:,} of {numbers.total():,} do not match")


async def _ours(journal: Journal, tenant: str | None, chosen: Filters) -> tuple[list[Ours], int]:
    """The adjustments to compare, and how many were purged."""
    found: list[Ours] = []
    purged, after = 0, None
    while True:
        page = await journal.list(tenant, chosen, limit=500, after=after)
        purged += sum(each.removal == "purged" for each in page.records)
        found += map(_compared, (each for each in page.records if each.removal != "purged"))
        if (after := page.next) is None:
            return found, purged


def _compared(record: Record) -> Ours:
    write, applied = record.draft.write, record.applied
    members = {str(write.adjustment.member), write.adjustment.member.value, str(write.member), write.member.value}
    return Ours(
        record.draft.id,
        record.state.status,
        write.adjustment.points if applied is None or applied.booked is None else applied.booked,
        record.created_at,
        frozenset(members),
        None if applied is None else applied.transaction_id,
        write.adjustment.reference,
    )


def _points(match: Match) -> Decimal:
    if match.theirs is not None:
        return match.theirs.points
    return Decimal(0) if match.ours is None else match.ours.points


def _row(match: Match) -> Sequence[str]:
    ours, theirs = match.ours, match.theirs
    here = ("", "", "", "") if ours is None else (ours.id, ours.status, exact.text(ours.points), time_text(ours.at))
    there = ("", "", "") if theirs is None else (str(theirs.line), exact.text(theirs.points), _moment(theirs.at))
    return (match.outcome, match.how, match.detail, *here, *there)


def _moment(at: datetime | None) -> str:
    return "" if at is None else time_text(at)


def _line(match: Match) -> str:
    return "  ".join(_parts(match))


def _parts(match: Match) -> Iterator[str]:
    yield f"{match.outcome:10}"
    if match.ours is not None:
        yield f"{match.ours.id}  {match.ours.status}  {exact.text(match.ours.points)}  {time_text(match.ours.at)}"
    if match.theirs is not None:
        theirs = match.theirs
        yield f"line {theirs.line}  {exact.text(theirs.points)}  {_moment(theirs.at)}"
    if match.detail:
        yield match.detail


def _write(file: Path, matches: Sequence[Match]) -> None:
    try:
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(_FIELDS)
            writer.writerows(map(_row, matches))
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}")
