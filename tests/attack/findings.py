"""What breaks the promise in a run, with all that is known of each key, so that it can be explained afterwards."""

from pathlib import Path
from pprint import pformat

from gateway.journal.moving import move
from tests.attack.figures import Figures
from tests.attack.testimony import Asked

FILE = "findings.txt"
"""Where `keep` leaves them, in the folder of the run, beside the logs, the ledger and the journal."""


def keep(figures: Figures, folder: Path, store: str) -> str:
    """The violations, a line each, and where the file with all that is known of their keys is now.

    A journal at a server is copied beside that file.
    """
    lines = [f"{each.key}: {each.kind}: {each.detail}" for each in figures.violations]
    broken = {each.key for each in figures.violations}
    if not store.startswith("sqlite"):
        move(store, f"sqlite:///{folder}/journal.db")
    cases, entries, strays = figures.testimony.cases()
    text = [*lines, "", figures.table(), "", "what nobody asked for:", pformat([entries, strays], width=160)]
    for case in cases:
        # With an adjustment goes what takes it back, and what replaced it.
        related = {case.asked.key, *(each.key for each in _origins(case.asked))}
        if related & broken or any(key.startswith(case.asked.key + "-") for key in broken):
            ids = {kept.record.draft.id for kept in case.kept}
            read = [[event for event in each if event[0] in ids] for each in figures.testimony.events or ()]
            text += ["", case.asked.key, pformat(case, width=160), f"read of the feed: {read}"]
    (folder / FILE).write_text("\n".join(text), "utf-8")
    return "\n".join([*lines, f"all that is known is in {folder}"])


def _origins(asked: Asked) -> list[Asked]:
    """What it stands instead of, and what it takes back."""
    reversed_one = asked.reverses.of if asked.reverses is not None else None
    return [each for each in (asked.instead_of, reversed_one) if each is not None]
