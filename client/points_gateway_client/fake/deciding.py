"""What people decide by hand in the fake, one alone or two together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from points_gateway_client.fake import parsing
from points_gateway_client.fake.documents import Refused, Reply, proposal_document, time_text
from points_gateway_client.fake.ledger import Entry, Ledger
from points_gateway_client.fake.writing import Writing, about
from points_gateway_client.results import Proposal

_EXPIRES = timedelta(days=1)
_OUTCOMES = ("applied", "not_applied")
_CLIENT, _OPERATOR = "app", "operator fake"
"""The two people that there are: whoever calls, and whom a test has decide."""


@dataclass(frozen=True, slots=True)
class Deciding:
    """Settles what is open as people decide; `approvals`: how many of them it takes, one or two."""

    ledger: Ledger
    writing: Writing
    approvals: int

    def resolve(self, tenant: str, id_: str, content: bytes) -> Reply:
        """POST /v1/adjustments/{id}/resolution."""
        body = parsing.body(content, ("outcome", "reason", "actor"))
        if body.get("outcome") not in _OUTCOMES or not body.get("reason"):
            raise Refused("invalid_request", "an outcome and a reason are required", errors={"/outcome": "required"})
        entry = self.ledger.of(id_, tenant)
        if entry.status not in ("unknown", "accepted"):
            raise about(entry, Refused("not_resolvable", f"the adjustment is {entry.status}"))
        actor = {"actor": body["actor"]} if "actor" in body else {}
        return self._decided(entry, body["outcome"], body["reason"], by=_CLIENT, actor=actor)

    def withdraw(self, tenant: str, id_: str) -> Reply:
        """DELETE /v1/adjustments/{id}/proposal."""
        entry = self.ledger.of(id_, tenant)
        proposal = self._standing(entry)
        if proposal is None:
            raise about(entry, Refused("not_resolvable", "there is no proposal to withdraw"))
        if proposal.by != _CLIENT:
            raise about(entry, Refused("not_resolvable", "another person has proposed it"))
        entry.proposal = None
        self.ledger.note(entry, _CLIENT, {"withdraws": proposal.outcome})
        return Reply(200, entry.document())

    def decide(self, entry: Entry, outcome: str, reason: str) -> Reply:
        """Have another person decide. Raises `ValueError`."""
        if outcome not in _OUTCOMES or not reason:
            raise ValueError("an outcome and a reason are required")
        if entry.status not in ("unknown", "accepted"):
            raise ValueError(f"the adjustment is {entry.status}")
        return self._decided(entry, outcome, reason, by=_OPERATOR, actor={})

    def confirm(self, entry: Entry) -> Reply:
        """Have another person decide what a client has proposed. Raises `ValueError` where no proposal counts."""
        proposal = self._standing(entry)
        if proposal is None or proposal.by == _OPERATOR:
            raise ValueError("nothing is proposed of the adjustment by a client")
        return self.decide(entry, proposal.outcome, proposal.reason)

    def _decided(self, entry: Entry, outcome: str, reason: str, *, by: str, actor: Mapping[str, str]) -> Reply:
        """What comes of one person's decision: the adjustment is settled, or proposed (202)."""
        standing = self._standing(entry)
        others = standing is not None and (standing.by != by and standing.outcome == outcome)
        if self.approvals > 1 and not others:
            proposal = self._propose(entry, outcome, reason, by, actor)
            return Reply(202, {**entry.document(), "proposal": proposal_document(proposal)})
        proposed = {} if standing is None else {"proposed_by": standing.by}
        at = time_text(self.ledger.now())
        entry.resolution = {"outcome": outcome, "reason": reason, "by": by, "at": at, **actor, **proposed}
        self.writing.settle(entry, applied=outcome == "applied", by=by)
        return Reply(200, entry.document())

    def _propose(self, entry: Entry, outcome: str, reason: str, by: str, actor: Mapping[str, Any]) -> Proposal:
        now = self.ledger.now()
        entry.proposal = Proposal(outcome, reason, by, now, now + _EXPIRES)
        self.ledger.note(entry, by, {"proposes": outcome, "reason": reason, **actor})
        return entry.proposal

    def _standing(self, entry: Entry) -> Proposal | None:
        """The proposal of an adjustment that counts now."""
        proposal = entry.proposal
        return None if proposal is None or self.ledger.now() >= proposal.until else proposal
