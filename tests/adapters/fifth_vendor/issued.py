"""The fifth vendor's adapter, with a token that travels in every place where one can."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote

from gateway import port
from gateway.model import Applied, Balance, Member
from gateway.port import Exchange, VendorRequest, not_understood
from tests.adapters.fifth_vendor.adapter import Paper

TOKEN = "issued-token/+ \u00fc7"
"""What the vendor issues, with characters that every place spells in its own way."""


class Issued(Paper):
    """Fetches a token, and sends it where `place` says; the answer to its entry is read as it comes."""

    place: ClassVar[str] = "header"

    def adjust(self, *, member: Member, points: Decimal, id: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        """Write an entry with the token."""
        token = yield from self._token()
        response = yield _PLACES[self.place](token)
        answer = response.json_object()
        return Applied(str(answer.get("entry")), details={"echo": answer.get("echo")})

    def balance(self, *, member: Member, point_type: str | None = None) -> Exchange[Balance]:
        """Fetch a token, and nothing else."""
        yield from self._token()
        return Balance(Decimal(1))

    def _token(self) -> Exchange[str]:
        response = yield VendorRequest.json("POST", "/token", {"grant": "g"}, effect=False, confidential=True)
        self.judge(response, listed=False, message=response.text())
        token = response.json_object().get("access_token")
        if not isinstance(token, str):
            not_understood(f"No token in {response.text()}", response)
        return token


def _in_a_header(token: str) -> VendorRequest:
    plain = token.encode().hex()
    return VendorRequest.json("POST", "/entries", {}, headers={"X-Session": plain}, issued=(token, plain))


def _in_the_path(token: str) -> VendorRequest:
    return VendorRequest("POST", f"/entries/{quote(token, safe='')}?session={quote(token)}", issued=(token,))


def _in_the_body(token: str) -> VendorRequest:
    return VendorRequest.json("POST", "/entries", {"session": token}, issued=(token,))


_PLACES: dict[str, Callable[[str], VendorRequest]] = {
    "header": _in_a_header,
    "path": _in_the_path,
    "body": _in_the_body,
}


class InThePath(Issued):
    """Sends it in the path and the query."""

    place = "path"


class InTheBody(Issued):
    """Sends it in the body."""

    place = "body"


class Passed(Paper):
    """Has its token fetched by the gateway, for one call alone, and sends it in every place at once."""

    def token(self) -> Exchange[port.Issued]:
        """Fetch a token that has ended before the next call."""
        response = yield VendorRequest.json("POST", "/token", {"grant": "g"}, effect=False, confidential=True)
        self.judge(response, listed=False, message=response.text())
        return port.Issued(response.json_object()["access_token"], 1e-9)

    def adjust(self, *, member: Member, points: Decimal, id: str, token: str) -> Exchange[Applied]:  # type: ignore[override]  # noqa: A002 (told no more)
        """Write an entry with the token."""
        path = f"/entries/{quote(token, safe='')}?session={quote(token)}"
        response = yield VendorRequest.json(
            "POST", path, {"session": token}, headers={"X-Session": token.encode().hex()}
        )
        self.judge(response, listed=response.status == 404, message=response.text())
        answer = response.json_object()
        return Applied(str(answer.get("entry")), details={"echo": answer.get("echo")})

    def balance(self, *, member: Member, token: str) -> Exchange[Balance]:  # type: ignore[override]
        """Read with the token."""
        response = yield VendorRequest("GET", f"/holders/{quote(token, safe='')}")
        self.judge(response, listed=response.status == 404, message=response.text())
        return Balance(Decimal(1), details={"echo": response.json_object().get("echo")})


ADAPTERS: dict[str, type[Issued]] = {"in-a-header": Issued, "in-the-path": InThePath, "in-the-body": InTheBody}


def spellings(token: str = TOKEN) -> list[str]:
    """How a token may stand in what is shown."""
    import json

    return [token, token.encode().hex(), json.dumps(token)[1:-1], quote(token, safe=""), quote(token)]


def answers(entry: dict[str, Any], status: int = 200) -> list[dict[str, Any]]:
    """What the vendor says: a token, then this to the entry; both times with a cookie that holds a session."""
    headers = {"Set-Cookie": f"session={TOKEN.encode().hex()}"}
    token = {"access_token": TOKEN, "refresh_token": "a-refresh-token"}
    return [
        {"kind": "status", "status": code, "body": json.dumps(body), "headers": headers}
        for code, body in ((200, token), (status, entry))
    ]
