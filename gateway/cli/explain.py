"""`explain`: which rule decides a call, which vendor serves it, and what would be sent."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import orjson
import typer
from pydantic import TypeAdapter

from gateway import exact
from gateway.answers import rendering
from gateway.answers.models import Preview
from gateway.answers.plans import preview as previewed
from gateway.api import reading as strict
from gateway.api.fields import Moment
from gateway.api.schemas import adjustment_body
from gateway.app import configured, planner
from gateway.cli import terminal
from gateway.cli.options import Config, Format, Output, loaded
from gateway.errors import GatewayError, InvalidRequest
from gateway.escaping import escaped_json
from gateway.model import Member, Period
from gateway.planning.planning import PREVIEWED_ID


class Call(StrEnum):
    """The operations that can be explained."""

    ADJUST = "adjust"
    BALANCE = "balance"
    EXPIRING = "expiring"


def explain(
    operation: Annotated[Call, typer.Argument(help="What the app would ask for.")],
    config: Config,
    tenant: Annotated[str, typer.Option(help="The tenant that it would be asked for.")],
    member: Annotated[str, typer.Option(help="The member, as in email:jason@example.com.")],
    points: Annotated[str | None, typer.Option(help="Points to add, or with - to remove (adjust).")] = None,
    point_type: Annotated[str | None, typer.Option(help="The canonical point type.")] = None,
    description: Annotated[str | None, typer.Option(help="Words that go with it (adjust).")] = None,
    reason: Annotated[str | None, typer.Option(help="The canonical reason (adjust).")] = None,
    reference: Annotated[str | None, typer.Option(help="The app's own id for the event (adjust).")] = None,
    store: Annotated[str | None, typer.Option(help="The store (adjust).")] = None,
    pending: Annotated[
        bool | None, typer.Option("--pending", help="The points wait before they count (adjust).")
    ] = None,
    options: Annotated[str | None, typer.Option(help="Options as JSON, by adapter name (adjust).")] = None,
    start: Annotated[str | None, typer.Option("--from", help="As in 2026-01-01T00:00:00Z (expiring).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="As in 2026-01-31T23:59:59Z (expiring).")] = None,
    output: Format = Output.TEXT,
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
        if operation is Call.ADJUST:
            said = {
                "member": member,
                "points": points,
                "point_type": point_type,
                "description": description,
                "reason": reason,
                "reference": reference,
                "store": store,
                "pending": pending,
            }
            body = strict.body(_body(said, options), adjustment_body(configured(settings, kinds)))
            preview = previewed(plans.adjust(tenant, body.adjustment(), id=PREVIEWED_ID))
            settings.ceilings.check(body.adjustment(), client=None, tenant=tenant)
        elif operation is Call.BALANCE:
            preview = previewed(plans.balance(tenant, _member(member), point_type))
        else:
            preview = previewed(plans.expiring(tenant, _member(member), _period(start, end), point_type))
    except GatewayError as error:
        told = rendering.problem(error, request_id="explain")
        if output is Output.JSON:
            terminal.note_json(told.to_json().decode())
        else:
            terminal.note(f"{error.code}: {error.detail}")
        raise typer.Exit(1) from error
    if output is Output.JSON:
        terminal.show_json(preview.to_json().decode())
        return
    for line in _text(preview):
        terminal.show(line)


def _body(said: Mapping[str, str | bool | None], options: str | None) -> bytes:
    """The body that an app would send; bytes of a command line that are not UTF-8 are left for its reader to refuse."""
    parts = {name: orjson.Fragment(json.dumps(value)) for name, value in said.items() if value is not None}
    if options is not None:
        parts["options"] = orjson.Fragment(options.encode(errors="surrogateescape"))
    return orjson.dumps(parts)


def _member(notation: str) -> Member:
    try:
        return Member.parse(notation)
    except ValueError as error:
        raise InvalidRequest(f"--member: {error}") from error


def _period(start: str | None, end: str | None) -> Period:
    moment: TypeAdapter[Moment] = TypeAdapter(Moment)
    try:
        period = Period(moment.validate_python(start), moment.validate_python(end))
    except ValueError as error:
        raise InvalidRequest("--from and --to are times with an offset, as in 2026-01-31T00:00:00Z") from error
    if period.start > period.end:
        raise InvalidRequest("--from must be at or before --to")
    return period


def _text(preview: Preview) -> list[str]:
    shown = json.loads(preview.to_json(), parse_float=exact.loads)
    lines = [
        f"rule           {preview.rule}",
        f"vendor         {preview.vendor.name} ({preview.vendor.adapter})",
        f"not sent       {', '.join(preview.not_sent) or '-'}",
        f"repeat safety  {preview.repeat_safety}",
        f"effect         {'this request may change points' if preview.request.effect else 'not of this request'}",
        "",
        f"{preview.request.method} {preview.request.url}",
        *(f"{name}: {value}" for name, value in (preview.request.headers or {}).items()),
    ]
    body = shown["request"]["body"]
    if body is not None:
        lines += ["", body if isinstance(body, str) else escaped_json(exact.dumps(body).decode())]
    return lines
