"""`check`: say everything that is wrong with a configuration."""

from gateway.cli import terminal
from gateway.cli.options import Config, asked, loaded


def check(config: Config) -> None:
    """Check a configuration: every problem with its file, line and column; exit code 1 where there is any.

    Warnings do not fail the check: a short client key, or a vendor that holds adjustments in the journal and is no
    longer configured.

    Example: points-gateway check --config config/gateway.yaml
    """
    settings, _ = loaded(config)
    for warning in settings.warnings:
        terminal.note(f"{warning} (warning)")
    nothing: dict[str, int] = {}
    held = asked(settings, lambda journal: journal.vendors(), absent=nothing)
    for name in sorted(set(held) - set(settings.vendors)):
        why = f"it holds {held[name]} adjustment(s) in the journal and is not configured"
        terminal.note(f"{config}: vendors.{name}: {why} (warning)")
    vendors, tenants, clients = len(settings.vendors), len(settings.tenants), len(settings.clients)
    terminal.show(f"{config}: good: {vendors} vendor(s), {tenants} tenant(s), {clients} client(s)")
