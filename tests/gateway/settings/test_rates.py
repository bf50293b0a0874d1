import pytest

from .conftest import WHOLE, Load, Problems

SCOPES = "scopes: [points:read]"


@pytest.mark.parametrize("rate", ["1/second", "100/second", "999999/minute", "20/hour"])
def test_a_client_may_have_a_rate(load_text: Load, rate: str) -> None:
    """As it is written."""
    settings = load_text(WHOLE, (SCOPES, f"{SCOPES}, rate: {rate}"))
    assert settings.clients["storefront"].rate == rate


def test_without_one_there_is_no_bound(load_text: Load) -> None:
    """A rate is a choice."""
    assert load_text().clients["storefront"].rate is None


@pytest.mark.parametrize(
    "rate",
    ["0/second", "100", "100/day", "100 per second", "1000000/hour", "-1/hour", "1.5/hour", '"1/hour\\n"', "/hour"],
)
def test_what_is_no_rate(problems: Problems, rate: str) -> None:
    """It is told where it stands, and how one is written."""
    [message] = problems(WHOLE, (SCOPES, f"{SCOPES}, rate: {rate}"))
    assert "clients.storefront.rate: expected " in message
    assert "NUMBER/second" in message


def test_repeat_wait(load_text: Load, problems: Problems) -> None:
    """Five seconds unless something else is said; 0 is none."""
    assert load_text().server.repeat_wait == 5
    assert load_text(f"server: {{repeat_wait: 0}}\n{WHOLE}").server.repeat_wait == 0
    [message] = problems(f"server: {{repeat_wait: -0.5}}\n{WHOLE}")
    assert message.endswith("server.repeat_wait: expected 0 or more")


def test_outages(load_text: Load, problems: Problems) -> None:
    """Five in a row unless something else is said; 0 is never."""
    assert load_text().server.outages == 5
    assert load_text(f"server: {{outages: 0}}\n{WHOLE}").server.outages == 0
    [message] = problems(f"server: {{outages: -1}}\n{WHOLE}")
    assert message.endswith("server.outages: expected 0 or more")
