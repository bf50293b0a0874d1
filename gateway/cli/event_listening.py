"""`events listen`: reads the feed of a running gateway, and sends each event to an app that is being written."""

import base64
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
import orjson
import typer
from standardwebhooks.webhooks import Webhook as Signer

from gateway.cli import terminal
from gateway.cli.failing import fail
from gateway.settings.webhooks import secret_error

PAUSE = 0.5
"""Seconds before the feed is read again."""
TIMEOUT = 10.0


def listen(
    forward_to: Annotated[str, typer.Option(help="The URL of your app that each event is sent to by POST.")],
    key: Annotated[
        str,
        typer.Option(
            envvar="POINTS_GATEWAY_KEY",
            help="An API key with the scope points:read; in the variable, it is not in the list of processes.",
        ),
    ],
    url: Annotated[str, typer.Option(help="Where the gateway serves.")] = "http://127.0.0.1:8080",
    tenant: Annotated[str | None, typer.Option(help="The tenant, for a key that acts for several.")] = None,
    secret: Annotated[
        str | None,
        typer.Option(help="What requests are signed with, whsec_...; by default a new one, which is shown."),
    ] = None,
    after: Annotated[str, typer.Option(help="The id of the event to begin after; by default only what is new.")] = (
        "latest"
    ),
) -> None:
    """Send each event of a running gateway to an app on your machine, signed as webhooks are, until Ctrl-C.

    For development: an event is sent once, whatever the app answers, and nothing is kept.

    Example: points-gateway events listen --forward-to http://127.0.0.1:3000/hooks
    --key demo-storefront-key-000000000000000
    """
    secret = secret or f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
    if error := secret_error(secret):
        raise typer.BadParameter(f"--secret: {error}")
    headers = {"Authorization": f"Bearer {key}", **({"X-Tenant": tenant} if tenant else {})}
    with httpx.Client(timeout=TIMEOUT, trust_env=False) as http:
        pages = _pages(http, url.rstrip("/"), headers, after)
        next(pages)
        terminal.show(f"Listening at {url}; requests are signed with {secret}")
        for events in pages:
            for event in events:
                said = _sent(http, forward_to, event, secret)
                terminal.show(f"{event['timestamp']}  {event['type']}  {event['id']}  {said}")


def _pages(http: httpx.Client, url: str, headers: dict[str, str], after: str) -> Iterator[list[dict[str, Any]]]:
    """The events after one, page by page, for ever; the first page is read before anything is given."""
    last: str | None = after
    while True:
        try:
            answer = http.get(f"{url}/v1/events", params={"after": last} if last else {}, headers=headers)
        except httpx.HTTPError as error:
            fail(f"no gateway on {url}: {type(error).__name__}")
        except httpx.InvalidURL:
            fail("--url is no address")
        if answer.status_code != 200:
            problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
            fail(f"the gateway refuses: {answer.status_code} {problem.get('detail', '')}")
        page = answer.json()
        yield page["data"]
        last = page["last"]
        if not page["more"]:
            time.sleep(PAUSE)


def _sent(http: httpx.Client, forward_to: str, event: dict[str, Any], secret: str) -> str:
    """What the app said to an event."""
    body, now = orjson.dumps(event), datetime.now(UTC)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": event["id"],
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signer(secret).sign(event["id"], now, body.decode()),
    }
    try:
        return str(http.post(forward_to, content=body, headers=headers).status_code)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__
