"""The adapter of a described vendor: what its class is made of, and how its answers are judged."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, ClassVar, TypeVar

from gateway.declared import values as reading
from gateway.declared.description import Description
from gateway.declared.form import Form
from gateway.declared.jsonpath import MISSING, Query
from gateway.declared.parts import AppliedResult, Confirmable, Part, Refusal, Success
from gateway.declared.settings_model import DescribedSettings
from gateway.declared.template import Template
from gateway.errors import (
    AlreadyBooked,
    AlreadyReversed,
    BookedOtherwise,
    InsufficientPoints,
    MemberAmbiguous,
    MemberNotFound,
    VendorAuthFailed,
    VendorBadResponse,
    VendorBusy,
    VendorError,
    VendorRateLimited,
    VendorRejected,
)
from gateway.model import Member
from gateway.own_id import frozen_nonce, moment
from gateway.port.adapter import Adapter, not_understood
from gateway.port.authentication import Given
from gateway.port.mapping import mapped
from gateway.port.refusals import BOOKED, Reason
from gateway.port.request import VendorRequest
from gateway.port.response import VendorResponse

S = TypeVar("S", bound=DescribedSettings)
P = TypeVar("P", bound=Part)
MEANINGS: Mapping[str, type[VendorError]] = {
    "member_not_found": MemberNotFound,
    "member_ambiguous": MemberAmbiguous,
    "insufficient_points": InsufficientPoints,
    "vendor_rejected": VendorRejected,
    "already_reversed": AlreadyReversed,
    "busy": VendorBusy,
    "auth_failed": VendorAuthFailed,
    "rate_limited": VendorRateLimited,
    "already_booked": AlreadyBooked,
    "booked_otherwise": BookedOtherwise,
}


class Described(Adapter[S]):
    """The adapter of a described vendor; a subclass is made for each description.

    `forms`: the requests by operation; those of an adjustment with two forms are `credit` and `debit`. `results`:
    where the results of writes stand, by form. `credentials`: the setting for which tokens are issued, if any are.
    """

    description: ClassVar[Description]
    forms: ClassVar[Mapping[str, Form]]
    results: ClassVar[Mapping[str, AppliedResult | None]]
    credentials: ClassVar[str]

    def __init__(self, settings: S) -> None:
        description = self.description
        idempotency = None if description.adjust is None else description.adjust.idempotency
        enforced = idempotency is not None and self._confirms(settings, "idempotency")
        # The table of the class lacks what counts only where idempotency is enforced.
        vars(self)["refusals"] = table(description.refusals.known, booked=enforced and idempotency is not None)
        super().__init__(settings)
        self.finds = description.find is not None
        if self.finds:
            self.repeat_safety = "searchable"
        if enforced and idempotency is not None:
            self.repeat_safety, self.enforces = "enforced", idempotency.enforces
            self.enforced_for = float(idempotency.seconds)

    def form_of(self, operation: str, arguments: Mapping[str, Any]) -> str:
        """The name of the form of a call: of an adjustment with two forms by the sign of its points."""
        if operation in self.forms:
            return operation
        return "credit" if arguments["points"] > 0 else "debit"

    def part(self, kind: type[P]) -> P:
        """The part of the description of this type, which an operation that has a form has."""
        return next(part for _, part in self.description if isinstance(part, kind))

    @staticmethod
    def _confirms(settings: DescribedSettings, name: Confirmable) -> bool:
        return settings.confirmed is not None and getattr(settings.confirmed, name) is not None

    def confirms(self, name: Confirmable) -> bool:
        """Whether the operator has confirmed what the description cannot prove."""
        return self._confirms(self.settings, name)

    def asked(self, form: Form, values: Mapping[str, Any], arguments: Mapping[str, Any]) -> VendorRequest:
        """The request of a form. Raises `FieldNotSupported`."""
        fresh = Given(**{name: arguments.get(name) for name in ("now", "nonce", "token")})
        return form.request(values, self.settings, fresh)

    def values(self, arguments: Mapping[str, Any], schemes: Mapping[str, str]) -> dict[str, Any]:
        """The values of holes for the arguments of a method. Raises `FieldNotSupported` for a name without mapping.

        In what is about one adjustment, time and nonce are made of its id: they are the same in every repeat.
        """
        settings = self.settings
        found: dict[str, Any] = {name: value for name, value in arguments.items() if name in _AS_THEY_ARE}
        found["adapter"] = self.description.name
        found |= {f"settings.{name}": getattr(settings, name) for name in self.description.settings}
        if isinstance(member := arguments.get("member"), Member):
            found |= {"member": member.value, "scheme": schemes[member.scheme]}
        if (points := arguments.get("points")) is not None:
            found |= {"points": points, "amount": abs(points)}
        for name in ("point_type", "reason"):
            if name in arguments or hasattr(settings, f"{name}s"):
                default = None if "limit" in arguments else getattr(settings, f"default_{name}", None)
                found[name] = mapped(getattr(settings, f"{name}s", {}), arguments.get(name), default, field=name)
        if found.get("description") is None and "default_description" in self.description.settings:
            found["description"] = found["settings.default_description"]
        if (period := arguments.get("period")) is not None:
            found |= {"period.start": period.start, "period.end": period.end}
        if (options := arguments.get("options")) is not None:
            found |= {f"options.{name}": getattr(options, name) for name in self.description.options}
        if (own := arguments.get("id")) is not None:
            found |= {"now": moment(own), "nonce": frozen_nonce(own)}
        return found

    def proven(self, response: VendorResponse, success: Success, values: Mapping[str, Any]) -> Any:
        """What a success says. Raises the error that any other answer means; only a listed refusal proves anything."""
        document = _document(response)
        self._judge(response, success, document)
        if response.status not in success.status:
            not_understood(f"status {response.status} is not described as a success", response)
        if success.empty:
            if response.body.strip():
                not_understood("the answer of a success is described as empty", response)
            return MISSING
        if document is MISSING:
            not_understood("the answer is not JSON", response)
        for query, expected in success.require.items():
            if not reading.fits(query.value(document), expected):
                not_understood(f"{query.text}: not what a success has there", response)
        self.agreeing(document, success.agree, values, response)
        return document

    @staticmethod
    def agreeing(
        document: Any, agree: Mapping[Query, Template], values: Mapping[str, Any], response: VendorResponse
    ) -> None:
        """Raise `VendorBadResponse` where the vendor says something else than what was sent."""
        if (query := reading.differing(document, agree, values)) is not None:
            not_understood(f"{query.text}: not what was sent", response)

    def _judge(self, response: VendorResponse, success: Success, document: Any) -> None:
        refusals = self.description.refusals
        code, message = (reading.text_at(document, query) for query in (refusals.code, refusals.message))
        texts = [text for text, query in ((code, refusals.code), (message, refusals.message)) if query is not None]
        own = bool(texts) and all(text is not None and text.strip() for text in texts)
        # An answer that has all that proves a success is no refusal, whatever else it has.
        succeeds = bool(success.require) and all(
            reading.fits(query.value(document), expected) for query, expected in success.require.items()
        )
        self.judge(response, listed=own and not succeeds, code=code, message=message)


AnyDescribed = Described[Any]
"""The adapter of any description."""
Arguments = Mapping[str, Any]
"""The arguments of an adapter's method, by name."""
_AS_THEY_ARE = frozenset(
    (
        *("id", "description", "reference", "store", "pending", "limit", "cursor", "start", "end"),
        *("transaction", "original", "now", "nonce"),
    )
)
"""The arguments that are values of holes of the same name."""


def table(known: tuple[Refusal, ...], *, booked: bool) -> dict[Reason, type[VendorError]]:
    """The refusals as the port has them; with what tells of an earlier booking only where `booked`."""
    found: dict[Reason, type[VendorError]] = {}
    for each in known:
        kind = MEANINGS[each.means]
        if kind not in BOOKED or booked:
            found[each.status if each.code is None else (each.status, each.code)] = kind
    return found


def digest_of(raw: bytes) -> str:
    """The digest by which a description is known: the beginning of a SHA-256 in hex."""
    return sha256(raw).hexdigest()[:32]


def _document(response: VendorResponse) -> Any:
    """The body as JSON, numbers exact; `MISSING` where it is none."""
    try:
        return response.json()
    except VendorBadResponse:
        return MISSING
