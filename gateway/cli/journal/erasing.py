"""`journal erase`: takes out of the journal what names a member."""

import asyncio
import secrets
from collections import Counter
from typing import Annotated

import typer

from gateway.adjustments import Status
from gateway.cli import terminal
from gateway.cli.operator_name import operator
from gateway.cli.options import Config, fail, stored, with_journal
from gateway.journal import Erase, Filters, Journal
from gateway.model import Member

PAUSE = 0.1
"""Seconds before what another process had in hand is asked for again."""


def erase(
    config: Config,
    member: Annotated[
        list[str], typer.Option(help="The member, as SCHEME:VALUE; several times for one with several names.")
    ],
    tenant: Annotated[str | None, typer.Option(help="Only of this tenant; of all by default.")] = None,
    reason: Annotated[
        str | None, typer.Option(help="Kept in the audit log, such as the number of a request; never the member.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Erase; without it, only show how much there is.")] = False,
) -> None:
    """Erase a member: names, references, texts, exchanges and stored answers become pseudonyms. It cannot be undone.

    Keys, points and times stay, so that repeats and sums stay true. What has not ended is erased once it has, by any
    gateway that runs. A gateway may be running. It touches neither vendors nor logs, and no backup.

    Example: points-gateway journal erase -c config/gateway.yaml --member contact_id:4711 --reason "request 17" --yes
    """
    for each in member:
        try:
            Member.parse(each)
        except ValueError as error:
            raise typer.BadParameter(f"--member: {error}") from None
    store = stored(config)
    if not yes:
        counted = with_journal(store, lambda journal: _counted(journal, tenant, member))
        for (name, status), number in sorted(counted.items()):
            terminal.show(f"{number:>10,} {status:11}  {name}")
        terminal.show("nothing is erased yet; add --yes to erase it" if counted else "nothing is there to erase")
        return
    with_journal(store, lambda journal: _erase(journal, tenant, member, reason), owner=f"cli-{secrets.token_hex(8)}")


async def _counted(journal: Journal, tenant: str | None, members: list[str]) -> Counter[tuple[str, Status]]:
    """How many adjustments there are to erase, by tenant and status."""
    counted: Counter[tuple[str, Status]] = Counter()
    for name in [tenant] if tenant is not None else await journal.tenants():
        for member in members:
            after = None
            while True:
                page = await journal.list(name, Filters(member=member), limit=500, after=after)
                counted.update((name, each.state.status) for each in page.records if each.erase_as is None)
                if (after := page.next) is None:
                    break
    return counted


async def _erase(journal: Journal, tenant: str | None, members: list[str], reason: str | None) -> bool:
    by, pseudonym = operator(), secrets.token_hex(8)
    asked = {"as": pseudonym, "tenant": tenant, "reason": reason}
    await journal.note(by, "erase", asked)
    erased = put_off = 0
    also: set[str] = set()
    for name in [tenant] if tenant is not None else await journal.tenants():
        for member in members:
            while True:
                done = await journal.remove(Erase(name, member, pseudonym))
                erased, put_off, also = erased + done.erased, put_off + done.put_off, also | done.also
                if done.erased or done.put_off:
                    continue
                left = await journal.list(name, Filters(member=member), limit=500)
                if all(each.erase_as is not None for each in left.records):
                    break
                await asyncio.sleep(PAUSE)
    await journal.note(by, "erase", {"as": pseudonym, "erased": erased, "put_off": put_off})
    terminal.report(f"{erased:,} adjustment(s) erased; the member is erased-{pseudonym} in the journal from now on")
    if put_off:
        terminal.report(f"{put_off:,} have not ended: they are erased once they have, while a gateway runs")
    for name in sorted(also - set(members)):
        terminal.report(f"vendors knew the member as {name} too: erase that name as well")
    if not erased and not put_off:
        fail("nothing is there to erase")
    return True
