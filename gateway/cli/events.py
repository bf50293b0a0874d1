"""`events`: what webhooks were not told, telling it again, and hearing of events while an app is written."""

import secrets
from collections.abc import Sequence
from typing import Annotated

import typer

from gateway import exact
from gateway.cli import terminal
from gateway.cli.event_listening import listen
from gateway.cli.operator_name import operator
from gateway.cli.options import Config, Format, Output, fail, loaded, with_journal
from gateway.documents.wording import unknown_name
from gateway.errors import EventsGone
from gateway.event_kinds import event_id, kind
from gateway.journal import Delivery, Event, Journal, Replay, WebhookStanding
from gateway.model import time_text
from gateway.settings import Settings
from gateway.webhook import Webhook

_Parked = tuple[Delivery, Event | None]


def commands() -> typer.Typer:
    """The commands under `events`."""
    app = typer.Typer(
        help="See what webhooks were not told, tell it again, and hear of events while an app is written.",
        no_args_is_help=True,
    )
    app.command("webhooks")(webhooks)
    app.command("parked")(parked)
    app.command("replay")(replay)
    app.command("listen")(listen)
    return app


def webhooks(config: Config, output: Format = Output.TEXT) -> None:
    """Show how each webhook of a configuration stands: events that wait, that are parked, and since when it fails.

    Example: points-gateway events webhooks -c config/gateway.yaml
    """
    settings, _ = loaded(config, offline=True)
    hooks = settings.webhooks
    nobody: dict[tuple[str, str], WebhookStanding] = {}
    standings = with_journal(settings.store, lambda journal: journal.webhook_standings(), absent=nobody)
    rows = [_row(name, hook, standings.get(name)) for name, hook in sorted(hooks.items())]
    if output is Output.JSON:
        terminal.show_json(exact.dumps(rows).decode())
        return
    for row in rows:
        state = "paused" if row["paused"] else f"failing since {row['failing_since']}" if row["failing_since"] else "ok"
        numbers = f"{row['waiting']} waiting  {row['parked']} parked"
        terminal.show(f"{row['tenant']}  {row['webhook']}  {state}  {numbers}  {row['url']}")
    if not rows:
        terminal.note("no tenant has webhooks")


def parked(
    config: Config,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Maximum number, oldest first.")] = 100,
    output: Format = Output.TEXT,
) -> None:
    """List the events that a webhook did not take for three days, and that are sent no more.

    Example: points-gateway events parked -c config/gateway.yaml
    """
    settings, _ = loaded(config, offline=True)
    nothing: list[_Parked] = []
    found = with_journal(settings.store, lambda journal: _parked(journal, limit), absent=nothing)
    rows = [_parked_row(*each) for each in found]
    if output is Output.JSON:
        terminal.show_json(exact.dumps(rows).decode())
        return
    for row in rows:
        terminal.show("  ".join(str(row[name]) for name in ("event", "type", "tenant", "webhook", "tries", "error")))
    if not rows:
        terminal.note("nothing is parked")


def replay(
    config: Config,
    tenant: Annotated[str, typer.Option(help="The tenant whose webhook it is.")],
    webhook: Annotated[str, typer.Option(help="The name of the webhook.")],
    event: Annotated[list[str] | None, typer.Option(help="The id of an event; several times for several.")] = None,
    parked: Annotated[bool, typer.Option("--parked", help="All that are parked there.")] = False,
) -> None:
    """Have a webhook told again, by any gateway that runs: of these events, or of all that are parked.

    It is told at once, whatever it was told since; nothing waits behind it.

    Example: points-gateway events replay -c config/gateway.yaml --tenant acme --webhook app --parked
    """
    if parked is bool(event):
        raise typer.BadParameter("name events with --event, or give --parked")
    settings, _ = loaded(config, offline=True)
    feed = _feed(settings, tenant, webhook)

    async def again(journal: Journal) -> int:
        try:
            positions = None if parked else [await journal.position(feed, each) for each in event or ()]
        except EventsGone:
            fail("one of these is no event of this tenant, or is purged; nothing is replayed")
        detail = {"tenant": feed, "webhook": webhook, "events": "parked" if parked else list(event or ())}
        await journal.note(operator(), "replay", detail)
        return int(await journal.hand_on(Replay(feed, webhook, positions)))

    number = with_journal(settings.store, again, owner=f"cli-{secrets.token_hex(8)}")
    terminal.report(f"{number:,} event(s) are sent again, once a gateway runs; what waits already is left as it is")


def _feed(settings: Settings, tenant: str, webhook: str) -> str:
    """The tenant's name in the journal, where it has this webhook; else end the command."""
    if tenant not in settings.tenants:
        fail(unknown_name("tenant", tenant, list(settings.tenants)))
    found = settings.tenants[tenant]
    if webhook not in found.webhooks:
        fail(unknown_name("webhook", webhook, list(found.webhooks)))
    return found.journal_name


async def _parked(journal: Journal, limit: int) -> list[_Parked]:
    return [(each, await journal.event(each.event)) for each in await journal.not_taken("parked", limit=limit)]


def _row(name: tuple[str, str], hook: Webhook, standing: WebhookStanding | None) -> dict[str, object]:
    failing = standing.failing_since if standing else None
    return {
        "tenant": name[0],
        "webhook": name[1],
        "url": hook.shown,
        "paused": hook.paused,
        "waiting": standing.waiting if standing else 0,
        "parked": standing.parked if standing else 0,
        "failing_since": None if failing is None else time_text(failing),
    }


def _parked_row(delivery: Delivery, event: Event | None) -> dict[str, object]:
    first: Sequence[str] = ("gone", "gone")
    if event is not None:
        first = (event_id(delivery.adjustment, event.number), kind(event.step))
    return {
        "event": first[0],
        "type": first[1],
        "adjustment": delivery.adjustment,
        "tenant": delivery.feed,
        "webhook": delivery.name,
        "tries": delivery.tries,
        "first_at": None if delivery.first_at is None else time_text(delivery.first_at),
        "error": delivery.error,
    }
