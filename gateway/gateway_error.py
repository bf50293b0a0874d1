"""What every error is that callers can get; `errors` has the hierarchy."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid field: `pointer` is an RFC 6901 JSON pointer into the body, or a name such as `?from`."""

    pointer: str
    detail: str


class GatewayError(Exception):
    """Raised when a call fails; each subclass is one problem code.

    `adjustment` (its id) and `vendor` (its name and its adapter's) are set if they are concerned. `new_key_allowed`:
    the adjustment has failed for good, so that a write under another key cannot apply it twice.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong here"
    retryable: ClassVar[bool] = False
    adjustment: str | None = None
    new_key_allowed: bool = False
    vendor: tuple[str, str] | None = None

    def __init__(
        self, detail: str = "", *, errors: tuple[FieldError, ...] = (), retry_after: float | None = None
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors
        self.retry_after = retry_after
