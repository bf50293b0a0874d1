"""Addresses of vendors and webhooks, and those that must not be one: link-local, clouds' for metadata, private."""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")
_METADATA = frozenset(
    map(
        ip_address,
        (
            "100.100.100.200",  # Alibaba Cloud
            "168.63.129.16",  # Azure
            "192.0.0.192",  # Oracle Cloud
            "fd00:ec2::254",  # AWS; elsewhere it is in 169.254.0.0/16, which is link-local
            "fd20:ce::254",  # Google Cloud
        ),
    )
)
_TRANSLATED = tuple(
    map(
        IPv6Network,
        (
            "64:ff9b::/96",  # NAT64 (RFC 6052)
            "64:ff9b:1::/48",  # NAT64 of one's own, in its usual form (RFC 8215)
            "::ffff:0:0:0/96",  # SIIT (RFC 2765)
            "::/96",  # IPv4-compatible
        ),
    )
)


def http_url(value: str) -> str:
    """An http or https URL. Raises `ValueError` for anything else; the message does not contain the value."""
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError:  # its message quotes the address, so it is replaced
        raise ValueError("expected an http:// or https:// address") from None
    if url.scheme not in ("http", "https") or not url.hostname or not value.isascii():
        raise ValueError("expected an http:// or https:// address")
    if url.query or url.fragment:
        raise ValueError("expected an address without query or fragment")
    if port == 0:
        raise ValueError("expected a port from 1 to 65535")
    return value


def http_address(value: str) -> str:
    """An http or https URL without a user. Raises `ValueError` for anything else."""
    if "@" in http_url(value):
        raise ValueError("expected an address without a user (an @ in its path is written %40)")
    return value


def http_proxy(value: str) -> str:
    """The URL of a proxy, which may have a user. Raises `ValueError` for anything else."""
    # An unescaped "/" in a password would end the URL's authority before the host.
    if urlsplit(http_url(value)).path not in ("", "/") or _BROKEN.search(value):
        raise ValueError("expected an address without a path, / and % in its user or password written %2F and %25")
    return value


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_link_local_or_metadata(host: str) -> bool:
    """Whether a host is a link-local or cloud metadata address, in any notation of an IP address.

    False for names; the caller must check the addresses that a name resolves to.
    """
    address = _parse(host)
    if address is None:
        return False
    return any(each.is_link_local or each in _METADATA for each in (address, *_embedded(address)))


def is_public(host: str) -> bool:
    """Whether a host is an address that the whole internet reaches, and no link-local or metadata one.

    True for names; the caller must check the addresses that a name resolves to.
    """
    address = _parse(host)
    if address is None:
        return True
    return all(_is_public(each) for each in (address, *_embedded(address)))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address.is_site_local:
        return False  # fec0::/10 was for networks of one's own before fc00::/7, and Python takes it for global
    return address.is_global and not address.is_multicast and address not in _METADATA


def _parse(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])  # without the zone of a scoped IPv6 address, as in fe80::1%eth0
    except ValueError:
        pass
    if not host or host[0] not in "0123456789":
        return None
    try:  # other notations that the system's resolver accepts, such as 0xA9FEA9FE and 169.254.43518
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _embedded(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses embedded in an IPv6 address, which a translating network would route to."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _TRANSLATED):
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in found if each is not None]
