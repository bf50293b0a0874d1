"""The way to a running gateway on this machine: a Unix socket, named after its configuration, that takes commands.

Only the user that the gateway runs as, and root, can use it.
"""

import asyncio
import json
import os
import socket
import stat
import struct
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger("gateway")
Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
FOLDER = "points-gateway"
LONGEST = 16 * 1024 * 1024
"""Bytes of a command or an answer at most."""
_CREDENTIALS = struct.Struct("3i")
_RUN = Path("/run")


@asynccontextmanager
async def controlled(config: Path, handle: Handler) -> AsyncIterator[None]:
    """Take commands while the block runs; where there can be no socket, the log says so and all else goes on."""
    path: Path | None = None
    server = None
    try:
        path = _folder() / f"{_mark(config)}-{os.getpid()}.sock"
        _tidy(path)
        server = await asyncio.start_unix_server(lambda *streams: _answer(handle, *streams), path, limit=LONGEST)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        log.warning("`points-gateway reload` cannot reach this process; SIGHUP can", why=why, socket=str(path or ""))
    try:
        yield
    finally:
        if server is not None and path is not None:
            server.close()
            path.unlink(missing_ok=True)


def _tidy(new: Path) -> None:
    """Remove the sockets of processes that were killed, and of one that had our id before."""
    for path in new.parent.glob("*.sock"):
        with suppress(OSError, ValueError):
            pid = int(path.stem.rpartition("-")[2])
            if path == new or not _lives(pid):
                path.unlink()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def gateways(config: Path) -> list[Path]:
    """The sockets of the gateways that serve a configuration, as far as this user may use them."""
    return [path for folder in _folders() for path in sorted(folder.glob(f"{_mark(config)}-*.sock"))]


async def ask(gateway: Path, command: dict[str, Any]) -> dict[str, Any] | None:
    """What a gateway answers; None if it is gone. Raises `OSError` or `ValueError` for anything else than an answer."""
    try:
        reader, writer = await asyncio.open_unix_connection(gateway, limit=LONGEST)
    except (ConnectionRefusedError, FileNotFoundError):
        return None
    try:
        writer.write(json.dumps(command).encode() + b"\n")
        await writer.drain()
        line = await reader.readline()
    finally:
        writer.close()
    if not line:
        raise ConnectionResetError("it ended before it answered")
    return dict(json.loads(line))


async def _answer(handle: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        if not _trusted(writer.get_extra_info("socket")):
            return
        answer = await handle(dict(json.loads(await reader.readline())))
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()
    except (OSError, ValueError):  # it has gone, or is no command of ours
        pass
    finally:
        writer.close()


def _trusted(connection: Any) -> bool:
    """Whether the peer is the user of this process, or root; the folder's mode says the same."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    _, uid, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return uid in (0, os.geteuid())


def _mark(config: Path) -> str:
    """A configuration by its absolute path; links are not followed, since they may lead elsewhere tomorrow."""
    return sha256(os.fsencode(os.path.abspath(config))).hexdigest()[:16]


def _folder() -> Path:
    """The folder for our socket: that of the system for this service if we may write there, else one of our own."""
    system = _RUN / FOLDER
    if system.is_dir() and os.access(system, os.W_OK):
        return system
    own = _temporary(os.geteuid())
    own.mkdir(mode=0o700, exist_ok=True)
    if not _owned(own, os.geteuid()):
        raise PermissionError(0, f"{own} belongs to another user, or others may write there")
    return own


def _folders() -> Iterator[Path]:
    """The folders in which sockets may be; root sees those of all users."""
    if (_RUN / FOLDER).is_dir():
        yield _RUN / FOLDER
    uid = os.geteuid()
    names = _temporary(uid).parent.glob(f"{FOLDER}-*") if uid == 0 else [_temporary(uid)]
    for each in sorted(names):
        owner = each.name.rpartition("-")[2]
        if owner.isdecimal() and _owned(each, int(owner)):
            yield each


def _temporary(uid: int) -> Path:
    return Path(tempfile.gettempdir()) / f"{FOLDER}-{uid}"


def _owned(folder: Path, uid: int) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == uid and not status.st_mode & 0o022
