"""`explain`: the rule that decides a call, the vendor that serves it, and the request that would be sent."""

import inspect
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer
from pydantic import TypeAdapter

from gateway import exact
from gateway.answers import rendering
from gateway.answers.models import Preview
from gateway.answers.plans import preview as previewed
from gateway.answers.plans import preview_of_lookup
from gateway.api import reading as strict
from gateway.api.field_types import Moment
from gateway.api.schemas import adjustment_body
from gateway.cli import terminal
from gateway.cli.options import Config, Format, Output, loaded
from gateway.errors import GatewayError, InvalidRequest
from gateway.escaping import escaped_json
from gateway.model import Adjustment, Member, Period
from gateway.planning.configured import configured, planner
from gateway.planning.planning import PREVIEWED_ID, Planner
from gateway.planning.wallet import questions
from gateway.reads import BalanceRead, ExpiringRead, LookupRead, R, Read, TransactionsRead
from gateway.traits import Traits, traits
from gateway.write import Write


class Call(StrEnum):
    """The operations that can be explained."""

    ADJUST = "adjust"
    BALANCE = "balance"
    EXPIRING = "expiring"
    TRANSACTIONS = "transactions"
    LOOKUP = "lookup"
    WALLET = "wallet"


def _with_fields(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each further field of an adjustment, which it takes as keyword arguments."""
    signature = inspect.signature(command)
    named = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    options = [_option(name, each) for name, each in traits(Adjustment).items() if name not in signature.parameters]
    place = [each.name for each in named].index("options")
    command.__signature__ = signature.replace(  # type: ignore[attr-defined]  # what typer reads options from
        parameters=[*named[:place], *options, *named[place:]]
    )
    return command


def _option(name: str, each: Traits) -> inspect.Parameter:
    kind: Any = bool if each.longest is None else str
    option = typer.Option(f"--{name.replace('_', '-')}", help=f"{each.description.removesuffix('.')} (adjust).")
    annotation = Annotated[kind | None, option]
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=annotation)


@_with_fields
def explain(
    operation: Annotated[Call, typer.Argument(help="The operation that the app would call.")],
    config: Config,
    tenant: Annotated[str, typer.Option(help="The tenant of the call.")],
    member: Annotated[str, typer.Option(help="The member, as in email:jason@example.com.")],
    points: Annotated[str | None, typer.Option(help="Points to add; negative to subtract (adjust).")] = None,
    point_type: Annotated[str | None, typer.Option(help="The canonical point type.")] = None,
    options: Annotated[str | None, typer.Option(help="Options as JSON, by adapter name (adjust).")] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="As in 2026-01-01T00:00:00Z (expiring, transactions).")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="As in 2026-01-31T23:59:59Z (expiring, transactions).")
    ] = None,
    output: Format = Output.TEXT,
    **fields: str | bool | None,
) -> None:
    """Show which rule decides a call, which vendor serves it, and the request, secrets masked. Nothing is sent.

    Example: points-gateway explain adjust -c config/demo.yaml --tenant acme --member contact_id:1 --points 5
    """
    settings, kinds = loaded(config)
    plans = planner(settings, kinds).masked()
    try:
        if tenant not in settings.tenants:
            raise InvalidRequest(
                f"There is no tenant {tenant!r}; there are: {', '.join(sorted(settings.tenants)[:20])}"
            )
        tenant = settings.tenants[tenant].journal_name
        if operation is Call.ADJUST:
            named = {"member": member, "points": points, "point_type": point_type, **fields}
            # The same parser as for requests, so that the errors are the same.
            body = strict.body(_body(named, options), adjustment_body(configured(settings, kinds)))
            previews = [_of_write(plans, tenant, body.adjustment())]
            settings.ceilings.check(body.adjustment(), client=None, tenant=tenant)
        elif operation is Call.BALANCE:
            previews = [_of_read(plans, tenant, BalanceRead(_member(member), point_type))]
        elif operation is Call.EXPIRING:
            previews = [_of_read(plans, tenant, ExpiringRead(_member(member), point_type, _period(start, end)))]
        elif operation is Call.TRANSACTIONS:
            previews = [_of_read(plans, tenant, TransactionsRead(_member(member), point_type, *_times(start, end)))]
        elif operation is Call.LOOKUP:
            previews = [_of_read(plans, tenant, LookupRead(_member(member)))]
        else:
            previews = _of_wallet(plans, tenant, _member(member))
    except GatewayError as error:
        problem = rendering.problem(error, request_id="explain")
        if output is Output.JSON:
            terminal.note_json(problem.to_json().decode())
        else:
            terminal.note(f"{error.code}: {error.detail}")
        raise typer.Exit(1) from error
    if output is Output.JSON:
        shown = [preview.to_json().decode() for preview in previews]
        terminal.show_json(f"[{','.join(shown)}]" if operation is Call.WALLET else shown[0])
        return
    for number, preview in enumerate(previews):
        for line in _text(preview, first=number == 0):
            terminal.show(line)


def _of_write(plans: Planner, tenant: str, adjustment: Adjustment) -> Preview:
    lookup = plans.lookup(tenant, "adjust", adjustment.member, adjustment.point_type)
    if lookup is not None:
        return preview_of_lookup(lookup, adjustment)
    return previewed(plans.write(tenant, Write(adjustment), id=PREVIEWED_ID))


def _of_read(plans: Planner, tenant: str, read: Read[R]) -> Preview:
    lookup = plans.lookup(tenant, read.operation, read.member, read.point_type)
    return previewed(plans.read(tenant, read)) if lookup is None else preview_of_lookup(lookup)


def _of_wallet(plans: Planner, tenant: str, member: Member) -> list[Preview]:
    """What would be asked for each balance of a wallet."""
    every = [question for account in questions(plans, tenant, [member]) for question in account]
    return [_of_read(plans, tenant, BalanceRead(member, question.point_type)) for question in every]


def _body(fields: Mapping[str, str | bool | None], options: str | None) -> bytes:
    """The body that an app would send; `strict.body` refuses bytes of the command line that are not UTF-8."""
    parts = {name: orjson.Fragment(json.dumps(value)) for name, value in fields.items() if value is not None}
    if options is not None:
        parts["options"] = orjson.Fragment(options.encode(errors="surrogateescape"))
    return orjson.dumps(parts)


def _member(notation: str) -> Member:
    try:
        return Member.parse(notation)
    except ValueError as error:
        raise InvalidRequest(f"--member: {error}") from error


def _time(text: str | None) -> datetime | None:
    moment: TypeAdapter[Moment] = TypeAdapter(Moment)
    try:
        return None if text is None else moment.validate_python(text)
    except ValueError as error:
        raise InvalidRequest("--from and --to are times with an offset, as in 2026-01-31T00:00:00Z") from error


def _times(start: str | None, end: str | None) -> tuple[datetime | None, datetime | None]:
    first, last = _time(start), _time(end)
    if first is not None and last is not None and first > last:
        raise InvalidRequest("--from must be at or before --to")
    return first, last


def _period(start: str | None, end: str | None) -> Period | None:
    first, last = _times(start, end)
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise InvalidRequest("--from and --to go together")
    return Period(first, last)


def _text(preview: Preview, *, first: bool) -> list[str]:
    # Parsed from the JSON text, because the body's numbers must keep their digits.
    document = json.loads(preview.to_json(), parse_float=exact.loads)
    lines = [
        *([] if first else [""]),
        f"rule           {preview.rule}",
        f"vendor         {preview.vendor.name} ({preview.vendor.adapter})",
        *([f"looked up      the member first, as {preview.resolved}"] if preview.resolved else []),
        f"not sent       {', '.join(preview.not_sent) or '-'}",
        f"repeat safety  {preview.repeat_safety}",
        f"effect         {'this request may change points' if preview.request.effect else 'not of this request'}",
        "",
        f"{preview.request.method} {preview.request.url}",
        *(f"{name}: {value}" for name, value in (preview.request.headers or {}).items()),
    ]
    body = document["request"]["body"]
    if body is not None:
        lines += ["", body if isinstance(body, str) else escaped_json(exact.dumps(body).decode())]
    return lines
