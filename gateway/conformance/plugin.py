"""The pytest plugin: one test for each check of an adapter.

A test that is marked with `@pytest.mark.conformance("NAME")` and takes the fixture `conforms` is made once for each
case of that installed adapter; it calls `conforms()`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gateway.conformance.pair import Pair


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "conformance(*adapters): hold these adapters to the checks of the port.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test for each case of the adapters that the marker names, or of every installed one."""
    if "conforms" not in metafunc.fixturenames:
        return
    from gateway.conformance.pair import installed, paired  # heavy, and few sessions need it
    from gateway.conformance.trial import cases

    marker = metafunc.definition.get_closest_marker("conformance")
    named: tuple[Any, ...] = marker.args if marker else ()
    pairs: list[Pair] = [paired(each) if isinstance(each, str) else each for each in named] or list(installed())
    found = [(pair, case) for pair in pairs for case in cases(pair)]
    ids = [f"{pair.kind.name}-{case.name}" for pair, case in found]
    metafunc.parametrize("conforms", found, ids=ids, indirect=True, scope="session")


@pytest.fixture(scope="session")
def conformance_patience() -> float:
    """A factor for every deadline of the checks; a conftest.py gives another one for a machine that is busy."""
    return 1.0


@pytest.fixture(scope="session")
def conformance_trials(conformance_patience: float) -> Iterator[Callable[..., Any]]:
    """The trial of each adapter that was begun in this session; each ends with the session."""
    from gateway.conformance.trial import Trial

    begun: dict[int, Trial] = {}
    with ExitStack() as running:

        def trial(pair: "Pair") -> Trial:
            if id(pair) not in begun:
                begun[id(pair)] = running.enter_context(Trial(pair, patience=conformance_patience))
            return begun[id(pair)]

        yield trial


@pytest.fixture(scope="session")
def conforms(request: pytest.FixtureRequest, conformance_trials: Callable[..., Any]) -> Callable[[], None]:
    """Try one case; it fails with a paragraph that says what is broken."""
    from gateway.conformance.fitting import Unfit

    pair, case = request.param

    def tried() -> None:
        __tracebackhide__ = True
        try:
            trial = conformance_trials(pair)
        except Unfit as error:
            pytest.fail(str(error), pytrace=False)
        if (problem := trial.result(case).problem) is not None:
            pytest.fail(str(problem), pytrace=False)

    return tried
