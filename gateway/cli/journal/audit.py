"""`journal audit`: what operators did to a running gateway and to its journal."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from gateway import exact
from gateway.cli import terminal
from gateway.cli.operator_api import AT_ONCE, Admin, MaybeConfig, OperatorApi, config_of
from gateway.cli.options import Format, Output, stored, with_journal
from gateway.model import time_text


def audit(
    config: MaybeConfig = None,
    admin: Admin = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Maximum number, newest first.")] = 20,
    output: Format = Output.TEXT,
) -> None:
    """List what operators did, newest first: reloads, pauses, erasures and purges. A gateway may be running.

    Example: points-gateway journal audit -c config/gateway.yaml
    """
    entries = _opened(stored(config_of(config)), limit) if admin is None else list(_called(OperatorApi(admin), limit))
    if output is Output.JSON:
        terminal.show_json(exact.dumps({"data": entries}).decode())
        return
    for each in entries:
        detail = exact.dumps(each["detail"]).decode()
        terminal.show(f"{each['at']:27}  {each['action']:8}  {each['by']}  {detail}")
    if not entries:
        terminal.note("nothing is kept yet")


def _opened(store: str, limit: int) -> list[Mapping[str, Any]]:
    """The entries of the journal here."""
    return [
        {"at": time_text(each.at), "by": each.by, "action": each.action, "detail": dict(each.detail)}
        for each in with_journal(store, lambda journal: journal.audit(limit=limit))
    ]


def _called(api: OperatorApi, limit: int) -> Iterator[Mapping[str, Any]]:
    """The same by the operator API, page by page."""
    after, left = None, limit
    while left:
        page = api.get("audit", limit=min(AT_ONCE, left), after=after)
        yield from page["data"]
        left -= len(page["data"])
        if (after := page["next_after"]) is None:
            return
