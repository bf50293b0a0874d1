"""A vendor whose search is broken in every way, beside one that is searched: the other's unknown are settled."""

import asyncio
from contextlib import AsyncExitStack, closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.attack import configuration, ledger, testimony
from tests.attack.acts import Act
from tests.attack.caller import Patience, ask, session
from tests.attack.checker import violations
from tests.attack.process import Process
from tests.attack.testimony import Asked, Heard, Testimony, Word
from tests.attack.vendor import Vendor

LOST = [Asked(f"key-lost-{number}", f"chit:{number}", Decimal(1)) for number in range(20)]
"""What is asked of the vendor with the broken search: enough for each way in which it is broken."""
FOUND = [Asked(f"key-found-{number}", f"contact_id:{number}", Decimal(1)) for number in range(1, 5)]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Testimony:
    """What is known once everything was asked for whose answers were all lost, and the one vendor was searched."""
    return asyncio.run(play(tmp_path_factory.mktemp("searches")))


async def play(folder: Path) -> Testimony:
    """Lose every answer, and ask until each key of the vendor that is searched has a final word."""
    heard: list[Heard] = []
    store = f"sqlite:///{folder}/journal.db"
    async with AsyncExitStack() as stack:
        book = stack.enter_context(closing(ledger.Ledger(folder / "ledger.jsonl")))
        serve = Vendor(book, decide).serve
        server = await stack.enter_async_context(await asyncio.start_server(serve, "127.0.0.1", 0))
        http = await stack.enter_async_context(session())
        port = server.sockets[0].getsockname()[1]
        config = configuration.write(folder, store=store, vendor=port, search=True)
        arguments = ("--config", config, "--margin", configuration.MARGIN)
        process = await Process.begin("tests.attack.doomed", *arguments, log=folder / "gateway.log")
        try:
            url = await process.first_line()
            heard += [await ask(http, url, asked) for asked in LOST]
            for asked in FOUND:
                patience = Patience(asked.key)
                while not (last := await ask(http, url, asked)).final:
                    heard.append(last)
                    await patience.pause(last)
                heard.append(last)
        finally:
            code = await process.stop()
        assert code == 0, process.log
    kept = await testimony.kept(store)
    over = max(each.record.lease_until for each in kept) + timedelta(seconds=1)
    return Testimony([*LOST, *FOUND], heard, kept, ledger.read(folder / "ledger.jsonl"), over, configuration.SEARCHED)


def decide(member: str, before: int) -> Act:
    """Lose the answer to every write, but for one now and then, so that no circuit opens."""
    _, _, number = member.partition(":")
    return Act.APPLY if number.isdigit() and int(number) % 4 == 0 else Act.APPLY_THEN_CLOSE


def test_the_promise_stands(told: Testimony) -> None:
    """Nothing contradicts the vendor's ledger, and nothing is unknown that could be searched for."""
    assert violations(told) == []


def test_what_can_be_found_is_found(told: Testimony) -> None:
    """Every key of the vendor that is searched succeeded in the end, with one effect."""
    cases, _, _ = told.cases()
    found = [case for case in cases if case.asked in FOUND]
    assert [(case.heard[-1].word, len(case.applied)) for case in found] == [(Word.SUCCEEDED, 1)] * len(FOUND)


def test_what_no_search_can_find_stays_unknown(told: Testimony) -> None:
    """The broken search settled nothing; each was looked for, or its turn had not come."""
    unknown = [kept for kept in told.kept if kept.record.draft.vendor == "chits" and kept.record.answer is None]
    assert {kept.status.value for kept in unknown} == {"unknown"}
    assert max(kept.record.looks for kept in unknown) > 1
