"""What an exchange with a vendor came to, of a write and of a read, as it may be kept and shown."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from gateway.adjustments import Verdict
from gateway.delivery.redaction import Redactor, Steps
from gateway.errors import GatewayError
from gateway.model import Applied, Balance, Expiring, Found
from gateway.port.secrets import MASK

T = TypeVar("T", bound=Applied | Balance | Expiring | Found)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt of a write came to: `applied` is what the vendor said, `error` what a caller is told."""

    verdict: Verdict
    evidence: dict[str, Any]
    exchange: tuple[dict[str, Any], ...]
    applied: Applied | None = None
    error: GatewayError | None = None


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What a read came to, and when; what it shows of the exchange has its secrets masked."""

    result: T
    at: datetime
    base_url: str
    steps: Steps = field(repr=False)
    redactor: Redactor = field(repr=False)

    @property
    def status(self) -> int:
        """The status of the last answer."""
        answered = self.steps[-1][1]
        return (answered.status if answered else None) or 0

    @property
    def body(self) -> Any:
        """The body of the last answer, as `shown` makes it."""
        request, answered = self.steps[-1]
        return (self.redactor.shown(answered, confidential=request.confidential) if answered else None) or ""

    @property
    def exchange(self) -> tuple[dict[str, Any], ...]:
        """Every request and answer, as the history has them."""
        return self.redactor.exchange(self.base_url, self.steps)


def masked_fields(before: T, after: T) -> list[str]:
    """The fields in which `without_secrets` changed a text: what they said is not what is kept."""
    if isinstance(before, Found) and isinstance(after, Found):
        return sorted(
            {name for pair in zip(before.matches, after.matches, strict=True) for name in masked_fields(*pair)}
        )
    names = ["transaction_id"] if isinstance(before, Applied) else []
    changed = [name for name in names if getattr(before, name) != getattr(after, name)]
    if MASK in str(after.details) and MASK not in str(before.details):
        changed.append("details")
    return changed


def without_secrets(said: T, redactor: Redactor) -> T:
    """What the vendor said, masked."""
    changed: dict[str, Any] = {"details": redactor.masked(said.details)} if said.details else {}
    if isinstance(said, Found):
        changed["matches"] = tuple(without_secrets(match, redactor) for match in said.matches)
    elif isinstance(said, Applied) and said.transaction_id is not None:
        changed["transaction_id"] = redactor.mask(said.transaction_id)
    return replace(said, **changed) if changed else said
