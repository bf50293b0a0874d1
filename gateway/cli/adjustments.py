"""`adjustments`: look into the journal, and settle what is unknown, beside a gateway that may be running."""

from collections.abc import Iterator
from typing import Annotated

import typer

from gateway import exact
from gateway.adjustments import Status
from gateway.answers import rendering
from gateway.answers.models import AdjustmentHistory, AdjustmentPage
from gateway.cli import terminal
from gateway.cli.hint import hint
from gateway.cli.listing import filters, line
from gateway.cli.options import Config, Format, Output, asked, fail, loaded, stored
from gateway.cli.resolve import resolve
from gateway.escaping import escaped_json
from gateway.journal import Journal


def commands() -> typer.Typer:
    """The commands under `adjustments`."""
    app = typer.Typer(
        help="Look into the journal, and settle what is unknown; a gateway may be running.", no_args_is_help=True
    )
    app.command("list")(list_)
    app.command("show")(show)
    app.command("resolve")(resolve)
    return app


def list_(
    config: Config,
    tenant: Annotated[str | None, typer.Option(help="Of this tenant; of all by default.")] = None,
    vendor: Annotated[str | None, typer.Option(help="That went to this vendor.")] = None,
    client: Annotated[str | None, typer.Option(help="That this client asked for.")] = None,
    member: Annotated[str | None, typer.Option(help="Of this member.")] = None,
    status: Annotated[Status | None, typer.Option(help="Where they stand.")] = None,
    reference: Annotated[str | None, typer.Option(help="With this reference.")] = None,
    key: Annotated[str | None, typer.Option("--idempotency-key", help="Under this key.")] = None,
    created_from: Annotated[str | None, typer.Option(help="Created then or later, as in 2026-01-01T00:00:00Z.")] = None,
    created_to: Annotated[str | None, typer.Option(help="Created then or earlier.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, newest first.")] = 20,
    output: Format = Output.TEXT,
) -> None:
    """List adjustments, newest first.

    Example: points-gateway adjustments list -c config/gateway.yaml --status unknown
    """
    store = stored(config)
    wanted = filters(
        member=member,
        status=status,
        reference=reference,
        key=key,
        created_from=created_from,
        created_to=created_to,
        vendor=vendor,
        client=client,
    )

    page = asked(store, lambda journal: journal.list(tenant, wanted, limit=limit))
    records = page.records
    if output is Output.JSON:
        answers = [rendering.adjustment(record) for record in records]
        terminal.show_json(AdjustmentPage(data=answers, next_cursor=None).to_json().decode())
    else:
        for record in records:
            terminal.show(line(record))
    if page.next:
        terminal.note(f"there are more: these are the newest {limit}; see --limit and --created-to")
    elif not records and output is Output.TEXT:
        terminal.note("no adjustments")


def show(
    id: Annotated[str, typer.Argument(help="The adjustment's id, adj_...")],  # noqa: A002 (the field's name)
    config: Config,
    balance: Annotated[bool, typer.Option("--balance", help="Ask the vendor for a hint: the balance now.")] = False,
    output: Format = Output.TEXT,
) -> None:
    """Show an adjustment and its whole history.

    Example: points-gateway adjustments show adj_... -c config/gateway.yaml
    """
    store = stored(config)
    asking = loaded(config) if balance else None  # nothing else is asked of a vendor, so no adapter is needed

    async def found(journal: Journal) -> AdjustmentHistory | None:
        record = await journal.get(None, id)
        if record is None:
            return None
        if asking is not None:
            terminal.note(f"hint: {await hint(*asking, journal, record)}")
        return rendering.with_history(record, await journal.history(id), inspected=True)

    answer = asked(store, found)
    if answer is None:
        fail(f"there is no adjustment {id!r} in this journal")
    if output is Output.JSON:
        terminal.show_json(answer.to_json().decode())
        return
    for text in _text(answer):
        terminal.show(text)


def _text(answer: AdjustmentHistory) -> Iterator[str]:
    for name, value in answer.model_dump(exclude={"history"}).items():
        yield f"{name:16} {value if isinstance(value, str) else _json(value)}"
    for step in answer.history or ():
        yield ""
        yield f"{step.at}  {step.from_ or '-'} -> {step.to}  attempt {step.attempt}, by {step.by}"
        yield f"  evidence  {_json(step.evidence)}"
        for each in step.exchange or ():
            yield f"  exchange  {_json(each)}"


def _json(value: object) -> str:
    return escaped_json(exact.dumps(value).decode())
