"""What an exchange with a vendor came to, of a write and of a read, as it may be kept and shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from gateway.adjustments import Verdict
from gateway.delivery.redaction import Redactor, Steps
from gateway.errors import GatewayError
from gateway.model import Applied, Balance, Expiring, Found, Profile, Transactions, VendorTransaction
from gateway.port.secrets import MASK

T = TypeVar("T", bound=Applied | Balance | Expiring | Transactions | VendorTransaction | Profile | Found)
_TEXTS: Mapping[type[Any], tuple[str, ...]] = {
    Applied: ("transaction_id",),
    Found: ("next_cursor",),
    Transactions: ("next_cursor",),
    Profile: ("status", "tier"),
    VendorTransaction: (
        *("id", "vendor_kind", "point_type", "reference", "description", "reverses", "reversed_by", "adjustment"),
    ),
}
"""The fields of a result that are texts of the vendor, or null."""
_PARTS: Mapping[type[Any], tuple[str, ...]] = {Found: ("matches",), Transactions: ("items",)}
"""The fields of a result that have results of their own."""
_MAPPINGS: Mapping[type[Any], tuple[str, ...]] = {Profile: ("ids",)}
"""The fields of a result that are texts of the vendor by name, beside the details."""


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
    return sorted(_masked_fields(before, after))


def _masked_fields(before: T, after: T) -> set[str]:
    changed = {name for name in _TEXTS.get(type(before), ()) if getattr(before, name) != getattr(after, name)}
    for name in _PARTS.get(type(before), ()):
        for pair in zip(getattr(before, name), getattr(after, name), strict=True):
            changed |= _masked_fields(*pair)
    for name in ("details", *_MAPPINGS.get(type(before), ())):
        if MASK in str(getattr(after, name)) and MASK not in str(getattr(before, name)):
            changed.add(name)
    return changed


def without_secrets(result: T, redactor: Redactor) -> T:
    """What the vendor said, masked."""
    changed: dict[str, Any] = {"details": redactor.masked(result.details)} if result.details else {}
    for name in _MAPPINGS.get(type(result), ()):
        changed[name] = redactor.masked(getattr(result, name))
    for name in _PARTS.get(type(result), ()):
        changed[name] = tuple(without_secrets(part, redactor) for part in getattr(result, name))
    for name in _TEXTS.get(type(result), ()):
        if (text := getattr(result, name)) is not None:
            changed[name] = redactor.mask(text)
    return replace(result, **changed) if changed else result
