"""What an adapter is, and all that it deals in: this is what adapters import."""

from gateway.port.adapter import (
    Adapter,
    Exchange,
    Options,
    PartialResponse,
    Secret,
    TextSecret,
    VendorRequest,
    VendorResponse,
    VendorSettings,
    mapped,
    not_understood,
    number,
)

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
