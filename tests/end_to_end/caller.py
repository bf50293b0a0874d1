"""An app that calls the gateway: its key, its tenant, and every answer held against the contract."""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Self

import httpx

from tests.deadlines import DEADLINE
from tests.end_to_end.configuration import KEYS
from tests.end_to_end.contract import Contract
from tests.plain import PLAIN

MEMBER = {"contact-points": "contact_id:1", "iactionable": "email:jason@example.com"}
MEMBER["fabric"] = "profile_id:f90a1da5-c072-48b7-a9ea-eb35c5dd506b"


class Caller:
    """One client of a gateway, acting for one tenant (none is named where `tenant` is None)."""

    def __init__(
        self, http: httpx.Client, contract: Contract, client: str, tenant: str | None, keys: Iterator[int]
    ) -> None:
        self.http = http
        self.contract = contract
        self.headers = {"Authorization": f"Bearer {KEYS[client]}"}
        if tenant is not None:
            self.headers["X-Tenant"] = tenant
        self._keys = keys

    @classmethod
    def of(cls, url: str, *, client: str = "anywhere", tenant: str | None = "acme") -> Self:
        """A caller of the gateway at a URL; close its `http` when it is done."""
        http = httpx.Client(
            base_url=url, trust_env=False, verify=PLAIN, timeout=DEADLINE, limits=httpx.Limits(max_connections=None)
        )
        return cls(http, Contract(http.get("/openapi.json").json()), client, tenant, count(1))

    def acting(self, *, client: str = "anywhere", tenant: str | None = None) -> Self:
        """Another client, or the same for another tenant."""
        return type(self)(self.http, self.contract, client, tenant, self._keys)

    def new_key(self) -> str:
        """An idempotency key that was not used yet."""
        return f"key-{next(self._keys):06}"

    def send(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> httpx.Response:
        """Any request; its answer is held against the contract."""
        response = self.http.request(method, path, headers={**self.headers, **(headers or {})}, **more)
        self.contract.check(response)
        return response

    def get(self, path: str, **query: str) -> httpx.Response:
        """A GET with these query parameters."""
        return self.send("GET", path, params=query)

    def adjust(
        self,
        body: Mapping[str, Any] | str | bytes | Iterator[bytes],
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """POST an adjustment: an object, or a body as it stands, or in chunks; under a new key where none is given."""
        more = {"Idempotency-Key": key or self.new_key(), "Content-Type": "application/json", **(headers or {})}
        if isinstance(body, Mapping):
            return self.send("POST", "/v1/adjustments", headers=more, json=dict(body))
        return self.send("POST", "/v1/adjustments", headers=more, content=body)

    def adjustment(self, identifier: str, *, history: bool = False) -> dict[str, Any]:
        """An adjustment by its id."""
        response = self.get(f"/v1/adjustments/{identifier}", **({"include": "history"} if history else {}))
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def under(self, key: str) -> dict[str, Any]:
        """The one adjustment under an idempotency key."""
        (found,) = self.get("/v1/adjustments", idempotency_key=key).json()["data"]
        return dict(found)


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem in an answer, which has to be this one."""
    assert (response.status_code, response.json().get("code")) == (status, code), response.text
    problem: dict[str, Any] = response.json()
    return problem
