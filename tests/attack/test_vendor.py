"""The fake vendor: what its ledger holds is what it did, and it can be asked."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ServerDisconnectedError

from tests.attack import ledger
from tests.attack.acts import Act, scripted, seeded
from tests.attack.issuing import Tokens
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


def test_a_cancel_takes_the_point_back(plays: Plays, tmp_path: Path) -> None:
    """The ledger has the opposite of the point, under its number; the point then names what cancelled it first."""

    async def scene(http: ClientSession, url: str) -> list[object]:
        await post(http, url)
        cancellers = []
        for _ in range(2):
            async with http.get(f"{url}/api/v1/Points/1") as point:
                cancellers.append((await point.json())["CancellerPointId"])
            await (await http.post(f"{url}/api/v1/Points/1/Cancel")).read()
        return cancellers

    assert plays(Act.APPLY, scene) == [None, 2]
    effect = ledger.read(tmp_path / "ledger.jsonl")[3]
    assert (effect.member, effect.points, effect.source) == ("contact_id:7", Decimal("-2.5"), "cancels 1")


def test_a_contact_is_looked_up_by_email(plays: Plays) -> None:
    """One of two keeps its id; the other is merged into another contact once it was looked up."""

    async def scene(http: ClientSession, url: str) -> list[int]:
        found = []
        for email in ("7@one.example", "7@one.example", "8@merged.example", "8@merged.example"):
            async with http.get(f"{url}/api/v1/Contacts", params={"email": email}) as answer:
                found.append((await answer.json())["Id"])
        return found

    assert plays(Act.APPLY, scene) == [7, 7, 8, 1_000_008]


def test_a_search_finds_nothing_of_a_contact_that_was_merged(plays: Plays) -> None:
    """Its points are those of another contact by then."""

    async def scene(http: ClientSession, url: str) -> list[int]:
        await post(http, url)
        found = []
        for _ in range(2):
            async with http.get(f"{url}/api/v2/kin/Points", params={"contactId": "7", "sourceId": "adj_1"}) as answer:
                found.append(len(await answer.json()))
            await (await http.get(f"{url}/api/v1/Contacts", params={"email": "7@merged.example"})).read()
        return found

    assert plays(Act.APPLY, scene) == [1, 0]


def test_a_token_serves_for_its_life_or_until_it_is_revoked() -> None:
    """Every second one serves for half of the time; one that was never issued serves for none."""
    tokens = Tokens(2.0)
    first, second, third = (f"Bearer {json.loads(tokens.issue(10.0))['access_token']}" for _ in range(3))
    tokens.revoke(third)
    moments = [(first, 11.9), (first, 12.0), (second, 10.9), (second, 11.0), (third, 10.0), ("Bearer nobody's", 10.0)]
    assert [tokens.serves(*each) for each in moments] == [True, False, True, False, False, False]


def test_without_a_token_nothing_is_had(plays: Plays, tmp_path: Path) -> None:
    """Whose token is not known is answered with a 401, and whose token was issued gets points."""

    async def scene(http: ClientSession, url: str) -> list[int]:
        async with http.post(f"{url}/oauth/token") as issued:
            token = (await issued.json())["access_token"]
        found = []
        for each in ("nobody's", token):
            headers, order = {"Authorization": f"Bearer {each}"}, {"profileId": "7", "points": 2.5}
            async with http.post(f"{url}/api/v1/members/points-adjustment", json=order, headers=headers) as answer:
                found.append(answer.status)
        return found

    assert plays(Act.APPLY, scene) == [401, 200]
    assert kinds(tmp_path) == ["received", "received", "applied"]
