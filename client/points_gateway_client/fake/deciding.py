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


@dataclass(frozen=True, slots=True)
class Deciding:
    """Settles what is open as people decide; `approvals`: how many of them it takes, one or two."""

    ledger: Ledger
    writing: Writing
    approvals: int

    def resolve(self, tenant: str, id_: str, content: bytes) -> Reply:
        """POST /v1/adjustments/{id}/resolution."""
        body = parsing.body(content, ("outcome", "reason", "actor"))
        if body.get("outcome") not in ("applied", "not_applied") or not body.get("reason"):
            raise Refused("invalid_request", "an outcome and a reason are required", errors={"/outcome": "required"})
        entry = self.ledger.of(id_, tenant)
        if entry.status not in ("unknown", "accepted"):
            raise about(entry, Refused("not_resolvable", f"the adjustment is {entry.status}"))
        if self.approvals > 1:
            proposal = self._propose(entry, body)
            return Reply(202, {**entry.document(), "proposal": proposal_document(proposal)})
        actor = {"actor": body["actor"]} if "actor" in body else {}
        self._settle(entry, body["outcome"], {"reason": body["reason"], "by": "app"}, actor)
        return Reply(200, entry.document())

    def confirm(self, entry: Entry) -> None:
        """Have another person decide what was proposed. Raises `ValueError` where no proposal counts."""
        proposal = entry.proposal
        if proposal is None or self.ledger.now() >= proposal.until:
            raise ValueError("nothing is proposed of the adjustment")
        decided = {"reason": proposal.reason, "by": "operator fake"}
        self._settle(entry, proposal.outcome, decided, {"proposed_by": proposal.by})

    def _propose(self, entry: Entry, body: Mapping[str, Any]) -> Proposal:
        now = self.ledger.now()
        proposal = Proposal(body["outcome"], body["reason"], "app", now, now + _EXPIRES)
        actor = {"actor": body["actor"]} if "actor" in body else {}
        self.ledger.note(entry, "app", {"proposes": proposal.outcome, "reason": proposal.reason, **actor})
        entry.proposal = proposal
        return proposal

    def _settle(self, entry: Entry, outcome: str, decided: Mapping[str, str], others: Mapping[str, str]) -> None:
        entry.resolution = {"outcome": outcome, **decided, "at": time_text(self.ledger.now()), **others}
        self.writing.settle(entry, applied=outcome == "applied", by=decided["by"])
