"""How a client reaches the gateway: proxy and certificates, or a transport in place of the network."""

import ssl
from os import PathLike
from typing import Any, Generic, TypeVar

import httpx

Verify = ssl.SSLContext | str | PathLike[str] | bool
"""Whose certificates are trusted: a TLS context, a file of authorities, True for the usual ones, False for anybody's.

False trusts whoever answers, with the API key too: for tests only.
"""
Transport = TypeVar("Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)


class Network(Generic[Transport]):
    """The options of an httpx client, checked once; `traced`: its transport is httpx's, or emits the same events."""

    def __init__(self, transport: Transport | None, *, proxy: str | None, verify: Verify) -> None:
        self.transport: Transport | None = transport
        self.traced = transport is None or getattr(transport, "emits_trace", False)
        if transport is None:
            self.options: dict[str, Any] = {"proxy": _proxy(proxy), "verify": _context(verify)}
        elif proxy is not None or verify is not True:
            raise ValueError("transport replaces the network: proxy and verify are for httpx's own")
        else:
            self.options = {}


def _context(verify: Verify) -> ssl.SSLContext:
    if isinstance(verify, ssl.SSLContext):
        return verify
    if isinstance(verify, bool):
        return httpx.create_ssl_context(verify=verify)
    if not isinstance(verify, str | PathLike):
        raise TypeError(f"verify is True, False, a file or an ssl.SSLContext, not {type(verify).__name__}")
    try:
        return ssl.create_default_context(cafile=verify)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"verify: {str(verify)!r} has no certificates that can be read") from error


def _proxy(proxy: str | None) -> httpx.Proxy | None:
    if proxy is None:
        return None
    if not isinstance(proxy, str):
        raise TypeError(f"proxy is a str, not {type(proxy).__name__}")
    try:
        url = httpx.URL(proxy)
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError("proxy is an http:// or https:// address")
        return httpx.Proxy(url)
    except httpx.InvalidURL:  # its text may quote a password
        raise ValueError("proxy is an http:// or https:// address") from None
