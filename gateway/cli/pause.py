"""`pause` and `resume`: where no adjustment begins for a while, for every gateway on the journal."""

import asyncio
import os
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from gateway import exact
from gateway.cli import remote_pauses, terminal
from gateway.cli.operator_api import Admin, MaybeConfig, OperatorApi, config_of
from gateway.cli.operator_name import operator
from gateway.cli.options import Format, Output, fail, stored, with_journal
from gateway.documents.wording import unknown_name
from gateway.journal import Journal, Paused, UnderWay
from gateway.model import time_text
from gateway.pauses import RETRY_AFTER, Pause, PauseKind, Pauses, reason_error
from gateway.port import registry
from gateway.settings import Settings, SettingsError, load

LOOK = 0.2
"""Seconds between looks at what is still under way."""


_Name = Annotated[str | None, typer.Argument(help="The name of the tenant, vendor or client; none with all.")]


def pause(
    kind: Annotated[PauseKind | None, typer.Argument(help="What to pause; left out: show what is paused.")] = None,
    name: _Name = None,
    config: MaybeConfig = None,
    admin: Admin = None,
    reason: Annotated[str | None, typer.Option(help="Why, in one line; callers see it.")] = None,
    retry_after: Annotated[
        int, typer.Option(min=1, max=86_400, help="Seconds that callers are answer to wait (Retry-After).")
    ] = RETRY_AFTER,
    wait: Annotated[bool, typer.Option("--wait", help="Return once nothing is under way there any more.")] = False,
    output: Format = Output.TEXT,
) -> None:
    """Pause adjustments of a tenant, vendor or client, or all, in every gateway on the journal; or show what is paused.

    When this returns, no attempt and no repeat begins there any more. Those that had begun are shown: each is over when
    its lease is. Reads, replays and stored answers go on. `resume` ends the pause.

    Example: points-gateway pause vendor crm --reason "their maintenance, until 14:00" -c config/gateway.yaml
    """
    if reason is not None and (error := reason_error(reason)):
        raise typer.BadParameter(f"--reason: {error}")
    asked = None if kind is None else _asked(kind, name, reason or "", retry_after)
    if admin is not None:
        remote_pauses.pause(OperatorApi(admin), asked, wait=wait, output=output)
        return
    config = config_of(config)
    store = stored(config)
    # Read before anything is written: a journal that is not there, or of another version, is no place for a pause.
    before = with_journal(store, lambda journal: journal.paused())
    settings = _configured(config)
    if asked is None:
        _show(before, Pauses() if settings is None else settings.pauses, output)
        return
    if settings is not None:
        names = _names(settings, asked.kind)
        if asked.name not in names:
            fail(f"{unknown_name(asked.kind, asked.name, list(names))}; nothing is paused")
        asked = replace(asked, name=names[asked.name])

    async def switch(journal: Journal) -> tuple[UnderWay, ...]:
        await journal.switch(operator(), asked, on=True)
        return await journal.under_way(asked)

    under_way = with_journal(store, switch, owner=_owner())
    if output is Output.TEXT:
        terminal.report(f"paused: {_text(asked)}")
        _report(under_way)
    while wait and under_way:
        under_way = with_journal(store, lambda journal: _later(journal, asked))
    if output is Output.JSON:
        terminal.show_json(exact.dumps([_row(each) for each in under_way]).decode())
    elif wait:
        terminal.report("nothing is under way there any more")


def resume(
    kind: Annotated[PauseKind, typer.Argument(help="What to resume.")],
    name: _Name = None,
    config: MaybeConfig = None,
    admin: Admin = None,
) -> None:
    """End a pause that `pause` began, in every gateway on the journal.

    Example: points-gateway resume vendor crm -c config/gateway.yaml
    """
    asked = _asked(kind, name)
    if admin is not None:
        remote_pauses.resume(OperatorApi(admin), asked)
        return
    config = config_of(config)
    store = stored(config)
    before = with_journal(store, lambda journal: journal.paused())
    settings = _configured(config)
    if settings is not None:  # what is paused may not be configured any more
        asked = replace(asked, name=_names(settings, kind).get(asked.name, asked.name))
    ended = with_journal(store, lambda journal: journal.switch(operator(), asked, on=False), owner=_owner())
    if settings is not None and any((each.kind, each.name) == (kind, asked.name) for each in settings.pauses):
        fail(f"{asked} is paused in the configuration, and stays so: change that, and reload it")
    others = ", ".join(str(each.pause) for each in before if str(each.pause) != str(asked))
    if not ended:
        fail(f"{asked} is not paused in this journal; paused there: {others or 'nothing'}")
    terminal.report(f"resumed: {asked}")
    if others:
        terminal.note(f"still paused: {others}")


async def _later(journal: Journal, pause: Pause) -> tuple[UnderWay, ...]:
    await asyncio.sleep(LOOK)
    return await journal.under_way(pause)


def _asked(kind: PauseKind, name: str | None, reason: str = "", retry_after: int = RETRY_AFTER) -> Pause:
    if (kind == "all") != (name is None):
        raise typer.BadParameter(f"name the {kind}" if name is None else "all has no name")
    return Pause(kind, name or "", reason, retry_after)


def _configured(config: Path) -> Settings | None:
    """The configuration, or None where it is not valid: that keeps nobody from pausing."""
    try:
        return load(config, registry.adapters(), os.environ)
    except SettingsError as error:
        terminal.note(f"points-gateway: {len(error.problems)} problem(s) in the configuration, so that it is not used")
        return None


def _names(settings: Settings, kind: PauseKind) -> dict[str, str]:
    """The names in the journal of what can be paused, by those in the configuration, and by themselves."""
    match kind:
        case "all":
            return {"": ""}
        case "vendor":
            return {name: name for name in settings.vendors}
        case "tenant":
            names = {name: each.journal_name for name, each in settings.tenants.items()}
        case "client":
            names = {name: each.journal_name for name, each in settings.clients.items()}
    return {**names, **{name: name for name in names.values()}}


def _owner() -> str:
    return f"cli-{secrets.token_hex(8)}"


def _show(paused: Sequence[Paused], configured: Pauses, output: Output) -> None:
    if output is Output.JSON:
        rows = [{**_switch(each.pause), "since": time_text(each.at), "by": each.by, "in": "journal"} for each in paused]
        rows += [{**_switch(each), "since": None, "by": None, "in": "configuration"} for each in configured]
        terminal.show_json(exact.dumps(rows).decode())
        return
    for each in paused:
        terminal.show(f"{_text(each.pause)}  since {time_text(each.at)}, by {each.by}")
    for pause in configured:
        terminal.show(f"{_text(pause)}  in the configuration")
    if not paused and not any(configured):
        terminal.note("nothing is paused")


def _report(under_way: Sequence[UnderWay]) -> None:
    if not under_way:
        terminal.report("nothing is under way there")
        return
    terminal.report(f"{len(under_way)} under way, over by {time_text(under_way[-1].until)} at the latest:")
    for each in under_way:
        what = "repeat" if each.repeat else "attempt"
        terminal.report(
            f"{each.adjustment}  {what:7}  {each.client}  {each.tenant}  {each.vendor}  until {time_text(each.until)}"
        )


def _text(pause: Pause) -> str:
    answer = "403" if pause.kind == "client" else f"503, Retry-After: {pause.retry_after}"
    return f"{pause}  ({answer}){f'  {pause.reason}' if pause.reason else ''}"


def _switch(pause: Pause) -> dict[str, object]:
    return {"of": pause.kind, "name": pause.name, "reason": pause.reason, "retry_after": pause.retry_after}


def _row(each: UnderWay) -> dict[str, object]:
    return {
        "adjustment": each.adjustment,
        "client": each.client,
        "tenant": each.tenant,
        "vendor": each.vendor,
        "until": time_text(each.until),
        "repeat": each.repeat,
    }
