"""A gate whose circuit tries a vendor by a request without an effect, before any call may go out again.

Without it the circuit lets one call through to find out; where that is a write and the vendor is still away, it may
become one more unknown.
"""

import asyncio

import structlog

from gateway.delivery.asking import ask
from gateway.delivery.call import Call
from gateway.delivery.channels import Channel
from gateway.delivery.circuit import Pass, Sign
from gateway.delivery.concurrency import GATEWAY
from gateway.delivery.gate import Gate, sign
from gateway.delivery.tokens import Tokens, begin
from gateway.errors import GatewayError
from gateway.metrics import Metrics
from gateway.planning.translation import Translator
from gateway.transport import TransportError

log = structlog.get_logger(__name__)
PART = 0.5
"""The part of a call's time that the probe before it may take; a vendor that needs more is not back."""


class ProbingGate(Gate):
    """Lets calls to one configured vendor through, whose adapter says how it is probed.

    The call that comes first once the circuit's pause is over has the probe made, and goes out where it was answered.
    """

    def __init__(self, channel: Channel, vendor: Translator, *, metrics: Metrics, tokens: Tokens | None = None) -> None:
        super().__init__(channel, metrics=metrics)
        self._tokens = tokens
        self._vendor = vendor
        self._transport = channel.transport
        self._alarm = metrics.alarmed

    async def enter(self, deadline: float, client: str = GATEWAY) -> Pass:
        """Leave to have one exchange, as of `Gate`; first the probe, where the circuit asks for one."""
        given = await super().enter(deadline, client)
        if not given.probe or not await self._probed(given, deadline):
            return given
        return await super().enter(deadline, client)

    async def _probed(self, given: Pass, deadline: float) -> bool:
        """Whether the vendor was probed; the circuit has heard how, and the pass is given back.

        Where the adapter fails to say how, the call itself has to find out: else nothing would ever go out again.
        """
        call = Call(writing=False)
        error: BaseException | None = None
        now = asyncio.get_running_loop().time()
        try:
            await self._ask(call, now + (deadline - now) * PART)
        except asyncio.CancelledError as cancelled:
            self.leave(given, call.last, None, cancelled)
            raise
        except Exception as raised:
            error = raised
        if error is not None and not isinstance(error, GatewayError | TransportError):
            self._alarm("adapter")
            log.error("an adapter's probe failed", vendor=self._vendor.name, exc_info=error)
        status = call.response.status if call.response else None
        asked = call.response is not None or isinstance(error, TransportError)
        if not asked or sign(call.last, status, error) is Sign.NOTHING:
            return False
        self.leave(given, call.last, status, error)
        return True

    async def _ask(self, call: Call, deadline: float) -> None:
        exchange, request, token = await begin(self._vendor.probe(), self._tokens, deadline)
        if token is not None:
            call.mask(token)
        await ask(exchange, request, call, self._transport, deadline=deadline)
