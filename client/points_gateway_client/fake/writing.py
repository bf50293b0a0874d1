"""The writes of the fake: what is claimed, what an attempt comes to, and what a repeat of a key gets."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from points_gateway_client.fake import parsing
from points_gateway_client.fake.documents import Refused, Reply, problem, refusal, time_text
from points_gateway_client.fake.ledger import Entry, Ledger, opposite
from points_gateway_client.fake.parsing import Asked
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
        given = parsing.body(content, ("points", "linked", "description"))
        original = self.ledger.of(id_, tenant)
        known = self.ledger.under(tenant, key)
        # Where no points are named, they are those of the first claim.
        points = parsing.points(given["points"]) if "points" in given else None
        if points is None and known is not None and known.asked.reverses == id_:
            points = abs(known.asked.points)
        whole = points is None or points == abs(original.asked.points)
        linked = given.get("linked", known.asked.linked if known else whole and not self.ledger.reversals(id_))
        asked = opposite(
            original, points or self.ledger.left(original), linked=bool(linked), description=given.get("description")
        )
        return self._written(tenant, key, asked, lambda: self._reversible(original, asked), request_id)

    def resolve(self, tenant: str, id_: str, content: bytes) -> Reply:
        """POST /v1/adjustments/{id}/resolution."""
        given = parsing.body(content, ("outcome", "reason", "actor"))
        if given.get("outcome") not in ("applied", "not_applied") or not given.get("reason"):
            raise Refused("invalid_request", "an outcome and a reason are required", errors={"/outcome": "required"})
        entry = self.ledger.of(id_, tenant)
        if entry.status not in ("unknown", "accepted"):
            raise Refused("not_resolvable", f"the adjustment is {entry.status}", adjustment=id_)
        at = time_text(self.ledger.now())
        entry.resolution = {"outcome": given["outcome"], "reason": given["reason"], "by": "app", "at": at}
        if "actor" in given:
            entry.resolution["actor"] = given["actor"]
        self.settle(entry, applied=given["outcome"] == "applied", by="app")
        return Reply(200, entry.document())

    def settle(self, entry: Entry, *, applied: bool, by: str) -> None:
        """End what is unknown or accepted."""
        if applied:
            self.ledger.book(entry)
            self.ledger.move(entry, "succeeded", by)
            entry.answer = Reply(201, entry.document(), _location(entry))
        else:
            self._fail(entry, Refused("not_applied", "it was settled as not applied", adjustment=entry.id), "", by)

    def _written(self, tenant: str, key: str, asked: Asked, claimed: Callable[[], Asked], request_id: str) -> Reply:
        """Claim a key and make an attempt, or answer a repeat of the key."""
        entry = self.ledger.under(tenant, key)
        if entry is None:
            if self.script.peek() == "overloaded":
                self.script.next()
                raise Refused("overloaded", "more requests come than can be served")
            entry = self.ledger.claim(tenant, key, claimed())
            return self._attempt(entry, request_id)
        if entry.asked != asked:
            errors = dict.fromkeys(entry.asked.differences(asked), "is not what it was first sent with")
            detail = f"the key belongs to an adjustment that is {entry.status}"
            raise Refused("idempotency_key_reused", detail, errors=errors, adjustment=entry.id)
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
        self.ledger.move(entry, "succeeded")
        entry.told_balance = self.ledger.balance(entry)
        entry.answer = Reply(201, entry.document(), _location(entry))
        return entry.answer

    def _fail(self, entry: Entry, refused: Refused, request_id: str, by: str) -> Reply:
        document: dict[str, Any] = problem(refused, request_id, new_key_allowed=False)
        retryable = document["retryable"]
        self.ledger.move(entry, "failed", by, retryable=retryable)
        entry.problem = {**document, "new_key_allowed": not retryable}
        entry.answer = refusal(refused, request_id, new_key_allowed=not retryable)
        return entry.answer

    def _reversible(self, original: Entry, asked: Asked) -> Asked:
        """What is claimed for a reversal. Raises `Refused` where so much cannot be taken back."""
        left, part = self.ledger.left(original), abs(asked.points) != abs(original.asked.points)
        if original.status != "succeeded" or original.asked.reverses is not None:
            raise Refused("not_reversible", "only an adjustment that has succeeded can be reversed")
        if not 0 < abs(asked.points) <= left or (asked.linked and part):
            raise Refused("not_reversible", "less is left of the adjustment than is asked for")
        return asked


def _location(entry: Entry) -> dict[str, str]:
    return {"Location": f"/v1/adjustments/{entry.id}"}


def _pending(entry: Entry) -> Reply:
    return Reply(202, entry.document(), {**_location(entry), "Retry-After": "1"})
