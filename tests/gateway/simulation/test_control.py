"""The control endpoint, over real sockets."""

import httpx
import pytest

from gateway.simulation import in_thread
from tests.deadlines import DEADLINE
from tests.gateway.simulation.till import MOMENT, Till
from tests.plain import PLAIN


def test_control_answers_what_was_expected() -> None:
    """The control endpoint answers a wrong fault with 400, the reason, and every kind with its fields."""
    till = Till()
    with in_thread(till), httpx.Client(base_url=till.origin, trust_env=False, verify=PLAIN, timeout=DEADLINE) as client:
        for body in (b'{"kind": "explode"}', b"5", b"[[]]", b"{"):
            answer = client.post("/_simulator/faults", content=body)
            assert answer.status_code == 400
            assert answer.json()["errors"]
            assert answer.json()["expected"]["reset"] == ["kind*", "times", "method", "when*"]


def test_control_queues_shows_and_clears_faults() -> None:
    """POST queues one fault or a list, GET shows what is due, DELETE clears."""
    till = Till()
    with in_thread(till), httpx.Client(base_url=till.origin, trust_env=False, verify=PLAIN, timeout=DEADLINE) as client:
        due = [{"kind": "delay", "seconds": 0.5, "times": 1}, {"kind": "reset", "when": "after", "times": 3}]
        assert client.post("/_simulator/faults", json=due[0]).status_code == 200
        assert client.post("/_simulator/faults", json=due[1:]).json() == due
        assert client.get("/_simulator/faults").json() == due
        assert client.delete("/_simulator/faults").json() == []
        assert client.post("/v1/add", content=b"5").json() == {"held": 5}


def test_control_shows_state_and_resets_it() -> None:
    """State has balances, effects and counts, and not the control requests; reset goes back to the seeds."""
    till = Till(now=lambda: MOMENT)
    with in_thread(till), httpx.Client(base_url=till.origin, trust_env=False, verify=PLAIN, timeout=DEADLINE) as client:
        client.post("/v1/add", content=b"0.10")
        client.post("/_simulator/faults", json={"kind": "html"})
        effect = {"at": "2024-03-29T06:37:11+00:00", "member": "card:1", "points": "0.10", "point_type": None}
        assert client.get("/_simulator/state").json() == {
            "name": "till",
            "members": {"card:1": {"held": "0.10"}},
            "effects": [{**effect, "transaction_id": None, "said": {"target": "/v1/add"}}],
            "requests": 1,
            "held": 0,
            "faults": [{"kind": "html", "times": 1}],
        }
        assert client.post("/_simulator/reset").json() == {
            "name": "till",
            "members": {"card:1": {}},
            "effects": [],
            "requests": 0,
            "held": 0,
            "faults": [],
        }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "other", 404), ("PUT", "faults", 405), ("GET", "reset", 405), ("POST", "state", 405)],
)
def test_control_refuses_the_rest(method: str, path: str, status: int) -> None:
    """Unknown control paths are 404, wrong methods 405."""
    till = Till()
    with in_thread(till), httpx.Client(base_url=till.origin, trust_env=False, verify=PLAIN, timeout=DEADLINE) as client:
        assert client.request(method, f"/_simulator/{path}").status_code == status
