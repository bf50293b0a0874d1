"""`adjustments resolve`: a person resolves one unknown adjustment, a set that was shown, or those of a file."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.adjustments import Record
from gateway.cli import file_preview, instructions, remote_adjustments, selection, terminal
from gateway.cli.file_preview import Previewed
from gateway.cli.instructions import BadFile, Instruction
from gateway.cli.listing import filters, line
from gateway.cli.operator_api import Admin, MaybeConfig, OperatorApi, config_of
from gateway.cli.options import fail, stored, with_journal
from gateway.cli.remote_selection import RemoteSelection
from gateway.cli.settle import Case, resolve_cases
from gateway.journal import Journal, unknown_sets


def resolve(
    config: MaybeConfig = None,
    admin: Admin = None,
    applied: Annotated[
        bool | None, typer.Option("--applied/--not-applied", help="The outcome in the vendor's own records.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="How the outcome is known; stored in the history.")] = None,
    id: Annotated[str | None, typer.Argument(help="The adjustment's id, adj_...")] = None,  # noqa: A002 (the field's name)
    every: Annotated[bool, typer.Option("--all", help="All unknown adjustments that match the filters below.")] = False,
    vendor: Annotated[str | None, typer.Option(help="With --all: only those sent to this vendor.")] = None,
    client: Annotated[str | None, typer.Option(help="With --all: only those requested by this client.")] = None,
    tenant: Annotated[str | None, typer.Option(help="With --all: only this tenant.")] = None,
    member: Annotated[str | None, typer.Option(help="With --all: only this member.")] = None,
    reference: Annotated[str | None, typer.Option(help="With --all: only this reference.")] = None,
    created_from: Annotated[str | None, typer.Option(help="With --all: created at or after.")] = None,
    created_to: Annotated[str | None, typer.Option(help="With --all: created at or before.")] = None,
    set_name: Annotated[
        str | None, typer.Option("--set", help="With --all: the name of a set that was shown before.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--from", help="A CSV file with the columns id, outcome (applied, not_applied), reason."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --all or --from: resolve; without it, only show.")] = False,
) -> None:
    """Resolve unknown adjustments by hand, on the evidence of the vendor's own records. A gateway may be running.

    With --all, the unknown adjustments are shown first, with a name for that set; --set NAME --yes resolves only these.

    Example: points-gateway adjustments resolve adj_... --applied --reason "point 4711 in their list" -c points.yaml
    """
    if [id is not None, every, file is not None].count(True) != 1:
        raise typer.BadParameter("name one adjustment by its id, or say --all, or --from with a file")
    only_with_all = (vendor, client, tenant, member, reference, created_from, created_to, set_name)
    if not every and any(each is not None for each in only_with_all):
        raise typer.BadParameter("filters and --set go with --all alone")
    if file is not None:
        if applied is not None or reason is not None:
            raise typer.BadParameter("with --from, the file says the outcome and the reason of each")
        if admin is not None:
            _resolve_file_by(OperatorApi(admin), file, yes=yes)
        else:
            _resolve_file(stored(config_of(config)), file, yes=yes)
        return
    if applied is None:
        raise typer.BadParameter("say what the vendor's records say: --applied or --not-applied")
    if reason is None or (error := instructions.reason_error(reason)):
        raise typer.BadParameter(f"--reason: {error if reason is not None else 'say how it is known'}")
    if id is not None:
        if admin is not None:
            remote_adjustments.resolve(OperatorApi(admin), [Instruction(id, applied, reason)])
        else:
            _resolve_one(stored(config_of(config)), id, applied=applied, reason=reason)
        return
    if set_name is None and yes:
        raise typer.BadParameter(
            "--yes settles a set that was shown, and no other: run this without --yes, and add the --set that it names"
        )
    if set_name is not None and unknown_sets.mark_of(set_name) is None:
        raise typer.BadParameter("--set is what the command shows without it, as in 4711-0123456789abcdef")
    chosen = filters(
        vendor=vendor,
        client=client,
        member=member,
        reference=reference,
        created_from=created_from,
        created_to=created_to,
    )
    unknown: selection.Selection | RemoteSelection
    if admin is not None:
        unknown = RemoteSelection(OperatorApi(admin), tenant, chosen, applied, reason)
    else:
        unknown = selection.Selection(stored(config_of(config)), tenant, chosen, applied, reason)
    if set_name is None:
        unknown.show()
    elif yes:
        unknown.resolve(set_name)
    else:
        unknown.show_left(set_name)


def _resolve_one(store: str, id: str, *, applied: bool, reason: str) -> None:  # noqa: A002 (the field's name)
    if (record := with_journal(store, lambda journal: journal.get(None, id))) is None:
        fail(f"there is no adjustment {id!r} in this journal")
    resolve_cases(store, [Case(Instruction(id, applied, reason), record)])


def _resolve_file_by(api: OperatorApi, file: Path, *, yes: bool) -> None:
    """Resolve the adjustments of a file by the operator API; without `yes`, only show them."""
    in_file = _read(file)
    if yes:
        remote_adjustments.resolve(api, in_file)
        return
    file_preview.show([(each, remote_adjustments.previewed(api, each.id)) for each in in_file])


def _read(file: Path) -> tuple[Instruction, ...]:
    """The instructions of a file. Ends the command where it is not valid."""
    try:
        return instructions.read(file)
    except BadFile as error:
        for problem in error.problems:
            terminal.note(problem)
        fail(f"{len(error.problems)} problem(s) in the file; nothing is settled")


def _resolve_file(store: str, file: Path, *, yes: bool) -> None:
    """Resolve the adjustments of a file; without `yes`, only show them."""
    in_file = _read(file)

    async def cases(journal: Journal) -> list[Case]:
        return [Case(each, await journal.get(None, each.id)) for each in in_file]

    found = with_journal(store, cases)
    if yes:
        resolve_cases(store, found)
        return
    file_preview.show([(case.instruction, _previewed(case.record)) for case in found])


def _previewed(record: Record | None) -> Previewed | None:
    if record is None:
        return None
    (amount,) = unknown_sets.amounts([record])
    return Previewed(line(record), amount, record.state.open)
