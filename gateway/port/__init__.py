"""The public interface for adapters: the base class, requests, responses, settings, secrets and tokens."""

from gateway.port.adapter import (
    PORT,
    Adapter,
    Exchange,
    Options,
    PartialResponse,
    Secret,
    TextSecret,
    VendorRequest,
    VendorResponse,
    VendorSettings,
    not_understood,
    number,
)
from gateway.port.authentication import Authentication, Basic, Bearer, ClientToken, HeaderKey, QueryKey
from gateway.port.credentials import ClientCredentials
from gateway.port.mapping import canonical, mapped
from gateway.port.signature import Literally, OfSetting, Signature, Timestamp
from gateway.port.tokens import Issued, client_credentials

__all__ = [
    "PORT",
    "Adapter",
    "Authentication",
    "Basic",
    "Bearer",
    "ClientCredentials",
    "ClientToken",
    "Exchange",
    "HeaderKey",
    "Issued",
    "Literally",
    "OfSetting",
    "Options",
    "PartialResponse",
    "QueryKey",
    "Secret",
    "Signature",
    "TextSecret",
    "Timestamp",
    "VendorRequest",
    "VendorResponse",
    "VendorSettings",
    "canonical",
    "client_credentials",
    "mapped",
    "not_understood",
    "number",
]
