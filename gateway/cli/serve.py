"""`serve`: run the gateway until a signal stops it."""

import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, ExitStack
from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from gateway import logs, tracing
from gateway.cli import failing
from gateway.cli.event_loop import run
from gateway.cli.inheritance import Inheritance
from gateway.cli.listener import ANOTHER_ADMIN, listening
from gateway.cli.migrating import prepare_apart
from gateway.cli.options import Config, Host, Port, fail, loaded_with_all, snapshot_of
from gateway.cli.reloading import Here, Parties, Reloading
from gateway.cli.worker_link import WorkerEnd
from gateway.cli.workers import Workers
from gateway.port import registry
from gateway.settings import Address
from gateway.settings import Server as ServerSettings


def serve(
    config: Config,
    host: Host = None,
    port: Port = None,
    workers: Annotated[int, typer.Option(help="Number of processes; they share the journal.", min=1, max=64)] = 1,
    inherit: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Serve the API until SIGTERM or Ctrl-C; then finish the calls under way within server.drain.

    With server.linger, calls are still taken for so many seconds, in which /readyz answers 503; a second signal ends
    that time.

    SIGHUP and `points-gateway reload` have it read its configuration again.

    Several workers share the two listeners; whichever answers /metrics tells of all of them.

    Example: points-gateway serve --config config/gateway.yaml --port 8080
    """
    failing.to_the_log(True)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # before and after the time in which a handler is installed for it
    link, inherited = None, None
    if inherit is not None:
        inherited = Inheritance.parse(inherit)
        link = WorkerEnd(socket.socket(fileno=sys.stdin.fileno()), registry.adapters(), os.environ)
    snapshot = link.snapshot if link is not None else snapshot_of(config)
    loaded, kinds = loaded_with_all(snapshot)
    listen = loaded.server.listen
    settings = replace(  # what the command line says is no part of a configuration that another one is compared with
        loaded,
        server=replace(loaded.server, listen=Address(host or listen.host, listen.port if port is None else port)),
    )
    tracing.take_part()
    logs.configure(settings.server.log_level)
    if workers > 1:
        prepare_apart(settings.store)
        run(_supervised(partial(Reloading, snapshot, loaded, kinds, os.environ), settings.server, workers))
        return
    from gateway.cli.serving import server_of  # which loads all of a gateway: a parent of workers serves nothing itself

    if inherited is None:
        prepare_apart(settings.store)

    def commands(here: Here) -> AbstractAsyncContextManager[None]:
        return link.asked(here) if link else Reloading(snapshot, loaded, kinds, os.environ, lambda: [here]).asked()

    run(server_of(loaded, settings, kinds, inherited, commands).run())


async def _supervised(reloading: Callable[[Parties], Reloading], server: ServerSettings, count: int) -> None:
    with ExitStack() as stack:
        listeners = [stack.enter_context(listening(server.listen))]
        if server.admin is not None:
            listeners.append(stack.enter_context(listening(server.admin, ANOTHER_ADMIN)))
        if not await Workers(reloading, listeners, count).run():
            fail("not every worker ended in good order; the log says why")
