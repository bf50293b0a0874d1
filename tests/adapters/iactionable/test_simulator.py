"""The simulator against its vendor's document, over real sockets."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from adapters.iactionable.simulator import IActionableSimulator
from gateway.simulation import in_thread
from tests.deadlines import DEADLINE

SAMPLE = "/API/Partners/99999/Profiles/email/Jason@example.com/Points"
KEY = {"Authorization": "simulated-iactionable-key"}
MOMENT = datetime(2010, 7, 7, 16, 48, 22, 499_000, tzinfo=UTC)


@pytest.fixture
def vendor() -> Iterator[IActionableSimulator]:
    simulator = IActionableSimulator(now=lambda: MOMENT)
    with in_thread(simulator):
        yield simulator


def ask(
    vendor: IActionableSimulator, method: str, target: str, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    """Send a target verbatim; the status and the JSON that comes back."""
    connection = HTTPConnection(urlsplit(vendor.origin).netloc, timeout=DEADLINE)
    try:
        connection.request(method, target, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_the_sample_post_and_get(vendor: IActionableSimulator) -> None:
    """The document's POST answers its sample word for word, and so does its GET afterwards, without a key."""
    sample = {"AvailablePoints": 5, "LastUpdated": "/Date(1278521302499)/", "TotalPoints": 5}
    assert ask(vendor, "POST", f"{SAMPLE}?value=5&description=You%20are%20cool", KEY) == (200, sample)
    assert ask(vendor, "GET", SAMPLE) == (200, sample)
    [effect] = vendor.effects
    assert (effect.member, effect.points) == ("email:jason@example.com", Decimal(5))
    assert effect.fields == {"description": "You are cool"}


def test_a_profile_starts_with_nothing(vendor: IActionableSimulator) -> None:
    """The seeded profile has no points, and was last updated when the sample says."""
    sample = {"AvailablePoints": 0, "LastUpdated": "/Date(1278521302499)/", "TotalPoints": 0}
    assert ask(vendor, "GET", SAMPLE) == (200, sample)


def test_a_negative_value_lowers_both(vendor: IActionableSimulator) -> None:
    """Points are removed from the current and from the lifetime total."""
    ask(vendor, "POST", f"{SAMPLE}?value=5", KEY)
    status, points = ask(vendor, "POST", f"{SAMPLE}?value=-2", KEY)
    assert (status, points["AvailablePoints"], points["TotalPoints"]) == (200, 3, 3)


@pytest.mark.parametrize("path", ["/Profiles/Email/JASON%40Example.com/", "/Profiles/email/jason@example.com/"])
def test_one_profile_under_every_spelling(vendor: IActionableSimulator, path: str) -> None:
    """The type and an e-mail address are read whatever their case, and percent-decoded."""
    ask(vendor, "POST", f"{SAMPLE}?value=5", KEY)
    assert ask(vendor, "GET", f"/API/Partners/99999{path}Points")[1]["AvailablePoints"] == 5


def test_an_unknown_profile_is_made_by_a_post(vendor: IActionableSimulator) -> None:
    """The first points of a profile make it; before that it cannot be read. Other types keep their case."""
    target = "/API/Partners/99999/Profiles/Custom/A%20b%2B%C3%A6/Points"
    assert ask(vendor, "GET", target)[0] == 400
    assert ask(vendor, "POST", f"{target}?value=7", KEY)[1]["TotalPoints"] == 7
    assert vendor.effects[0].member == "custom:A b+æ"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "wrong"}, {"Authorization": f"Bearer {KEY['Authorization']}"}]
)
def test_a_post_needs_the_bare_key(vendor: IActionableSimulator, headers: dict[str, str]) -> None:
    """Without the key itself in Authorization a POST is 401, with a message, and nothing is applied."""
    status, body = ask(vendor, "POST", f"{SAMPLE}?value=5", headers)
    assert (status, list(body), vendor.effects) == (401, ["Message"], [])


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?value=",
        "?value=1.5",
        "?value=five",
        "?value=+5",
        "?value=5&value=5",
        "?value=5&descripton=x",
        "?value=%D9%A5",
    ],
)
def test_a_wrong_value_is_refused(vendor: IActionableSimulator, query: str) -> None:
    """A missing, repeated or unreadable value, or an unknown parameter, is 400 and applies nothing."""
    status, body = ask(vendor, "POST", SAMPLE + query, KEY)
    assert (status, list(body), vendor.effects) == (400, ["Message"], [])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/API/Partners/1/Profiles/email/jason@example.com/Points", 400),
        ("GET", "/API/Partners/99999/Profiles/shoe/jason@example.com/Points", 400),
        ("GET", "/API/Partners/99999/Profiles/email//Points", 400),
        ("GET", "/API/Partners/99999/Profiles/email/%FF/Points", 400),
        ("GET", SAMPLE + "?value=5", 400),
        ("GET", "/Partners/99999/Profiles/email/jason@example.com/Points", 404),
        ("GET", SAMPLE + "/", 404),
        ("PUT", SAMPLE, 405),
    ],
)
def test_a_wrong_address_is_refused(vendor: IActionableSimulator, method: str, path: str, status: int) -> None:
    """What the document's URI does not describe is refused."""
    assert ask(vendor, method, path)[0] == status


def test_reset_goes_back_to_the_seed(vendor: IActionableSimulator) -> None:
    """After a reset the profile is as it was at the start."""
    ask(vendor, "POST", f"{SAMPLE}?value=5", KEY)
    ask(vendor, "POST", "/_simulator/reset")
    assert ask(vendor, "GET", SAMPLE)[1]["AvailablePoints"] == 0


SPEND = "/API/Partners/99999/Profiles/email/Jason@example.com/points/transactions"
V3 = "/v3/user/email/jason@example.com/points"
APP = "appKey=simulated-iactionable-app-key"


def test_spending_lowers_the_current_points_alone(vendor: IActionableSimulator) -> None:
    """A spend takes from the current points and not from the lifetime total, under the caller's transaction ID."""
    ask(vendor, "POST", f"{SAMPLE}?value=5", KEY)
    sample = {"AvailablePoints": 3, "LastUpdated": "/Date(1278521302499)/", "TotalPoints": 5}
    assert ask(vendor, "POST", f"{SPEND}/adj_1%2F2?value=2&description=Coffee", KEY) == (200, sample)
    effect = vendor.effects[-1]
    assert (effect.points, effect.transaction_id) == (Decimal(-2), "adj_1/2")
    assert effect.fields == {"description": "Coffee"}
    assert ask(vendor, "GET", SAMPLE) == (200, sample)


def test_the_same_transaction_spends_again(vendor: IActionableSimulator) -> None:
    """No document says that a transaction ID is taken once: a repeat spends once more."""
    ask(vendor, "POST", f"{SAMPLE}?value=5", KEY)
    answers = [ask(vendor, "POST", f"{SPEND.replace('points/', 'Points/')}/1?value=2", KEY)[1] for _ in range(2)]
    assert [answer["AvailablePoints"] for answer in answers] == [3, 1]


@pytest.mark.parametrize(
    ("method", "target", "headers", "status"),
    [
        ("POST", f"{SPEND}/1?value=6", KEY, 400),
        ("POST", f"{SPEND}/1?value=-2", KEY, 400),
        ("POST", f"{SPEND}/1?value=0", KEY, 400),
        ("POST", f"{SPEND}/1", KEY, 400),
        ("POST", f"{SPEND}/1?value=1&reason=x", KEY, 400),
        ("POST", f"{SPEND}/?value=1", KEY, 400),
        ("POST", f"{SPEND.replace('Jason', 'Nobody')}/1?value=1", KEY, 400),
        ("POST", f"{SPEND}/1?value=1", {}, 401),
        ("GET", f"{SPEND}/1", KEY, 405),
        ("GET", SPEND, KEY, 404),
    ],
)
def test_a_wrong_spend_is_refused(
    vendor: IActionableSimulator, method: str, target: str, headers: dict[str, str], status: int
) -> None:
    """More than the current points, a value that is not positive, an unknown profile and no key are refused."""
    ask(vendor, "POST", f"{SAMPLE}?value=5", KEY)
    answer = ask(vendor, method, target, headers)
    assert (answer[0], list(answer[1]), len(vendor.effects)) == (status, ["Message"], 1)


def test_points_by_type(vendor: IActionableSimulator) -> None:
    """The v3 API has points of each type, without a lifetime total and a date, and apart from the partner API's."""
    assert ask(vendor, "GET", f"{V3}/coins?{APP}") == (
        200,
        {"Points": 0, "PointType": {"Key": "coins", "Name": "Coins"}},
    )
    status, body = ask(vendor, "POST", f"{V3}/coins?{APP}&value=7&description=Hello", KEY)
    assert (status, body["Points"], body["Reason"]) == (200, 7, "Hello")
    assert ask(vendor, "POST", f"{V3}/coins?{APP}&value=-2", KEY)[1]["Points"] == 5
    assert ask(vendor, "GET", f"{V3}/experience?{APP}")[1]["Points"] == 0
    assert ask(vendor, "GET", SAMPLE)[1]["AvailablePoints"] == 0
    assert [(effect.points, effect.point_type) for effect in vendor.effects] == [(7, "coins"), (-2, "coins")]
    assert vendor.v3_url == f"{vendor.origin}/v3"


@pytest.mark.parametrize(
    ("points", "current", "following"),
    [(-1, "Newcomer", "Regular"), (99, "Newcomer", "Regular"), (100, "Regular", "Champion"), (500, "Champion", None)],
)
def test_a_level(vendor: IActionableSimulator, points: int, current: str, following: str | None) -> None:
    """A type that has levels shows the current and the next one, with the points that they require."""
    level = ask(vendor, "POST", f"{V3}/experience?{APP}&value={points}", KEY)[1]["Level"]
    assert list(level["Current"]) == ["Name", "Number", "RequiredPoints", "LevelType"]
    assert list(level["Current"]["LevelType"]) == ["Key", "Name"]
    assert level["Current"]["Name"] == current
    assert (level["Next"] and level["Next"]["Name"]) == following


@pytest.mark.parametrize(
    ("method", "target", "headers", "status"),
    [
        ("GET", f"{V3}/coins", KEY, 401),
        ("GET", f"{V3}/coins?appKey=wrong", KEY, 401),
        ("POST", f"{V3}/coins?{APP}&value=1", {}, 401),
        ("POST", f"{V3}/coins?value=1", KEY, 401),
        ("GET", f"{V3}/gold?{APP}", {}, 400),
        ("GET", f"{V3}/coins?{APP}&value=1", {}, 400),
        ("GET", f"{V3}/coins?{APP}&{APP}", {}, 400),
        ("POST", f"{V3}/coins?{APP}&value=1.5", KEY, 400),
        ("POST", f"{V3.replace('jason', 'nobody')}/coins?{APP}&value=1", KEY, 400),
        ("GET", f"{V3.replace('user', 'shoe')}/coins?{APP}", {}, 404),
        ("GET", f"{V3}?{APP}", {}, 404),
        ("PUT", f"{V3}/coins?{APP}", KEY, 405),
    ],
)
def test_a_wrong_call_of_v3_is_refused(
    vendor: IActionableSimulator, method: str, target: str, headers: dict[str, str], status: int
) -> None:
    """Without its keys, with an unknown type or profile, and with other parameters, v3 refuses with a message."""
    answer = ask(vendor, method, target, headers)
    assert (answer[0], list(answer[1]), vendor.effects) == (status, ["Message"], [])
