"""What is done to adjustments that are known, each locked first: settle, retry, resolve, postpone, withdraw, repeat."""

from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import bindparam, update

from gateway import adjustments as life
from gateway.adjustments import Record, Resolution, Settlement, Verdict
from gateway.journal import approving, codec, repeating
from gateway.journal.budgets import Budgets
from gateway.journal.changes import Changes
from gateway.journal.commands import Postpone, Refused, Retry, Settle, Step, Withdraw
from gateway.journal.decision_commands import Decision, Resolve, Withdrawal, WithdrawProposal
from gateway.journal.looks import Seen
from gateway.journal.remainders import Remainders
from gateway.journal.repeat_commands import BeginRepeat, ConfirmRepeat, EndRepeat, MarkEffect, PostponeRepeat
from gateway.journal.standing import REPEAT_COLUMNS, Standing
from gateway.journal.tables import adjustments
from gateway.journal.transaction import Transaction

_POSTPONE = (
    update(adjustments)
    .where(adjustments.c.id == bindparam("changed_id"))
    .values(look_at=bindparam("later"), looks=bindparam("counted"), search_cursor=bindparam("cursor"))
)
# Apart from `change`, so that what was never searched by pages does not pay for it.
_SEARCHED = update(adjustments).where(adjustments.c.id == bindparam("changed_id")).values(search_cursor=None)
_REPEAT = (
    update(adjustments)
    .where(adjustments.c.id == bindparam("changed_id"))
    .values({name: bindparam(f"new_{name}") for name in ("repeats", *REPEAT_COLUMNS)})
)


@dataclass(slots=True)
class Steps:
    """The steps of one batch by their places in it."""

    transaction: Transaction
    budgets: Budgets
    steps: list[tuple[int, Step]]
    seen: Seen
    changes: Changes = field(init=False)
    remainders: Remainders = field(init=False)
    postponed: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        standing = {row.id: Standing.of(row) for row in self.seen.locked}
        self.remainders = Remainders(self.transaction, standing, self.seen.originals)
        self.changes = Changes(self.transaction, self.budgets, standing, self.remainders)

    @property
    def counters(self) -> set[str]:
        """The counters that a step may take from, or give back to."""
        reservations = (each.reservation for each in self.changes.standing.values())
        reserved = {counter for each in reservations if each.taken for counter in each.counters}
        wanted = (step.budgets for _, step in self.steps if isinstance(step, Retry) and step.budgets)
        return reserved.union(*map(self.budgets.counters, wanted))

    def take(self) -> list[tuple[int, Any]]:
        """Take the steps in their order; gives the place and the result of each. What they change is yet to write."""
        return [(place, self._apply(step)) for place, step in self.steps]

    def write(self) -> None:
        """Write what few of them change, besides `changes.rows`."""
        connection = self.transaction.connection
        if self.postponed:
            connection.execute(_POSTPONE, self.postponed)
        standing = self.changes.standing.items()
        if settled := [id_ for id_, each in standing if each.search_cursor is not None and each.state.final]:
            connection.execute(_SEARCHED, [{"changed_id": id_} for id_ in settled])
        self.remainders.write()
        if repeated := [each.repeat_row(id_) for id_, each in self.changes.standing.items() if each.repeat_changed]:
            connection.execute(_REPEAT, repeated)

    def _apply(self, step: Step) -> Any:
        if isinstance(step, Withdraw):
            return self._withdraw(step)
        standing = self.changes.standing[step.record.draft.id]
        match step:
            case Retry():
                return self._retry(step, standing)
            case Settle(settlement):
                return self.changes.settle(settlement, standing)
            case Resolve():
                return self._resolve(step, standing)
            case WithdrawProposal():
                refused = approving.withdraw(self.transaction, step, standing)
                return Withdrawal(self.changes.current(step.record.draft.id), refused)
            case Postpone():
                return self._postpone(step, standing)
            case MarkEffect():
                return repeating.mark(self.changes, step, standing)
            case BeginRepeat():
                paused = self.seen.pauses.on(step.record.draft, step.vendor) or step.paused
                return repeating.begin(self.changes, step, standing, paused=paused)
            case ConfirmRepeat():
                return repeating.confirm(self.changes, step, standing)
            case EndRepeat():
                return repeating.end(self.changes, step, standing)
            case PostponeRepeat():
                return repeating.postpone(self.changes, step, standing)

    def _retry(self, step: Retry, standing: Standing) -> Record | Refused | None:
        record = step.record
        begun = life.retry(record.state)
        draft = replace(record.draft, account=step.account)
        if begun is None:
            return None
        if standing.state == begun and standing.owner == step.owner:
            lease_until = codec.from_micros(standing.lease_until)
            return Record(draft, begun, record.created_at, lease_until, conflict=standing.conflict)
        if standing.state != record.state:
            return None
        if (paused := self.seen.pauses.on(draft) or step.paused) is not None:
            return Refused(paused)
        points = abs(draft.adjustment.points)
        if standing.reservation.held:  # a gateway of an earlier version has left it
            self.changes.change(standing, self.changes.current(draft.id))
        if (refused := self.remainders.refused(draft)) is not None:
            return refused
        reserved = self.budgets.take(step.budgets, points) if step.budgets else ()
        if isinstance(reserved, Refused):
            return reserved
        self.remainders.begun(draft)
        standing.reservation = standing.reservation.begun(begun.attempt, reserved)
        lease_until = self.transaction.later(step.lease)
        changed = Record(draft, begun, record.created_at, lease_until, conflict=standing.conflict)
        standing.owner = step.owner
        self.transaction.step(record.draft.id, record.state, begun, "gateway", {}, tenant=draft.tenant)
        self.changes.change(standing, changed)
        return changed

    def _resolve(self, step: Resolve, standing: Standing) -> Decision:
        now = self.transaction.micros
        resolved = life.resolve(standing.state, applied=step.resolution.applied)
        seen = replace(step.record.state, repeats=standing.state.repeats)
        if resolved is None or standing.state != seen:
            done = _is(standing.resolution, step.resolution)
            return Decision(self.changes.current(step.record.draft.id), None if done else "changed")
        if (until := repeating.until_decided(self.transaction, step, standing)) > now:
            return Decision(self.changes.current(step.record.draft.id), "repeat", codec.from_micros(until))
        if standing.lease_until > now:
            return Decision(
                self.changes.current(step.record.draft.id), "lease", codec.from_micros(standing.lease_until)
            )
        ruled = approving.decide(self.transaction, step, standing)
        if isinstance(ruled, Decision):
            return ruled
        resolution, evidence = step.resolution, step.evidence
        if ruled is not None:
            resolution = replace(resolution, proposed_by=ruled.resolution.by)
            evidence = {**evidence, "proposed_by": ruled.resolution.by, "proposed_because": ruled.resolution.reason}
        changed = self.transaction.answered(
            step.record._replace(
                state=resolved,
                completed_at=self.transaction.completed_at(resolved),
                resolution=resolution,
                answer=None,
                looks=standing.looks,
                search_cursor=None,
                conflict=standing.conflict,
            )
        )
        by, tenant = step.resolution.by, changed.draft.tenant
        self.transaction.step(changed.draft.id, standing.state, resolved, by, evidence, tenant=tenant)
        self.changes.change(standing, changed)
        return Decision(changed)

    def _postpone(self, step: Postpone, standing: Standing) -> None:
        # Counted from what the caller has seen: where this is done again, it is not counted again.
        if standing.state.open and standing.looks == step.record.looks:
            standing.looks += step.asked
            later = codec.to_micros(self.transaction.later(step.seconds))
            cursor = standing.search_cursor = None if step.cursor is None else codec.storable(step.cursor)
            row = {"changed_id": step.record.draft.id, "later": later, "counted": standing.looks, "cursor": cursor}
            self.postponed.append(row)

    def _withdraw(self, step: Withdraw) -> None:
        standing = self.changes.standing.get(step.adjustment)
        if standing is None or standing.owner != step.owner:
            return  # it was never begun
        evidence = {"sent": False, "error": "the journal could not say that the attempt was begun"}
        record, withdrawn = self.changes.current(step.adjustment), life.withdraw(standing.state)
        if withdrawn is not None and standing.state.open:  # what was searched for is searched for anew after a retry
            standing.looks, standing.search_cursor = 0, None
            self.postponed.append({"changed_id": step.adjustment, "later": 0, "counted": 0, "cursor": None})
        self.changes.settle(Settlement(record, Verdict.NOT_APPLIED, evidence), standing, becomes=withdrawn)


def _is(text: str | None, resolution: Resolution) -> bool:
    """Whether the decision that is kept is this one, whoever proposed it."""
    return text is not None and replace(codec.resolution_of(text), proposed_by=None) == resolution
