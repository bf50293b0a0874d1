"""How each kind of fault is played on a real connection."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from gateway.simulation import faults
from gateway.simulation.messages import Answer

Sleep = Callable[[float], Awaitable[None]]


async def play(
    fault: faults.AnyFault,
    apply: Callable[[], Answer],
    transport: asyncio.Transport,
    *,
    released: asyncio.Event,
    sleep: Sleep,
) -> Answer | None:
    """Play a fault; returns the answer that is still to be written, or None if everything was written here.

    `apply` is the vendor's own handling, called at most once; `released` ends a hang.
    """
    match fault:
        case faults.Status() | faults.Html() | faults.Body():
            if fault.apply:
                apply()
            return written(fault)
        case faults.Delay():
            await sleep(fault.seconds)
            return apply()
        case faults.Hang():
            answer = apply() if fault.when == "after" else None
            await released.wait()
            return answer or apply()
        case faults.Cut():
            answer = apply()
            keep = len(answer.body) // 2 if fault.keep is None else fault.keep
            transport.write(answer.wire(length=len(answer.body) + 1, keep=keep))
            transport.close()
        case faults.Reset():
            if fault.when == "after":
                apply()
            _reset(transport)
        case faults.Close():
            if fault.when == "after":
                apply()
            transport.close()
        case faults.Duplicate():
            wire = apply().wire()
            # Without a gap both are sent in one write, so that a client receives the second with the first.
            transport.write(wire if fault.gap else wire * 2)
            if fault.gap:
                await sleep(fault.gap)
                transport.write(wire)
        case faults.Drip():
            for byte in apply().wire():
                transport.write(bytes((byte,)))
                await sleep(fault.interval)
    return None


def written(fault: faults.Status | faults.Html | faults.Body) -> Answer:
    """The answer of a fault that gives one in place of the vendor's."""
    match fault:
        case faults.Status():
            return Answer(fault.status, fault.body.encode(), fault.content_type, fault.headers)
        case faults.Html():
            return Answer(fault.status, fault.body.encode(), "text/html; charset=utf-8")
        case faults.Body():
            return Answer(200, fault.body.encode(), fault.content_type)


def _reset(transport: asyncio.Transport) -> None:
    # With SO_LINGER at zero seconds the kernel sends RST instead of FIN.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
