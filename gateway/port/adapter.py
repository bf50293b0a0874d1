"""The base class of adapters; no I/O.

An adapter's method is a generator: it yields a `VendorRequest`, receives a `VendorResponse`, and returns a
canonical result or raises a canonical error. Its parameters are the fields that it supports.
"""

from collections.abc import Generator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Generic, Literal, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict

from gateway import exact
from gateway.errors import (
    AUTH_PAUSE,
    VendorAuthFailed,
    VendorBadResponse,
    VendorError,
    VendorRejected,
    VendorUnavailable,
)
from gateway.model import RepeatSafety
from gateway.port.authentication import Authentication, Given
from gateway.port.refusals import Reason, Refusals, built_in, checked, configured
from gateway.port.request import VendorRequest
from gateway.port.response import PartialResponse, VendorResponse
from gateway.port.secrets import Secret, TextSecret
from gateway.port.settings import VendorSettings

__all__ = [
    "PORT",
    "Adapter",
    "Exchange",
    "Options",
    "PartialResponse",
    "Secret",
    "TextSecret",
    "VendorRequest",
    "VendorResponse",
    "VendorSettings",
    "not_understood",
    "number",
]

PORT = "1.0"
"""The version of the port. The second number grows with every addition, the first with every other change."""
T = TypeVar("T")
Exchange = Generator[VendorRequest, VendorResponse, T]


class Options(BaseModel):
    """Base model of an adapter's own fields, which callers send under `options`."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


S = TypeVar("S", bound=VendorSettings)


class Adapter(Generic[S]):
    """Translates for one kind of vendor; there is one instance for each configured vendor.

    A subclass defines the operations that its vendor supports, as keyword-only generators:

    - `adjust(*, member, points, ...) -> Exchange[Applied]`, with those of the parameters `id`, `point_type`,
      `description`, `reason`, `reference`, `store`, `pending`, `options` that the vendor supports; `id` is the
      adjustment's own id;
    - `balance(*, member, [point_type]) -> Exchange[Balance]`;
    - `expiring(*, member, [period, point_type]) -> Exchange[Expiring]`; a `period` without a default is required;
    - `transactions(*, member, limit, [point_type], [start], [end], [cursor]) -> Exchange[Transactions]`, one page of
      the vendor's history of a member, of at most `limit` rows. `start` and `end` are inclusive and may come alone.
      `cursor` is the `next_cursor` of a page; a caller can make one up: raise `FieldNotSupported` for a wrong one;
    - `lookup(*, member) -> Exchange[Profile]`, for the schemes of `lookup_schemes`. The row that answers has the value
      that was asked, else raise `VendorBadResponse`; `refuse` none as `MemberNotFound`, several as `MemberAmbiguous`;
    - `find(*, id, member, points, [cursor, transaction, ...]) -> Exchange[Found]`, if the vendor can search for a write
      by the adjustment's own id. It may take every field that `adjust` may, and `transaction`, the vendor's id of what
      it has accepted. It returns all matches, or raises `VendorBadResponse` if a match differs from the
      request. With a `cursor` it returns those of one page, and where the next page begins;
    - `reverse(*, [original, transaction, id, member, points, point_type, description]) -> Exchange[Applied]`, if the
      vendor can cancel a whole adjustment. It takes `original`, the own id of that, or `transaction`, the vendor's id.
      `points` is the change that the cancel makes, `id` the own id of the reversal. Where the vendor shows that it was
      cancelled already, `refuse` with `AlreadyReversed` before the request with the effect;
    - `find_reversal`, with the same parameters, `-> Exchange[Found]`, if the vendor shows whether it was cancelled;
    - `probe() -> Exchange[None]`, if there is a request that changes nothing and needs no member. After an outage it
      is sent before the next call. No answer, or a 5xx, means that the vendor is still unavailable;
    - `token() -> Exchange[Issued]`, if the vendor issues tokens that expire. It is fetched at another address where its
      requests have a `base_url` that the settings name.

    Each of them may take `now: datetime` (aware, in UTC) and `nonce: str`, which are new in each exchange, and each but
    `token` also `token: str`, the current token. A method that takes a token begins again with a new one, once, where
    `judge` raised `VendorAuthFailed`, which in a write has to be about the answer to the effect or to a request before
    it. The gateway masks the token wherever the exchange is shown.

    Methods that are missing are operations that are not supported; the gateway refuses these, never the adapter.
    """

    port: ClassVar[str] = PORT
    """The version of the port that it is written for, as `1.0`: another first number, or a later one, is refused."""
    schemes: tuple[str, ...] = ()
    """The supported member schemes; `custom.*` matches every custom field."""
    lookup_schemes: tuple[str, ...] = ()
    """The member schemes that `lookup` supports; all other operations have those of `schemes`."""
    fractions: ClassVar[bool] = True
    """Whether the vendor accepts fractions of points."""
    aggregates: ClassVar[bool] = False
    """Whether a balance without a point type is of all kinds of points together, and not of a default kind."""
    balance_in_answer: ClassVar[bool] = False
    """Whether the vendor's answer to an adjustment contains the new balance."""
    repeat_safety: RepeatSafety = "none"
    """The vendor's protection against a repeated adjustment; `enforced` requires the next two attributes."""
    enforces: Literal["replay", "refuse"] | None = None
    """How the vendor answers the same request under the same adjustment id.

    `replay`: it repeats the first answer; `refuse`: it answers with a code that `refusals` map to `AlreadyBooked`.
    Both must hold while the first request is still in progress too, and a booking must be permanent.
    """
    enforced_for: float = 0.0
    """Seconds for which the vendor remembers an id, from its first receipt."""
    accepted_for: float = 86_400.0
    """Seconds after which an adjustment that the vendor has accepted, and not decided, raises an alarm."""
    finds: bool = False
    """Whether `find` works with these settings."""
    fetches: bool = True
    """Whether `token` is used with these settings; if not, no method is passed a token."""
    refusals: ClassVar[Mapping[Reason, type[VendorError]]] = {}
    """The answers that prove that nothing was applied, and their meaning: by status, or by status and code.

    An entry with a code takes precedence over its status alone. A status that is listed only with codes is a refusal
    only with these. 401 and 429 are built into `judge`.
    """

    authentication: ClassVar[tuple[Authentication, ...]] = ()
    """How requests prove who sends them; `authenticated` applies it, in this order."""

    def __init__(self, settings: S) -> None:
        self.settings = settings
        self._refusals = Refusals(self.refusals)

    def authenticated(
        self,
        request: VendorRequest,
        *,
        now: datetime | None = None,
        nonce: str | None = None,
        token: str | None = None,
    ) -> VendorRequest:
        """The request with the proof of `authentication`, which a method passes what it takes of these three."""
        given = Given(now, nonce, token)
        for way in self.authentication:
            request = way.applied(request, self.settings, given)
        return request

    def judge(
        self,
        response: VendorResponse,
        *,
        listed: bool,
        named: bool = False,
        status: int | None = None,
        code: str | None = None,
        message: str | None = None,
    ) -> None:
        """Judge an answer: return if it is a success, otherwise raise the error that it means.

        `listed`: the body is a refusal of this vendor, so that `refusals` apply; a proxy's error page is not.
        `named`: so is a `code` that the setting `problems` names; for a vendor that publishes no codes of its own.
        `status` is the one in the body, by default that of the status line. `code` and `message` are the vendor's own.
        For an answer to a request with an effect, only an error raised here can prove that nothing was applied.

        An adapter may catch the `VendorAuthFailed` of a judged 401, renew its credentials, and yield the same request
        with the effect once more, as the gateway does for a method that takes a `token`. This is the only case in which
        a second effect request may leave.
        """
        status = response.status if status is None else status
        code, message = _text(code), _text(message)
        kind = self._refusals.meaning(status, code) if listed else built_in(status)
        if kind is None and listed and named and code in self.settings.problems:
            kind = VendorRejected
        if kind is None and 200 <= status < 300:
            return
        if kind is None:
            raise _error(response, VendorUnavailable if status >= 500 else VendorBadResponse, status, code, message)
        error = self._refusal(kind, response, status, code, message)
        response.judgements.append(type(error))
        raise error

    def refuse(
        self,
        kind: type[VendorError],
        response: VendorResponse,
        *,
        status: int | None = None,
        code: str | None = None,
        message: str | None = None,
    ) -> NoReturn:
        """Raise a refusal that the status does not show, such as a search for a member without a match.

        It proves something only if no request with an effect has left. Raises `TypeError` if `kind` is not allowed in
        `refusals`.
        """
        raise self._refusal(checked(kind), response, status or response.status, _text(code), _text(message))

    def _refusal(
        self, kind: type[VendorError], response: VendorResponse, status: int, code: str | None, message: str | None
    ) -> VendorError:
        kind = configured(kind, self.settings.problems, status=status, code=code, message=message)
        error = _error(response, kind, status, code, message)
        error.judged = True
        return error


def _text(value: object) -> str | None:
    """A vendor's code or message as text; an adapter may pass a value of another type."""
    return None if value is None else str(value)


def _error(
    response: VendorResponse, kind: type[VendorError], status: int, code: str | None, message: str | None
) -> VendorError:
    error = kind(
        f"{kind.title} (status {status}{': ' + message if message else ''})",
        vendor_status=status,
        vendor_code=code,
        vendor_message=message,
        retry_after=AUTH_PAUSE if kind is VendorAuthFailed else response.retry_after(),
    )
    error.answer = response
    return error


def not_understood(detail: str, response: VendorResponse) -> NoReturn:
    """Raise `VendorBadResponse` with the part of the answer that could not be understood."""
    raise VendorBadResponse(detail, vendor_status=response.status)


def number(value: object, name: str, response: VendorResponse) -> Decimal:
    """A vendor's number, exact. Raises `VendorBadResponse`, with the field's name, if it is not a number."""
    try:
        return exact.number(value)
    except ValueError as error:
        not_understood(f"{name}: {error}", response)
