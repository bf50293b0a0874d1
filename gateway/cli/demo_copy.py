"""A copy of a configuration for a demo that runs apart: its ports are moved, and its journal is beside the copy."""

import re
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from gateway.cli.options import fail, loaded, snapshot_of

_LAST = 65_535
_PORT = re.compile(r"\b(127\.0\.0\.1:|localhost:)(\d{1,5})\b")


def copied(config: Path, folder: Path, port: int | None) -> Path:
    """The path of the copy, under `folder`; a configuration of several files stays a folder.

    `port`: of the API; the next ones are the admin listener's and the vendors'. 0 is any free ones, None keeps all.
    """
    snapshot = snapshot_of(config)
    texts = {path: raw.decode("utf-8", "surrogateescape") for path, raw in snapshot.files}
    moved: dict[str, int] = {}
    if port is not None:
        server = loaded(snapshot)[0].server
        first = [str(each.port) for each in (server.listen, server.admin) if each is not None]
        found = dict.fromkeys([*first, *(match[2] for text in texts.values() for match in _PORT.finditer(text))])
        moved = dict(zip(found, _free(len(found)) if port == 0 else _from(port, len(found)), strict=True))
    place = folder / "config"
    place.mkdir()
    for path, text in texts.items():
        new = _PORT.sub(lambda match: f"{match[1]}{moved.get(match[2], match[2])}", text)
        (place / path.name).write_text(new, "utf-8", "surrogateescape")
    return place if config.is_dir() else place / config.name


def _from(port: int, count: int) -> Iterable[int]:
    if port + count - 1 > _LAST:
        fail(f"the demo needs {count} ports from {port} on, and {_LAST} is the last one there is")
    return range(port, port + count)


def _free(count: int) -> list[int]:
    """Ports of 127.0.0.1 on which nobody listens now."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]
