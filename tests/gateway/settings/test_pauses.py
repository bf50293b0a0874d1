"""`paused` and `read_only`: true, false, or the reason."""

import pytest

from gateway.pauses import Pause

from .conftest import WHOLE, Load, Problems


def paused(load_text: Load, value: str) -> list[Pause]:
    return list(load_text(f"server: {{read_only: {value}}}\n{WHOLE}").pauses)


@pytest.mark.parametrize(
    ("value", "pauses"),
    [
        ("true", [Pause("all")]),
        ("false", []),
        ('"true"', [Pause("all")]),
        ("${env:UNSET:-false}", []),
        ("${env:UNSET:-True}", [Pause("all")]),
        ("we move", [Pause("all", reason="we move")]),
    ],
)
def test_what_a_switch_means(load_text: Load, value: str, pauses: list[Pause]) -> None:
    """A text is the reason; but a variable can say true or false."""
    assert paused(load_text, f'"{value}"' if "$" in value else value) == pauses


@pytest.mark.parametrize("value", ["no", "on", "0", "1", "~", '""', '" "', '"a\\nb"', "[true]", f'"{201 * "x"}"'])
def test_what_is_no_switch(problems: Problems, value: str) -> None:
    """What may be meant for false, and cannot be a reason, is refused in its place."""
    (found,) = problems(f"server: {{read_only: {value}}}\n{WHOLE}")
    expected = "expected true, false, or the reason in 1 to 200 characters, which callers see"
    assert found == f"1:21: server.read_only: {expected}"
