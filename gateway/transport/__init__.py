"""The only part that speaks HTTP to vendors; it records what was sent."""

from gateway.transport.clock import boottime
from gateway.transport.evidence import (
    AddressRefused,
    Evidence,
    OutOfResources,
    RequestRefused,
    TooLarge,
    TooLate,
    TransportClosed,
    TransportError,
    TransportTimeout,
    Withheld,
)
from gateway.transport.identity import trust
from gateway.transport.transport import Transport

__all__ = [
    "AddressRefused",
    "Evidence",
    "OutOfResources",
    "RequestRefused",
    "TooLarge",
    "TooLate",
    "Transport",
    "TransportClosed",
    "TransportError",
    "TransportTimeout",
    "Withheld",
    "boottime",
    "trust",
]
