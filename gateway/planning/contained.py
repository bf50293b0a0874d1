"""What an adapter raises, contained: it ends the call that it is about, and never a task, a loop or the process."""

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from gateway.port import Exchange, VendorRequest, VendorResponse

T = TypeVar("T")


class AdapterExit(Exception):
    """Raised in place of what an adapter raised that is no `Exception`: a `SystemExit`, a cancellation of its own."""


class Contained(Generator[VendorRequest, VendorResponse, T]):
    """The exchange that an adapter's method gives; whatever is raised on the way is an `Exception`."""

    def __init__(self, method: Callable[..., Exchange[T]], **arguments: Any) -> None:
        self._exchange = _contained(method, **arguments)

    def send(self, value: VendorResponse) -> VendorRequest:
        """The next request, or a `StopIteration` with the result."""
        try:
            return self._exchange.send(value)
        except Exception:
            raise
        except BaseException as error:
            raise AdapterExit(type(error).__name__) from error

    def throw(self, *error: Any) -> VendorRequest:
        """Raise `NotImplementedError`: nothing is ever thrown into an adapter."""
        raise NotImplementedError

    def close(self) -> None:
        """End the exchange before its end."""
        _contained(self._exchange.close)


def _contained(call: Callable[..., T], *arguments: Any, **named: Any) -> T:
    try:
        return call(*arguments, **named)
    except Exception:
        raise
    except BaseException as error:
        raise AdapterExit(type(error).__name__) from error
