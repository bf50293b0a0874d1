"""What an adapter is, and the requests and responses that it deals in; no I/O.

An adapter's method is a generator: it yields a `VendorRequest`, receives a `VendorResponse`, and returns a
canonical result or raises a canonical error. Its signature is the list of what it can be told.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Generic, Literal, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict

from gateway import charset, exact, lenient
from gateway.errors import (
    AUTH_PAUSE,
    FieldNotSupported,
    VendorAuthFailed,
    VendorBadResponse,
    VendorError,
    VendorUnavailable,
)
from gateway.model import RepeatSafety
from gateway.port.refusals import Reason, Refusals, checked, known, renamed
from gateway.port.request import VendorRequest
from gateway.port.secrets import Secret, TextSecret
from gateway.port.settings import VendorSettings

__all__ = [
    "Adapter",
    "Exchange",
    "Options",
    "PartialResponse",
    "Secret",
    "TextSecret",
    "VendorRequest",
    "VendorResponse",
    "VendorSettings",
    "mapped",
    "not_understood",
    "number",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VendorResponse:
    """One answer of a vendor: header names in lower case, the body complete and decompressed.

    `judgements`: what `Adapter.judge` found this answer to refuse with; nothing else writes there.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    judgements: list[type[VendorError]] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Whether the status line says that all went well; the body may say otherwise."""
        return 200 <= self.status < 300

    def text(self) -> str:
        """The body as text, in the charset that it is in. Raises `VendorBadResponse` where that cannot be told."""
        text = charset.exactly(self.body, self.headers.get("content-type", ""))
        if text is None:
            raise VendorBadResponse("The answer is not text in a charset that can be told", vendor_status=self.status)
        return text

    def rough_text(self) -> str:
        """The body as text, with U+FFFD for every byte that is in no charset that can be told: for words."""
        return charset.roughly(self.body, self.headers.get("content-type", ""))

    def json(self) -> Any:
        """The body as JSON, numbers exact; what cannot be told in it is `lenient.Unreadable` or U+FFFD in a text.

        Raises `VendorBadResponse` where it is not JSON.
        """
        text = charset.exactly(self.body, self.headers.get("content-type", ""))
        try:
            return lenient.loads(self.rough_text(), rough=True) if text is None else lenient.loads(text)
        except (ValueError, RecursionError) as error:
            raise VendorBadResponse(f"The answer is not JSON: {error}", vendor_status=self.status) from error

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `VendorBadResponse` where it is anything else."""
        parsed = self.json()
        if not isinstance(parsed, dict):
            raise VendorBadResponse("The answer is not a JSON object", vendor_status=self.status)
        return parsed

    def retry_after(self, now: datetime | None = None) -> float | None:
        """Seconds that the vendor asks to wait, from `Retry-After` in either form; None where it says nothing."""
        value = self.headers.get("retry-after", "").strip()
        if not value:
            return None
        if value.isascii() and value.isdigit():
            return float(value[:12])
        try:
            moment = parsedate_to_datetime(value)
        except (TypeError, ValueError, OverflowError):
            return None
        if moment.tzinfo is None:
            return None
        return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


@dataclass(frozen=True, slots=True)
class PartialResponse:
    """What came of an answer that broke off, or that cannot be read as one: for people to see, and no proof.

    `status` is None where its head did not come whole: then `body` is everything that came, the head too.
    """

    status: int | None
    headers: Mapping[str, str]
    body: bytes


Exchange = Generator[VendorRequest, VendorResponse, T]


class Options(BaseModel):
    """What only one kind of vendor knows, as callers send it under `options`; an adapter's own model extends this."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


S = TypeVar("S", bound=VendorSettings)


class Adapter(Generic[S]):
    """Translates for one kind of vendor; made once for each configured vendor.

    A subclass writes the operations that its vendor has, as keyword-only generators:

    - `adjust(*, member, points, ...) -> Exchange[Applied]`, and of `id`, `point_type`, `description`,
      `reason`, `reference`, `store`, `pending`, `options` those parameters that the vendor can be told;
      `id` is the adjustment's own id;
    - `balance(*, member, [point_type]) -> Exchange[Balance]`;
    - `expiring(*, member, period, [point_type]) -> Exchange[Expiring]`;
    - `find(*, id, member, points, [point_type]) -> Exchange[Found]`, where a write can be looked for by the
      adjustment's own id: what the vendor has under it, or `VendorBadResponse` where that is another change than
      the one that was sent;
    - `probe() -> Exchange[None]`, where the vendor can be asked something that changes nothing and needs no member:
      after an outage it is asked that before a call goes out again. No answer, or a 5xx, says that it is still away.

    What it does not write is not supported, and the gateway says so; an adapter never does.
    """

    schemes: tuple[str, ...] = ()
    """Member schemes that the vendor can be asked by; `custom.*` stands for every custom field."""
    fractions: ClassVar[bool] = True
    """Whether the vendor takes points that are not whole."""
    balance_in_answer: ClassVar[bool] = False
    """Whether the vendor's answer to an adjustment says the new balance."""
    repeat_safety: RepeatSafety = "none"
    """What the vendor offers against repeating an adjustment; `enforced` needs the next two."""
    enforces: Literal["replay", "refuse"] | None = None
    """What the vendor does with the same request under the same adjustment's own id.

    `replay`: it gives the first answer again; `refuse`: it answers what `refusals` map to `AlreadyBooked`. Either holds
    while the first request is still at work, too, and what is called booked stays so.
    """
    enforced_for: float = 0.0
    """Seconds for which the vendor remembers an id, from when it received it first."""
    finds: bool = False
    """Whether `find` can be asked, with these settings."""
    refusals: ClassVar[Mapping[Reason, type[VendorError]]] = {}
    """What the vendor says when it did nothing, and what each means: by status, or by status and code.

    One with a code says more than the status alone, and a status that is listed only with codes refuses only with them.
    401 and 429 are known to `judge`.
    """

    def __init__(self, settings: S) -> None:
        self.settings = settings
        self._refusals = Refusals(self.refusals)

    def judge(
        self,
        response: VendorResponse,
        *,
        listed: bool,
        status: int | None = None,
        code: str | None = None,
        message: str | None = None,
    ) -> None:
        """Judge an answer: return where it is a success, else raise what it means.

        `listed`: whether the body is that of a refusal of this vendor, so that `refusals` apply; a page of somebody on
        the way is not. `status` is one from inside the body, and that of the status line by default. `code` and
        `message` are the vendor's own words. Of an answer to a request with an effect, only what is raised here can
        prove that nothing was applied.

        An adapter may catch the `VendorAuthFailed` of a judged 401, renew its credentials, and yield the same request
        with the effect once more: after that, and after nothing else, a second one may leave.
        """
        status = response.status if status is None else status
        code, message = _text(code), _text(message)
        kind = self._refusals.meaning(status, code) if listed else known(status)
        if kind is None and 200 <= status < 300:
            return
        if kind is None:
            raise _about(response, VendorUnavailable if status >= 500 else VendorBadResponse, status, code, message)
        error = self._refusal(kind, response, status, code, message)
        response.judgements.append(type(error))
        raise error

    def refuse(
        self,
        kind: type[VendorError],
        response: VendorResponse,
        *,
        code: str | None = None,
        message: str | None = None,
    ) -> NoReturn:
        """Raise what an answer means that is no refusal by its status, as a search for a member that finds nobody.

        That proves something only where no request with an effect has left. Raises `TypeError` where `kind` is not
        one that `refusals` may have.
        """
        raise self._refusal(checked(kind), response, response.status, _text(code), _text(message))

    def _refusal(
        self, kind: type[VendorError], response: VendorResponse, status: int, code: str | None, message: str | None
    ) -> VendorError:
        kind = renamed(kind, self.settings.problems, status=status, code=code, message=message)
        error = _about(response, kind, status, code, message)
        error.judged = True
        return error


def _text(words: object) -> str | None:
    """A vendor's code or message, which an adapter may hand on as it came."""
    return None if words is None else str(words)


def _about(
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


def not_understood(what: str, response: VendorResponse) -> NoReturn:
    """Raise `VendorBadResponse`, saying what in the answer could not be understood."""
    raise VendorBadResponse(what, vendor_status=response.status)


def number(value: object, name: str, response: VendorResponse) -> Decimal:
    """A vendor's number, exact. Raises `VendorBadResponse`, naming the field, where it is none."""
    try:
        return exact.number(value)
    except ValueError as error:
        not_understood(f"{name}: {error}", response)


V = TypeVar("V")


def mapped(table: Mapping[str, V], name: str | None, default: str | None, *, field: str) -> V | None:
    """The vendor's own word for a canonical one: of `name`, else of `default`, else None.

    Raises `FieldNotSupported` where `name` is given and the vendor's configuration has no word for it.
    """
    chosen = name if name is not None else default
    if chosen is None:
        return None
    if chosen not in table:
        known = ", ".join(sorted(table)) or "none"
        raise FieldNotSupported(field, f"{chosen!r} has no mapping for this vendor (it has: {known})")
    return table[chosen]
