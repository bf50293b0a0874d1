"""What a call is told where its vendor issued no token: nothing that needs one was sent, so another try may help."""

from collections.abc import Callable
from functools import partial
from typing import Literal

from gateway.delivery.call import AdapterFault, Call
from gateway.errors import AUTH_PAUSE, GatewayError, InternalError, VendorAuthFailed, VendorError, VendorUnavailable
from gateway.port.tokens import ERRORS
from gateway.transport import TransportError, Withheld

REFUSED = (400, 401, 403)
"""The statuses by which a vendor refuses the credentials for which it issues tokens (RFC 6749, 5.2)."""
Failure = Callable[[], GatewayError]
"""Makes the error of a failed request, anew for each call that waited, since a call adds to its own."""
Result = Literal["issued", "refused", "failed"]
"""What a request for a token came to."""


class NoToken(VendorUnavailable):
    """Raised when the vendor issued no token; nothing was sent that needs one."""


class TokenRefused(VendorAuthFailed):
    """Raised when the vendor refused the credentials for which it issues tokens; nothing was sent that needs one."""


def failed(error: Exception, call: Call, *, timeout: float) -> tuple[Result, Failure]:
    """What a failed request for a token came to. `timeout`: the vendor's, in seconds.

    Of the vendor's words only the codes of RFC 6749 are passed on: all else may be a secret.
    """
    if isinstance(error, AdapterFault):
        return "failed", partial(InternalError, f"{error}; no token was fetched")
    if isinstance(error, VendorError):
        return _by_answer(error)
    if isinstance(error, TransportError):
        if error.timeout:
            return "failed", partial(NoToken, f"The vendor issued no token within {timeout:g} seconds")
        if isinstance(error, Withheld):
            return "failed", partial(InternalError, f"{error}; no token was fetched")
        return "failed", partial(NoToken, f"The vendor issued no token ({call.last.error})")
    return "failed", partial(InternalError, "The adapter failed to fetch a token")


def _by_answer(error: VendorError) -> tuple[Result, Failure]:
    status = error.vendor_status
    code = error.vendor_code if error.vendor_code in ERRORS else None
    words = "" if status is None else f" (status {status}{': ' + code if code else ''})"
    if status in REFUSED:
        detail = f"The vendor refused the credentials for which it issues tokens{words}"
        return "refused", partial(TokenRefused, detail, vendor_status=status, vendor_code=code, retry_after=AUTH_PAUSE)
    detail = f"The vendor issued no token{words}"
    return "failed", partial(NoToken, detail, vendor_status=status, vendor_code=code, retry_after=error.retry_after)
