"""A connection to PostgreSQL that is cut while committing: nobody knows what was done, so it is looked up.

The test's own proxy cuts it, either before the COMMIT reaches the server or after the server has done it.
"""

import asyncio
import select
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.adjustments import Draft, Record, Resolution, Settlement, State, Status, Verdict
from gateway.errors import StoreUnavailable
from gateway.journal import Conclusion, Decision, Journal
from gateway.journal.database import WITHIN
from tests.deadlines import DEADLINE, scaled

COMMIT = b"COMMIT\0"


@dataclass
class Proxy:
    """A way to the server that is cut at so many of the next commits as `commits` says; `cut` says on which side.

    After the last of them it refuses what connects, if `refuse` says so, and keeps it waiting until it is `open`.
    """

    server: str
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    cut: str | None = None
    commits: int = 0
    refuse: bool = False
    refusing: bool = False
    was_cut: threading.Event = field(default_factory=threading.Event)
    open: threading.Event = field(default_factory=threading.Event)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.refusing or (self.was_cut.is_set() and not self.open.wait(DEADLINE)):
                client.close()
            else:
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(self.server)
            while True:
                ready, _, _ = select.select([client, server], [], [])
                for source, sink in ((client, server), (server, client)):
                    if source in ready:
                        said = source.recv(65536)
                        if not said or self._cut_here(said, server if source is client else None):
                            return
                        sink.sendall(said)

    def _cut_here(self, said: bytes, server: socket.socket | None) -> bool:
        """Whether what a client says is the COMMIT to cut at; then the server has heard it, or never will."""
        if server is None or not self.commits or COMMIT not in said:
            return False
        self.commits -= 1
        if self.cut == "after":
            server.sendall(said)
            assert server.recv(65536)  # the answer, which nobody hears
        self.refusing = self.refuse and not self.commits
        self.was_cut.set()
        return True


@dataclass
class Line:
    """A journal whose way to the server runs through the proxy, and one whose way does not."""

    proxy: Proxy
    cut: Journal
    whole: Journal
    runner: asyncio.Runner

    def at_commit(self, where: str, doing: Any) -> Any:
        """Do something while its COMMIT is cut once."""
        self.proxy.cut, self.proxy.commits = where, 1
        done = self.runner.run(doing)
        assert self.proxy.commits == 0
        return done

    def kept(self, record: Record) -> Record | None:
        return self.runner.run(self.whole.get(None, record.draft.id))

    def steps(self, record: Record) -> list[str]:
        return [step.after.value for step in self.runner.run(self.whole.history(record.draft.id))]


@pytest.fixture
def line(postgresql: Any, empty_journal: str, clock: Any, runner: asyncio.Runner) -> Iterator[Line]:
    url = postgresql.database(empty_journal)
    name, _, folder = url.removeprefix("postgresql://postgres@/").partition("?host=")
    proxy = Proxy(f"{folder}/.s.PGSQL.5432")
    proxy.open.set()
    thread = threading.Thread(target=proxy.serve)
    thread.start()
    way = f"postgresql://postgres@127.0.0.1:{proxy.port}/{name}?sslmode=disable&gssencmode=disable"
    journals = [
        Journal.open(each, owner=owner, clock=clock, render=lambda record: None, within=scaled(WITHIN))
        for owner, each in (("a", way), ("b", url))
    ]
    yield Line(proxy, *journals, runner)
    for journal in journals:
        runner.run(journal.close())
    proxy.close()
    thread.join(DEADLINE)


@pytest.fixture(params=["before", "after"])
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_claim_is_looked_up(line: Line, where: str, draft: Callable[..., Draft]) -> None:
    """A claim is ours once and has one row, whether the cut commit was done or not."""
    record, ours = line.at_commit(where, line.cut.claim(draft(key="k")))
    assert ours
    assert line.kept(record) == record
    assert line.steps(record) == ["in_progress"]
    assert line.runner.run(line.whole.claim(draft(key="k"))) == (record, False)


def test_a_batch_of_claims_is_looked_up(line: Line, where: str, draft: Callable[..., Draft]) -> None:
    """Of claims of one key in one batch, one is ours, the one that was ours when the commit was cut."""

    async def claim_all() -> list[tuple[Record, bool]]:
        return await asyncio.gather(*(line.cut.claim(draft(key="k")) for _ in range(50)))

    claims = line.at_commit(where, claim_all())
    winners = [record for record, ours in claims if ours]
    assert len(winners) == 1
    assert {record.draft.id for record, _ in claims} == {winners[0].draft.id}


def test_a_retry_is_looked_up(line: Line, where: str, draft: Callable[..., Draft]) -> None:
    """The next attempt is begun once, and is ours."""
    record, _ = line.runner.run(line.cut.claim(draft()))
    failed = line.runner.run(line.cut.conclude(Settlement(record, Verdict.NOT_APPLIED, {}))).record
    begun = line.at_commit(where, line.cut.retry(failed, 9.0, account=""))
    assert begun == line.kept(record)
    assert begun.state == State(attempt=2)
    assert line.steps(record) == ["in_progress", "failed", "in_progress"]
    assert line.runner.run(line.whole.retry(failed, 9.0, account="")) is None


@pytest.mark.parametrize("verdict", Verdict)
def test_a_settlement_is_looked_up(line: Line, where: str, verdict: Verdict, draft: Callable[..., Draft]) -> None:
    """An outcome is kept once, and is not taken for a late word."""
    record, _ = line.runner.run(line.cut.claim(draft()))
    settlement = Settlement(record, verdict, {"n": 1}, ({"a": "b"},))
    concluded = line.at_commit(where, line.cut.conclude(settlement))
    assert concluded == Conclusion(line.kept(record))
    assert len(line.steps(record)) == 2


def test_a_late_word_is_looked_up(line: Line, where: str, draft: Callable[..., Draft]) -> None:
    """A late word is kept once, and its caller hears that it was late."""
    record, _ = line.runner.run(line.cut.claim(draft()))
    line.runner.run(line.whole.conclude(Settlement(record, Verdict.REFUSED, {})))
    concluded = line.at_commit(where, line.cut.conclude(Settlement(record, Verdict.APPLIED, {})))
    assert concluded == Conclusion(line.kept(record), late=True, conflict=True)
    assert line.steps(record) == ["in_progress", "failed", "failed"]


def test_a_decision_is_looked_up(line: Line, where: str, draft: Callable[..., Draft]) -> None:
    """A person's decision is kept once, and is not refused as somebody else's."""
    record, _ = line.runner.run(line.cut.claim(draft(lease=0.0)))
    assert line.runner.run(line.cut.expire()) == 1
    unknown = line.kept(record)
    assert unknown is not None
    decision = Resolution(True, "seen", "ops", record.created_at)
    decided = line.at_commit(where, line.cut.decide(unknown, decision, {}))
    assert decided == Decision(line.kept(record))
    assert line.steps(record) == ["in_progress", "unknown", "succeeded"]


def test_what_is_postponed_is_counted_once(line: Line, where: str, draft: Callable[..., Draft]) -> None:
    """A look that was in vain is counted once."""
    record, _ = line.runner.run(line.cut.claim(draft(lease=0.0)))
    line.runner.run(line.cut.expire())
    (unknown,) = line.runner.run(line.whole.due([""], 1, 0.0))
    line.at_commit(where, line.cut.postpone(unknown, 60.0))
    stored = line.kept(record)
    assert stored is not None
    assert stored.looks == 1


def test_a_mark_and_a_repeat_are_looked_up(line: Line, where: str, draft: Callable[..., Draft]) -> None:
    """The mark keeps its moment; a repeat is begun once, and is ours; its end is kept once, and is not late."""
    record, _ = line.runner.run(line.cut.claim(draft()))
    marked = line.at_commit(where, line.cut.mark_effect(record, "d" * 64))
    assert (marked.refused, line.kept(record)) == (None, marked.record)
    line.runner.run(line.cut.conclude(Settlement(record, Verdict.UNKNOWN, {})))
    unknown = line.kept(record)
    assert unknown is not None
    begun, owner = line.at_commit(where, line.cut.begin_repeat(unknown, lease=30.0, window=3600.0))
    assert (begun.refused, begun.record.state) == (None, State(Status.UNKNOWN, repeats=1))
    ended = line.at_commit(
        where,
        line.cut.end_repeat(
            Settlement(begun.record, Verdict.UNKNOWN, {"n": 1}, by="repeat"), pause=9.0, alarmed=False, owner=owner
        ),
    )
    assert ended == Conclusion(line.kept(record))
    assert line.steps(record) == ["in_progress", "unknown", "unknown", "unknown"]


def test_what_expired_meanwhile_is_not_ours(line: Line, draft: Callable[..., Draft]) -> None:
    """A claim that is found done, but unknown by then, is not ours: nothing of it may be sent."""
    line.proxy.cut, line.proxy.commits = "after", 1
    line.proxy.open.clear()

    async def expire_meanwhile() -> tuple[int, tuple[Record, bool]]:
        claiming = asyncio.ensure_future(line.cut.claim(draft(lease=0.0)))
        assert await asyncio.to_thread(line.proxy.was_cut.wait, DEADLINE)
        expired = await line.whole.expire()
        line.proxy.open.set()
        return expired, await claiming

    expired, (record, ours) = line.runner.run(expire_meanwhile())
    assert (expired, ours, record.state) == (1, False, State(Status.UNKNOWN))


def test_a_claim_that_was_refused_is_taken_back(line: Line, draft: Callable[..., Draft]) -> None:
    """A claim that was done, while its caller could only be refused, ends as not applied, and its key may try again."""
    line.proxy.refuse = True
    with pytest.raises(StoreUnavailable):
        line.at_commit("after", line.cut.claim(draft(key="k")))
    record = line.runner.run(line.whole.find("storefront", "acme", "k"))
    assert record is not None
    assert record.state.status is Status.IN_PROGRESS
    line.proxy.refusing = False
    line.runner.run(line.cut.ready())
    stored = line.kept(record)
    assert stored is not None
    assert stored.state == State(Status.FAILED, retryable=True)
    assert line.runner.run(line.whole.history(record.draft.id))[-1].evidence["sent"] is False
    assert line.runner.run(line.whole.retry(stored, 9.0, account="")) is not None
    line.runner.run(line.cut.ready())
    assert line.steps(record) == ["in_progress", "failed", "in_progress"]


def test_a_claim_that_was_refused_and_expired_may_be_tried_again(line: Line, draft: Callable[..., Draft]) -> None:
    """Its caller was told to repeat the key, and the next attempt follows, though it was called unknown meanwhile."""
    line.proxy.refuse = True
    with pytest.raises(StoreUnavailable):
        line.at_commit("after", line.cut.claim(draft(key="k", lease=0.0)))
    assert line.runner.run(line.whole.expire()) == 1
    line.proxy.refusing = False
    line.runner.run(line.cut.ready())
    record = line.runner.run(line.whole.find("storefront", "acme", "k"))
    assert record is not None
    assert record.state == State(Status.FAILED, retryable=True)
    assert line.runner.run(line.whole.retry(record, 9.0, account="")) is not None
    assert line.steps(record) == ["in_progress", "unknown", "failed", "in_progress"]


def test_a_claim_that_was_refused_is_taken_back_at_the_end(line: Line, draft: Callable[..., Draft]) -> None:
    """A journal that is closed right after such a claim takes it back first."""
    line.proxy.refuse = True
    with pytest.raises(StoreUnavailable):
        line.at_commit("after", line.cut.claim(draft(key="k")))
    line.proxy.refusing = False
    line.runner.run(line.cut.close())
    record = line.runner.run(line.whole.find("storefront", "acme", "k"))
    assert record is not None
    assert record.state == State(Status.FAILED, retryable=True)


def test_a_settlement_that_was_refused_is_found_kept(line: Line, draft: Callable[..., Draft]) -> None:
    """Whoever settles until it succeeds hears, of an outcome that was kept all along, that it is kept."""
    record, _ = line.runner.run(line.cut.claim(draft()))
    settlement = Settlement(record, Verdict.APPLIED, {"n": 1})
    line.proxy.refuse = True
    with pytest.raises(StoreUnavailable):
        line.at_commit("after", line.cut.conclude(settlement))
    line.proxy.refusing = False
    assert line.runner.run(line.cut.conclude(settlement)) == Conclusion(line.kept(record))
    assert line.steps(record) == ["in_progress", "succeeded"]


def test_a_claim_that_is_cut_twice_is_refused_and_not_begun(line: Line, draft: Callable[..., Draft]) -> None:
    """Where the second try is cut too, the caller is refused, and the next one finds the key free."""
    line.proxy.cut, line.proxy.commits = "before", 2
    with pytest.raises(StoreUnavailable):
        line.runner.run(line.cut.claim(draft(key="k")))
    line.runner.run(line.cut.ready())
    assert line.runner.run(line.cut.claim(draft(key="k")))[1]
