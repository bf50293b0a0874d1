"""Faults are read strictly, and queued."""

from typing import Any

import pytest

from gateway.simulation.faults import InvalidFault
from tests.gateway.simulation.till import Till, line, running


def test_faults_are_played_in_order_and_counted() -> None:
    """Each fault spoils `times` requests of its method; what does not fit passes."""

    async def test(till: Till) -> None:
        till.faults.add(
            {"kind": "status", "status": 500, "method": "POST", "times": 2}, {"kind": "status", "status": 503}
        )
        async with line(till) as connection:
            statuses = []
            for method in ("POST", "GET", "POST", "POST", "GET"):
                connection.send(method=method)
                statuses.append((await connection.answer())[0])
        assert statuses == [500, 503, 500, 200, 200]

    running(test)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "explode"},
        {"status": 500},
        {"kind": "status"},
        {"kind": "status", "status": 500, "colour": "red"},
        {"kind": "status", "status": "500"},
        {"kind": "status", "status": 100},
        {"kind": "status", "status": 200, "headers": {"X": "a\r\nb"}},
        {"kind": "status", "status": 200, "headers": {"Content-Length": "1"}},
        {"kind": "status", "status": 500, "apply": "yes"},
        {"kind": "reset"},
        {"kind": "reset", "when": "during"},
        {"kind": "close", "when": "before", "apply": True},
        {"kind": "delay", "seconds": -1},
        {"kind": "delay", "seconds": float("nan")},
        {"kind": "drip", "times": 0},
        {"kind": "cut", "method": "post"},
    ],
)
def test_faults_are_read_strictly(fault: dict[str, Any]) -> None:
    """A fault with an unknown kind, an unknown or missing field or a wrong value is refused, and so is its list."""
    till = Till()
    with pytest.raises(InvalidFault):
        till.faults.add({"kind": "html"}, fault)
    assert till.faults.listed() == []
