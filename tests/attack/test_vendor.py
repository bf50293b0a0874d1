"""The fake vendor: what its ledger holds is what it did, and it can be asked."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ServerDisconnectedError

from tests.attack import ledger
from tests.attack.acts import Act, scripted, seeded
from tests.attack.ledger import Ledger
from tests.attack.vendor import Vendor

POINT = {"ContactId": 7, "Type": "standard", "Amount": 2.5, "Description": "Hello", "SourceId": "adj_1"}

Scene = Callable[[ClientSession, str], Awaitable[Any]]
Plays = Callable[[Act, Scene], Any]


@pytest.fixture
def plays(tmp_path: Path) -> Plays:
    """Plays a scene with a vendor that always does the same; gives what the scene gives."""

    async def played(act: Act, scene: Scene) -> Any:
        with closing(Ledger(tmp_path / "ledger.jsonl")) as book:
            vendor = Vendor(book, scripted(act))
            async with await asyncio.start_server(vendor.serve, "127.0.0.1", 0) as server, ClientSession() as http:
                result = await scene(http, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            await vendor.settled()
        return result

    return lambda act, scene: asyncio.run(played(act, scene))


async def post(http: ClientSession, url: str) -> int:
    async with http.post(f"{url}/api/v1/Points", json=POINT) as answer:
        await answer.read()
        return answer.status


def kinds(tmp_path: Path) -> list[str]:
    return [entry.kind for entry in ledger.read(tmp_path / "ledger.jsonl")]


def test_an_effect_stands_in_the_ledger(plays: Plays, tmp_path: Path) -> None:
    """A point is in the ledger with its member, its amount and its source."""
    assert plays(Act.APPLY, post) == 201
    effect = ledger.read(tmp_path / "ledger.jsonl")[-1]
    assert (effect.kind, effect.member, effect.points, effect.source) == (
        "applied",
        "contact_id:7",
        Decimal("2.5"),
        "adj_1",
    )


@pytest.mark.parametrize(
    ("act", "status"), [(Act.REFUSE, 400), (Act.LOCKED_OUT, 401), (Act.TOO_MANY, 429), (Act.ERROR_500, 500)]
)
def test_a_no_has_no_effect(plays: Plays, tmp_path: Path, act: Act, status: int) -> None:
    """What says no applies nothing."""
    assert plays(act, post) == status
    assert kinds(tmp_path) == ["received"]


def test_a_late_effect_is_had(plays: Plays, tmp_path: Path) -> None:
    """A connection that was closed without an answer may have its effect afterwards."""

    async def scene(http: ClientSession, url: str) -> list[str]:
        with pytest.raises(ServerDisconnectedError):
            await post(http, url)
        return kinds(tmp_path)

    assert plays(Act.LATE, scene) == ["received"]
    assert kinds(tmp_path) == ["received", "applied"]


def test_points_are_found_by_their_source(plays: Plays) -> None:
    """A search by contact and source finds what was made, and nothing else."""

    async def scene(http: ClientSession, url: str) -> list[int]:
        await post(http, url)
        found = []
        for source in ("adj_1", "adj_2"):
            async with http.get(f"{url}/api/v2/acme/Points", params={"contactId": "7", "sourceId": source}) as answer:
                found.append(len(await answer.json()))
        return found

    assert plays(Act.APPLY, scene) == [1, 0]


def test_a_seed_decides_the_same_again() -> None:
    """What is done to a request follows from the seed, the member and how many came before."""
    requests = [(f"contact_id:{member}", before) for member in range(100) for before in range(2)]
    assert [seeded(5)(*each) for each in requests] == [seeded(5)(*each) for each in reversed(requests)][::-1]
    assert {seeded(5)(*each) for each in requests} > {Act.APPLY, Act.REFUSE}


def test_an_enforcing_vendor_makes_one_of_two_equal_entries(plays: Plays, tmp_path: Path) -> None:
    """The second under one key is answered with the first, or refused with a code; one under another key is made."""

    async def scene(http: ClientSession, url: str) -> list[tuple[int, object]]:
        answers = []
        for path, key in (("/cards", "a"), ("/cards", "a"), ("/cards", "b"), ("/slips", "c"), ("/slips", "c")):
            async with http.post(f"{url}{path}", json={"holder": "7", "points": 2.5, "key": key}) as answer:
                answers.append((answer.status, await answer.json()))
        return answers

    first, again, other, slip, refused = plays(Act.APPLY, scene)
    assert first == again == (201, {"entry": "1"})
    assert (other, slip) == ((201, {"entry": "2"}), (201, {"entry": "3"}))
    assert refused == (409, {"code": "BOOKED"})
    assert kinds(tmp_path).count("applied") == 3
