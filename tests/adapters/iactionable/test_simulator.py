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
    assert effect.said == {"description": "You are cool"}


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
