"""A vendor that keeps a ledger and misbehaves; by itself it is a process: `python -m tests.attack.vendor --help`.

On its first line of output it says where it listens. On SIGTERM it has the effects that are still late, and ends.
"""

import argparse
import asyncio
import json
import signal
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from tests.attack.acts import Act, Decide, scripted, seeded
from tests.attack.ledger import Entry, Ledger
from tests.attack.wires import ContactPoints, Enforcing, Fabric, Order, Wire
from tests.deadlines import scaled

LATE = scaled(0.2)
"""Seconds after which a late effect is had."""

STATUSES = {Act.REFUSE: 400, Act.LOCKED_OUT: 401, Act.TOO_MANY: 429}

HTML = b"<html><body><h1>Bad gateway</h1></body></html>"


class Vendor:
    """The vendor's server: `serve` handles one connection.

    `remembers`: seconds for which it knows a key again where it enforces idempotency; then it makes another effect.
    """

    def __init__(self, ledger: Ledger, decide: Decide, *, remembers: float = inf) -> None:
        self._remembers = remembers
        self._ledger = ledger
        self._decide = decide
        self._points = ContactPoints()
        enforcing = Enforcing("/cards", "card", refuses=False), Enforcing("/slips", "slip", refuses=True)
        losing = Enforcing("/chits", "chit", refuses=False)
        self._wires: dict[str, Wire] = {wire.path: wire for wire in (self._points, Fabric(), *enforcing, losing)}
        self._booked: dict[str, tuple[float, int]] = {}
        self._requests: Counter[str] = Counter()
        self._effects: list[Order] = []
        self._late: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests until either side has had enough."""
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._serve_one(reader, writer):
                    pass
        finally:
            writer.close()

    async def settled(self) -> None:
        """Return once every late effect was had."""
        while self._late:
            await asyncio.wait(self._late)

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        method, target, body = await _request(reader)
        if target == "/chits/hang":
            await reader.read()  # until the other side gives up
            return False
        if method == "GET":
            return await self._search(target, writer)
        return await self._act(self._wires[urlsplit(target).path], body, reader, writer)

    async def _act(self, wire: Wire, body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        order = wire.order(body)
        act = self._decide(order.member, self._requests[order.member])
        self._requests[order.member] += 1
        self._keep("received", order, act)
        status, answer = wire.failed(STATUSES.get(act, 500))
        if act.applies:
            status, answer = self._apply(wire, order, act)
        match act:
            case Act.APPLY_THEN_CUT:
                return await _answer(writer, status, answer, cut=True)
            case Act.APPLY_THEN_500:
                return await _answer(writer, *wire.failed(500))
            case Act.APPLY_THEN_HTML:
                return await _answer(writer, 200, HTML, kind="text/html")
            case Act.HTML_502:
                return await _answer(writer, 502, HTML, kind="text/html")
            case Act.APPLY_THEN_HANG | Act.HANG:
                await reader.read()  # until the other side gives up
                return False
            case Act.APPLY_THEN_RESET:
                writer.transport.abort()
                return False
            case Act.LATE:
                task = asyncio.create_task(self._apply_late(wire, order))
                self._late.add(task)
                task.add_done_callback(self._late.discard)
                return False
            case Act.CLOSE | Act.APPLY_THEN_CLOSE:
                return False
        return await _answer(writer, status, answer)

    def _apply(self, wire: Wire, order: Order, act: Act) -> tuple[int, bytes]:
        """Have the effect, unless it was had under the same key a while ago; gives what the vendor says of it."""
        now = asyncio.get_running_loop().time()
        if isinstance(wire, Enforcing) and order.source is not None:
            booked = self._booked.get(order.source)
            if booked is not None and now - booked[0] < self._remembers:
                return wire.booked(order, booked[1])
            self._booked[order.source] = now, len(self._effects) + 1
        self._keep("applied", order, act)
        self._effects.append(order)
        return wire.applied(order, len(self._effects))

    async def _apply_late(self, wire: Wire, order: Order) -> None:
        await asyncio.sleep(LATE)
        self._apply(wire, order, Act.LATE)

    def _keep(self, kind: Literal["received", "applied"], order: Order, act: Act) -> None:
        self._ledger.append(Entry(kind, datetime.now(UTC), order.member, order.points, order.source, act.value))

    async def _search(self, target: str, writer: asyncio.StreamWriter) -> bool:
        """Answer a search by contact and source, or fail to, as is decided for it."""
        query = parse_qs(urlsplit(target).query)
        self._requests[target] += 1
        match self._decide(target, self._requests[target] - 1):
            case Act.CLOSE:
                return False
            case Act.HTML_502:
                return await _answer(writer, 502, HTML, kind="text/html")
            case Act.LOCKED_OUT | Act.TOO_MANY | Act.ERROR_500 as act:
                return await _answer(writer, *self._points.failed(STATUSES.get(act, 500)))
            case Act.APPLY_THEN_CUT:
                return await _answer(writer, 200, self._found(query), cut=True)
        return await _answer(writer, 200, self._found(query))

    def _found(self, query: Mapping[str, Sequence[str]]) -> bytes:
        if "contactId" not in query:  # whoever asks for points of long ago wants to know whether anybody answers
            return b"[]"
        wanted = (f"contact_id:{query['contactId'][0]}", query["sourceId"][0])
        made = enumerate(self._effects, start=1)
        found = [self._points.point(order, n) for n, order in made if (order.member, order.source) == wanted]
        return b"[" + b",".join(found) + b"]"


async def _request(reader: asyncio.StreamReader) -> tuple[str, str, bytes]:
    """The method, the target and the body of the next request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *headers = head.strip().split("\r\n")
    sizes = [int(line.partition(":")[2]) for line in headers if line.lower().startswith("content-length:")]
    method, target, _ = first.split(" ")
    return method, target, await reader.readexactly(sizes[0] if sizes else 0)


async def _answer(
    writer: asyncio.StreamWriter, status: int, body: bytes, *, kind: str = "application/json", cut: bool = False
) -> bool:
    """Write an answer, in one piece; returns whether the connection goes on."""
    head = f"HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + (body[: len(body) // 2] if cut else body))
    await writer.drain()
    return not cut


async def run(ledger: Path, decide: Decide, remembers: float) -> None:
    """Serve until SIGTERM."""
    vendor = Vendor(Ledger(ledger), decide, remembers=remembers)
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    server = await asyncio.start_server(vendor.serve, "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)  # noqa: T201
    await told.wait()
    server.close()
    await vendor.settled()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="A vendor with a ledger of effects, which misbehaves.")
    parser.add_argument("--ledger", type=Path, required=True, help="The file of its ledger.")
    parser.add_argument("--seed", type=int, help="Misbehave by this seed.")
    parser.add_argument("--act", type=Act, default=Act.APPLY, help="Without a seed: what to do with every request.")
    parser.add_argument("--remembers", type=float, default=inf, help="Seconds for which it knows a key again.")
    given = parser.parse_args()
    asyncio.run(run(given.ledger, scripted(given.act) if given.seed is None else seeded(given.seed), given.remembers))


if __name__ == "__main__":
    main()
