"""What a caller is told where no complete answer decided: what is ours is never told as the vendor's doing."""

import asyncio

from gateway.delivery.call import AdapterFault, Call
from gateway.delivery.no_token import NoToken, TokenRefused
from gateway.errors import (
    GatewayError,
    InternalError,
    StoreUnavailable,
    VendorBadResponse,
    VendorError,
    VendorTimeout,
    VendorUnavailable,
)
from gateway.transport import TooLarge, TooLate, TransportClosed, TransportError, Withheld


def of_write(error: BaseException | None, call: Call) -> GatewayError:
    """Why a write was not applied, where no refusal says so; a vendor's words must be masked already."""
    nothing = "nothing was sent" if call.refused is None else "nothing was applied"
    if isinstance(error, StoreUnavailable):
        return error
    if (ours := _ours(error, call)) is not None:
        return InternalError(f"{ours}; {nothing}")
    if isinstance(error, TokenRefused):
        return error
    if call.refused is not None:
        return VendorUnavailable(f"The vendor refused our credentials, and could not be asked with new ones; {nothing}")
    if isinstance(error, NoToken):
        return error
    if isinstance(error, TooLate):
        return VendorUnavailable("The vendor took too long over what comes before the change; nothing was changed")
    if isinstance(error, TransportError):
        return VendorUnavailable(f"The vendor could not be reached ({call.last.error}); {nothing}")
    if isinstance(error, VendorError):
        return VendorUnavailable(
            f"What comes before the change failed: {error.detail}; nothing was changed",
            vendor_status=error.vendor_status,
            vendor_code=error.vendor_code,
            vendor_message=error.vendor_message,
            retry_after=error.retry_after,
        )
    if call.response is not None:
        return VendorUnavailable("The vendor's answer before the change has an unexpected form; nothing was changed")
    return InternalError(f"The gateway failed before the change; {nothing}")


def of_read(error: TransportError, call: Call, *, timeout: float) -> GatewayError:
    """Why a read has no answer. `timeout`: the vendor's, in seconds."""
    if (ours := _ours(error, call)) is not None:
        return InternalError(f"{ours}; nothing was read")
    if error.timeout and call.last.sent:
        return VendorTimeout(f"No answer within {timeout:g} seconds")
    if isinstance(error, TooLarge):
        return VendorBadResponse(str(error), vendor_status=call.last.status)
    if isinstance(error, TooLate):
        return VendorTimeout(f"Not every answer came within {timeout:g} seconds")
    return VendorUnavailable(f"The vendor could not be reached ({call.last.error})")


def _ours(error: BaseException | None, call: Call) -> str | None:
    """What was our doing, in a sentence; None where it was the vendor's, or the network's."""
    if isinstance(error, TransportClosed | asyncio.CancelledError):
        return "The gateway is shutting down"
    if isinstance(error, TooLate):
        # The time went here, unless the vendor has had some of it for an earlier request of the same exchange.
        return None if len(call.steps) > 1 else "The gateway was held up until the time for this call was over"
    return str(error) if isinstance(error, Withheld | AdapterFault) else None
