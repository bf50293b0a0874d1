"""A call in one vendor's terms: an adapter's method with its arguments, whose exchange can begin again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from gateway.model import Applied
from gateway.planning.contained import Contained
from gateway.planning.fresh import NO_TOKEN, Fresh
from gateway.port import Exchange, VendorRequest

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Translation(Generic[T]):
    """A call in one vendor's terms, whose exchange can begin as often as it is needed.

    `method` of the adapter, with `arguments`, makes an exchange. `returns`: the type of its result; `Applied` makes it
    a write. `not_sent`: the fields that the vendor is not told. `adjustment`: the id of what the call is about.
    `request`: the first request of the exchange that is begun here, so that the adapter can refuse before anything is
    claimed or sent. `fresh`: the arguments that are new in each exchange, None where the method takes none. `defaults`:
    what the vendor's settings have for fields that were left out. `vendor_point_type`: the vendor's own value for the
    point type of a write, as text; None where it has none.
    """

    method: Callable[..., Exchange[T]]
    arguments: Mapping[str, Any]
    returns: type[T]
    not_sent: tuple[str, ...] = ()
    adjustment: str | None = None
    fresh: Fresh | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)
    vendor_point_type: str | None = None
    request: VendorRequest = field(init=False)
    _planned: Exchange[T] | None = field(init=False)

    def __post_init__(self) -> None:
        self._planned, self.request = self._begun(NO_TOKEN)

    @property
    def takes_token(self) -> bool:
        """Whether an exchange has to begin with a token."""
        return self.fresh is not None and "token" in self.fresh.names

    def begin(self, token: str = NO_TOKEN) -> tuple[Exchange[T], VendorRequest]:
        """An exchange that has made its first request, and that request.

        The first call hands out the exchange of the planning, since most calls need one alone. Each later call runs
        the adapter's method again, with the credentials of that moment, as does the first one of a method that takes
        fresh arguments. Raises what the adapter raises.
        """
        planned, self._planned = self._planned, None
        return self._begun(token) if planned is None or self.fresh is not None else (planned, self.request)

    def _begun(self, token: str) -> tuple[Exchange[T], VendorRequest]:
        arguments = self.arguments if self.fresh is None else {**self.arguments, **self.fresh.arguments(token)}
        exchange = Contained(self.method, **arguments)
        try:
            return exchange, next(exchange)
        except StopIteration:
            raise TypeError("the adapter returned before it had asked the vendor anything") from None

    @property
    def writes(self) -> bool:
        """Whether it may change points at the vendor."""
        return self.returns is Applied
