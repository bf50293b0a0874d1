"""`adjustments resolve`: a person settles what is unknown: one, a set that they were shown, or what a file names."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.adjustments import Status
from gateway.cli import instructions, selection, terminal
from gateway.cli.instructions import BadFile, Instruction
from gateway.cli.listing import filters, line
from gateway.cli.options import Config, asked, fail, stored
from gateway.cli.settle import Case, settle
from gateway.journal import Journal


def resolve(
    config: Config,
    applied: Annotated[
        bool | None, typer.Option("--applied/--not-applied", help="What the vendor's own records say.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="How it is known; kept in the history.")] = None,
    id: Annotated[str | None, typer.Argument(help="The adjustment's id, adj_...")] = None,  # noqa: A002 (the field's name)
    every: Annotated[bool, typer.Option("--all", help="All that are unknown and match the filters below.")] = False,
    vendor: Annotated[str | None, typer.Option(help="With --all: that went to this vendor.")] = None,
    client: Annotated[str | None, typer.Option(help="With --all: that this client asked for.")] = None,
    tenant: Annotated[str | None, typer.Option(help="With --all: of this tenant.")] = None,
    member: Annotated[str | None, typer.Option(help="With --all: of this member.")] = None,
    reference: Annotated[str | None, typer.Option(help="With --all: with this reference.")] = None,
    created_from: Annotated[str | None, typer.Option(help="With --all: created then or later.")] = None,
    created_to: Annotated[str | None, typer.Option(help="With --all: created then or earlier.")] = None,
    named: Annotated[
        str | None, typer.Option("--set", help="With --all: the set that was shown under this name.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--from", help="A CSV file with the columns id, outcome (applied, not_applied), reason."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --all or --from: do it; without, only show it.")] = False,
) -> None:
    """Settle by hand what is unknown, after a look into the vendor's own records. A gateway may be running.

    With --all, what is unknown is shown first, with the name of that set; --set NAME --yes settles it and nothing else.

    Example: points-gateway adjustments resolve adj_... --applied --reason "point 4711 in their list" -c points.yaml
    """
    if [id is not None, every, file is not None].count(True) != 1:
        raise typer.BadParameter("name one adjustment by its id, or say --all, or --from with a file")
    narrowed = (vendor, client, tenant, member, reference, created_from, created_to, named)
    if not every and any(each is not None for each in narrowed):
        raise typer.BadParameter("filters and --set go with --all alone")
    if file is not None:
        if applied is not None or reason is not None:
            raise typer.BadParameter("with --from, the file says the outcome and the reason of each")
        _follow(stored(config), file, yes=yes)
        return
    if applied is None:
        raise typer.BadParameter("say what the vendor's records say: --applied or --not-applied")
    if reason is None or (why := instructions.why_no_reason(reason)):
        raise typer.BadParameter(f"--reason: {why if reason is not None else 'say how it is known'}")
    if id is not None:
        _settle(stored(config), id, applied=applied, reason=reason)
        return
    wanted = filters(
        vendor=vendor,
        client=client,
        member=member,
        reference=reference,
        created_from=created_from,
        created_to=created_to,
    )
    if named is None and yes:
        raise typer.BadParameter(
            "--yes settles a set that was shown, and no other: run this without --yes, and add the --set that it names"
        )
    if named is not None and not selection.is_name(named):
        raise typer.BadParameter("--set is what the command shows without it, as in 4711-0123456789abcdef")
    chosen = selection.Selection(tenant, wanted, applied, reason)
    store = stored(config)
    if named is None:
        chosen.show(store)
    elif yes:
        chosen.settle(store, named)
    else:
        chosen.show_left(store, named)


def _settle(store: str, id: str, *, applied: bool, reason: str) -> None:  # noqa: A002 (the field's name)
    if (record := asked(store, lambda journal: journal.get(None, id))) is None:
        fail(f"there is no adjustment {id!r} in this journal")
    settle(store, [Case(Instruction(id, applied, reason), record)])


def _follow(store: str, file: Path, *, yes: bool) -> None:
    """Settle what a file names; without `yes`, show what that would be."""
    try:
        found = instructions.read(file)
    except BadFile as error:
        for problem in error.problems:
            terminal.note(problem)
        fail(f"{len(error.problems)} problem(s) in the file; nothing is settled")

    async def cases(journal: Journal) -> list[Case]:
        return [Case(each, await journal.get(None, each.id)) for each in found]

    read = asked(store, cases)
    if yes:
        settle(store, read)
        return
    for case in read:
        if case.record is None:
            terminal.note(f"points-gateway: {case.instruction.id} is not in this journal")
    for outcome, applied in instructions.OUTCOMES.items():
        records = [case.record for case in read if case.instruction.applied is applied and case.record is not None]
        for record in records:
            terminal.show(f"{outcome:11}  {line(record)}")
        unknown = [record for record in records if record.state.status is Status.UNKNOWN]
        terminal.show(f"{len(unknown)} to be settled as {outcome}")
        for text in selection.summary(unknown):
            terminal.show(text)
    others = sum(not case.is_open for case in read)
    left = f"; {others} of {len(read)} are not unknown" if others else ""
    terminal.show(f"nothing is settled yet{left}; add --yes to settle what can be")
