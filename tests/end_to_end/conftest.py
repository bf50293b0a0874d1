"""One gateway and four simulated vendors for all of these tests; a gateway of its own for a test that ends it."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.simulation import in_thread
from tests.deadlines import DEADLINE
from tests.end_to_end.caller import Caller
from tests.end_to_end.configuration import KEYS, configuration
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.plain import PLAIN

Starts = Callable[..., GatewayProcess]
NEVER_LOGGED = ("jason", "contact_id:", "f90a1da5", "user@example", "key-0", "an-outdated-key", *KEYS.values())


def assert_nothing_private(log: str, vendors: Vendors) -> None:
    """Raises `AssertionError` where a log names a member, an idempotency key, an API key or a vendor's secret."""
    for private in (*NEVER_LOGGED, *(vendor.secret for vendor in vendors.all)):
        assert private not in log, f"{private!r} stands in the log"


@pytest.fixture(scope="session")
def running() -> Iterator[Vendors]:
    with httpx.Client(trust_env=False, verify=PLAIN, timeout=DEADLINE) as control:
        vendors = Vendors(control)
        with in_thread(*(vendor.simulator for vendor in vendors.all)):
            yield vendors


@pytest.fixture(scope="session")
def nowhere() -> Iterator[str]:
    """An origin where nobody listens: the port is taken, so that nobody else will."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture(scope="session")
def configured(running: Vendors, nowhere: str) -> Callable[..., dict[str, Any]]:
    """Makes the configuration of these tests, with some sections replaced."""
    return lambda **changes: {**configuration(running, nowhere=nowhere), **changes}


@pytest.fixture(scope="session")
def gateway(
    running: Vendors, configured: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    """The gateway that most tests share; what it has logged by the end names nobody and no secret."""
    # It begins as an operator begins it; further ones are forked.
    process = GatewayProcess(tmp_path_factory.mktemp("gateway"), configured(), fresh=True)
    try:
        process.serving()
        yield process
    finally:
        code = process.stop()
    assert code == 0, process.log
    assert_nothing_private(process.log, running)


@pytest.fixture(scope="session")
def url(gateway: GatewayProcess) -> str:
    return gateway.url


@pytest.fixture(scope="session")
def shared(url: str) -> Iterator[Caller]:
    caller = Caller.of(url)
    with closing(caller.http):
        yield caller


@pytest.fixture
def vendors(running: Vendors) -> Vendors:
    """The simulated vendors, as if nothing had happened yet."""
    running.reset()
    return running


@pytest.fixture
def api(shared: Caller, vendors: Vendors) -> Caller:
    """A client that may do everything, acting for `acme`; the vendors are as if nothing had happened yet."""
    return shared


@pytest.fixture
def start(vendors: Vendors, configured: Callable[..., dict[str, Any]], tmp_path: Path) -> Iterator[Starts]:
    """Starts further gateways; those started in one test share a folder, and so a journal."""
    with ExitStack() as started:

        def begin(
            *, workers: int = 1, port: int = 0, modules: tuple[str, ...] = (), umask: int = -1, **changes: Any
        ) -> GatewayProcess:
            process = GatewayProcess(
                tmp_path, configured(**changes), workers=workers, port=port, modules=modules, umask=umask
            )
            started.callback(lambda: assert_nothing_private(process.log, vendors))
            started.callback(process.kill)
            return process

        yield begin


@pytest.fixture
def calling() -> Iterator[Callable[[GatewayProcess], Caller]]:
    """Makes callers of further gateways."""
    with ExitStack() as opened:

        def call(process: GatewayProcess) -> Caller:
            caller = Caller.of(process.serving())
            opened.enter_context(closing(caller.http))
            return caller

        yield call
