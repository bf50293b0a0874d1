"""`journal purge`: takes what is old out of the journal, but for what keeps its keys from a second effect."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from gateway.cli import terminal
from gateway.cli.operator_name import operator
from gateway.cli.options import Config, fail, loaded, stored, with_journal
from gateway.journal import Journal, Purge
from gateway.model import time_text


def purge(
    config: Config,
    tenant: Annotated[str | None, typer.Option(help="Only of this tenant; of all that have keep by default.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Purge; without it, only show what would be.")] = False,
) -> None:
    """Purge what ended longer ago than the keep of its tenant. It cannot be undone. A gateway may be running.

    What is left of an adjustment keeps its key for ever: a repeat is answered with key_expired, and has no effect. What
    is in progress, unknown or accepted is never purged.

    Example: points-gateway journal purge -c config/gateway.yaml --yes
    """
    store = stored(config)
    settings, _ = loaded(config, offline=True)  # no secret is needed
    chosen = {name: each for name, each in settings.tenants.items() if tenant in (None, name) and each.keep is not None}
    if not chosen:
        fail("no tenant of that name has keep" if tenant else "no tenant has keep: set it in tenants.NAME.keep")
    now = datetime.now(UTC)
    due = {each.journal_name: now - timedelta(days=each.keep or 0) for each in chosen.values()}
    for name, before in due.items():
        terminal.show(f"{name}: what ended before {time_text(before)}")
    if not yes:
        terminal.show("nothing is purged yet; add --yes to purge it")
        return
    hooks = {each.journal_name: tuple(each.webhooks) for each in chosen.values()}
    with_journal(store, lambda journal: _purge(journal, due, hooks), owner=f"cli-{secrets.token_hex(8)}")


async def _purge(journal: Journal, due: dict[str, datetime], hooks: dict[str, tuple[str, ...]]) -> bool:
    by = operator()
    for name, before in due.items():
        purged = left = 0
        place: tuple[int, int] | None = (-1, 0)
        await journal.note(by, "purge", {"tenant": name, "before": time_text(before)})
        while place is not None:
            done = await journal.remove(Purge(name, before, place, webhooks=hooks[name]))
            purged, left, place = purged + done.purged, left + done.left, done.next
        await journal.note(by, "purge", {"tenant": name, "before": time_text(before), "purged": purged, "left": left})
        terminal.report(
            f"{name}: {purged:,} adjustment(s) purged, {left:,} left: they have not ended, or later, or a webhook waits"
        )
    return True
