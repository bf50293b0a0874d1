"""The servers of a run: all started, found to answer, and frozen until their turn comes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks import calls, gateway, others
from benchmarks.load import Call
from benchmarks.machine import Cores
from benchmarks.postgresql import Durable
from benchmarks.scenarios import GATEWAY, OF_MANY_TENANTS, ON_POSTGRESQL, TENANTS, TWO_WORKERS, VENDOR, Scenario
from benchmarks.server import NotStarted, Server

SQLITE = "sqlite:///journal.db"
SLOWEST = 120.0
"""Seconds that any server is given to start."""


@dataclass(slots=True)
class Lineup:
    """Every server by name, those that could not be started with the reason, and the keys of the many tenants."""

    vendor: Server
    cores: Cores
    servers: dict[str, Server] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    tenant_keys: list[str] = field(default_factory=list)

    @contextmanager
    def turn(self, scenario: Scenario) -> Iterator[Server]:
        """The scenario's server, thawed while it is its turn."""
        server = self.servers[scenario.server]
        if server is self.vendor:  # it is never frozen, for the others call it
            yield server
            return
        server.thaw()
        try:
            yield server
        finally:
            server.freeze()


@contextmanager
def lined_up(folder: Path, cores: Cores, database: Durable) -> Iterator[Lineup]:
    """Start everything that a run measures, in folders of its own in `folder`.

    Peers that cannot be started are left out. Raises `NotStarted` for what a run cannot do without.
    """
    with ExitStack() as stack:

        def started(start: Callable[[], Server], call: Call) -> Server:
            server = start()
            stack.callback(server.stop)
            return server.answers(call, within=SLOWEST)

        vendor = started(partial(others.fake_vendor, folder / "vendor", cores=cores.vendor), calls.vendor_balances())
        lineup = Lineup(vendor, cores, {VENDOR: vendor})

        def enter(name: str, start: Callable[[], Server], call: Call, *, optional: bool = False) -> None:
            try:
                server = started(start, call)
            except NotStarted as error:
                if not optional:
                    raise NotStarted(f"{name}: {error}") from error
                print(f"{name} is left out: {error}", flush=True)
                lineup.left_out[name] = error.reason
            else:
                print(f"started: {name}", flush=True)
                server.freeze()
                lineup.servers[name] = server

        one = cores.one
        enter("echo", partial(others.echo, folder / "echo", cores=one), calls.echo())
        enter("by hand", partial(others.by_hand, folder / "by-hand", vendor.port, cores=one), calls.balances_by_hand())
        peers: list[tuple[str, Callable[[], Server], Call]] = [
            ("nginx", partial(others.nginx, folder / "nginx", vendor.port, cores=one), calls.vendor_balances()),
            ("LiteLLM", partial(others.litellm, folder / "litellm", vendor.port, cores=one), calls.chat()),
            ("Portkey", partial(others.portkey, folder / "portkey", cores=one), calls.chat_at(vendor.port)),
        ]
        for name, start, call in peers:
            enter(name, start, call, optional=True)

        def gateways(name: str, store: str, workers: int, cores: frozenset[int]) -> None:
            configuration = gateway.configuration(vendor.port, store)
            place = folder / name.replace(" ", "-").replace(",", "")
            enter(name, partial(gateway.start, place, configuration, cores=cores, workers=workers), calls.ready())

        gateways(GATEWAY, SQLITE, 1, cores.one)
        gateways(GATEWAY + TWO_WORKERS, SQLITE, 2, cores.two)
        gateways(ON_POSTGRESQL, database.database(), 1, cores.one)
        gateways(ON_POSTGRESQL + TWO_WORKERS, database.database(), 2, cores.two)
        whole, lineup.tenant_keys = gateway.many(vendor.port, SQLITE, TENANTS)
        enter(OF_MANY_TENANTS, partial(gateway.start, folder / "many", whole, cores=one), calls.ready())
        yield lineup
