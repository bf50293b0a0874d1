"""The writes of the fake: what is claimed, what an attempt comes to, and what a repeat of a key gets."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from points_gateway_client.fake import parsing
from points_gateway_client.fake.documents import RETRYABLE, Refused, Reply, problem, refusal
from points_gateway_client.fake.ledger import Entry, Ledger, opposite
from points_gateway_client.fake.parsing import Asked, Change, Undoing
from points_gateway_client.fake.scripted import NextWrite, Script


@dataclass(frozen=True, slots=True)
class Writing:
    """Carries out writes on a ledger, as the script has them end."""

    ledger: Ledger
    script: Script

    def adjust(self, tenant: str, key: str | None, content: bytes, request_id: str) -> Reply:
        """POST /v1/adjustments."""
        key = parsing.key(key)
        asked = parsing.adjustment(content)
        return self._written(tenant, key, asked, lambda: asked, request_id)

    def reverse(self, tenant: str, id_: str, key: str | None, content: bytes, request_id: str) -> Reply:
        """POST /v1/adjustments/{id}/reversal."""
        key = parsing.key(key)
        asked = parsing.undoing(content, id_)
        return self._written(tenant, key, asked, lambda: self._opposite(tenant, asked), request_id)

    def settle(self, entry: Entry, *, applied: bool, by: str) -> None:
        """End what is unknown or accepted."""
        if applied:
            self.ledger.book(entry)
            entry.transaction = by == "search"  # a person is told of none
            self.ledger.move(entry, "succeeded", by)
            entry.answer = Reply(201, entry.document(), _location(entry))
        else:
            self._fail(entry, Refused("not_applied", "it was settled as not applied", adjustment=entry.id), "", by)

    def _written(self, tenant: str, key: str, asked: Asked, claimed: Callable[[], Change], request_id: str) -> Reply:
        """Claim a key and make an attempt, or answer a repeat of the key."""
        entry = self.ledger.under(tenant, key)
        if entry is None:
            if self.script.peek() == "overloaded":
                self.script.next()
                raise Refused("overloaded", "more requests come than can be served")
            entry = self.ledger.claim(tenant, key, asked, claimed())
            return self._attempt(entry, request_id)
        if entry.meant != asked:
            errors = dict.fromkeys(parsing.differences(entry.meant, asked), "is not what it was first sent with")
            detail = f"the key belongs to an adjustment that is {entry.status}"
            raise about(entry, Refused("idempotency_key_reused", detail, errors=errors))
        if entry.final and entry.answer is not None:
            return replace(entry.answer, headers={**entry.answer.headers, "Idempotent-Replayed": "true"})
        if entry.status in ("unknown", "accepted"):
            return _pending(entry)
        return self._attempt(entry, request_id)

    def _attempt(self, entry: Entry, request_id: str) -> Reply:
        outcome: NextWrite | None = self.script.next()
        entry.attempts += 1
        try:
            if outcome == "unavailable":
                raise Refused("vendor_unavailable", "the vendor cannot be reached", adjustment=entry.id)
            if outcome == "rejected":
                raise Refused("vendor_rejected", "the vendor refused it", adjustment=entry.id)
            if outcome in ("unknown_unapplied", "accepted"):
                self.ledger.move(entry, "accepted" if outcome == "accepted" else "unknown")
                return _pending(entry)
            self.ledger.book(entry)
        except Refused as refused:
            refused.adjustment = entry.id
            return self._fail(entry, refused, request_id, "gateway")
        if outcome == "unknown":
            self.ledger.move(entry, "unknown")
            return _pending(entry)
        entry.transaction = True
        self.ledger.move(entry, "succeeded")
        entry.told_balance = self.ledger.balance(entry)
        entry.answer = Reply(201, entry.document(), _location(entry))
        return entry.answer

    def _fail(self, entry: Entry, refused: Refused, request_id: str, by: str) -> Reply:
        refused.new_key_allowed = refused.code not in RETRYABLE
        self.ledger.move(entry, "failed", by, retryable=refused.code in RETRYABLE)
        entry.problem = problem(refused, request_id)
        entry.answer = refusal(refused, request_id)
        return entry.answer

    def _opposite(self, tenant: str, asked: Undoing) -> Change:
        """What a reversal comes to. Raises `Refused` where so much, or in that way, cannot be taken back."""
        original = self.ledger.of(asked.original, tenant)
        left, others = self.ledger.left(original), self.ledger.reversals(original.id)
        points = left if asked.points is None else asked.points
        if original.status != "succeeded" or original.asked.reverses is not None:
            raise Refused("not_reversible", "only an adjustment that has succeeded can be reversed")
        if not 0 < points <= left:
            raise Refused("not_reversible", "less is left of the adjustment than is asked for")
        whole = not others and points == abs(original.asked.points)
        linked = asked.linked is not False and whole and original.transaction
        if asked.linked and not linked:
            if original.transaction:
                raise Refused("not_reversible", "the vendor's own cancel takes back the whole adjustment")
            raise Refused("operation_not_supported", "the vendor has no cancel of its own for this")
        return opposite(original, points, linked=linked, description=asked.description)


def about(entry: Entry, refused: Refused) -> Refused:
    """A refusal that names an adjustment, and says whether that has failed for good."""
    refused.adjustment = entry.id
    refused.new_key_allowed = entry.status == "failed" and not entry.retryable
    return refused


def _location(entry: Entry) -> dict[str, str]:
    return {"Location": f"/v1/adjustments/{entry.id}"}


def _pending(entry: Entry) -> Reply:
    return Reply(202, entry.document(), {**_location(entry), "Retry-After": "1"})
