"""What one gateway weighs under as many hostile connections as it takes: `python -m benchmarks.hostile [SHAPE ...]`.

Each of 4,096 connections sends one shape and then nothing more; nobody reads an answer. A fresh gateway for each shape;
the figure is the most memory that was resident at any moment, beside what it was before. Linux only.
"""

import resource
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from benchmarks import calls
from benchmarks.gateway import KEY, configuration, start
from benchmarks.machine import available
from benchmarks.server import Server

CONNECTIONS = 4096
WITHIN = 30.0
"""Seconds that a gateway is given to start."""
STILL = 1.0
"""Seconds without progress after which everything is sent that is taken."""

_GET = b"GET /livez HTTP/1.1\r\nHost: a\r\n"
_POST = b"POST /v1/adjustments HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n" % KEY.encode()
_POST += b"Content-Type: application/json\r\nIdempotency-Key: a\r\n"
_CHUNKED = _POST + b"Transfer-Encoding: chunked\r\n\r\n"
_LARGEST = 32 * 1024

SHAPES: Mapping[str, bytes] = {
    "nothing": b"",
    "empty fields": _GET + b"a:\r\n" * 99,
    "large fields": _GET + b"".join(b"a%02d: %s\r\n" % (number, b"b" * 322) for number in range(98)),
    "one field": _GET + b"a: " + b"b" * (_LARGEST - 3000),
    "many fields": _GET + b"a:\r\n" * 32_000,
    "a chunk extension": _CHUNKED + b"2;" + b"e" * (_LARGEST - 3000),
    "a trailer": _CHUNKED + b"2\r\nab\r\n0\r\na: " + b"b" * (_LARGEST - 3000),
    "a body": _POST + b"Content-Length: 65536\r\n\r\n" + b"b" * 65535,
    "requests in a row": (_GET + b"\r\n") * 8000,
    "large answers": b"GET /docs HTTP/1.1\r\nHost: a\r\n\r\n" * 1000,
}
"""What a connection sends. Only "many fields" is refused at once."""


def measure(shape: bytes, connections: int) -> tuple[int, int]:
    """Bytes resident before, and at the worst moment while that many connections are there and have sent a shape."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        whole = configuration(9, "sqlite:///journal.db")
        server = start(Path(folder), whole, cores=available())
        opened.callback(server.stop)
        server.answers(calls.ready(), within=WITHIN)
        before = _peak(server)
        sockets = [
            opened.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(connections)
        ]
        _send(sockets, shape)
        return before, _peak(server)


def _send(sockets: list[socket.socket], shape: bytes) -> None:
    """Send it to all of them, as far as it is taken."""
    left = {each: memoryview(shape) for each in sockets}
    for each in sockets:
        each.setblocking(False)
    moved = time.monotonic()
    while left and time.monotonic() - moved < STILL:
        for each, rest in list(left.items()):
            try:
                sent = each.send(rest[:65536])
            except BlockingIOError:
                continue
            except OSError:  # it was closed: refused, or it gave way
                del left[each]
                continue
            moved = time.monotonic()
            left[each] = rest[sent:]
            if not left[each]:
                del left[each]
    time.sleep(STILL)  # for what is on its way to be parsed


def _peak(server: Server) -> int:
    status = Path(f"/proc/{server.pid}/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def main() -> None:
    """Measure the shapes that are named, or all of them, and print a line for each."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * CONNECTIONS + 100)), hard))
    for name in sys.argv[1:] or SHAPES:
        before, peak = measure(SHAPES[name], CONNECTIONS)
        each = (peak - before) / CONNECTIONS / 1024
        print(f"{name}: {before / 1e6:.0f} MB before, {peak / 1e6:.0f} MB at most; {each:.0f} KiB a connection")


if __name__ == "__main__":
    main()
