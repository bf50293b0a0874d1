"""Whatever an adapter raises is an exception of its own call."""

import asyncio
from collections.abc import Generator
from typing import Any

import pytest

from gateway.planning.contained import AdapterExit, Contained
from gateway.port import VendorRequest, VendorResponse

REQUEST = VendorRequest("GET", "/points")
ANSWER = VendorResponse(200, {}, b"")


def exchange(result: Any, *, early: bool = False) -> Generator[VendorRequest, VendorResponse, Any]:
    """One request, then the result, which is raised where it is an error; `early`, before the request."""
    if early:
        raise result
    yield REQUEST
    if isinstance(result, BaseException):
        raise result
    return result


def test_an_exchange_is_had_as_it_is() -> None:
    """Its requests come out, answers go in, and its result is that of the exchange."""
    contained = Contained(exchange, result=5)
    assert next(contained) is REQUEST
    with pytest.raises(StopIteration) as stop:
        contained.send(ANSWER)
    assert stop.value.value == 5


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), GeneratorExit(), asyncio.CancelledError()])
def test_what_would_end_more_than_the_call_is_contained(error: BaseException, early: bool) -> None:
    """What is no `Exception` is raised as one, with its cause."""
    contained = Contained(exchange, result=error, early=early)
    if not early:
        assert next(contained) is REQUEST
    with pytest.raises(AdapterExit) as raised:
        next(contained)
    assert raised.value.__cause__ is error


def test_an_exception_is_left_as_it_is() -> None:
    """An adapter's own errors are what the gateway judges by."""
    contained = Contained(exchange, result=KeyError("points"))
    next(contained)
    with pytest.raises(KeyError):
        contained.send(ANSWER)


def test_a_method_that_is_no_generator_is_contained_too() -> None:
    """The call of the method itself may raise."""

    def method() -> Any:
        raise SystemExit(1)

    with pytest.raises(AdapterExit):
        Contained(method)
