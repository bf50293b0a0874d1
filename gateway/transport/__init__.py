"""The only part that speaks HTTP to vendors; it knows what was sent."""

from gateway.transport.clock import boottime
from gateway.transport.dialling import trust
from gateway.transport.evidence import Evidence, RequestRefused, TransportError, TransportTimeout
from gateway.transport.transport import Transport

__all__ = ["Evidence", "RequestRefused", "Transport", "TransportError", "TransportTimeout", "boottime", "trust"]
