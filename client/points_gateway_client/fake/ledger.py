"""What the fake remembers: the adjustments of the gateway, and the points of the vendor behind it."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from points_gateway_client import exact
from points_gateway_client.fake.documents import VENDOR, Refused, Reply, time_text
from points_gateway_client.fake.parsing import FIELDS, Asked, Change
from points_gateway_client.results import Proposal

HOLDING = ("succeeded", "unknown", "accepted", "in_progress")
"""The states in which a reversal has its share of the original."""


@dataclass(slots=True, kw_only=True)
class Entry:
    """One adjustment: what its caller `meant`, and the change that it `asked` for.

    `booked`: the vendor has applied it, whether or not the gateway knows. `transaction`: the gateway has been told of
    it by the vendor. `answer` is the last one.
    """

    id: str
    tenant: str
    key: str
    meant: Asked
    asked: Change
    created_at: datetime
    status: str = "in_progress"
    retryable: bool = False
    attempts: int = 0
    booked: bool = False
    transaction: bool = False
    told_balance: Decimal | None = None
    completed_at: datetime | None = None
    problem: dict[str, Any] | None = None
    resolution: dict[str, Any] | None = None
    proposal: Proposal | None = None
    answer: Reply | None = None
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def final(self) -> bool:
        """Whether its status stays for good."""
        return self.status == "succeeded" or (self.status == "failed" and not self.retryable)

    def document(self) -> dict[str, Any]:
        """The adjustment as it is answered."""
        asked = self.asked
        vendor = {**VENDOR, "transaction_id": f"tx_{self.id}" if self.transaction else None}
        empty = dict.fromkeys(("total", "pending", "held", "lifetime", "next_expiry", "updated_at"))
        available = None if self.told_balance is None else exact.text(self.told_balance)
        reversal = {"operation": "reverse", "reverses": asked.reverses, "linked": bool(asked.linked)}
        return {
            "id": self.id,
            "status": self.status,
            "tenant": self.tenant,
            "client": "app",
            **({} if asked.reverses is None else reversal),
            "idempotency_key": self.key,
            "member": asked.member,
            "points": exact.text(asked.points),
            **asked.fields,
            "options": asked.options,
            "not_sent": [],
            "balance": None if available is None else {"available": available, **empty},
            "vendor": vendor,
            "retryable": self.retryable,
            "problem": self.problem,
            "resolution": self.resolution,
            "attempts": self.attempts,
            "created_at": time_text(self.created_at),
            "completed_at": None if self.completed_at is None else time_text(self.completed_at),
        }


class Ledger:
    """Adjustments by id, oldest first, and balances by tenant, member and point type."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self._entries: dict[str, Entry] = {}
        self._keys: dict[tuple[str, str], Entry] = {}
        self.balances: defaultdict[tuple[str, str, str | None], Decimal] = defaultdict(Decimal)
        self.told: list[tuple[Entry, int, Mapping[str, Any], bool]] = []
        """The events, oldest first: of which adjustment, its number there, the step, and whether it is retryable."""
        self.nobody: set[str] = set()
        """Members whom the vendor does not know."""

    def entries(self, tenant: str | None = None) -> Iterator[Entry]:
        """The adjustments of a tenant, or all, oldest first."""
        return (each for each in self._entries.values() if tenant in (None, each.tenant))

    def under(self, tenant: str, key: str) -> Entry | None:
        """The adjustment of a key."""
        return self._keys.get((tenant, key))

    def of(self, id_: str, tenant: str | None = None) -> Entry:
        """The adjustment of an id. Raises `Refused`."""
        entry = self._entries.get(id_)
        if entry is None or tenant not in (None, entry.tenant):
            raise Refused("not_found", "there is no such adjustment")
        return entry

    def claim(self, tenant: str, key: str, meant: Asked, asked: Change) -> Entry:
        """A new adjustment."""
        id_ = f"adj_{len(self._entries) + 1:032x}"
        entry = Entry(id=id_, tenant=tenant, key=key, meant=meant, asked=asked, created_at=self.now())
        self._entries[id_] = self._keys[tenant, key] = entry
        return entry

    def move(self, entry: Entry, status: str, by: str = "gateway", *, retryable: bool = False) -> None:
        """Change the status of an adjustment."""
        step = {"at": time_text(self.now()), "from": entry.status, "to": status, "attempt": entry.attempts, "by": by}
        entry.history.append(step)
        entry.status, entry.retryable, entry.proposal = status, retryable, None
        # The claim has a number, and each further attempt.
        self.told.append((entry, len(entry.history) + entry.attempts, step, retryable))
        entry.completed_at = self.now() if status in ("succeeded", "failed") else None

    def note(self, entry: Entry, by: str, evidence: Mapping[str, Any]) -> None:
        """Add a step that changes no status to the history of an adjustment; no event tells of it."""
        step = {"at": time_text(self.now()), "from": entry.status, "to": entry.status, "attempt": entry.attempts}
        entry.history.append({**step, "by": by, "evidence": evidence})

    def book(self, entry: Entry) -> None:
        """Apply an adjustment at the vendor, once. Raises `Refused` as the vendor would."""
        if entry.booked:
            return
        member, points = entry.asked.member, entry.asked.points
        if member in self.nobody:
            raise Refused("member_not_found", "the vendor knows no such member")
        place = (entry.tenant, member, entry.asked.fields["point_type"])
        if points < 0 and self.balances[place] + points < 0:
            raise Refused("insufficient_points", "the member has too few points")
        self.balances[place] += points
        entry.booked = True

    def balance(self, entry: Entry) -> Decimal:
        """The balance that an adjustment has changed."""
        return self.balances[entry.tenant, entry.asked.member, entry.asked.fields["point_type"]]

    def reversals(self, id_: str) -> list[Entry]:
        """The reversals of an adjustment that have a share of it."""
        return [each for each in self._entries.values() if each.asked.reverses == id_ and each.status in HOLDING]

    def left(self, entry: Entry) -> Decimal:
        """What is left of an adjustment to take back, without a sign."""
        return abs(entry.asked.points) - sum(abs(each.asked.points) for each in self.reversals(entry.id))


def opposite(entry: Entry, points: Decimal, *, linked: bool, description: str | None) -> Change:
    """The reversal of so many points, without a sign, of an adjustment."""
    signed = -points if entry.asked.points > 0 else points
    kept = {name: entry.asked.fields[name] for name in ("point_type", "reason", "store")}
    fields = {**FIELDS, **kept, "description": description}
    return Change(entry.asked.member, signed, fields, {}, reverses=entry.id, linked=linked)
