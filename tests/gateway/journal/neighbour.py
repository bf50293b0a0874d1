"""A gateway in a process of its own, that does to the journal what it is told on standard input, a line at a time.

Arguments: the journal's URL, its owner, and the time that its clock stands at.
"""

import asyncio
import json
import sys
import warnings
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from gateway.adjustments import Draft, Record, Resolution, Settlement, Verdict
from gateway.journal import Journal, Refused
from gateway.limits import Budget
from gateway.model import Adjustment, Member
from gateway.write import Write
from tests.deadlines import DEADLINE

WRITE = Write(Adjustment(Member("contact_id", "1"), Decimal(5)))


class Neighbour:
    """What can be told to it; `records` are those it holds, by id."""

    def __init__(self, journal: Journal, owner: str) -> None:
        self._journal = journal
        self._owner = owner
        self._numbers = count(1)
        self._records: dict[str, Record] = {}

    async def claim(self, keys: list[str], lease: float) -> list[tuple[str, str, bool]]:
        """Claim keys, all at once; each with the id that has it and whether that is ours."""
        claimed = await asyncio.gather(*(self._journal.claim(self._draft(key, lease)) for key in keys))
        self._records.update((record.draft.id, record) for record, _ in claimed)
        return [(record.draft.key, record.draft.id, ours) for record, ours in claimed]

    async def claim_until_refused(self, callers: int) -> tuple[int, list[str]]:
        """Claim by so many callers at once until all are refused; gives how many were claimed, and why not more."""

        async def caller() -> tuple[int, str]:
            for done in count():
                claimed = await self._journal.claim(self._draft(f"{self._owner}-{next(self._numbers)}", 30.0))
                if isinstance(claimed, Refused):
                    return done, str(claimed.reason)
            raise AssertionError("unreachable")

        ended = await asyncio.gather(*(caller() for _ in range(callers)))
        return sum(done for done, _ in ended), sorted({why for _, why in ended})

    async def settle(self, adjustment: str, verdict: str) -> tuple[str, bool, bool]:
        """Settle what was claimed; gives how it stands, and whether this was late and contradicts it."""
        settlement = Settlement(self._records[adjustment], Verdict(verdict), {"by": self._owner})
        done = await self._journal.conclude(settlement)
        return done.record.state.status.value, done.late, done.conflict

    async def expire(self) -> int:
        """Sweep."""
        return await self._journal.expire()

    async def decide(self, adjustment: str, applied: bool) -> str | None:
        """Decide about an unknown; gives why that was refused."""
        record = await self._journal.get(None, adjustment)
        assert record is not None
        decision = Resolution(applied, "seen", "ops", record.created_at)
        return (await self._journal.decide(record, decision, {})).refused

    async def due(self, limit: int) -> list[str]:
        """Take what is due to be looked for, for a minute."""
        return [record.draft.id for record in await self._journal.due([""], limit, 60.0)]

    async def work(self, callers: int, rounds: int) -> int:
        """Claim and settle, by so many callers at once, so many times each; gives how many were done."""

        async def caller() -> int:
            for _ in range(rounds):
                draft = self._draft(f"{self._owner}-{next(self._numbers)}", 30.0)
                record, ours = await self._journal.claim(draft)
                concluded = await self._journal.conclude(Settlement(record, Verdict.APPLIED, {}))
                assert ours
                assert not concluded.late
            return rounds

        return sum(await asyncio.gather(*(caller() for _ in range(callers))))

    async def spend(self, callers: int, rounds: int, limit: str) -> dict[str, int]:
        """Have so many callers take points of two types from two budgets each, and give half of them back.

        Gives how many were applied, failed and refused, and the points of each type that were applied.
        """
        counts: Counter[str] = Counter(applied=0, failed=0, refused=0, a=0, b=0)
        tenants = Budget("tenant", "acme", "credit", "*", Decimal(limit) * 3 / 2)

        async def caller(number: int) -> None:
            for turn in range(rounds):
                kind = "ab"[(number + turn) % 2]
                budgets = (Budget("client", "storefront", "credit", kind, Decimal(limit)), tenants)
                draft = self._draft(f"{self._owner}-{next(self._numbers)}", 30.0)
                claimed = await self._journal.claim(draft, budgets)
                if isinstance(claimed, Refused):
                    counts["refused"] += 1
                    continue
                applied = (number + turn) % 3 > 0
                verdict = Verdict.APPLIED if applied else Verdict.NOT_APPLIED
                await self._journal.conclude(Settlement(claimed.record, verdict, {}))
                counts["applied" if applied else "failed"] += 1
                counts[kind] += 5 * applied

        await asyncio.gather(*map(caller, range(callers)))
        return dict(counts)

    def _draft(self, key: str, lease: float) -> Draft:
        id_ = f"adj_{self._owner}_{next(self._numbers)}"
        return Draft(id_, "storefront", "acme", key, "f", WRITE, "crm", "example", "rule", (), lease)


async def main(url: str, owner: str, moment: str) -> None:
    now = datetime.fromisoformat(moment)
    journal = Journal.open(
        url, owner=owner, clock=lambda: now, render=lambda record: None, patience=DEADLINE, within=DEADLINE
    )
    neighbour = Neighbour(journal, owner)
    say("ready")
    while line := await asyncio.to_thread(sys.stdin.readline):
        name, arguments = json.loads(line)
        method: Callable[..., Awaitable[Any]] = getattr(neighbour, name)
        try:
            say(await method(**arguments))
        except Exception as error:
            say({"error": repr(error)})
    await journal.close()


def say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


warnings.simplefilter("error")
asyncio.run(main(*sys.argv[1:]))
