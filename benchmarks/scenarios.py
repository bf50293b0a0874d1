"""What is measured: each scenario is one row of the report at one number of connections."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import uuid4

from benchmarks import calls
from benchmarks.gateway import CACHED_KEY, KEY, REUSING_KEY
from benchmarks.load import Call

CONNECTIONS = (1, 8, 64)
FEW = 8
MOST = max(CONNECTIONS)
TENANTS = 10_000
TWO_WORKERS = ", 2 workers"
REUSING = ", connections reused"

VENDOR, GATEWAY, ON_POSTGRESQL, OF_MANY_TENANTS = (
    "fake vendor",
    "gateway on SQLite",
    "gateway on PostgreSQL",
    "gateway of many tenants",
)
"""Servers, by the names that they have in a run; a row is what one of them is asked for."""

COMMIT = "a commit on this disk"
DIRECT = "the fake vendor, called directly"
ECHO = "bare echo: starlette on uvicorn"
NGINX = "nginx, proxy_pass"
BY_HAND = "by hand: starlette and httpx, reads"
LITELLM = "LiteLLM's proxy, chat completions"
PORTKEY = "Portkey's gateway, chat completions"
READS = "gateway, reads"
CACHED = "gateway, cached reads"
SQLITE = "gateway, writes, SQLite"
POSTGRESQL = "gateway, writes, PostgreSQL"
PREVIEWS = "gateway, previews"
LISTS = "gateway, lists of 100 adjustments"
HISTORIES = "gateway, an adjustment with its history"
MANY_TENANTS = READS + f", {TENANTS:,} tenants"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A row at a number of connections: which server is called, and how.

    `writes`: each answer stands for one effect at the vendor. `share`: how many times the usual time it is measured
    for, since the slowest would else give too few answers.
    """

    row: str
    server: str
    call: Call
    connections: int
    writes: bool = False
    share: float = 1.0

    @property
    def key(self) -> tuple[str, int]:
        """The row and the number of connections."""
        return self.row, self.connections


def rotated(scenarios: Sequence[Scenario], number: int, rounds: int) -> list[Scenario]:
    """The order of round `number` (from 0) of `rounds`: each begins at another place."""
    first = number * len(scenarios) // rounds
    return [*scenarios[first:], *scenarios[:first]]


def scenarios(servers: Iterable[str], *, vendor: int, gateway: int, tenant_keys: Sequence[str]) -> list[Scenario]:
    """Every scenario of the servers that there are.

    `vendor` and `gateway` are the ports of the fake vendor and of the gateway on SQLite; `tenant_keys` are the API keys
    of the many tenants.
    """
    there = set(servers)
    return [each for each in _all(vendor, gateway, tenant_keys) if each.server in there]


def _all(vendor: int, gateway: int, tenant_keys: Sequence[str]) -> Iterator[Scenario]:
    one_key = calls.balances([KEY])
    run = uuid4().hex
    numbers = iter(range(1000))

    def writes(key: str = KEY) -> Call:
        return calls.adjustments(key, f"{run}-{next(numbers)}")

    for connections in CONNECTIONS:
        yield Scenario(DIRECT, VENDOR, calls.vendor_balances(), connections)
        yield Scenario(ECHO, "echo", calls.echo(), connections)
        yield Scenario(NGINX, "nginx", calls.vendor_balances(), connections)
        yield Scenario(BY_HAND, "by hand", calls.balances_by_hand(), connections)
        yield Scenario(LITELLM, "LiteLLM", calls.chat(), connections, share=3)
        yield Scenario(PORTKEY, "Portkey", calls.chat_at(vendor), connections, share=2)
        yield Scenario(READS, GATEWAY, one_key, connections)
        yield Scenario(CACHED, GATEWAY, calls.balances([CACHED_KEY]), connections)
        for row, server in ((SQLITE, GATEWAY), (POSTGRESQL, ON_POSTGRESQL)):
            yield Scenario(row, server, writes(), connections, writes=True)
            yield Scenario(row + REUSING, server, writes(REUSING_KEY), connections, writes=True)
    yield Scenario(PREVIEWS, GATEWAY, calls.previews(KEY), MOST)
    # Of what the writes above have left. At most connections they are refused: lists of one tenant take turns.
    yield Scenario(LISTS, GATEWAY, calls.lists(KEY), FEW)
    yield Scenario(HISTORIES, GATEWAY, calls.histories(KEY, gateway), MOST)
    two = GATEWAY + TWO_WORKERS
    yield Scenario(READS + TWO_WORKERS, two, one_key, MOST)
    yield Scenario(SQLITE + TWO_WORKERS, two, writes(), MOST, writes=True)
    yield Scenario(POSTGRESQL + TWO_WORKERS, ON_POSTGRESQL + TWO_WORKERS, writes(), MOST, writes=True)
    yield Scenario(MANY_TENANTS, OF_MANY_TENANTS, calls.balances(tenant_keys), MOST)
