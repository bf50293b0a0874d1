"""`check`: say everything that is wrong with a configuration."""

import asyncio

import typer

from gateway.cli.options import Config, fail, loaded, reading
from gateway.errors import StoreUnavailable


def check(config: Config) -> None:
    """Check a configuration: every problem with its file, line and column; exit code 1 where there is any.

    Warnings do not fail the check: a short client key, or a vendor that holds adjustments in the journal and is no
    longer configured.

    Example: points-gateway check --config config/gateway.yaml
    """
    settings, _ = loaded(config)
    for warning in settings.warnings:
        typer.echo(f"{warning} (warning)", err=True)
    journal = reading(settings) if settings.store else None
    if journal is not None:
        try:
            held = asyncio.run(journal.vendors())
        except StoreUnavailable as error:
            fail(error.detail)
        for name in sorted(set(held) - set(settings.vendors)):
            typer.echo(
                f"{config}: vendors.{name}: holds {held[name]} adjustment(s) in the journal and is not configured "
                "(warning)",
                err=True,
            )
    vendors, tenants, clients = len(settings.vendors), len(settings.tenants), len(settings.clients)
    typer.echo(f"{config}: good: {vendors} vendor(s), {tenants} tenant(s), {clients} client(s)")
