"""Rounds over accounts: each has its share, and one that hangs or fails holds up no other."""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.adjustments import Draft, Record, State, Status
from gateway.errors import StoreUnavailable
from gateway.model import Adjustment, Member
from gateway.service.rounds import AT_ONCE, SHARE, Rounds
from gateway.write import Write
from tests.deadlines import DEADLINE

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def record(account: str, number: int) -> Record:
    """An unknown of an account."""
    draft = Draft(
        id=f"{account}-{number}",
        client="storefront",
        tenant="acme",
        key=f"{account}-{number}",
        fingerprint="f",
        write=Write(Adjustment(Member("contact_id", "1"), Decimal(5))),
        vendor="crm",
        adapter="example",
        rule="rule",
        not_sent=(),
        lease=0.0,
        account=account,
    )
    return Record(draft, State(Status.UNKNOWN), NOW, NOW)


@dataclass
class Bench:
    """Rounds over what is due at accounts; accounts and records in `hanging` do not end, those in `broken` raise."""

    due: dict[str, list[Record]]
    hanging: frozenset[str] = frozenset()
    broken: dict[str, BaseException] = field(default_factory=dict)
    reluctant: frozenset[str] = frozenset()
    taken: list[str] = field(default_factory=list)
    put_off: list[str] = field(default_factory=list)
    asked: list[tuple[frozenset[str], int]] = field(default_factory=list)
    at_once: int = 0
    most: int = 0
    room: int = SHARE
    awaited: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    rounds: Rounds[str] = field(init=False)

    def __post_init__(self) -> None:
        self.rounds = Rounds(
            due=self._due,
            take=self._take,
            failed=self._failed,
            begin=asyncio.ensure_future,
            room=lambda _: self.room,
        )

    async def _due(self, accounts: Collection[str], share: int) -> list[Record]:
        self.asked.append((frozenset(accounts), share))
        given = [each for account in accounts for each in self.due.get(account, [])[:share]]
        self.due = {account: records[share if account in accounts else 0 :] for account, records in self.due.items()}
        return given

    async def _take(self, record: Record, known: str) -> bool:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        assert known == f"known {record.draft.account}"
        if not self.hanging.isdisjoint((record.draft.account, record.draft.id)):
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        self.at_once -= 1
        if record.draft.account in self.broken:
            raise self.broken[record.draft.account]
        self.taken.append(record.draft.id)
        if len(self.taken) == self.awaited:
            self.reached.set()
        return record.draft.account not in self.reluctant

    async def until_taken(self, number: int) -> None:
        """Wait until so many records were seen to."""
        self.awaited = number
        self.reached.clear()
        await self.reached.wait()

    async def _failed(self, record: Record, error: Exception) -> None:
        self.put_off.append(record.draft.id)

    async def begin(self) -> list[asyncio.Task[int]]:
        return await self.rounds.begin({account: f"known {account}" for account in self.due})


def due(**accounts: int) -> dict[str, list[Record]]:
    """So many records of each account."""
    return {account: [record(account, number) for number in range(count)] for account, count in accounts.items()}


def play(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(DEADLINE):
            await body()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    asyncio.run(bounded())


def test_one_that_hangs_holds_up_no_other() -> None:
    """An account whose searches hang has its share of them, no more; the others' rounds go on one after another."""

    async def body() -> None:
        bench = Bench(due(hangs=100, whole=3 * SHARE + 1), hanging=frozenset({"hangs"}))
        rounds = await bench.begin()
        done, left = await asyncio.wait(rounds, return_when=asyncio.FIRST_COMPLETED)
        assert [task.result() for task in done] == [3 * SHARE + 1]
        assert len(bench.taken) == 3 * SHARE + 1
        assert (len(left), bench.at_once) == (1, SHARE)
        bench.due["whole"] = [record("whole", 1000)]
        (repeated,) = await bench.begin()
        assert await repeated == 1
        assert bench.asked[-1][0] == {"whole"}
        assert bench.at_once == SHARE

    play(body)


@pytest.mark.parametrize(
    "error", [KeyError("points"), RecursionError(), asyncio.CancelledError(), StoreUnavailable()], ids=repr
)
def test_one_that_fails_fails_alone(error: BaseException) -> None:
    """What is raised for a record is heard of for it alone; the others are seen to, and the account again later."""

    async def body() -> None:
        bench = Bench(due(broken=SHARE, whole=1), broken={"broken": error})
        rounds = await bench.begin()
        assert sorted([await each for each in rounds]) == [1, SHARE]
        assert bench.taken == ["whole-0"]
        expected = [] if isinstance(error, StoreUnavailable) else [f"broken-{number}" for number in range(SHARE)]
        assert bench.put_off == expected
        bench.due, bench.broken = due(broken=1), {}
        assert [await each for each in await bench.begin()] == [1]

    play(body)


def test_what_cannot_even_be_put_off_fails_alone() -> None:
    """A failure while a failure is noted stays with its record too."""

    async def body() -> None:
        bench = Bench(due(broken=1, whole=1), broken={"broken": KeyError()})

        async def failing(record: Record, error: Exception) -> None:
            raise RuntimeError

        bench.rounds = Rounds(due=bench._due, take=bench._take, failed=failing, begin=asyncio.ensure_future)
        assert [await each for each in await bench.begin()] == [1, 1]
        assert bench.taken == ["whole-0"]

    play(body)


def test_an_account_that_does_not_go_on_is_left_for_now() -> None:
    """Where a vendor is not there to be asked, its next round waits for the next look."""

    async def body() -> None:
        bench = Bench(due(away=100), reluctant=frozenset({"away"}))
        assert [await each for each in await bench.begin()] == [SHARE]
        assert [await each for each in await bench.begin()] == [SHARE]

    play(body)


def test_all_together_are_bounded() -> None:
    """Many accounts share what may be under way at once, and each has one at least."""

    async def body() -> None:
        for accounts, share in ((1, SHARE), (AT_ONCE // 4, 4), (3 * AT_ONCE, 1)):
            bench = Bench(due(**{f"a{number}": 2 * share for number in range(accounts)}))
            await asyncio.gather(*await bench.begin())
            assert {asked for _, asked in bench.asked} == {share}
            assert bench.most == accounts * share
            assert len(bench.taken) == accounts * 2 * share

    play(body)


def test_one_record_that_hangs_holds_up_no_other_of_its_account() -> None:
    """What does not end keeps one place; the others of the account follow each other meanwhile, in their order."""

    async def body() -> None:
        bench = Bench(due(a=5 * SHARE), hanging=frozenset({"a-3"}))
        (round_,) = await bench.begin()
        await bench.until_taken(5 * SHARE - 1)
        assert not round_.done()
        assert bench.taken == [f"a-{number}" for number in range(5 * SHARE) if number != 3]
        assert bench.most == SHARE
        round_.cancel()
        await asyncio.wait([round_])
        bench.due, bench.hanging = due(a=1), frozenset()
        assert [await each for each in await bench.begin()] == [1]

    play(body)


def test_a_round_grows_to_its_room_and_gives_way() -> None:
    """It begins with a share, has as much under way as there is room for while all goes well, and less once told so."""

    async def body() -> None:
        bench = Bench(due(a=10 * AT_ONCE), room=10 * AT_ONCE)
        (round_,) = await bench.begin()
        await bench.until_taken(5 * AT_ONCE)
        assert bench.asked[0][1] == SHARE
        assert bench.most == AT_ONCE
        bench.room, taken = SHARE, len(bench.taken)
        await bench.until_taken(taken + 2 * AT_ONCE)
        bench.most = 0
        assert await round_ == 10 * AT_ONCE
        assert bench.most <= SHARE
        assert bench.taken == [f"a-{number}" for number in range(10 * AT_ONCE)]

    play(body)


def test_a_journal_that_is_away_ends_no_account() -> None:
    """Accounts whose rounds could not begin, or go on, are asked for again."""

    async def body() -> None:
        bench = Bench(due(a=SHARE + 1, b=1))
        away = [True, False, True]
        whole = bench._due

        async def sometimes(accounts: Collection[str], share: int) -> list[Record]:
            if away and away.pop(0):
                raise StoreUnavailable
            return await whole(accounts, share)

        bench.rounds = Rounds(due=sometimes, take=bench._take, failed=bench._failed, begin=asyncio.ensure_future)
        with pytest.raises(StoreUnavailable):
            await bench.begin()
        assert sorted([await each for each in await bench.begin()]) == [1, SHARE]
        assert [await each for each in await bench.begin()] == [1]

    play(body)
