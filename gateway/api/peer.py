"""The address of a request's sender: the socket's, or the one in a trusted proxy's `X-Forwarded-For`."""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Headers = Iterable[tuple[bytes, bytes]]

MOST_HOPS = 32
"""Maximum number of hops that are read from `X-Forwarded-For`, from its end."""
_PREFIX = 64
"""Bits of an IPv6 address that usually identify one subscriber, who can choose the remaining bits freely."""
_WITH_PORT = re.compile(r"\[(?P<v6>[0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?|(?P<v4>[0-9.]+):[0-9]{1,5}")


class Peers:
    """Finds the peer of a request. `trusted`: the networks of proxies whose `X-Forwarded-For` is trusted."""

    def __init__(self, trusted: Sequence[Network] = ()) -> None:
        self._trusted = tuple(trusted)

    def of(self, host: str, headers: Headers) -> str:
        """The sender's address, from the socket's address and the headers, whose names are in lower case.

        Behind trusted proxies it is the last hop that is not one of them. If that hop is unreadable, it is the proxy
        that sent it; so no sender can choose an address.
        """
        if not self._trusted or not self._trusts(peer := _address(host)):
            return host
        hops = b",".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1")
        for hop in reversed(hops.rsplit(",", MOST_HOPS)[-MOST_HOPS:]):
            found = _address(hop)
            if found is None:
                break
            peer = found
            if not self._trusts(peer):
                break
        return str(peer)

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def budgeted(peer: str) -> str:
    """The key of an address's budget: its /64 network for IPv6, otherwise the address itself."""
    address = _address(peer)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address) >> _PREFIX << _PREFIX, _PREFIX)))
    return peer


def _address(text: str) -> Address | None:
    """The address in a hop, which some proxies write with a port; None if it is invalid."""
    text = text.strip()
    if found := _WITH_PORT.fullmatch(text):
        text = found["v6"] or found["v4"]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # A dual-stack socket shows IPv4 addresses as ::ffff:a.b.c.d.
    return getattr(address, "ipv4_mapped", None) or address
