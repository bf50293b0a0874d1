"""The application of the admin listener as a gateway holds it, whether it has that listener or not."""

from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from gateway.api.schemas import AdjustmentBody
from gateway.operators.desk import Desk
from gateway.operators.signing_in import SigningIn
from gateway.service.exposition import Exposition

if TYPE_CHECKING:
    from gateway.admin.application import Administration


class AdminListener:
    """An ASGI application that is made by `open`: until then neither the operator API nor the console is loaded.

    The arguments are those of `Administration`; `follow` notes what an adjustment may hold from now on.
    """

    def __init__(self, desk: Desk, signing_in: SigningIn, exposition: Exposition) -> None:
        self._parts = (desk, signing_in, exposition)
        self._body: type[AdjustmentBody] | None = None
        self._opened: Administration | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of ASGI."""
        await self.open()(scope, receive, send)

    def open(self) -> "Administration":
        """The application. The first call takes a tenth of a second: a gateway with the listener opens it at its start.

        `follow` must have been called.
        """
        if self._opened is None:
            from gateway.admin.application import Administration

            self._opened = Administration(*self._parts)
            if self._body is not None:
                self._opened.follow(self._body)
        return self._opened

    def follow(self, adjustment_body: type[AdjustmentBody]) -> None:
        """Serve by the configuration that is in force now."""
        self._body = adjustment_body
        if self._opened is not None:
            self._opened.follow(adjustment_body)
