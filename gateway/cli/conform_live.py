"""`conform-live`: try an adapter at a real account, with the operator's consent; a credit and its debit."""

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import structlog
import typer

from gateway import exact
from gateway.cli import terminal
from gateway.cli.options import Config, fail, loaded
from gateway.errors import GatewayError
from gateway.model import Member
from gateway.planning.translation import Translator

if TYPE_CHECKING:
    from gateway.conformance.account import Trying
    from gateway.conformance.live_trial import LiveTrial

LARGEST = Decimal(10)
"""The most points that a trial moves: it is about one small amount."""


def conform_live(
    vendor: Annotated[str, typer.Argument(help="The account: the name of a vendor in the configuration.")],
    config: Config,
    member: Annotated[str, typer.Option(help="A member that is there for tests alone, as in card:7.")],
    consent: Annotated[
        str | None,
        typer.Option(metavar="HOST", help="The host of the account's base_url: nothing is sent without it."),
    ] = None,
    points: Annotated[str, typer.Option(help="The points of the credit and of the debit: as few as you can.")] = "1",
    point_type: Annotated[str | None, typer.Option(help="The point type, where the account has several.")] = None,
    reason: Annotated[str | None, typer.Option(help="The reason, where the vendor needs one.")] = None,
    requests: Annotated[int, typer.Option(help="No more requests than so many.", min=5, max=200)] = 40,
    report: Annotated[
        Path | None, typer.Option(help="The report of `conform` in which the level `live` is written, with the day.")
    ] = None,
    page: Annotated[Path | None, typer.Option(help="Renew the table of vendors in this page of Markdown.")] = None,
) -> None:
    """Try an adapter at a real account: read, credit a few points to one member, read, debit them again, and read.

    Without --consent it only shows what it would send. No write is sent twice. If the outcome of one is unknown, or if
    what the vendor says contradicts itself, the trial ends there and says what to put right by hand.

    The member has to be one for tests: its balance must not change while the trial runs. The exit code is 0 if
    everything held; then --report writes the day.

    Example: points-gateway conform-live shop --config points.yaml --member card:7
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    if page is not None and report is None:
        raise typer.BadParameter("--page needs --report, which the table is made from")
    translator, trying = _translator(config, vendor), _trying(member, points, point_type, reason, requests)
    reports = None if report is None else _reports(report, translator)
    host = urlsplit(translator.settings.base_url).netloc
    _explain(translator, trying, host)
    if consent is None:
        terminal.show(f"Nothing was sent. To do this: --consent {host}")
        return
    if consent != host:
        fail(f"--consent {consent}: the account is at {host}; nothing was sent")
    trial = asyncio.run(_tried(translator, trying))
    used = trial.account.allowance.used
    if trial.broken:
        terminal.show_lines(trial.broken)
        fail(f"{vendor}: {len(trial.broken)} of what was tried does not hold; {used} requests were sent")
    terminal.show(f"{vendor}: all that was tried holds; {used} requests were sent")
    if report is not None and reports is not None:
        _write(report, page, reports, translator, _record(trial, translator))


def _translator(config: Path, vendor: str) -> Translator:
    """The account by its name in the configuration; if there is none that can be tried, end the command."""
    settings, kinds = loaded(config)
    if vendor not in settings.vendors:
        fail(f"{config}: no vendor is named {vendor!r} (there are: {', '.join(settings.vendors)})")
    own = settings.vendors[vendor]
    if own.paused or settings.server.read_only:
        fail(f"{config}: writes to {vendor} are paused there; nothing was sent")
    translator = Translator(vendor, settings.kind(vendor, kinds), own)
    if lacking := [each for each in ("adjust", "balance") if each not in translator.kind.operations]:
        fail(f"{translator.kind.name} has no {' and no '.join(lacking)}: a trial needs both, to write and to see it")
    return translator


def _trying(member: str, points: str, point_type: str | None, reason: str | None, requests: int) -> "Trying":
    from gateway.conformance.account import Trying

    try:
        amount = exact.number(points)
    except ValueError as error:
        raise typer.BadParameter(f"--points {points}: {error}") from None
    if not 0 < amount <= LARGEST:
        raise typer.BadParameter(f"--points {points}: expected more than 0, and at most {LARGEST}")
    try:
        return Trying(Member.parse(member), amount, point_type, reason, requests)
    except ValueError as error:
        raise typer.BadParameter(f"--member {member}: {error}") from None


def _explain(translator: Translator, trying: "Trying", host: str) -> None:
    """Say what is about to be sent, without secrets; if it cannot be said to this vendor, end the command."""
    from gateway.conformance.account import Account, shown

    account, amount = Account(translator, trying), shown(trying.points)
    terminal.show(f"At the account {translator.name} ({translator.kind.name}, {host}), for the member {trying.member}:")
    reads = [each for each in ("balance", "expiring", "transactions") if each in translator.kind.operations]
    searches = ", a search" if translator.adapter.finds else ""
    try:
        for what, points in (("credit", trying.points), ("debit", -trying.points)):
            terminal.show(f"  reads: {', '.join(reads)}{searches}")
            request = account.writing(points, f"adj_of_the_{what}", masked=True).request
            body = request.body.decode("utf-8", "replace")
            terminal.show(f"  {what} of {amount} point(s), sent once: {request.method} {request.path} {body}".rstrip())
    except GatewayError as error:
        fail(f"{error.detail}; nothing was sent")
    terminal.show(f"  reads: {', '.join(reads)}{searches}")
    terminal.show(f"At most {trying.requests} requests. A write whose outcome is unknown ends it.")


async def _tried(translator: Translator, trying: "Trying") -> "LiveTrial":
    from gateway.conformance.account import Account
    from gateway.conformance.live_trial import Ended, LiveTrial

    async with Account(translator, trying) as account:
        trial = LiveTrial(account, terminal.report)
        try:
            await trial.run()
        except Ended as ended:
            for broken in trial.broken:
                terminal.note(broken)
            fail(f"{translator.name}: the trial has ended. {ended}")
    return trial


def _record(trial: "LiveTrial", translator: Translator) -> dict[str, Any]:
    """What the report says of a trial in which all held; nothing of it tells whose account it was."""
    from gateway.conformance.made_of import made_of

    operations = {*translator.kind.operations, *(("reverse",) if translator.kind.reversed_by else ())}
    return {
        "day": datetime.now(UTC).date().isoformat(),
        "made_of": made_of(translator.kind),
        "points": exact.text(trial.account.trying.points),
        "requests": trial.account.allowance.used,
        "kept": trial.kept,
        "not_tried": sorted(operations - {"adjust", *trial.kept}),
    }


def _reports(file: Path, translator: Translator) -> list[dict[str, Any]]:
    """The reports in a file, of which one is about the adapter and has nothing broken; if not, end the command."""
    try:
        reports: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        fail(f"{file} cannot be read: {error}")
    own = [each for each in reports if each["adapter"] == translator.kind.name]
    if not own or own[0]["broken"]:
        name = translator.kind.name
        fail(f"{file} has no report of {name} that keeps every check: points-gateway conform {name} --report {file}")
    return reports


def _write(
    file: Path, page: Path | None, reports: list[dict[str, Any]], translator: Translator, record: dict[str, Any]
) -> None:
    from gateway.conformance.report import placed, with_live

    reports = [with_live(each, record) if each["adapter"] == translator.kind.name else each for each in reports]
    try:
        file.write_text(json.dumps(reports, indent=1, ensure_ascii=False) + "\n", "utf-8")
        if page is not None:
            page.write_text(placed(page.read_text("utf-8"), reports), "utf-8")
    except (OSError, ValueError) as error:
        fail(str(error))
