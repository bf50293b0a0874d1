"""What an adapter is, and the requests and responses that it deals in; no I/O.

An adapter's method is a generator: it yields a `VendorRequest`, receives a `VendorResponse`, and returns a
canonical result or raises a canonical error. Its signature is the list of what it can be told.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, ClassVar, Generic, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict

from gateway import exact
from gateway.errors import (
    FieldNotSupported,
    VendorAuthFailed,
    VendorBadResponse,
    VendorError,
    VendorRateLimited,
    VendorUnavailable,
)
from gateway.model import RepeatSafety
from gateway.secrets import Secret
from gateway.vendor import VendorSettings

__all__ = [
    "Adapter",
    "Exchange",
    "Options",
    "Secret",
    "VendorRequest",
    "VendorResponse",
    "VendorSettings",
    "mapped",
    "not_understood",
    "number",
]

T = TypeVar("T")
_SILENT = ("GET", "HEAD")
_ASKING = (*_SILENT, "POST")


@dataclass(frozen=True, slots=True)
class VendorRequest:
    """One HTTP request to a vendor.

    `path` is appended to the vendor's `base_url`; it is percent-encoded already and sent byte for byte.
    `effect`: whether it may change points at the vendor; only such a request counts as evidence. Where it is None, the
    method and the operation decide: see `resolved`. `decides` says that its answer settles what became of one: like a
    request with an effect, it has a connection to itself, where no other answer can be taken for its own.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    effect: bool | None = None
    decides: bool = False

    @classmethod
    def json(
        cls,
        method: str,
        path: str,
        payload: Any,
        *,
        headers: Mapping[str, str] | None = None,
        effect: bool | None = None,
    ) -> "VendorRequest":
        """A request with a JSON body; decimals go out as JSON numbers, digit for digit."""
        return cls(
            method,
            path,
            {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})},
            exact.dumps(payload),
            effect,
        )

    def resolved(self, *, writing: bool) -> "VendorRequest":
        """The same request, saying whether it has an effect: what it says itself counts, else its method does.

        In a write (`writing`) everything but GET and HEAD has one. A read may ask by POST too; its PUT, PATCH or DELETE
        has one.
        """
        if self.effect is not None:
            return self
        return replace(self, effect=self.method not in (_SILENT if writing else _ASKING))


@dataclass(frozen=True, slots=True)
class VendorResponse:
    """One answer of a vendor: header names in lower case, the body complete and decompressed."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether the status line says that all went well; the body may say otherwise."""
        return 200 <= self.status < 300

    def text(self) -> str:
        """The body as text, in the charset that it declares, else UTF-8 (a byte order mark is dropped).

        Raises `VendorBadResponse` where it is not that.
        """
        try:
            return self.body.decode(_charset(self.headers.get("content-type", ""))).removeprefix("\ufeff")
        except (LookupError, ValueError) as error:
            raise VendorBadResponse(f"The answer is not text: {error}", vendor_status=self.status) from error

    def json(self) -> Any:
        """The body as JSON, numbers exact. Raises `VendorBadResponse` where it is not JSON."""
        try:
            return exact.loads(self.text())
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


@lru_cache(64)  # vendors send few of them, and parsing one takes longer than all that is done with it
def _charset(content_type: str) -> str:
    message = Message()
    message["Content-Type"] = content_type
    return message.get_content_charset() or "utf-8"


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
      the one that was sent.

    What it does not write is not supported, and the gateway says so; an adapter never does.
    """

    schemes: tuple[str, ...] = ()
    """Member schemes that the vendor can be asked by; `custom.*` stands for every custom field."""
    fractions: ClassVar[bool] = True
    """Whether the vendor takes points that are not whole."""
    balance_in_answer: ClassVar[bool] = False
    """Whether the vendor's answer to an adjustment says the new balance."""
    repeat_safety: RepeatSafety = "none"
    """What the vendor offers against repeating an adjustment."""
    finds: bool = False
    """Whether `find` can be asked, with these settings."""
    refusals: ClassVar[Mapping[int, type[VendorError]]] = {}
    """Statuses by which the vendor says that it did nothing, and what each means; 401 and 429 are known to `judge`."""

    def __init__(self, settings: S) -> None:
        self.settings = settings

    def judge(
        self,
        status: int,
        *,
        listed: bool = True,
        code: str | None = None,
        message: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Judge one status, from the status line or from inside a body: return where it is a success, else raise.

        `listed=False` says that the body is not that of a refusal, so that `refusals` do not apply. `code` and
        `message` are the vendor's own words. Only what is raised here can prove that a write was not applied.
        """
        if 200 <= status < 300:
            return
        kind: type[VendorError] | None = {401: VendorAuthFailed, 429: VendorRateLimited}.get(status)
        if kind is None and listed:
            kind = self.refusals.get(status)
        judged = kind is not None
        if kind is None:
            kind = VendorUnavailable if status >= 500 else VendorBadResponse
        if kind is VendorAuthFailed:
            retry_after = 60.0
        error = kind(
            f"{kind.title} (status {status}{': ' + message if message else ''})",
            vendor_status=status,
            vendor_code=code,
            vendor_message=message,
            retry_after=retry_after,
        )
        error.judged = judged
        raise error


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
