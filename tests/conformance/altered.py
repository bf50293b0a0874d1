"""An adapter that is right but for one thing: a method whose arguments, requests, answers or results are changed."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from gateway.errors import VendorError
from gateway.port import Adapter, VendorRequest, VendorResponse

Arguments = dict[str, Any]


def altered(
    base: type[Adapter[Any]],
    method: str = "adjust",
    *,
    arguments: Callable[[Arguments], Arguments] = lambda given: given,
    request: Callable[[VendorRequest, Arguments], VendorRequest] = lambda request, given: request,
    response: Callable[[VendorResponse], VendorResponse] = lambda response: response,
    result: Callable[[Any, Any, Arguments], Any] = lambda result, adapter, given: result,
    failed: Callable[[VendorError], Any] | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> type[Adapter[Any]]:
    """A subclass with one method changed; `failed` gives a result in place of an error."""
    right = getattr(base, method)

    @wraps(right)
    def wrong(self: Any, **given: Any) -> Any:
        given = arguments(given)
        exchange = right(self, **given)
        try:
            asked = next(exchange)
            while True:
                answer = yield request(asked, given)
                asked = exchange.send(response(answer))
        except StopIteration as done:
            return result(done.value, self, given)
        except VendorError as error:
            if failed is None:
                raise
            return failed(error)

    return type(f"Wrong{base.__name__}", (base,), {method: wrong, **(attributes or {})})
