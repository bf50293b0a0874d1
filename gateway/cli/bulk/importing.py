"""`import`: adjustments from a CSV file, each once, however often it is run."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Annotated, TextIO

import typer

from gateway.cli import terminal
from gateway.cli.bulk.calling import CaFile, KeyFile, Retries, TenantName, Url, connected, why
from gateway.cli.bulk.progress import progress
from gateway.cli.bulk.report import Line, Report
from gateway.cli.bulk.sheet import BadSheet, Layout, Row
from gateway.cli.failing import fail
from points_gateway_client import Adjustment, AdjustmentRequest, AdjustmentResult, NotSent, PointsClient, PointsError

AT_ONCE = 500
"""Rows that are read, sent and reported together."""
SHOWN = 20
"""Problems of a file that are shown; the rest are counted."""


def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file with a header: member, points, and other fields.")],
    url: Url,
    key_file: KeyFile = None,
    tenant: TenantName = None,
    batch: Annotated[
        str | None, typer.Option(help="A name for this file, of which keys are made where no column has them.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="A column by its header, as in points=Amount; several times.")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="A header to leave out; several times.")] = None,
    delimiter: Annotated[str, typer.Option(help="What stands between two cells.")] = ",",
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Adjustments that are under way at once.")] = 16,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for one whose outcome is not known at once.")
    ] = 0.0,
    report: Annotated[
        Path | None, typer.Option(help="Write what came of every row here, as CSV; else to standard output.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Preview every row; nothing is sent to a vendor.")] = False,
    ca_file: CaFile = None,
    retries: Retries = 8,
) -> None:
    """Make the adjustments of a CSV file through a running gateway; run again, it makes none twice.

    The whole file is checked before anything is sent. Each row has an idempotency key: from the column idempotency_key,
    or made of --batch and the row. Of a batch, a row that is changed is another adjustment. The exit code is 1 unless
    every row succeeded.

    Example: points-gateway import november.csv --url http://127.0.0.1:8080 --batch november --report report.csv
    """
    try:
        layout = Layout.of(column or (), ignore or (), batch, delimiter)
    except ValueError as error:
        raise typer.BadParameter(f"--column: {error}") from None
    if report is not None and report.exists() and file.exists() and report.samefile(file):
        raise typer.BadParameter("--report: that is the file to import")
    with (
        _opened(file) as stream,
        connected(url, key_file, tenant, ca_file, retries=retries, calls=concurrency) as points,
    ):
        try:
            count = _checked(file, layout, stream, points)
            what = "previewed" if dry_run else "imported"
            with Report(report) as told, progress(what, count, beside_output=report is None) as done:
                run = _Run(points, concurrency, wait or None, done, dry_run=dry_run)
                for rows in _parts(layout.rows(stream)):
                    told.add(*run.lines(rows))
        except BadSheet as error:
            fail(f"{file}: {error}")
    _conclude(told, count, dry_run=dry_run)


class _Run:
    """Sends rows, part by part, until an error would meet all the rest."""

    def __init__(
        self, points: PointsClient, concurrency: int, wait: float | None, done: Callable[[], None], *, dry_run: bool
    ) -> None:
        self._points = points
        self._concurrency, self._wait, self._done = concurrency, wait, done
        self._dry_run = dry_run
        self._ended = False

    def lines(self, rows: Sequence[Row]) -> list[Line]:
        """What came of some rows, in their order."""
        asked = [row.request for row in rows if row.request is not None]
        if len(asked) != len(rows):
            raise BadSheet("it was changed while it was read")
        if self._ended:
            pairs = zip(rows, asked, strict=True)
            return [Line(row.line, each.idempotency_key, "open", detail="not begun") for row, each in pairs]
        results = self._previewed(asked) if self._dry_run else self._adjusted(asked)
        self._ended = any(isinstance(each.error, NotSent) for each in results)
        return [_line(row.line, each, dry_run=self._dry_run) for row, each in zip(rows, results, strict=True)]

    def _adjusted(self, asked: Sequence[AdjustmentRequest]) -> list[AdjustmentResult]:
        return self._points.adjust_many(
            asked, concurrency=self._concurrency, wait=self._wait, progress=lambda result: self._done()
        )

    def _previewed(self, asked: Sequence[AdjustmentRequest]) -> list[AdjustmentResult]:
        with ThreadPoolExecutor(self._concurrency) as threads:
            return list(threads.map(self._preview, asked))

    def _preview(self, asked: AdjustmentRequest) -> AdjustmentResult:
        try:
            self._points.preview(asked.member, asked.points, **asked.fields)
        except PointsError as error:
            return AdjustmentResult(asked, error=error)
        self._done()
        return AdjustmentResult(asked)


def _opened(file: Path) -> TextIO:
    try:
        return file.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}")


def _checked(file: Path, layout: Layout, stream: TextIO, points: PointsClient) -> int:
    """How many rows the file has; where one cannot be sent, say so for each, and end the command."""
    count = bad = 0
    names: dict[str, str] = {}
    for read in layout.rows(stream):
        count += 1
        if read.own and not names:
            names = _names(points)
        row = read.under(names)
        if row.request is None:
            bad += 1
            if bad <= SHOWN:
                terminal.note(f"{file}:{row.line}: {row.problem}")
    if bad:
        more = f", of which {SHOWN} are shown" if bad > SHOWN else ""
        fail(f"{bad:,} of {count:,} rows cannot be sent{more}; nothing was sent")
    try:
        stream.seek(0)
    except OSError:
        fail(f"{file} cannot be read twice: expected a file, and no pipe")
    return count


def _names(points: PointsClient) -> dict[str, str]:
    """The client and the tenant as which the gateway knows the caller; if it cannot be asked, end the command."""
    try:
        limits = points.limits()
    except PointsError as error:
        fail(f"{why(error)}; nothing was sent")
    return {"client": limits.client, "tenant": limits.tenant}


def _parts(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while part := list(islice(rows, AT_ONCE)):
        yield part


def _line(number: int, result: AdjustmentResult, *, dry_run: bool) -> Line:
    key, adjustment, error = result.request.idempotency_key, result.adjustment, result.error
    if error is not None:
        about = getattr(error, "adjustment", None)  # its id, or all of one whose outcome is not known
        id_ = about.id if isinstance(about, Adjustment) else about or ""
        return Line(number, key, result.outcome, id=id_, code=error.code or "", detail=str(error))
    if dry_run or adjustment is None:
        return Line(number, key, "previewed")
    return Line(number, key, "succeeded", replayed=adjustment.replayed, id=adjustment.id)


def _conclude(report: Report, count: int, *, dry_run: bool) -> None:
    """Say how many rows came to what; the exit code is 1 where not all is well."""
    good = "previewed" if dry_run else "succeeded"
    parts = [f"{report.outcomes[good]:,} {good}"]
    if report.replayed:
        parts[0] += f" ({report.replayed:,} of them replays)"
    parts += [f"{number:,} {outcome}" for outcome, number in sorted(report.outcomes.items()) if outcome != good]
    terminal.note(f"{count:,} rows: {', '.join(parts)}")
    if report.outcomes["open"]:
        terminal.note("run it again, as it is: what is open is repeated under its key, and the rest is not made twice")
    if report.outcomes[good] != count:
        raise typer.Exit(1)
