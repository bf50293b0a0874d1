"""`health`: ask a running gateway of this machine whether it is ready, as the health check of a container does."""

import json
import os
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from typing import Annotated

import typer

from gateway.cli import terminal
from gateway.cli.options import Config, Host, Port, fail, listened
from gateway.settings import Address

_LONGEST = 64 * 1024
"""Bytes that are read of an answer."""
_LOOPBACK = {4: "127.0.0.1", 6: "::1"}


def health(
    config: Config,
    host: Host = None,
    port: Port = None,
    live: Annotated[bool, typer.Option("--live", help="Ask only whether the process answers (/livez).")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for an answer.", min=0.1, max=60)] = 2.0,
) -> None:
    """Ask the gateway that serves this configuration here whether it is ready (/readyz); exit with 1 if it is not.

    Only server.listen is needed, so that it tells the truth where the rest of the file is wrong by now. With --host,
    --port or their variables, give it what `serve` was given.

    Example: points-gateway health --config config/gateway.yaml
    """
    listen = listened(config)
    chosen = Address(host or listen.host, listen.port if port is None else port)
    if chosen.port == 0:
        fail("the gateway has any free port (server.listen has port 0): say which with --port")
    address = Address(_reachable(chosen.host), chosen.port)
    path = "/livez" if live else "/readyz"
    asked = f"http://{address}{path}"
    try:
        status, detail = _ask(address, path, timeout)
    except TimeoutError:
        fail(f"{asked} did not answer within {timeout:g} seconds")
    except (OSError, UnicodeError, HTTPException) as error:
        why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        fail(f"{asked} cannot be asked: {why.strip() or type(error).__name__}")
    if status != 200:
        fail(f"{asked} answered {status}" + (f": {detail}" if detail else ""))
    terminal.show("ok")


def _reachable(host: str) -> str:
    """Where to ask a gateway that listens on this host: on all interfaces is on loopback too."""
    try:
        listened_on = ip_address(host)
    except ValueError:  # a name
        return host
    return _LOOPBACK[listened_on.version] if listened_on.is_unspecified else host


def _ask(address: Address, path: str, timeout: float) -> tuple[int, str]:
    """The status of the answer, and its detail if it has one."""
    connection = HTTPConnection(address.host, address.port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(_LONGEST)
    finally:
        connection.close()
    try:
        detail = json.loads(body).get("detail")
    except (ValueError, AttributeError):
        detail = None
    return answer.status, str(detail or "")
