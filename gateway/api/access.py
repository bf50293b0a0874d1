"""Authentication by API key, and authorization by scope and tenant."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from gateway.api.keyring import Keyring
from gateway.api.request_headers import RequestHeaders
from gateway.errors import Forbidden, InvalidRequest, TenantRequired, Unauthenticated
from gateway.settings import Client


class Access:
    """Finds clients by the SHA-256 of their keys. `clock` returns the current time, aware.

    `renamed`: the names in the journal of tenants that have another one there.
    """

    def __init__(
        self,
        keyring: Keyring,
        clients: Mapping[str, Client],
        *,
        clock: Callable[[], datetime],
        renamed: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._keyring = keyring
        self._clients = clients
        self._clock = clock
        self._renamed = renamed

    def client(self, headers: RequestHeaders) -> Client:
        """The client of the request's API key. Raises `Unauthenticated`."""
        values = headers.all(b"authorization")
        if len(values) != 1:
            raise Unauthenticated("Send one header: Authorization: Bearer KEY")
        scheme, _, text = values[0].partition(b" ")
        key = self._keyring.find(hashlib.sha256(text.strip()).digest())
        if scheme.lower() != b"bearer" or key is None:
            raise Unauthenticated("The API key is not known")
        if key.expires is not None and self._clock() >= key.expires:
            raise Unauthenticated("The API key has expired: ask the operator of this gateway for a new one")
        return self._clients[key.client]

    def permit(self, client: Client, scope: str) -> None:
        """Raises `Forbidden` if the client lacks the scope."""
        if scope not in client.scopes:
            raise Forbidden(f"The client {client.name!r} has not the scope {scope}")

    def tenant(self, headers: RequestHeaders, client: Client) -> str:
        """The tenant in `X-Tenant`, or the client's only one. Raises `TenantRequired` or `Forbidden`."""
        values = headers.texts(b"x-tenant")
        if len(values) > 1:
            raise InvalidRequest("X-Tenant is given twice")
        if not values:
            if len(client.tenants) == 1:
                return next(iter(client.tenants))
            raise TenantRequired("The client acts for several tenants: name one in X-Tenant")
        if values[0] not in client.tenants:
            raise Forbidden(f"The client {client.name!r} does not act for this tenant")
        return values[0]

    def journal_name(self, tenant: str) -> str:
        """The name of a tenant in the journal."""
        return self._renamed.get(tenant, tenant)
