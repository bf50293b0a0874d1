"""While the journal cannot be written: nothing new is sent, and what was sent is not forgotten."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

from tests.deadlines import DEADLINE, until
from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors

FIVE = {"member": "contact_id:1", "points": "5"}
Calling = Callable[[GatewayProcess], Caller]


@contextmanager
def outage(gateway: GatewayProcess) -> Iterator[None]:
    """Take the journal's main table away from a running gateway, and give it back."""
    with closing(sqlite3.connect(gateway.journal, timeout=DEADLINE)) as journal:
        journal.execute("ALTER TABLE adjustments RENAME TO hidden")
        yield
        journal.execute("ALTER TABLE hidden RENAME TO adjustments")


def standing(api: Caller, task: str) -> str | None:
    """The state of a background task, as anybody can see; None for one that is not told of."""
    tasks = api.send("GET", "/readyz?verbose", headers={"Authorization": ""}).json()["tasks"]
    return next((each["state"] for each in tasks if each["name"] == task), None)


def test_nothing_is_sent_that_cannot_be_kept(start: Starts, calling: Calling, vendors: Vendors) -> None:
    """A call is 503 `store_unavailable`, retryable, no vendor hears of it, and then all is well again."""
    api = calling(gateway := start())
    assert api.adjust(FIVE, key="key-0").status_code == 201
    with outage(gateway):
        problem = refused(api.adjust(FIVE, key="key-later"), 503, "store_unavailable")
        refused(api.get("/v1/adjustments"), 503, "store_unavailable")
        refused(api.get(f"/v1/adjustments/adj_{'0' * 32}"), 503, "store_unavailable")
        assert api.get("/v1/members/email:jason@example.com/balance").status_code == 200
    assert problem["retryable"] is True
    assert len(vendors.crm.effects) == 1
    assert api.adjust(FIVE, key="key-later").status_code == 201


def test_an_outcome_that_cannot_be_kept_yet(start: Starts, calling: Calling, vendors: Vendors) -> None:
    """Where the outcome cannot be kept the caller hears `unknown`; it is kept as soon as it can be, and sent once."""
    vendors.crm.fault("hang", when="before")
    api = calling(gateway := start())
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(api.adjust, FIVE, key="key-0")
        vendors.crm.requests.wait_for(1)
        with outage(gateway):
            vendors.crm.release()
            assert (pending.result().status_code, pending.result().json()["status"]) == (202, "unknown")
            until(lambda: standing(api, "outcomes") == standing(api, "journal") == standing(api, "sweep") == "failing")
    until(lambda: api.under("key-0")["status"] == "succeeded")
    until(lambda: standing(api, "outcomes") == standing(api, "journal") == standing(api, "sweep") == "ok")
    replay = api.adjust(FIVE, key="key-0")
    assert (replay.status_code, replay.json()["id"]) == (201, pending.result().json()["id"])
    assert len(vendors.crm.requests) == 1
