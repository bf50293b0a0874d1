"""What operators have the journal do: names and rules of a configuration, pauses, decisions, and the audit log."""

from collections.abc import Mapping
from typing import Any

from gateway.adjustments import Record, Resolution
from gateway.approvals import ResolutionRule
from gateway.journal import commands, decision_commands
from gateway.journal.naming import Names, Renamed
from gateway.journal.queries import Queries
from gateway.pauses import Pause

START = 8.0
"""Of the usual patience: what cannot start is gone."""


class OperatorWrites(Queries):
    """The part of a journal that operators write; `gateway.journal.journal` has the rest."""

    async def adopt(self, names: Names, rule: ResolutionRule | None = None) -> tuple[Renamed, ...]:
        """Keep the names of a configuration that comes into force; if some were renamed, give those and keep none.

        `rule`: how many people a resolution takes from now on; None leaves it as it is.
        """
        refused: tuple[Renamed, ...] = await self._write(commands.Adopt(names, self._attempt(), rule), patience=START)
        return refused

    async def note(
        self, by: str, action: commands.Action, detail: Mapping[str, Any], *, number: str | None = None
    ) -> None:
        """Keep in the audit log what an operator did; `by`: who, as in a resolution. `detail` has no secrets.

        `number`: what `noted` knows this deed by, like no other one's; it is kept once.
        """
        await self._write(commands.Note(number or self._attempt(), by, action, detail))

    async def switch(self, by: str, pause: Pause, *, on: bool) -> bool:
        """Pause something, or end its pause, for every process on this journal; gives whether it was paused before.

        Who did it is noted with it. Once this returns, no attempt or repeat begins there any more: `under_way` has
        those that began before. The journal keeps one pause of a name: a new one replaces it.
        """
        switch = commands.Switch(self._attempt(), by, pause, on)
        before: bool = await self._write(switch)
        return before

    async def decide(
        self,
        record: Record,
        resolution: Resolution,
        evidence: Mapping[str, Any],
        *,
        subject: str | None = None,
        confirms: bool = False,
    ) -> decision_commands.Decision:
        """Keep a person's decision about an `unknown`, if it is in `record`'s state still and its lease is over.

        Where two people are needed, the first one's is a proposal. `subject`: who it is, where the gateway has found
        that out by itself; nobody else counts as one of two. `confirms`: only what another has proposed is confirmed.
        """
        resolve = decision_commands.Resolve(record, resolution, evidence, subject, confirms)
        decided: decision_commands.Decision = await self._write(resolve)
        return decided

    async def withdraw_proposal(
        self, record: Record, by: str, evidence: Mapping[str, Any], *, subject: str | None
    ) -> decision_commands.Withdrawal:
        """Take back what this person has proposed of an adjustment; the audit log has it too.

        `by`, `subject`: who it is, as of `decide`.
        """
        withdraw = decision_commands.WithdrawProposal(record, by, evidence, subject, self._attempt())
        withdrawn: decision_commands.Withdrawal = await self._write(withdraw)
        return withdrawn

    def _attempt(self) -> str:
        raise NotImplementedError

    async def _write(self, operation: object, *, patience: float = 1.0) -> Any:
        raise NotImplementedError
