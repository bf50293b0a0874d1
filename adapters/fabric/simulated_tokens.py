"""Tokens of the simulated vendor, issued for client credentials and valid for some minutes."""

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from gateway.simulation import Answer, Request, urlencoded

CLIENT_ID, CLIENT_SECRET = "simulated-client", "simulated-client-secret"
AUTH_SERVER = "simulated-server"
# The address of the v2 pages, and that of the v3 pages with the scope that they name.
V2_PATH, V3_PATH, V3_SCOPE = f"/oauth2/{AUTH_SERVER}/v1/token", "/v1/token", "s2s"


class Tokens:
    """The tokens that were issued, and until when they are valid."""

    def __init__(self, now: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self.life = 600
        """The seconds for which the next token is valid; 600 is documented."""
        self._now = now
        self._new_id = new_id
        self._valid_until: dict[str, datetime] = {}

    def valid(self, token: str) -> bool:
        """Whether a token was issued and has not expired."""
        return token in self._valid_until and self._now() < self._valid_until[token]

    def revoke(self) -> None:
        """Make all tokens invalid before their time."""
        self._valid_until.clear()

    def answer(self, request: Request) -> Answer | None:
        """The answer to a request for a token; None if the request is not for one."""
        if request.target not in (V2_PATH, V3_PATH):
            return None
        if request.method != "POST":
            return _error(405, "invalid_request", "Method not allowed")
        # The v3 pages say that a call with Origin, as browsers send it, is refused; the status is a guess.
        if request.header("Origin") is not None:
            return _error(403, "access_denied", "Browser requests are not allowed")
        # The errors are those of RFC 6749; the pages show none.
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.header("Authorization") != f"Basic {expected}":
            return _error(401, "invalid_client", "Client authentication failed")
        try:
            form = urlencoded.read(request.body.decode())
        except ValueError as error:
            return _error(400, "invalid_request", str(error))
        if request.media_type != "application/x-www-form-urlencoded" or form.keys() - {"grant_type", "scope"}:
            return _error(400, "invalid_request", "A form with grant_type and scope is required")
        if form.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type", "The grant type must be client_credentials")
        # The v2 pages name no scope, so there it may be absent.
        if form.get("scope", V3_SCOPE if request.path == V2_PATH else "") != V3_SCOPE:
            return _error(400, "invalid_scope", "The scope must be s2s")
        return self._issued()

    def _issued(self) -> Answer:
        token = f"simulated-issued-token-{self._new_id()}"
        self._valid_until[token] = self._now() + timedelta(seconds=self.life)
        body: dict[str, Any] = {"token_type": "Bearer", "expires_in": self.life, "access_token": token}
        return Answer.json(200, {**body, "scope": V3_SCOPE})


def _error(status: int, code: str, description: str) -> Answer:
    return Answer.json(status, {"error": code, "error_description": description})
