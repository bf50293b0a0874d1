"""What each kind of call, question and command costs on a journal as it stands."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import psycopg

from benchmarks.filling import CAMPAIGN, DAYS, EVERYBODY, ODD_CLIENT, ODD_VENDOR
from benchmarks.gateway import KEY
from benchmarks.growing import MEMBER, Grown, ask
from benchmarks.load import Call, Void, of_calls
from gateway.journal import Filters, Journal

TIMES = 15
_MEMBER = f"profile_id:{int(EVERYBODY):08x}-c072-48b7-a9ea-eb35c5dd506b"


def long_ago(days: int) -> str:
    """A time, as callers write it."""
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def lists() -> dict[str, dict[str, str]]:
    """What lists are asked for, by what it is called."""
    half, day = long_ago(DAYS // 2), {"created_from": long_ago(301), "created_to": long_ago(300)}
    return {
        "first page": {},
        "`idempotency_key`": {"idempotency_key": "acme-000000001"},
        "`reference`, of three": {"reference": "order-000000001"},
        "`reference`, of one in 100": {"reference": CAMPAIGN},
        "`member`, of one in 50": {"member": _MEMBER},
        "`status=failed`, one in 33": {"status": "failed"},
        "`status=unknown`": {"status": "unknown"},
        "`status=in_progress`, none": {"status": "in_progress"},
        "`operation=reverse`, none": {"operation": "reverse"},
        "`created_to`": {"created_to": half},
        "`created_from` and `created_to`": day,
        "`status=failed` and `created_to`": {"status": "failed", "created_to": half},
        "`status=failed` and `reference`": {"status": "failed", "reference": CAMPAIGN},
        "`status=unknown` and `reference`, none": {"status": "unknown", "reference": CAMPAIGN},
        "`member` and `reference`, none": {"member": _MEMBER, "reference": CAMPAIGN},
    }


def calls(port: int, admin: int, run: str) -> Iterator[tuple[str, str]]:
    """Milliseconds of each call to the API, the least of `TIMES`: others use the machine too."""
    number = iter(range(10**6))
    body = {"member": f"profile_id:{MEMBER}", "points": "100", "point_type": "base", "reason": "goodwill"}
    _, answer = ask(port, "POST", "/v1/adjustments", body, Idempotency_Key=f"{run}-replayed")
    head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {KEY}\r\n"

    def write(key: Callable[[], str]) -> Call:
        text = str(body).replace("'", '"')
        sent = f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n"

        def request() -> bytes:
            return f"POST /v1/adjustments HTTP/1.1\r\n{head}{sent}Idempotency-Key: {key()}\r\n\r\n{text}".encode()

        return Call(request, 201, b'"succeeded"')

    def get(path: str) -> Call:
        return Call(lambda: f"GET {path} HTTP/1.1\r\n{head}\r\n".encode(), 200, b"")

    yield "write, a new key", _call(port, write(lambda: f"{run}-{next(number)}"))
    yield "write, a replay", _call(port, write(lambda: f"{run}-replayed"))
    yield "read by id", _call(port, get(f"/v1/adjustments/{answer['id']}"))
    yield "read by id, with its history", _call(port, get(f"/v1/adjustments/{answer['id']}?include=history"))
    for name, query in lists().items():
        yield f"list: {name}", _call(port, get(f"/v1/adjustments?{urlencode(query, quote_via=quote)}"))
    half = {"created_to": long_ago(DAYS // 2), "limit": "100"}
    _, page = ask(port, "GET", f"/v1/adjustments?{urlencode(half)}")
    if cursor := page["next_cursor"]:
        yield "list: a page far down", _call(port, get(f"/v1/adjustments?{urlencode({**half, 'cursor': cursor})}"))
    yield "`/readyz`", _call(port, get("/readyz"))
    yield "`/metrics`", _call(admin, get("/metrics"))


def _call(port: int, call: Call) -> str:
    try:
        return f"{of_calls(port, call, connections=1, calls=TIMES).percentile(0) * 1000:.1f} ms"
    except Void as void:
        return f"none: {str(void)[:60]}"


def questions(store: str, accounts: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Milliseconds of what the background asks, and of what a person who settles asks; the least of `TIMES`."""

    async def asked() -> list[tuple[str, str]]:
        journal = Journal.open(store, owner="growth", clock=lambda: datetime.now(UTC), render=lambda _: None)
        try:
            return [(name, await _least(ask)) for name, ask in each(journal)]
        finally:
            await journal.close()

    def each(journal: Journal) -> Iterator[tuple[str, Callable[[], Awaitable[object]]]]:
        yield "sweep: leases that are over", journal.expire
        yield "the look for what is to be searched", lambda: journal.due(accounts, 64, 60)
        yield "the look for what is to be repeated", lambda: journal.repeats_due(accounts, 8, 60)
        yield "the numbers of `/metrics`", journal.counts
        yield "where the unknown went", journal.whereabouts
        yield "which vendors there are", lambda: journal.vendors(but=("club", "crm"), most=10_000)
        yield "the unknown of one vendor", lambda: journal.unknown(None, Filters(vendor="crm"), limit=100)

    yield from asyncio.run(asked())


async def _least(question: Callable[[], Awaitable[object]]) -> str:
    took = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        await question()
        took.append(time.perf_counter() - begun)
        if sum(took) > 10:
            break
    return f"{min(took) * 1000:.1f} ms"


def commands(grown: Grown, shown: str) -> Iterator[tuple[str, str]]:
    """Seconds of each command, and those of processor."""
    half = long_ago(DAYS // 2)
    listed = {
        "": [],
        " --limit 10000": ["--limit", "10000"],
        " --limit 10000 -o json": ["--limit", "10000", "-o", "json"],
        " --member": ["--member", _MEMBER],
        " --reference, of three": ["--reference", "order-000000001"],
        " --reference, of one in 100": ["--reference", CAMPAIGN],
        " --idempotency-key": ["--idempotency-key", "acme-000000001"],
        " --status failed": ["--status", "failed"],
        " --status unknown": ["--status", "unknown"],
        " --created-to": ["--created-to", half],
        " --created-from --created-to": ["--created-from", long_ago(301), "--created-to", long_ago(300)],
        " --vendor, of ten": ["--vendor", ODD_VENDOR],
        " --client, of ten": ["--client", ODD_CLIENT],
        " --tenant --vendor, of ten": ["--tenant", "acme", "--vendor", ODD_VENDOR],
        " --tenant --client, of ten": ["--tenant", "acme", "--client", ODD_CLIENT],
        " --operation reverse": ["--operation", "reverse"],
    }
    yield "`--help`", _command(grown, "--help")
    yield "`check`", _command(grown, "check")
    yield "`explain`", _command(grown, "explain", "adjust", "--tenant", "acme", "--member", _MEMBER, "--points", "5")
    yield "`adjustments show`", _command(grown, "adjustments", "show", shown)
    yield (
        "`adjustments resolve --all`, shown",
        _command(grown, "adjustments", "resolve", "--all", "--vendor", "crm", "--applied", "--reason", "seen"),
    )
    for name, words in listed.items():
        yield f"`adjustments list{name}`", _command(grown, "adjustments", "list", *words)


def _command(grown: Grown, *words: str) -> str:
    spent = grown.command(*words)
    failed = "" if spent.code == 0 else f" (code {spent.code})"
    return f"{spent.seconds:.2f} s, CPU {spent.cpu:.2f} s{failed}"


def size(store: str) -> Mapping[str, float]:
    """Bytes for each adjustment, by table and index."""
    return _size_of_sqlite(store.removeprefix("sqlite:///")) if store.startswith("sqlite") else _size_of_server(store)


def _size_of_sqlite(file: str) -> dict[str, float]:
    with closing(sqlite3.connect(file)) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM adjustments").fetchone()
        found = connection.execute(
            "SELECT name, sum(pgsize) FROM dbstat WHERE aggregate = TRUE GROUP BY name"
        ).fetchall()
    return {name: bytes_ / rows for name, bytes_ in found if bytes_ > 100_000}


def _size_of_server(store: str) -> dict[str, float]:
    with psycopg.connect(store) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM adjustments").fetchone() or (1,)
        found = connection.execute(
            "SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ).fetchall()
        toast = connection.execute(
            "SELECT 'toast of ' || relname, pg_total_relation_size(reltoastrelid) FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND reltoastrelid > 0"
        ).fetchall()
    return {name: bytes_ / rows for name, bytes_ in [*found, *toast] if bytes_ > 100_000}
