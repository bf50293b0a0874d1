"""From an API key to the client, what it may do, and the tenant it acts for."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

from starlette.datastructures import Headers

from gateway.api.keyring import Keyring
from gateway.errors import Forbidden, InvalidRequest, TenantRequired, Unauthenticated
from gateway.settings import Client


class Access:
    """Knows every client by the SHA-256 of its keys. `clock`: now, aware."""

    def __init__(self, keyring: Keyring, clients: Mapping[str, Client], *, clock: Callable[[], datetime]) -> None:
        self._keyring = keyring
        self._clients = clients
        self._clock = clock

    def client(self, headers: Headers) -> Client:
        """Who asks. Raises `Unauthenticated`."""
        given = headers.getlist("authorization")
        if len(given) != 1:
            raise Unauthenticated("Send one header: Authorization: Bearer KEY")
        scheme, _, text = given[0].partition(" ")
        key = self._keyring.find(hashlib.sha256(text.strip().encode("latin-1")).digest())
        if scheme.lower() != "bearer" or key is None:
            raise Unauthenticated("The API key is not known")
        if key.expires is not None and self._clock() >= key.expires:
            raise Unauthenticated("The API key has expired: ask the operator of this gateway for a new one")
        return self._clients[key.client]

    def permit(self, client: Client, scope: str) -> None:
        """Raises `Forbidden` where the client has not the scope."""
        if scope not in client.scopes:
            raise Forbidden(f"The client {client.name!r} has not the scope {scope}")

    def tenant(self, headers: Headers, client: Client) -> str:
        """The tenant asked for, or the only one. Raises `TenantRequired` or `Forbidden`."""
        named = headers.getlist("x-tenant")
        if len(named) > 1:
            raise InvalidRequest("X-Tenant is given twice")
        if not named:
            if len(client.tenants) == 1:
                return next(iter(client.tenants))
            raise TenantRequired("The client acts for several tenants: name one in X-Tenant")
        if named[0] not in client.tenants:
            raise Forbidden(f"The client {client.name!r} does not act for this tenant")
        return named[0]
