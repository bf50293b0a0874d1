"""The settings about who has no valid key, and about proxies."""

from ipaddress import ip_network

import pytest

from .conftest import WHOLE, Load, Problems


def test_unless_something_else_is_said(load_text: Load) -> None:
    """Probes pass, no proxy is believed, and the log says where requests come from."""
    server = load_text().server
    assert (server.anonymous_rate, server.wrong_key_rate) == ("50/second", "10/minute")
    assert (server.trusted_proxies, server.log_peer) == ((), True)


def test_as_they_are_written(load_text: Load) -> None:
    """Addresses stand for themselves, networks for all within."""
    message = "anonymous_rate: 5/minute, wrong_key_rate: 1/hour, trusted_proxies: [10.0.0.0/8, '::1'], log_peer: false"
    server = load_text(f"server: {{{message}}}\n{WHOLE}").server
    assert (server.anonymous_rate, server.wrong_key_rate, server.log_peer) == ("5/minute", "1/hour", False)
    assert server.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("anonymous_rate: 50", "expected"),
        ("wrong_key_rate: 0/second", "NUMBER/second"),
        ("trusted_proxies: [10.0.0.1/8]", "without host bits"),
        ("trusted_proxies: [proxy.example]", "an address or a network"),
        ("trusted_proxies: [0.0.0.0/0]", "this is everybody"),
        ("trusted_proxies: ['::/0']", "this is everybody"),
        ("trusted_proxies: [10.0.0.1, 10.0.0.1]", "repeated"),
        ("trusted_proxies: 10.0.0.1", "expected"),
        ("log_peer: 'no'", "expected"),
    ],
)
def test_what_they_cannot_be(problems: Problems, setting: str, expected: str) -> None:
    """It is told where it stands, and what was expected."""
    [message] = problems(f"server: {{{setting}}}\n{WHOLE}")
    assert f"server.{setting.partition(':')[0]}" in message
    assert expected in message
