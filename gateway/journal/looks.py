"""What a batch looks at before it changes anything: asked for in the message that begins its transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect

from gateway.journal import codec, switches
from gateway.journal.commands import Claim, Step, adjustment_of
from gateway.journal.driver import Asked, Found
from gateway.journal.remainders import originals
from gateway.journal.statements import Statements
from gateway.pauses import Pauses


@dataclass(frozen=True, slots=True)
class Seen:
    """What a batch has seen: the pauses of the journal, the adjustments that it has locked, and the ids under its keys.

    `originals`: the ids of those that are locked since a reversal takes them back.
    """

    pauses: Pauses
    locked: Sequence[Any]
    named: Sequence[Any]
    originals: set[str]


class Looks:
    """What the operations of one batch look at, in the order in which all writers ask for what they may wait for."""

    def __init__(self, statements: Statements, dialect: Dialect, operations: Sequence[Any]) -> None:
        self._originals = originals(operations)
        ids = {adjustment_of(each) for each in operations if isinstance(each, Step)} | self._originals
        keys = {codec.storable(each.draft.key) for each in operations if isinstance(each, Claim)}
        self._pauses = switches.looks(dialect, operations)  # first, so that nobody holds what it may wait for
        self._locks: list[Asked] = [(statements.lock, ids)] if ids else []
        self._names: list[Asked] = [(statements.named, keys)] if keys else []

    @property
    def asked(self) -> list[Asked]:
        """The statements to run."""
        return [*self._pauses, *self._locks, *self._names]

    def seen(self, found: Sequence[Found]) -> Seen:
        """What they found."""
        each = iter(found)
        pauses, locked, named = ([next(each) for _ in some] for some in (self._pauses, self._locks, self._names))
        return Seen(switches.in_force(pauses), _rows(locked), _rows(named), self._originals)


def _rows(found: Sequence[Found]) -> Sequence[Any]:
    return found[0].rows if found else ()
