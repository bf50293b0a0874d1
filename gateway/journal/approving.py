"""What one person has decided and another has to confirm: kept beside the adjustment, whose row is locked meanwhile.

A proposal counts for the adjustment as it stood: any step of its history since then makes it void, and so does time.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from gateway.adjustments import State, Status
from gateway.approvals import Objection, Proposal, ResolutionRule, judged, objection
from gateway.journal import audit, codec
from gateway.journal.approval_tables import proposals, resolution_rule
from gateway.journal.commands import Note
from gateway.journal.decision_commands import Decision, Resolve, WithdrawProposal
from gateway.journal.standing import Standing
from gateway.journal.tables import adjustments, transitions
from gateway.journal.transaction import Transaction
from gateway.journal.upserts import upsert

_SECOND = 1_000_000
_RULE = select(resolution_rule.c.approvals, resolution_rule.c.expires)


def rule(connection: Connection) -> ResolutionRule:
    """How many people a resolution takes now."""
    row = connection.execute(_RULE).one()
    return ResolutionRule(row.approvals, row.expires / _SECOND)


def keep_rule(transaction: Transaction, new: ResolutionRule, *, id_: str) -> None:
    """Have this rule decide from now on; a change is kept in the audit log."""
    connection = transaction.connection
    before = rule(connection)
    if before == new:
        return
    detail = {"approvals": new.approvals, "expires": new.expires, "before": before.approvals}
    audit.note(transaction, Note(id_, "configuration", "rule", detail))
    row = {"id": 1, "approvals": new.approvals, "expires": round(new.expires * _SECOND)}
    upsert(connection, resolution_rule, [row])


def decide(transaction: Transaction, step: Resolve, standing: Standing) -> Decision | Proposal | None:
    """What the rule makes of a person's decision, which nothing else keeps from being taken.

    None: it is taken by this person alone; a `Proposal`: it is taken by him, with the one who made that; else how it
    ends here, refused or proposed.
    """
    connection, id_ = transaction.connection, step.record.draft.id
    required = rule(connection)
    now = step.record._replace(state=standing.state, conflict=standing.conflict)
    proposal = _standing(transaction, id_, standing.state) if required.approvals > 1 else None
    if proposal is not None and (proposal.subject, proposal.resolution) == (step.subject, step.resolution):
        return Decision(now, proposal=proposal)  # an earlier try of this operation did it
    verdict = judged(
        required,
        subject=step.subject,
        applied=step.resolution.applied,
        confirms=step.confirms,
        standing=proposal,
    )
    match verdict:
        case "decided":
            if proposal is not None:
                _end(connection, [id_])
            return proposal
        case "proposed":
            return Decision(now, proposal=_propose(transaction, step, standing.state, required))
        case "own" | "none" | "nobody":
            return Decision(now, verdict)


def withdraw(transaction: Transaction, step: WithdrawProposal, standing: Standing) -> Objection | None:
    """Take back what a person has proposed, which the history and the audit log then have; gives why it was not."""
    connection, id_ = transaction.connection, step.record.draft.id
    if audit.noted(connection, step.id):
        return None  # an earlier try of this operation did it
    proposal = _standing(transaction, id_, standing.state)
    refused = objection(subject=step.subject, standing=proposal)
    if refused is not None or proposal is None:
        return refused
    _end(connection, [id_])
    outcome = "applied" if proposal.resolution.applied else "not_applied"
    evidence = {"withdraws": outcome, **step.evidence}
    transaction.step(id_, standing.state, standing.state, step.by, evidence, tenant=step.record.draft.tenant)
    audit.note(transaction, Note(step.id, proposal.subject, "withdraw", {"adjustment": id_, "outcome": outcome}))
    return None


def standing(connection: Connection, ids: Collection[str], now: datetime) -> dict[str, Proposal]:
    """The proposals of these adjustments that count now, by adjustment."""
    made = (
        select(func.count()).where(transitions.c.adjustment == proposals.c.adjustment).correlate(proposals)
    ).scalar_subquery()
    state = (adjustments.c[name] for name in ("status", "attempt", "repeats"))
    found = (
        select(proposals, made.label("made"), *(each.label(f"now_{each.name}") for each in state))
        .join(adjustments, adjustments.c.id == proposals.c.adjustment)
        .where(proposals.c.adjustment.in_([codec.storable(each) for each in ids]))
        .where(proposals.c.until > codec.to_micros(now))
    )
    counting = {}
    for row in connection.execute(found) if ids else ():
        proposal = _proposal(row)
        state_now = State(Status(row.now_status), False, row.now_attempt, row.now_repeats)
        if proposal.stands(state=state_now, steps=row.made, now=now):
            counting[proposal.adjustment] = proposal
    return counting


def forget(connection: Connection, ids: Collection[str]) -> None:
    """Take out what was proposed of these adjustments: a reason may name a member."""
    _end(connection, ids)


def _standing(transaction: Transaction, adjustment: str, state: State) -> Proposal | None:
    row = transaction.connection.execute(
        select(proposals).where(proposals.c.adjustment == adjustment, proposals.c.until > transaction.micros)
    ).one_or_none()
    if row is None:
        return None
    proposal = _proposal(row)
    steps = _steps(transaction, adjustment)
    return proposal if proposal.stands(state=state, steps=steps, now=transaction.now) else None


def _propose(transaction: Transaction, step: Resolve, state: State, required: ResolutionRule) -> Proposal:
    id_, resolution = step.record.draft.id, step.resolution
    assert step.subject is not None  # noqa: S101 (who is nobody proposes nothing)
    until = transaction.later(required.expires)
    outcome = "applied" if resolution.applied else "not_applied"
    evidence: Mapping[str, Any] = {"proposes": outcome, "reason": resolution.reason, **step.evidence}
    transaction.step(id_, state, state, resolution.by, evidence, tenant=step.record.draft.tenant)
    proposal = Proposal(id_, resolution, step.subject, state, _steps(transaction, id_), until)
    row = {
        "adjustment": id_,
        "subject": proposal.subject,
        "resolution": codec.resolution_text(resolution),
        "status": state.status.value,
        "attempt": state.attempt,
        "repeats": state.repeats,
        "steps": proposal.steps,
        "until": codec.to_micros(until),
    }
    upsert(transaction.connection, proposals, [row])
    return proposal


def _steps(transaction: Transaction, adjustment: str) -> int:
    """How many steps there are in the history of an adjustment, with those of this transaction."""
    made = select(func.count()).where(transitions.c.adjustment == adjustment)
    unwritten = len([row for row in transaction.kept if row["adjustment"] == adjustment])
    before: int = transaction.connection.execute(made).scalar_one()
    return before + unwritten


def _end(connection: Connection, ids: Collection[str]) -> None:
    over = update(proposals).where(proposals.c.adjustment.in_(list(ids)), proposals.c.resolution != "")
    connection.execute(over.values(resolution="", until=0))


def _proposal(row: Row[Any]) -> Proposal:
    state = State(Status(row.status), False, row.attempt, row.repeats)
    resolution = codec.resolution_of(row.resolution)
    return Proposal(row.adjustment, resolution, row.subject, state, row.steps, codec.from_micros(row.until))
