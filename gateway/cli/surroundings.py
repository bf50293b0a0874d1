"""What `check` says of the machine that it runs on: the files there, and what the journal holds."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from gateway.cli.exposure import exposed
from gateway.cli.options import invalid, with_journal
from gateway.model import time_text
from gateway.planning.configured import planner
from gateway.port.registry import AdapterType
from gateway.service.strays import Strays, strays
from gateway.settings import Settings, SettingsError, names_of
from gateway.store import Store

if TYPE_CHECKING:  # there may be no journal yet
    from gateway.journal import Journal, Names, Renamed, Whereabouts

COUNTED = 10_000
"""The number of a vendor's adjustments up to which they are counted."""
_Held: TypeAlias = "tuple[dict[str, int], tuple[Whereabouts, ...], tuple[Renamed, ...]]"
"""The number of adjustments per vendor that is not configured, the accounts that unknown ones were sent to, and what
has a new name."""


def doubts(config: Path, settings: Settings, kinds: Mapping[str, AdapterType]) -> Iterator[str]:
    """Warnings about the files on this machine, and about what the journal holds.

    Ends the command where the journal knows a client or tenant by another name.
    """
    keys = (Path(key) for each in settings.vendors.values() if (key := each.client_key or each.client_cert))
    files = (*settings.sources, *settings.files.paths, *keys, *Store.parse(settings.store).files)
    # Before the journal is opened: SQLite may remove its -wal and -shm files.
    open_files = list(exposed(files, public=settings.descriptions))
    nothing: _Held = {}, (), ()
    asked = partial(_held, settings.vendors, names_of(settings))
    held, unknown, renamed = with_journal(settings.store, asked, absent=nothing)
    if renamed:
        invalid(SettingsError(settings.problem(each.where, each.detail) for each in renamed))
    yield from (f"{file}: {why}" for file, why in open_files)
    yield from (f"{config}: vendors.{name}: {why}" for name, why in _gone(held))
    accounts = planner(settings, kinds).accounts()
    yield from (f"{config}: vendors.{each.vendor}: {_stray(each)}" for each in strays(unknown, accounts))


def _gone(held: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """A warning for each vendor that the journal has and the configuration does not."""
    for name, number in sorted(held.items()):
        counted = f"at least {number}" if number == COUNTED else number
        yield name, f"it holds {counted} adjustment(s) in the journal and is not configured"


def _stray(each: Strays) -> str:
    when = f"created {time_text(each.oldest)} to {time_text(each.newest)}"
    return (
        f"{each.count} unknown adjustment(s), {when}, went to an account that is not configured any more: adapter, "
        "base_url, account or credentials were others; nobody looks for them, so settle them by hand"
    )


async def _held(configured: Collection[str], names: "Names", journal: "Journal") -> _Held:
    held = await journal.vendors(but=configured, most=COUNTED)
    return held, await journal.whereabouts(), await journal.renamed(names)
