"""The last hour as charts show it: always sixty minutes, the busiest first."""

from datetime import UTC, datetime

from gateway.console.hours import hours, together
from gateway.operators.recorder import MINUTES, Minute
from gateway.series import Spreads

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def spreads(count: float, *, failed: bool = False) -> Spreads:
    """So many values of less than 5 ms."""
    return Spreads.of((0.005, 0.01), (count, 0.0, 0.0, 0.001 * count), failed=failed)


def test_what_was_not_yet_there_is_nothing() -> None:
    """The minutes before the start are empty, and one without requests has no time."""
    minutes = [
        Minute(MOMENT, {"acme": spreads(3)}),
        Minute(MOMENT, {}),
        Minute(MOMENT, {"acme": spreads(2, failed=True)}),
    ]
    (hour,) = hours(minutes)
    assert (hour.name, len(hour.counts), hour.total) == ("acme", MINUTES, 5)
    assert hour.counts[-4:] == (0, 3, 0, 2)
    assert hour.failed[-4:] == (0, 0, 0, 2)
    assert hour.slowest[-4:] == (None, 5.0, None, 5.0)


def test_the_busiest_come_first_and_others_together() -> None:
    """Those that have no chart of their own are added up, minute by minute."""
    minutes = [Minute(MOMENT, {f"t{number}": spreads(number) for number in range(1, 5)})] * (MINUTES + 5)
    found = hours(minutes)
    assert [hour.name for hour in found] == ["t4", "t3", "t2", "t1"]
    rest = together(found[2:], "2 others")
    assert (rest.name, set(rest.counts), set(rest.slowest)) == ("2 others", {3}, {None})
