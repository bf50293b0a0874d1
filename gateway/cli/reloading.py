"""A reload: one configuration takes the place of another, in one process or in several workers.

All prepare it, the journal keeps its names, and then all serve it; where one cannot, none does.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from gateway import logs
from gateway.cli.command_socket import controlled
from gateway.cli.service_manager import ServiceManager
from gateway.errors import StoreUnavailable
from gateway.port.registry import AdapterType
from gateway.settings import Settings, SettingsError, Snapshot, load, unchangeable
from gateway.settings.difference import difference

if TYPE_CHECKING:
    from gateway.app import Gateway
    from gateway.generation import Generation

log = structlog.get_logger("gateway")
SHOWN = 50
"""Lines of one reload in the log at most; the command prints all of them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reload came to: the problems for which it was refused, or what changed. `digest`: of what serves now."""

    done: bool
    digest: str
    lines: tuple[str, ...]


class Party(Protocol):
    """A process that serves, as whoever reloads sees it; problems are lines of text, and none where it went well."""

    async def prepare(self, snapshot: Snapshot, settings: Settings) -> tuple[str, ...]:
        """Make ready to serve a configuration."""

    async def adopt(self) -> tuple[str, ...]:
        """Have the journal keep the names of what was prepared; one of several does."""

    async def swap(self) -> None:
        """Serve what was prepared."""

    async def refuse(self) -> None:
        """Forget what was prepared, and count a reload that was refused."""

    async def note(self, by: str, detail: Mapping[str, Any]) -> None:
        """Have the journal keep who reloaded."""


Parties = Callable[[], Sequence[Party]]


class Here:
    """This process as a party."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._prepared: Generation | None = None

    async def prepare(self, snapshot: Snapshot, settings: Settings) -> tuple[str, ...]:
        """Make a generation of it, which takes nothing from the one that serves."""
        self._forget()
        self._gateway.look_again()  # so that a changed file is told as one, whatever becomes of the reload
        try:
            self._prepared = self._gateway.prepare(settings)
        except OSError as error:
            return (f"a vendor's certificate cannot be read: {error}",)
        except Exception as error:  # of a third-party adapter; the old configuration has to go on
            log.error("a configuration cannot be prepared", exc_info=error)
            return (f"the configuration cannot be prepared: {type(error).__name__}; the log says where",)
        return ()

    async def adopt(self) -> tuple[str, ...]:
        """Have the journal keep its names."""
        if self._prepared is None:
            return ("nothing is prepared",)
        try:
            await self._gateway.adopt(self._prepared.settings)
        except SettingsError as error:
            return tuple(map(str, error.problems))
        except StoreUnavailable as error:
            return (f"the journal cannot be asked whether names have changed: {error.detail}",)
        return ()

    async def swap(self) -> None:
        """Have calls begin on it."""
        if self._prepared is not None:
            new, self._prepared = self._prepared, None
            self._gateway.swap(new)
            logs.configure(new.settings.server.log_level)

    async def refuse(self) -> None:
        """Let go of it."""
        self._forget()
        self._gateway.metrics.reloaded(done=False)

    async def note(self, by: str, detail: Mapping[str, Any]) -> None:
        """Keep it in the audit log; if the journal cannot be written now, the log alone has it."""
        try:
            await self._gateway.note(by, "reload", detail)
        except StoreUnavailable as error:
            log.warning("a reload is not in the audit log", by=by, why=error.detail)

    def _forget(self) -> None:
        if self._prepared is not None:
            self._gateway.discard(self._prepared)
            self._prepared = None


class Reloading:
    """Reloads one configuration, one time after the other.

    `snapshot` and `settings`: what serves; `parties`: who serves it now.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        settings: Settings,
        adapters: Mapping[str, AdapterType],
        environ: Mapping[str, str],
        parties: Parties,
    ) -> None:
        self.snapshot = snapshot
        self.lock = asyncio.Lock()
        self.settings = settings
        self._adapters = adapters
        self._environ = environ
        self._parties = parties
        self._manager = ServiceManager(environ)

    @asynccontextmanager
    async def asked(self) -> AsyncIterator[None]:
        """Reload on SIGHUP and by `points-gateway reload` while the block runs."""
        loop = asyncio.get_running_loop()
        tasks: set[asyncio.Task[Outcome]] = set()

        def hung_up() -> None:
            tasks.add(task := loop.create_task(self.reload("SIGHUP")))
            task.add_done_callback(tasks.discard)

        loop.add_signal_handler(signal.SIGHUP, hung_up)
        try:
            async with controlled(self.snapshot.path, self._answer):
                yield
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})  # for a moment it would end the process
            loop.remove_signal_handler(signal.SIGHUP)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})

    async def _answer(self, command: Mapping[str, Any]) -> dict[str, Any]:
        if command.get("do") != "reload":
            return asdict(Outcome(False, self.settings.digest, ("this gateway does not know the command",)))
        return asdict(await self.reload(str(command.get("by"))))

    async def reload(self, by: str) -> Outcome:
        """Read the configuration again, and have all serve it or none. `by`: who asked, for the log and the journal."""
        async with self.lock:
            self._manager.reloading()
            try:
                return await self._reload(by)
            finally:
                self._manager.ready()

    async def _reload(self, by: str) -> Outcome:
        begun = time.monotonic()
        parties = self._parties()
        try:
            # In a thread, since a large configuration takes its time and calls go on.
            snapshot, settings, changes = await asyncio.to_thread(self._read)
            problems = await self._agreed(parties, snapshot, settings)
        except SettingsError as error:
            problems = tuple(map(str, error.problems))
        before = self.settings
        if problems:
            await asyncio.gather(*(each.refuse() for each in parties))
            log.error(
                "a reload was refused; the configuration goes on that served before",
                by=by, configuration=before.digest, problems=problems[:SHOWN],
            )  # fmt: skip
            return Outcome(False, before.digest, problems)
        self.snapshot, self.settings = snapshot, settings
        await asyncio.gather(*(each.swap() for each in parties))
        log.info(
            "the configuration was reloaded",
            by=by, configuration=settings.digest, before=before.digest, changes=changes[:SHOWN],
            seconds=round(time.monotonic() - begun, 3),
        )  # fmt: skip
        await parties[0].note(by, {"configuration": settings.digest, "before": before.digest})
        return Outcome(True, settings.digest, changes)

    def _read(self) -> tuple[Snapshot, Settings, tuple[str, ...]]:
        snapshot, problems = Snapshot.read(self.snapshot.path)
        if problems:
            raise SettingsError(problems)
        settings = load(snapshot, self._adapters, self._environ)
        if names := unchangeable(self.settings, settings):
            why = "it cannot change while the gateway runs: undo the change, or start a new process with it"
            raise SettingsError(settings.problem(name, why) for name in names)
        return snapshot, settings, tuple(difference(self.settings, settings))

    async def _agreed(self, parties: Sequence[Party], snapshot: Snapshot, settings: Settings) -> tuple[str, ...]:
        """Have all prepare it; gives why one cannot."""
        if not parties:
            return ("no worker serves at this moment: try again",)
        problems = _each_once(await asyncio.gather(*(each.prepare(snapshot, settings) for each in parties)))
        return problems or await parties[0].adopt()


def _each_once(lines: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for some in lines for line in some))
