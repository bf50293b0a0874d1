"""One configured vendor's adapter, asked only for what its signature says it can be told.

What it cannot be told is refused by name, or left out where the operator has consented; adapters hold no code
for that. A translation makes exchanges, and has the first request of one: nothing is sent here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from gateway.adjustments import CLOCK_ERROR, UNSEEN
from gateway.errors import FieldNotSupported, OperationNotSupported
from gateway.model import Adjustment, Applied, Found, Member, Operation
from gateway.planning import cancelling
from gateway.planning.fresh import Fresh, Source
from gateway.planning.routing import fits
from gateway.planning.translated import Translation
from gateway.port import Adapter, Issued, VendorSettings
from gateway.port.declaration import wrong_enforcement
from gateway.port.mapping import comparable
from gateway.port.registry import AdapterType
from gateway.reads import R, Read
from gateway.traits import traits
from gateway.write import Write

T = TypeVar("T")
DEFAULTED = ("point_type", "reason")
"""The fields for which a vendor's settings can have a default, as `default_` and the name."""
_OPTIONAL = tuple((name, each.default) for name, each in traits(Adjustment).items())
"""The fields that a caller may leave out, each with its default."""


MARGIN = 5.0
"""Seconds past the vendor's time-out for which an attempt is still owned."""


class Translator:
    """Turns canonical calls into exchanges with one configured vendor."""

    def __init__(
        self,
        name: str,
        kind: AdapterType,
        settings: VendorSettings,
        *,
        source: Source = Source(),  # noqa: B008 (frozen)
    ) -> None:
        self.name = name
        self.kind = kind
        self.settings = settings
        self.adapter: Adapter[Any] = kind.adapter(settings)
        if wrong := next(wrong_enforcement(self.adapter, by_id="id" in kind.operations.get("adjust", ())), None):
            raise TypeError(f"{type(self.adapter).__name__}: {wrong}")
        self._source = source
        self._fresh = {
            method: Fresh(taken, source)
            for method, names in kind.fresh.items()
            if (taken := names if self.adapter.fetches else names - {"token"})
        }
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
        return Translator(self.name, self.kind, self.settings.masked(), source=self._source)

    def write(self, write: Write, *, id: str) -> Translation[Applied]:  # noqa: A002 (the field's name)
        """Say a write, by its operation. Raises `OperationNotSupported` or `FieldNotSupported`."""
        return self._way(write).say(self, write.for_vendor(), id)

    def find(
        self,
        write: Write,
        *,
        id: str,  # noqa: A002 (the field's name)
        cursor: str | None = None,
        transaction: str | None = None,
    ) -> Translation[Found]:
        """Look for a write that was sent, by its operation; from `cursor` on, where the vendor is searched by pages.

        Raises `OperationNotSupported` where this vendor cannot be asked for it, or `FieldNotSupported`.
        """
        return self._way(write).find(self, write.for_vendor(), id, cursor, transaction)

    def adjust(self, adjustment: Adjustment, *, id: str) -> Translation[Applied]:  # noqa: A002 (the field's name)
        """Say an adjustment. Raises `OperationNotSupported` or `FieldNotSupported`."""
        can = self._can("adjust", adjustment.member)
        arguments, not_sent = self._arguments(adjustment, can)
        if "id" in can:
            arguments["id"] = id
        defaults = self._defaults(adjustment, can)
        translation = self._translation("adjust", arguments, Applied, not_sent, id, defaults)
        point_type = adjustment.point_type or defaults.get("point_type")
        if point_type is not None and point_type in (names := getattr(self.settings, "point_types", {})):
            translation.vendor_point_type = comparable(names[point_type])
        return translation

    def unsaid(self, adjustment: Adjustment) -> tuple[str, ...]:
        """The fields of an adjustment that the vendor is not told, whoever its member is.

        Raises `OperationNotSupported`, or `FieldNotSupported` for one that it cannot be told.
        """
        return self._arguments(adjustment, self._supported("adjust"))[1]

    def _arguments(self, adjustment: Adjustment, can: frozenset[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The arguments of `adjust` but for the id, and the fields that are left out."""
        if not self.adapter.fractions and adjustment.points != adjustment.points.to_integral_value():
            raise FieldNotSupported("points", f"{self._who()} takes whole points only")
        arguments: dict[str, Any] = {"member": adjustment.member, "points": adjustment.points}
        not_sent = []
        for name, default in _OPTIONAL:
            value = getattr(adjustment, name)
            if value is None:
                continue
            if name in can:
                arguments[name] = value
            elif value == default:
                continue
            elif name in self.settings.ignore:
                not_sent.append(name)
            else:
                raise self._cannot(name)
        if "options" in can:
            arguments["options"] = self.kind.options.model_validate(adjustment.options.get(self.kind.name, {}))
        return arguments, tuple(not_sent)

    def reverses(self, transaction: str | None) -> bool:
        """Whether the vendor's own cancel can take back what it knows by this transaction id."""
        by = self.kind.reversed_by
        return by is not None and (transaction is not None or "transaction" not in by)

    def _reverse(self, write: Write, *, id: str) -> Translation[Applied]:  # noqa: A002 (as above)
        """Say the vendor's own cancel. Raises `OperationNotSupported` or `FieldNotSupported`."""
        if not self.reverses(write.transaction) or self.kind.reversed_by is None:
            raise OperationNotSupported(f"{self._who()} cannot cancel it")
        known = cancelling.arguments(write, id, self.kind.reversed_by)
        not_sent: tuple[str, ...] = ()
        if write.adjustment.description is not None and "description" not in known:
            if "description" not in self.settings.ignore:
                raise self._cannot("description")
            not_sent = ("description",)
        return self._translation("reverse", known, Applied, not_sent, id)

    def _find_reversal(self, write: Write, *, id: str) -> Translation[Found]:  # noqa: A002 (as above)
        """Look whether the vendor's own cancel was carried out; raises as `find` does."""
        by = self.kind.reversal_found_by
        if by is None or not self.adapter.finds:
            raise OperationNotSupported(f"{self._who()} cannot be asked whether it has cancelled")
        return self._translation("find_reversal", cancelling.arguments(write, id, by), Found, adjustment=id)

    def _defaults(self, adjustment: Adjustment, can: frozenset[str]) -> dict[str, str]:
        absent = (name for name in DEFAULTED if name in can and getattr(adjustment, name) is None)
        values = ((name, getattr(self.settings, f"default_{name}", None)) for name in absent)
        return {name: value for name, value in values if value is not None}

    def read(self, read: Read[R]) -> Translation[R]:
        """Ask what changes nothing.

        Raises `OperationNotSupported`, or `FieldNotSupported`, also where the vendor needs a field that is left out.
        """
        can, arguments = self._can(read.operation, read.member), read.arguments()
        for name in arguments:
            if name not in can:
                raise self._cannot(read.callers.get(name, name))
        for name in self.kind.needs[read.operation]:
            if name not in arguments:
                asked = read.callers.get(name, name)
                raise FieldNotSupported(asked, f"{self._who()} cannot be asked without it")
        return self._translation(read.operation, arguments, read.returns)

    def _find_adjustment(self, adjustment: Adjustment, **sought: str | None) -> Translation[Found]:
        """Look for an adjustment that was sent; raises as `find` does."""
        if self.kind.found_by is None or not self.adapter.finds:
            raise OperationNotSupported(f"{self._who()} cannot be searched")
        names = ("member", "points", *(name for name, _ in _OPTIONAL))
        fields = {**sought, **{name: getattr(adjustment, name) for name in names}}
        known = {name: value for name, value in fields.items() if name in self.kind.found_by}
        if "options" in self.kind.found_by:
            known["options"] = self.kind.options.model_validate(adjustment.options.get(self.kind.name, {}))
        return self._translation("find", known, Found, adjustment=sought["id"])

    def probe(self) -> Translation[None]:
        """Ask the vendor something that changes nothing, to find out whether it is there.

        Raises `OperationNotSupported` where its adapter does not say how.
        """
        if not self.kind.probes:
            raise OperationNotSupported(f"{self._who()} cannot be probed")
        return self._translation("probe", {}, type(None))

    @property
    def fetches(self) -> bool:
        """Whether the vendor issues tokens that calls take."""
        return "token" in self.kind.fresh and self.adapter.fetches

    def token(self) -> Translation[Issued]:
        """Ask for a token. Raises `OperationNotSupported` where the vendor issues none."""
        if not self.fetches:
            raise OperationNotSupported(f"{self._who()} issues no tokens")
        return self._translation("token", {}, Issued)

    def _translation(
        self,
        method: str,
        arguments: Mapping[str, Any],
        returns: type[T],
        not_sent: tuple[str, ...] = (),
        adjustment: str | None = None,
        defaults: Mapping[str, str] | None = None,
    ) -> Translation[T]:
        """A call of one of the adapter's methods, which it has."""
        call, fresh = getattr(self.adapter, method), self._fresh.get(method)
        return Translation(call, arguments, returns, not_sent, adjustment, fresh, defaults or {})

    def _way(self, write: Write) -> "_Way":
        if (way := _WAYS.get(write.method)) is None:  # a newer gateway wrote it
            raise OperationNotSupported(f"This gateway has no operation {write.operation!r}")
        return way

    def resolves(self, member: Member) -> bool:
        """Whether the vendor's own name of a member has to be looked up before the vendor is asked for it."""
        return fits(member.scheme, self.settings.resolve)

    def _supported(self, operation: Operation) -> frozenset[str]:
        if operation not in self.kind.operations:
            raise OperationNotSupported(f"{self._who()} has no operation {operation!r}")
        return self.kind.operations[operation]

    def _can(self, operation: Operation, member: Member) -> frozenset[str]:
        supported = self._supported(operation)
        schemes = self.adapter.lookup_schemes if operation == "lookup" else self.adapter.schemes
        if not fits(member.scheme, schemes):
            raise FieldNotSupported(
                "member", f"{self._who()} knows members by {', '.join(schemes)}, not {member.scheme}"
            )
        return supported

    def _cannot(self, name: str) -> FieldNotSupported:
        return FieldNotSupported(name, f"{self._who()} cannot be told this")

    def _who(self) -> str:
        return f"vendor {self.name!r} ({self.kind.name})"


@dataclass(frozen=True, slots=True)
class _Way:
    """How the writes of one method are translated for a vendor, and how they are looked for there."""

    say: Callable[[Translator, Write, str], Translation[Applied]]
    find: Callable[[Translator, Write, str, str | None, str | None], Translation[Found]]


_WAYS: Mapping[str, _Way] = {
    "adjust": _Way(
        say=lambda translator, write, id_: translator.adjust(write.adjustment, id=id_),
        find=lambda translator, write, id_, cursor, transaction: translator._find_adjustment(
            write.adjustment, id=id_, cursor=cursor, transaction=transaction
        ),
    ),
    "reverse": _Way(
        say=lambda translator, write, id_: translator._reverse(write, id=id_),
        find=lambda translator, write, id_, cursor, transaction: translator._find_reversal(write, id=id_),
    ),
}
"""By the adapter's method that carries a write out; another method is another entry."""
