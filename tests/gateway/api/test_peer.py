"""The address of a request: whose word is believed, and how far."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.peer import MOST_HOPS, Peers, budgeted

PROXIES = Peers([ip_network("10.0.0.0/8"), ip_network("fd00::/16")])


def forwarded(*values: str) -> list[tuple[bytes, bytes]]:
    """A request's headers, with these among them."""
    return [(b"host", b"x"), *((b"x-forwarded-for", value.encode("latin-1")) for value in values)]


@pytest.mark.parametrize(
    ("values", "peer"),
    [
        ((), "10.0.0.1"),
        (("203.0.113.7",), "203.0.113.7"),
        (("198.51.100.1, 203.0.113.7",), "203.0.113.7"),
        (("198.51.100.1", "203.0.113.7, 10.9.9.9"), "203.0.113.7"),
        (("203.0.113.7 ,\t10.0.0.2",), "203.0.113.7"),
        (("203.0.113.7:4711",), "203.0.113.7"),
        (("[2001:db8::7]:4711",), "2001:db8::7"),
        (("2001:DB8:0::7, fd00::1",), "2001:db8::7"),
        (("::ffff:203.0.113.7",), "203.0.113.7"),
        (("10.0.0.3, 10.0.0.2",), "10.0.0.3"),
        (("203.0.113.7, unknown",), "10.0.0.1"),
        (("203.0.113.7, unknown, 10.0.0.2",), "10.0.0.2"),
        (("203.0.113.7,",), "10.0.0.1"),
        (("203.0.113.007",), "10.0.0.1"),
        (("for=203.0.113.7",), "10.0.0.1"),
    ],
)
def test_the_last_hop_that_is_no_proxy_of_ours(values: tuple[str, ...], peer: str) -> None:
    """Read from the end, over all headers of the name; what cannot be read leaves the proxy that passed it on."""
    assert PROXIES.of("10.0.0.1", forwarded(*values)) == peer


@given(st.lists(st.text(st.characters(max_codepoint=0xFF)), max_size=3))
def test_who_is_no_proxy_cannot_say_anything(values: list[str]) -> None:
    """Whatever a header says, the socket's address counts where it is not a trusted proxy's, or none is trusted."""
    assert PROXIES.of("192.0.2.1", forwarded(*values)) == "192.0.2.1"
    assert Peers().of("10.0.0.1", forwarded(*values)) == "10.0.0.1"


@given(st.text(st.characters(max_codepoint=0xFF), max_size=40))
def test_what_a_caller_sends_through_a_proxy_does_not_count(value: str) -> None:
    """A proxy adds the address that it sees to whatever the caller has sent: that one counts."""
    assert PROXIES.of("10.0.0.1", forwarded(f"{value}, 203.0.113.7")) == "203.0.113.7"
    assert PROXIES.of("10.0.0.1", forwarded(value, "203.0.113.7")) == "203.0.113.7"


def test_so_many_hops_and_no_more() -> None:
    """A header full of our own proxies' addresses is not read to its beginning."""
    assert PROXIES.of("10.0.0.1", forwarded("203.0.113.7" + ", 10.0.0.2" * MOST_HOPS)) == "10.0.0.2"


def test_addresses_that_share_a_budget() -> None:
    """One subscriber has 64 bits of IPv6, and one address of IPv4 however it is written."""
    assert budgeted("2001:db8:1:2:3::4") == budgeted("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert budgeted("2001:db8:1:3::1") != budgeted("2001:db8:1:2::1")
    assert budgeted("fe80::1%eth0") == budgeted("fe80::2")
    assert budgeted("203.0.113.7") == "203.0.113.7" != budgeted("203.0.113.8")
