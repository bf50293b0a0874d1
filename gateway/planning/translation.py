"""One configured vendor's adapter, asked only for what its signature says it can be told.

What it cannot be told is refused by name, or left out where the operator has consented; adapters hold no code
for that. A translation is an exchange that has made its first request: nothing is sent here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from gateway.adjustments import CLOCK_ERROR, UNSEEN
from gateway.errors import FieldNotSupported, OperationNotSupported
from gateway.model import Adjustment, Applied, Balance, Expiring, Found, Member, Operation, Period
from gateway.planning.contained import Contained
from gateway.port import Adapter, Exchange, VendorRequest, VendorSettings
from gateway.port.declaration import wrong_enforcement
from gateway.port.registry import AdapterType

T = TypeVar("T")
_SAYABLE = ("point_type", "description", "reason", "reference", "store")


@dataclass(frozen=True, slots=True)
class Translation(Generic[T]):
    """An exchange with a vendor, its first request made, and the fields that it will not be told.

    `returns`: what it gives in the end; an `Applied` makes it a write. `adjustment`: the id of what it is about.
    """

    exchange: Exchange[T]
    request: VendorRequest
    returns: type[T]
    not_sent: tuple[str, ...] = ()
    adjustment: str | None = None

    @property
    def writes(self) -> bool:
        """Whether it may change points at the vendor."""
        return self.returns is Applied


MARGIN = 5.0
"""Seconds past the vendor's time-out for which an attempt is still owned."""


class Translator:
    """Turns canonical calls into exchanges with one configured vendor."""

    def __init__(self, name: str, kind: AdapterType, settings: VendorSettings) -> None:
        self.name = name
        self.kind = kind
        self.settings = settings
        self.adapter: Adapter[Any] = kind.adapter(settings)
        if wrong := next(wrong_enforcement(self.adapter, by_id="id" in kind.operations.get("adjust", ())), None):
            raise TypeError(f"{type(self.adapter).__name__}: {wrong}")
        self._credentials = settings.credentials()
        self._accounts: tuple[list[str] | None, tuple[str, ...]] = None, ()

    @property
    def lease(self) -> float:
        """Seconds for which one attempt, or one repeat, is owned."""
        return self.settings.timeout + MARGIN

    @property
    def window(self) -> float:
        """Seconds after a first byte left in which the vendor surely makes nothing new of the same request.

        0 where it does not enforce idempotency, or forgets too soon for a repeat to be sure.
        """
        if self.adapter.enforces is None:
            return 0.0
        return max(0.0, self.adapter.enforced_for - self.lease - CLOCK_ERROR - UNSEEN)

    @property
    def account(self) -> str:
        """Which account this is, as it is kept with an attempt."""
        return self.accounts[0]

    @property
    def accounts(self) -> tuple[str, ...]:
        """All that means this account, as of `VendorSettings.identities`; made anew only where a credential changed."""
        now = [each.reveal() for each in self._credentials]
        if now != self._accounts[0]:
            self._accounts = now, self.settings.identities()
        return self._accounts[1]

    def masked(self) -> "Translator":
        """The same translator without secrets: what it makes can be shown."""
        return Translator(self.name, self.kind, self.settings.masked())

    def adjust(self, adjustment: Adjustment, *, id: str) -> Translation[Applied]:  # noqa: A002 (the field's name)
        """Say an adjustment. Raises `OperationNotSupported` or `FieldNotSupported`."""
        can = self._can("adjust", adjustment.member)
        if not self.adapter.fractions and adjustment.points != adjustment.points.to_integral_value():
            raise FieldNotSupported("points", f"{self._who()} takes whole points only")
        said: dict[str, Any] = {"member": adjustment.member, "points": adjustment.points}
        not_sent = []
        for name in _SAYABLE:
            value = getattr(adjustment, name)
            if value is None:
                continue
            if name in can:
                said[name] = value
            elif name in self.settings.ignore:
                not_sent.append(name)
            else:
                raise self._cannot(name)
        if "pending" in can:
            said["pending"] = adjustment.pending
        elif adjustment.pending:
            raise self._cannot("pending")
        if "options" in can:
            said["options"] = self.kind.options.model_validate(adjustment.options.get(self.kind.name, {}))
        if "id" in can:
            said["id"] = id
        return _begun(self.adapter.adjust, said, Applied, tuple(not_sent), id)  # type: ignore[attr-defined]  # by _can

    def balance(self, member: Member, point_type: str | None) -> Translation[Balance]:
        """Ask for a balance. Raises `OperationNotSupported` or `FieldNotSupported`."""
        asked = self._read("balance", member, point_type)
        return _begun(self.adapter.balance, asked, Balance)  # type: ignore[attr-defined]  # checked by _can

    def expiring(self, member: Member, period: Period, point_type: str | None) -> Translation[Expiring]:
        """Ask for the points that expire in a period. Raises `OperationNotSupported` or `FieldNotSupported`."""
        asked = self._read("expiring", member, point_type)
        asked["period"] = period
        return _begun(self.adapter.expiring, asked, Expiring)  # type: ignore[attr-defined]  # checked by _can

    def find(self, adjustment: Adjustment, *, id: str) -> Translation[Found]:  # noqa: A002 (the field's name)
        """Look for an adjustment that was sent.

        Raises `OperationNotSupported` where this vendor cannot be asked for it, or `FieldNotSupported`.
        """
        if self.kind.found_by is None or not self.adapter.finds:
            raise OperationNotSupported(f"{self._who()} cannot be searched")
        said = {
            "id": id,
            "member": adjustment.member,
            "points": adjustment.points,
            "point_type": adjustment.point_type,
        }
        known = {name: value for name, value in said.items() if name in self.kind.found_by}
        return _begun(self.adapter.find, known, Found, adjustment=id)  # type: ignore[attr-defined]  # by found_by

    def probe(self) -> Translation[None]:
        """Ask the vendor something that changes nothing, to find out whether it is there.

        Raises `OperationNotSupported` where its adapter does not say how.
        """
        if not self.kind.probes:
            raise OperationNotSupported(f"{self._who()} cannot be probed")
        return _begun(self.adapter.probe, {}, type(None))  # type: ignore[attr-defined]  # checked by probes

    def _read(self, operation: Operation, member: Member, point_type: str | None) -> dict[str, Any]:
        can = self._can(operation, member)
        if point_type is None:
            return {"member": member}
        if "point_type" not in can:
            raise self._cannot("point_type")
        return {"member": member, "point_type": point_type}

    def _can(self, operation: Operation, member: Member) -> frozenset[str]:
        if operation not in self.kind.operations:
            raise OperationNotSupported(f"{self._who()} has no operation {operation!r}")
        schemes = self.adapter.schemes
        if member.scheme not in schemes and not (member.scheme.startswith("custom.") and "custom.*" in schemes):
            raise FieldNotSupported(
                "member", f"{self._who()} knows members by {', '.join(schemes)}, not {member.scheme}"
            )
        return self.kind.operations[operation]

    def _cannot(self, name: str) -> FieldNotSupported:
        return FieldNotSupported(name, f"{self._who()} cannot be told this")

    def _who(self) -> str:
        return f"vendor {self.name!r} ({self.kind.name})"


def _begun(
    method: Callable[..., Exchange[T]],
    said: dict[str, Any],
    returns: type[T],
    not_sent: tuple[str, ...] = (),
    adjustment: str | None = None,
) -> Translation[T]:
    """The exchange with its first request. Raises `TypeError` for an adapter that makes none."""
    exchange = Contained(method, **said)
    try:
        request = next(exchange)
    except StopIteration:
        raise TypeError("the adapter returned before it had asked the vendor anything") from None
    return Translation(exchange, request, returns, not_sent, adjustment)
