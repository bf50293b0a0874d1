"""`adjustments`: read the journal and resolve unknown adjustments; a gateway may be running."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway import exact
from gateway.adjustments import Record, Status
from gateway.cli import remote_adjustments, terminal
from gateway.cli.listing import filters, hint_line, line
from gateway.cli.operator_api import Admin, MaybeConfig, OperatorApi, config_of
from gateway.cli.options import Format, Output, fail, loaded, stored, with_journal
from gateway.cli.resolve import resolve
from gateway.cli.shown_list import ShownList
from gateway.cli.withdraw import withdraw
from gateway.escaping import escaped_json
from gateway.journal import Filters, Journal
from gateway.write import WriteOperation

if TYPE_CHECKING:  # imported where they are needed, since a list for people takes longer to begin than to read
    from gateway.answers.models import AdjustmentHistory

_AT_ONCE = 500
"""Adjustments that are read and shown at once."""


def commands() -> typer.Typer:
    """The commands under `adjustments`."""
    app = typer.Typer(
        help="Read the journal and resolve unknown adjustments; a gateway may be running.", no_args_is_help=True
    )
    app.command("list")(list_)
    app.command("show")(show)
    app.command("resolve")(resolve)
    app.command("withdraw")(withdraw)
    return app


def list_(
    config: MaybeConfig = None,
    admin: Admin = None,
    tenant: Annotated[str | None, typer.Option(help="Only this tenant; all by default.")] = None,
    vendor: Annotated[str | None, typer.Option(help="Only those sent to this vendor.")] = None,
    client: Annotated[str | None, typer.Option(help="Only those requested by this client.")] = None,
    member: Annotated[str | None, typer.Option(help="Only this member.")] = None,
    status: Annotated[Status | None, typer.Option(help="Only this status.")] = None,
    reference: Annotated[str | None, typer.Option(help="Only this reference.")] = None,
    key: Annotated[str | None, typer.Option("--idempotency-key", help="Only this key.")] = None,
    operation: Annotated[WriteOperation | None, typer.Option(help="Only adjustments, or only reversals.")] = None,
    reverses: Annotated[str | None, typer.Option(help="Only reversals of this adjustment.")] = None,
    request_id: Annotated[
        str | None, typer.Option("--request-id", help="Only those that this request's attempt was about.")
    ] = None,
    created_from: Annotated[str | None, typer.Option(help="Created at or after, as in 2026-01-01T00:00:00Z.")] = None,
    created_to: Annotated[str | None, typer.Option(help="Created at or before.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number, newest first; any, for it is streamed.")] = 20,
    output: Format = Output.TEXT,
) -> None:
    """List adjustments, newest first, each as soon as it is read. A gateway may be running.

    Example: points-gateway adjustments list -c config/gateway.yaml --status unknown
    """
    chosen = filters(
        member=member,
        status=status,
        reference=reference,
        key=key,
        operation=operation,
        reverses=reverses,
        created_from=created_from,
        created_to=created_to,
        vendor=vendor,
        client=client,
        request_id=request_id,
    )
    if admin is not None:
        query = {
            "tenant": tenant,
            "vendor": vendor,
            "client": client,
            "member": member,
            "status": status,
            "reference": reference,
            "idempotency_key": key,
            "operation": operation,
            "reverses": reverses,
            "request_id": request_id,
            "created_from": created_from,
            "created_to": created_to,
        }
        shown, more = remote_adjustments.listed(OperatorApi(admin), query, limit, output)
    else:
        store = stored(config_of(config))
        shown, more = with_journal(store, lambda journal: _stream(journal, tenant, chosen, limit, output))
    if more:
        terminal.note(f"there are more: these are the newest {limit}; see --limit and --created-to")
    elif not shown and output is Output.TEXT:
        terminal.note("no adjustments")


async def _stream(
    journal: Journal, tenant: str | None, chosen: Filters, limit: int, output: Output
) -> tuple[int, bool]:
    """Show a list part by part; gives how many were shown, and whether there are more."""
    shown, after = ShownList(output), None
    while True:
        page = await journal.list(tenant, chosen, limit=min(_AT_ONCE, limit - shown.count), after=after)
        shown.add(map(_answer if shown.json else line, page.records))
        if page.next is None or shown.count >= limit:
            shown.end()
            return shown.count, page.next is not None
        after = page.next


def _answer(record: Record) -> str:
    """An adjustment as the API would give it."""
    from gateway.answers import rendering

    return rendering.adjustment(record).to_json().decode()


def show(
    id: Annotated[str, typer.Argument(help="The adjustment's id, adj_...")],  # noqa: A002 (the field's name)
    config: MaybeConfig = None,
    admin: Admin = None,
    balance: Annotated[
        bool, typer.Option("--balance", help="Read the current balance at the vendor, as a hint.")
    ] = False,
    output: Format = Output.TEXT,
) -> None:
    """Show an adjustment and its whole history.

    Example: points-gateway adjustments show adj_... -c config/gateway.yaml
    """
    from gateway.answers import rendering

    if admin is not None:
        api = OperatorApi(admin)
        found = api.find(id)
        if found is None:
            fail(f"there is no adjustment {id!r} in this journal")
        if balance:
            terminal.note(f"hint: {hint_line(api.balance_hint(id))}")
        _show(found["adjustment"], output)
        return
    config = config_of(config)
    store = stored(config)
    # Adapters are loaded only for the hint, so that a broken one does not keep the journal from being read.
    vendors = loaded(config) if balance else None

    async def with_history(journal: Journal) -> "AdjustmentHistory | None":
        record = await journal.get(None, id)
        if record is None:
            return None
        if vendors is not None:
            from gateway.cli.hint import hint

            terminal.note(f"hint: {hint_line(await hint(*vendors, journal, record))}")
        reversible = rendering.can_be_reversed(record)
        reversals = await journal.reversals(record.draft.tenant, id) if reversible else None
        return rendering.seen(record, await journal.history(id), reversals, inspected=True)

    answer = with_journal(store, with_history)
    if answer is None:
        fail(f"there is no adjustment {id!r} in this journal")
    _show(exact.loads(answer.to_json().decode()), output)


def _show(answer: Mapping[str, Any], output: Output) -> None:
    if output is Output.JSON:
        terminal.show_json(exact.dumps(answer).decode())
        return
    for text in _text(answer):
        terminal.show(text)


def _text(answer: Mapping[str, Any]) -> Iterator[str]:
    for name, value in answer.items():
        if name != "history":
            yield f"{name:16} {value if isinstance(value, str) else _json(value)}"
    for step in answer.get("history") or ():
        yield ""
        yield f"{step['at']}  {step['from'] or '-'} -> {step['to']}  attempt {step['attempt']}, by {step['by']}"
        yield f"  evidence  {_json(step['evidence'])}"
        for each in step["exchange"] or ():
            yield f"  exchange  {_json(each)}"


def _json(value: object) -> str:
    return escaped_json(exact.dumps(value).decode())
