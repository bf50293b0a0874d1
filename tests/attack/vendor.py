"""A vendor that keeps a ledger and misbehaves; by itself it is a process: `python -m tests.attack.vendor --help`.

On its first line of output it says where it listens. On SIGTERM it has the effects that are still late, and ends.
"""

import argparse
import asyncio
import json
import re
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from tests.attack import issuing
from tests.attack.acts import Act, Decide, scripted, seeded
from tests.attack.contacts import Contacts
from tests.attack.issuing import Tokens
from tests.attack.ledger import Entry, Ledger
from tests.attack.wires import Cancelling, ContactPoints, Enforcing, Fabric, Order, Wire
from tests.deadlines import scaled

LATE = scaled(0.2)
"""Seconds after which a late effect is had."""

TOKENS_LIVE = scaled(2)
"""Seconds for which a token serves, where it is not revoked."""

STATUSES = {Act.REFUSE: 400, Act.LOCKED_OUT: 401, Act.NO_TOKEN: 401, Act.TOO_MANY: 429}

CANCEL = re.compile(r"/api/v1/Points/(\d+)/Cancel")

HTML = b"<html><body><h1>Bad gateway</h1></body></html>"


class Vendor:
    """The vendor's server: `serve` handles one connection.

    `remembers`: seconds for which it knows a key again where it enforces idempotency; then it makes another effect.
    """

    def __init__(self, ledger: Ledger, decide: Decide, *, remembers: float = inf) -> None:
        self._remembers = remembers
        self._ledger = ledger
        self._decide = decide
        self._contacts = Contacts()
        self._tokens = Tokens(TOKENS_LIVE)
        self._cancelling = Cancelling()
        enforcing = Enforcing("/cards", "card", refuses=False), Enforcing("/slips", "slip", refuses=True)
        losing = Enforcing("/chits", "chit", refuses=False)
        self._wires: dict[str, Wire] = {wire.path: wire for wire in (ContactPoints(), Fabric(), *enforcing, losing)}
        self._booked: dict[str, tuple[float, int]] = {}
        self._requests: Counter[str] = Counter()
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
        method, target, authorization, body = await _request(reader)
        if target == "/chits/hang":
            await reader.read()  # until the other side gives up
            return False
        if method == "GET":
            return await self._read(target, lambda: self._contacts.answer(target), writer)
        path = urlsplit(target).path
        if path == issuing.PATH:
            return await self._read(path, lambda: (200, self._tokens.issue(_now())), writer)
        if cancel := CANCEL.fullmatch(path):
            return await self._act(self._cancelling, self._contacts.cancel(int(cancel[1])), reader, writer)
        wire = self._wires[path]
        token = authorization if isinstance(wire, Fabric) else None
        return await self._act(wire, wire.order(body), reader, writer, token=token)

    async def _act(
        self,
        wire: Wire,
        order: Order,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        token: str | None = None,
    ) -> bool:
        act = self._decide(order.member, self._requests[order.member])
        self._requests[order.member] += 1
        if token is not None and not self._tokens.serves(token, _now()):
            act = Act.NO_TOKEN
        elif token is not None and act is Act.LOCKED_OUT:
            self._tokens.revoke(token)
        self._keep("received", order, act)
        status, answer = wire.failed(STATUSES.get(act, 500))
        if act.applies:
            status, answer = self._apply(wire, order, act)
        match act:
            case Act.APPLY_THEN_CUT:
                return await _answer(writer, status, answer, cut=True)
            case Act.APPLY_THEN_500:
                return await _answer(writer, *wire.failed(500))
            case Act.APPLY_THEN_401:
                return await _answer(writer, *wire.locked_out(order, self._contacts.count))
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
        now = _now()
        if isinstance(wire, Enforcing) and order.source is not None:
            booked = self._booked.get(order.source)
            if booked is not None and now - booked[0] < self._remembers:
                return wire.booked(order, booked[1])
            self._booked[order.source] = now, self._contacts.count + 1
        self._keep("applied", order, act)
        return wire.applied(order, self._contacts.add(order))

    async def _apply_late(self, wire: Wire, order: Order) -> None:
        await asyncio.sleep(LATE)
        self._apply(wire, order, Act.LATE)

    def _keep(self, kind: Literal["received", "applied"], order: Order, act: Act) -> None:
        self._ledger.append(Entry(kind, datetime.now(UTC), order.member, order.points, order.source, act.value))

    async def _read(self, what: str, answer: Callable[[], tuple[int, bytes]], writer: asyncio.StreamWriter) -> bool:
        """Answer what changes nothing, or fail to, as is decided for it."""
        self._requests[what] += 1
        match self._decide(what, self._requests[what] - 1):
            case Act.CLOSE:
                return False
            case Act.HTML_502:
                return await _answer(writer, 502, HTML, kind="text/html")
            case Act.LOCKED_OUT | Act.TOO_MANY | Act.ERROR_500 as act:
                return await _answer(writer, *self._cancelling.failed(STATUSES.get(act, 500)))
            case Act.APPLY_THEN_CUT:
                return await _answer(writer, *answer(), cut=True)
        return await _answer(writer, *answer())


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _request(reader: asyncio.StreamReader) -> tuple[str, str, str, bytes]:
    """The method, the target, the header Authorization and the body of the next request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, target, _ = first.split(" ")
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return method, target, headers.get("authorization", ""), body


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
