"""The only part that speaks HTTP to vendors; it knows what was sent."""

from gateway.transport.clock import boottime
from gateway.transport.evidence import Evidence, TransportError, TransportTimeout
from gateway.transport.transport import Transport

__all__ = ["Evidence", "Transport", "TransportError", "TransportTimeout", "boottime"]
