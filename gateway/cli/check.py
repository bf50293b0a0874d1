"""`check`: say everything that is wrong with a configuration."""

from gateway.app import planner
from gateway.cli import terminal
from gateway.cli.options import Config, asked, loaded
from gateway.journal import Journal, Whereabouts
from gateway.model import time_text
from gateway.strays import strays

_Held = tuple[dict[str, int], tuple[Whereabouts, ...]]
"""How many adjustments each vendor holds, and where the unknown among them went."""


def check(config: Config) -> None:
    """Check a configuration: every problem with its file, line and column; exit code 1 where there is any.

    Warnings do not fail the check: a short client key, a vendor that holds adjustments in the journal and is no longer
    configured, or unknown adjustments that went to an account which is not configured any more.

    Example: points-gateway check --config config/gateway.yaml
    """
    settings, kinds = loaded(config)
    for warning in settings.warnings:
        terminal.note(f"{warning} (warning)")
    nothing: _Held = {}, ()
    held, unknown = asked(settings.store, _held, absent=nothing)
    for name in sorted(set(held) - set(settings.vendors)):
        why = f"it holds {held[name]} adjustment(s) in the journal and is not configured"
        terminal.note(f"{config}: vendors.{name}: {why} (warning)")
    for each in strays(unknown, planner(settings, kinds).accounts()):
        when = f"created {time_text(each.oldest)} to {time_text(each.newest)}"
        why = (
            f"{each.count} unknown adjustment(s), {when}, went to an account that is not configured any more: adapter, "
            "base_url, account or credentials were others; nobody looks for them, so settle them by hand"
        )
        terminal.note(f"{config}: vendors.{each.vendor}: {why} (warning)")
    vendors, tenants, clients = len(settings.vendors), len(settings.tenants), len(settings.clients)
    terminal.show(f"{config}: good: {vendors} vendor(s), {tenants} tenant(s), {clients} client(s)")


async def _held(journal: Journal) -> _Held:
    return await journal.vendors(), await journal.whereabouts()
