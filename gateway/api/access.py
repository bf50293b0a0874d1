"""From an API key to the client, what it may do, and the tenant it acts for."""

import hashlib
from collections.abc import Mapping

from starlette.datastructures import Headers

from gateway.errors import Forbidden, InvalidRequest, TenantRequired, Unauthenticated
from gateway.settings import Client


class Access:
    """Knows every client by the SHA-256 of its keys."""

    def __init__(self, keys: Mapping[bytes, str], clients: Mapping[str, Client]) -> None:
        self._keys = {digest: clients[name] for digest, name in keys.items()}

    def client(self, headers: Headers) -> Client:
        """Who asks. Raises `Unauthenticated`."""
        given = headers.getlist("authorization")
        if len(given) != 1:
            raise Unauthenticated("Send one header: Authorization: Bearer KEY")
        scheme, _, key = given[0].partition(" ")
        client = self._keys.get(hashlib.sha256(key.strip().encode("latin-1")).digest())
        if scheme.lower() != "bearer" or client is None:
            raise Unauthenticated("The API key is not known")
        return client

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
