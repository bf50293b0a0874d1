"""The operator API of a running gateway, which commands call with `--admin` in place of opening the journal."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.options import USUAL, fail

if TYPE_CHECKING:  # loaded only by those commands that call
    import httpx

KEY = "POINTS_ADMIN_KEY"
PATIENCE = 30.0
"""Seconds that a command waits for an answer."""
AT_ONCE = 100
"""Adjustments that one request may name, and rows of a page."""
MaybeConfig = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", envvar="POINTS_GATEWAY_CONFIG", help="The configuration: a YAML file, or a folder of them."
    ),
]
Admin = Annotated[
    str | None,
    typer.Option(
        "--admin",
        envvar="POINTS_ADMIN_URL",
        help=f"Call the operator API here, with the key in {KEY}, and open no journal; http://127.0.0.1:9090.",
    ),
]


def config_of(config: Path | None) -> Path:
    """The configuration of a command that opens the journal. Raises `BadParameter` without one."""
    if config is None and not USUAL.is_file():
        raise typer.BadParameter("name the configuration by --config, or a gateway's operator API by --admin")
    return config or USUAL


class OperatorApi:
    """Calls the operator API at a URL; what goes wrong ends the command, with the reason."""

    def __init__(self, url: str) -> None:
        import httpx

        key = os.environ.get(KEY, "")
        if not key:
            fail(f"set {KEY} to the key of an operator")
        self._url = url
        try:
            self._http = httpx.Client(
                base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE, follow_redirects=False
            )
        except (TypeError, ValueError, httpx.InvalidURL) as error:
            fail(f"{url} is no address, as http://127.0.0.1:9090 is one: {error}")

    def get(self, path: str, **query: object) -> dict[str, Any]:
        """What is at a path under /admin/v1/; parameters that are None are left out."""
        given = {name: str(value) for name, value in query.items() if value is not None}
        return self._asked("GET", path, params=given)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What comes of sending this to a path under /admin/v1/."""
        return self._asked("POST", path, json=body)

    def decide(self, seen: Sequence[Mapping[str, Any]], *, applied: bool, reason: str) -> Iterator[dict[str, Any]]:
        """Settle adjustments, each with the attempt and repeats that were seen; what became of each, in their order."""
        outcome = "applied" if applied else "not_applied"
        for first in range(0, len(seen), AT_ONCE):
            body = {"outcome": outcome, "reason": reason, "adjustments": list(seen[first : first + AT_ONCE])}
            yield from self.post("resolutions", body)["data"]

    def withdraw(self, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Withdraw what was proposed of these adjustments; what became of each, in their order."""
        for first in range(0, len(ids), AT_ONCE):
            yield from self.post("withdrawals", {"adjustments": list(ids[first : first + AT_ONCE])})["data"]

    def balance_hint(self, id: str) -> dict[str, Any]:  # noqa: A002 (the field's name)
        """What the vendor's balance hints at about an adjustment that is there."""
        return self.get(f"adjustments/{id}/balance")

    def find(self, id: str) -> dict[str, Any] | None:  # noqa: A002 (the field's name)
        """All about one adjustment; None where there is none with this id."""
        from urllib.parse import quote

        response = self._sent("GET", f"adjustments/{quote(id, safe='')}")
        document = _document(response)
        if response.status_code == 404 and document is not None and document.get("adjustment") == id:
            return None
        return self._read(response)

    def _asked(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        return self._read(self._sent(method, path, **how))

    def _sent(self, method: str, path: str, **how: Any) -> "httpx.Response":
        import httpx

        try:
            return self._http.request(method, f"/admin/v1/{path}", **how)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            fail(f"the operator API at {self._url} cannot be reached: {error}; see server.admin")

    def _read(self, response: "httpx.Response") -> dict[str, Any]:
        document = _document(response)
        if document is None:
            fail(f"{self._url} is no operator API: it answers {response.status_code} without a JSON document")
        if not response.is_success:
            other = "; is it the admin listener, and does its configuration have operators?"
            fail(f"{document.get('code')}: {document.get('detail')}{other if response.status_code == 404 else ''}")
        return document


def _document(response: "httpx.Response") -> dict[str, Any] | None:
    """The JSON object of an answer; None where it is none."""
    from gateway import exact

    try:
        document = exact.loads(response.text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
