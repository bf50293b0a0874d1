"""One check of the kit, and how a module of checks lists its own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.conformance.bench import Bench
from gateway.conformance.pair import Pair
from gateway.model import Operation
from gateway.port.registry import AdapterType

READS: tuple[Operation, ...] = ("balance", "expiring", "transactions", "lookup")
WRITE: tuple[Operation, ...] = ("adjust",)
ALL: tuple[Operation, ...] = (*WRITE, *READS)


def operations(pair: Pair) -> list[Operation]:
    """The operations that an adapter has with the settings of its example."""
    return [each for each in pair.kind.operations if each not in pair.examples.without]


@dataclass(frozen=True, slots=True)
class Check:
    """One promise of the port, and the function that raises `Broken` for an adapter that does not keep it.

    `of`: the operations that it is about, each of which is tried by itself; none where it is about the whole adapter.
    `explained`: the heading in docs/adding-an-adapter.md. `applies`: whether it is about this adapter at all.
    """

    name: str
    promise: str
    explained: str
    run: Callable[..., None]
    of: tuple[Operation, ...]
    applies: Callable[[AdapterType], bool]

    def cases(self, pair: Pair) -> Iterable[Operation | None]:
        """What is tried of an adapter: the operations of the check that it has, or None once."""
        if not self.applies(pair.kind):
            return ()
        return [each for each in self.of if each in operations(pair)] if self.of else (None,)

    def on(self, bench: Bench, operation: Operation | None) -> None:
        """Try it from a fresh start. Raises `Broken`."""
        bench.fresh()
        if operation is None:
            self.run(bench)
        else:
            self.run(bench, operation)


def check(
    explained: str, *, of: tuple[Operation, ...] = (), applies: Callable[[AdapterType], bool] = lambda kind: True
) -> Callable[[Callable[..., None]], Check]:
    """Make a check of a function: its name is the check's, its docstring the promise."""

    def made(run: Callable[..., None]) -> Check:
        name, promise = run.__name__.replace("_", "-"), (run.__doc__ or "").partition("\n")[0]
        return Check(name, promise, explained, run, of, applies)

    return made


def writes(kind: AdapterType) -> bool:
    """Whether an adapter adjusts."""
    return "adjust" in kind.operations


def listed(module: Mapping[str, Any]) -> tuple[Check, ...]:
    """The checks of a module, in their order."""
    return tuple(each for each in module.values() if isinstance(each, Check))
