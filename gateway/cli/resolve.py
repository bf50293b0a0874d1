"""`adjustments resolve`: a person settles what is unknown."""

import getpass
import os
import secrets
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import typer

from gateway import exact
from gateway.adjustments import Record, Resolution, Status
from gateway.cli import terminal
from gateway.cli.listing import filters, line
from gateway.cli.options import Config, asked, fail, loaded
from gateway.journal import Journal

MOST = 10_000
_REFUSED = {
    "lease": "may still change by itself; try again once the vendor's time-out and a few seconds have passed",
    "changed": "is {status}, and only what is unknown can be settled",
}


def resolve(
    config: Config,
    reason: Annotated[str, typer.Option(help="How it is known; kept in the history.")],
    applied: Annotated[
        bool | None, typer.Option("--applied/--not-applied", help="What the vendor's own records say.")
    ] = None,
    id: Annotated[str | None, typer.Argument(help="The adjustment's id, adj_...")] = None,  # noqa: A002 (the field's name)
    every: Annotated[bool, typer.Option("--all", help="All that are unknown and match the filters below.")] = False,
    tenant: Annotated[str | None, typer.Option(help="With --all: of this tenant.")] = None,
    member: Annotated[str | None, typer.Option(help="With --all: of this member.")] = None,
    reference: Annotated[str | None, typer.Option(help="With --all: with this reference.")] = None,
    created_from: Annotated[str | None, typer.Option(help="With --all: created then or later.")] = None,
    created_to: Annotated[str | None, typer.Option(help="With --all: created then or earlier.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --all: do it; without, only show it.")] = False,
) -> None:
    """Settle by hand what is unknown, after a look into the vendor's own records. A gateway may be running.

    Example: points-gateway adjustments resolve adj_... --applied --reason "point 4711 in their list" -c points.yaml
    """
    if applied is None:
        raise typer.BadParameter("say what the vendor's records say: --applied or --not-applied")
    if (id is None) is not every:
        raise typer.BadParameter("name one adjustment by its id, or say --all")
    if id is not None and any(each is not None for each in (tenant, member, reference, created_from, created_to)):
        raise typer.BadParameter("filters go with --all, and not with an id")
    if not 1 <= len(reason) <= 500:
        raise typer.BadParameter("--reason is 1 to 500 characters")
    settings, _ = loaded(config)
    wanted = filters(
        member=member, status=Status.UNKNOWN, reference=reference, created_from=created_from, created_to=created_to
    )

    async def found(journal: Journal) -> list[Record]:
        if id is None:
            return [record for _, record in await journal.list(tenant, wanted, limit=MOST, before=None)]
        record = await journal.get(None, id)
        return [record] if record else []

    async def settled(journal: Journal) -> list[tuple[Record, str | None]]:
        done: list[tuple[Record, str | None]] = []
        for record in records:
            resolution = Resolution(applied=applied, reason=reason, by=f"command line, {_who()}", at=datetime.now(UTC))
            decision = await journal.decide(await journal.present(record), resolution, {})
            done.append((decision.record, decision.refused))
        return done

    records = asked(settings, found)
    if not records:
        fail(f"there is no adjustment {id!r} in this journal" if id else "nothing is unknown that matches")
    if every and not yes:
        for record in records:
            terminal.show(line(record))
        points = sum((record.draft.adjustment.points for record in records), Decimal(0))
        terminal.show(f"{len(records)} adjustment(s), {exact.text(points)} points in all; add --yes to settle them")
        return
    refused = 0
    for record, why in asked(settings, settled, writes=f"cli-{secrets.token_hex(8)}"):
        terminal.report(line(record))
        if why is not None:
            refused += 1
            told = _REFUSED[why].format(status=record.state.status)
            terminal.note(f"points-gateway: {record.draft.id} {told}")
    if refused:
        fail(f"{refused} of {len(records)} could not be settled")


def _who() -> str:
    """The name of who runs the command; in a container, the user may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
