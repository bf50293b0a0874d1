"""The running gateway that `import` and `export` call as an app does: its address, an API key, a tenant."""

import os
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.failing import fail
from points_gateway_client import PointsClient, PointsError

KEY = "POINTS_GATEWAY_KEY"
PATIENCE = 600.0
"""Seconds that one call keeps to the client's rate: many at once wait for few turns."""
Url = Annotated[
    str,
    typer.Option("--url", envvar="POINTS_GATEWAY_URL", help="The running gateway, as in https://points.example.com."),
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        envvar="POINTS_GATEWAY_KEY_FILE",
        help=f"The file of the client's API key; else it is in the variable {KEY}.",
    ),
]
TenantName = Annotated[
    str | None, typer.Option("--tenant", help="The tenant to act for, where the client has several.")
]
CaFile = Annotated[
    Path | None, typer.Option("--ca-file", help="Authorities that the gateway's certificate is checked by.")
]

Retries = Annotated[
    int, typer.Option("--retries", min=0, help="How often a call is sent again, as while the gateway restarts.")
]


def connected(
    url: str, key_file: Path | None, tenant: str | None, ca_file: Path | None, *, retries: int, calls: int = 1
) -> PointsClient:
    """A client of the gateway for so many calls at once; if it cannot be made, end the command."""
    try:
        return PointsClient(
            url,
            _key(key_file),
            tenant=tenant,
            retries=retries,
            max_wait=PATIENCE,
            max_connections=calls,
            verify=ca_file or True,
        )
    except (TypeError, ValueError) as error:
        fail(str(error))


def why(error: PointsError) -> str:
    """What went wrong with a call, in one line."""
    return f"{error.code}: {error}" if error.code else str(error)


def _key(file: Path | None) -> str:
    if file is None:
        if not (key := os.environ.get(KEY, "")):
            fail(f"no API key: set {KEY}, or name its file by --key-file")
        return key
    try:
        return file.read_text("utf-8").strip()
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        fail(f"{file} cannot be read: expected text")
