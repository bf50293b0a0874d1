"""Tries an adapter by the checks of the kit, each on the same bench from a fresh start, and says what is broken."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from gateway.conformance.bench import Bench
from gateway.conformance.breach import Broken, Unplaced
from gateway.conformance.check import Check
from gateway.conformance.checks import CHECKS
from gateway.conformance.pair import Pair
from gateway.delivery.redaction import Redactor
from gateway.model import Operation
from gateway.port import VendorRequest, VendorResponse

PAGE = "docs/adding-an-adapter.md"
SHOWN = 300
"""Characters that are shown of a body."""


@dataclass(frozen=True, slots=True)
class Case:
    """One check of one adapter, of one operation where it is about one."""

    check: Check
    operation: Operation | None = None

    @property
    def name(self) -> str:
        """The name of the check, and the operation."""
        return self.check.name if self.operation is None else f"{self.check.name}-{self.operation}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an adapter breaks a check, for a person to act on; secrets are masked."""

    adapter: str
    case: Case
    expected: str
    instead: str
    with_values: str
    sent: str
    answered: str

    def __str__(self) -> str:
        operation = self.case.operation or "all operations"
        what = f"{self.adapter}, {operation}: {self.case.check.name}. {self.case.check.promise}"
        where = f" With {self.with_values}." if self.with_values else ""
        return (
            f"{what}{where} Expected: {self.expected}. Instead: {self.instead}. Sent: {self.sent}. "
            f"Answered: {self.answered}. See {PAGE}#{self.case.check.explained}."
        )


@dataclass(frozen=True, slots=True)
class Untried(Problem):
    """A check of the request with the effect, where the adapter says of no request that it has one."""

    def __str__(self) -> str:
        operation = self.case.operation or "all operations"
        return f"{self.adapter}, {operation}: {self.case.check.name}. Not tried, since {self.expected} is broken."


@dataclass(frozen=True, slots=True)
class Result:
    """What one case came to; `problem` is None where the adapter keeps the promise."""

    case: Case
    problem: Problem | None = None


def cases(pair: Pair) -> list[Case]:
    """All that is tried of an adapter, in order."""
    return [Case(check, operation) for check in CHECKS for operation in check.cases(pair)]


class Trial:
    """Tries one adapter; a context manager, within which its simulator runs. `patience`: as of `Bench`."""

    def __init__(self, pair: Pair, *, patience: float = 1.0) -> None:
        self.pair = pair
        self._bench = Bench(pair, patience=patience)

    def __enter__(self) -> Self:
        self._bench.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bench.__exit__(kind, error, trace)

    def results(self) -> Iterator[Result]:
        """Try all cases, one after the other."""
        return (self.result(case) for case in cases(self.pair))

    def result(self, case: Case) -> Result:
        """Try one case."""
        try:
            case.check.on(self._bench, case.operation)
        except Unplaced as broken:
            return Result(case, self._problem(case, broken, Untried))
        except Broken as broken:
            return Result(case, self._problem(case, broken))
        except Exception as error:  # an adapter can raise anything
            what = f"{type(error).__name__}: {error}"
            return Result(case, self._problem(case, Broken("no error of the adapter's own", what)))
        return Result(case)

    def _problem(self, case: Case, broken: Broken, kind: type[Problem] = Problem) -> Problem:
        last = next(iter(self._bench.passed[-1:]), None)
        issued = tuple(each for passed in self._bench.passed for each in passed.request.issued)
        mask = Redactor((*self._bench.settings.secrets(), *issued)).mask
        texts = [broken.expected, broken.instead, broken.case]
        sent = _request(last.request) if last else "nothing"
        answered = _response(last.response) if last and last.response else "nothing"
        masked = [mask(text) for text in (*texts, sent, answered)]
        return kind(self.pair.kind.name, case, *masked)


def _request(request: VendorRequest) -> str:
    body = request.body.decode("utf-8", "replace")[:SHOWN]
    return f"{request.method} {request.path} {body}".strip()


def _response(response: VendorResponse) -> str:
    return f"{response.status} {response.rough_text()[:SHOWN]}".strip()
