"""`pause` and `resume` by the operator API, without the journal."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from gateway import exact
from gateway.cli import terminal
from gateway.cli.operator_api import OperatorApi
from gateway.cli.options import Output, fail
from gateway.pauses import Pause

LOOK = 0.5
"""Seconds between looks at what is still under way."""


def pause(api: OperatorApi, asked: Pause | None, *, wait: bool, output: Output) -> None:
    """Pause something, and show what had begun before; without anything, show what is paused."""
    if asked is None:
        _show(api.get("pauses")["data"], output)
        return
    body = {**_named(asked), "retry_after": asked.retry_after, **({"reason": asked.reason} if asked.reason else {})}
    under_way = api.post("pauses", body)["under_way"]
    if output is Output.TEXT:
        terminal.report(f"paused: {asked}")
        _report(under_way)
    while wait and under_way:
        time.sleep(LOOK)
        under_way = api.get("under-way", **_named(asked))["data"]
    if output is Output.JSON:
        terminal.show_json(exact.dumps(under_way).decode())
    elif wait:
        terminal.report("nothing is under way there any more")


def resume(api: OperatorApi, asked: Pause) -> None:
    """End a pause; ends the command where it is not paused, or stays so by the configuration."""
    switched = api.post("resumptions", _named(asked))
    left = [each for each in switched["pauses"] if (each["of"], each["name"]) == (asked.kind, asked.name)]
    if left:
        fail(f"{asked} is paused in the configuration, and stays so: change that, and reload it")
    others = ", ".join(f"{each['of']} {each['name']}".rstrip() for each in switched["pauses"])
    if not switched["changed"]:
        fail(f"{asked} is not paused in this journal; paused there: {others or 'nothing'}")
    terminal.report(f"resumed: {asked}")
    if others:
        terminal.note(f"still paused: {others}")


def _named(asked: Pause) -> dict[str, Any]:
    return {"of": asked.kind, **({} if asked.kind == "all" else {"name": asked.name})}


def _show(pauses: Sequence[Mapping[str, Any]], output: Output) -> None:
    if output is Output.JSON:
        rows = [{**each, "in": "configuration" if each["since"] is None else "journal"} for each in pauses]
        terminal.show_json(exact.dumps(rows).decode())
        return
    for each in pauses:
        named = f"{each['of']} {each['name']}".rstrip()
        since = "in the configuration" if each["since"] is None else f"since {each['since']}, by {each['by']}"
        terminal.show("  ".join(filter(None, [named, each["reason"], since])))
    if not pauses:
        terminal.note("nothing is paused")


def _report(under_way: Sequence[Mapping[str, Any]]) -> None:
    if not under_way:
        terminal.report("nothing is under way there")
        return
    terminal.report(f"{len(under_way)} under way, over by {under_way[-1]['until']} at the latest:")
    for each in under_way:
        what = "repeat" if each["repeat"] else "attempt"
        whose = f"{each['client']}  {each['tenant']}  {each['vendor']}"
        terminal.report(f"{each['adjustment']}  {what:7}  {whose}  until {each['until']}")
