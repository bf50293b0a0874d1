"""Addresses that are no vendor's: those of one link, and those at which clouds hand out credentials."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

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


def is_of_the_machine(host: str) -> bool:
    """Whether a host is an IP address that is link-local or a cloud's for metadata, in whichever spelling.

    A name is none: what it resolves to has to be asked about.
    """
    address = _read(host)
    if address is None:
        return False
    return any(each.is_link_local or each in _METADATA for each in (address, *_within(address)))


def _read(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    if not host or host[0] not in "0123456789":
        return None
    try:  # as 0xA9FEA9FE and 169.254.43518, which the system's look-up takes too
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _within(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for, on a network that translates."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _TRANSLATED):
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in found if each is not None]
