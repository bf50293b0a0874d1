"""The listening sockets of a server: opened, accepted from, and closed without a connection that nobody answers."""

import asyncio
import ctypes
import select
import socket
import struct
import sys
from contextlib import suppress

from gateway.cli.options import fail, refusal
from gateway.settings import Address

ANOTHER_ADMIN = "another server.admin"
"""What to choose instead where the admin listener's address is taken."""
ACCEPTED = 16
"""New connections that are accepted in one turn of the event loop."""
HANDSHAKE = 0.1
"""Seconds in which a caller whose connection has begun completes it: a round trip of the network, and more."""
LOOKS = 100
"""How often the listener is looked at, a tenth of that time apart, before connections in it are given up."""
_SO_ATTACH_FILTER = 26
_NO_NEW_CONNECTION = (
    # Classic BPF on the TCP header: (code, jump if true, jump if false, value).
    (0x30, 0, 0, 13),  # load the flags
    (0x54, 0, 0, 0x12),  # of these, SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN alone asks for a new connection:
    (0x06, 0, 0, 0),  # drop it
    (0x06, 0, 0, 0xFFFF_FFFF),  # let everything else pass
)


def listening(address: Address, instead: str = "another with --port or server.listen") -> socket.socket:
    """A listening socket; if there can be none, ends the command and suggests what to choose `instead`."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        address.host.encode("idna")  # `create_server` does the same, but does not close its socket if it fails
        return socket.create_server(address, family=family, backlog=2048)
    except (OSError, UnicodeError) as error:
        fail(f"cannot listen on {address}: {refusal(error)}; choose {instead}")


def duplicates(listener: socket.socket) -> list[socket.socket]:
    """A listening socket and duplicates of it: uvloop accepts only one connection per socket and turn.

    It is never blocking, not even for a moment: that is shared by all processes that have it, and one that serves
    already would wait in `accept` for a connection that another has taken. `dup` sets each copy as it takes the
    original to be, which is blocking unless it was told otherwise.
    """
    listener.setblocking(False)
    return [listener, *(listener.dup() for _ in range(ACCEPTED - 1))]


def ignore_new(listener: socket.socket) -> None:
    """Have the kernel ignore new connections, for every process that has this socket; there is no way back.

    The kernel resets the connections that wait in a listener when it is closed. Their callers may have sent a request,
    which a proxy sends nowhere else if it is a write. A caller that is ignored has sent nothing: it tries again after
    a second and is refused then, as the listener is closed. Where the kernel has no such filter, nothing is changed.
    """
    if sys.platform != "linux":
        return
    filters = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in _NO_NEW_CONNECTION))
    program = struct.pack("HL", len(_NO_NEW_CONNECTION), ctypes.addressof(filters))
    with suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


async def all_accepted(listener: socket.socket) -> None:
    """Return once the event loop has accepted every connection that had begun; `ignore_new` came before.

    Returns after a second and a little at most: other processes may have the same listener, and go on.
    """
    await asyncio.sleep(HANDSHAKE)
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    for _ in range(LOOKS):
        if not waiting.poll(0):
            return
        await asyncio.sleep(HANDSHAKE / 10)
