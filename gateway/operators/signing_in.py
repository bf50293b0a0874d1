"""Who an operator is: by a key of his own, or by the word of a trusted proxy that proves itself with a secret.

These keys are not those of clients, and are counted apart: who guesses here is slowed down here.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address

from starlette.datastructures import Headers

from gateway.api.keyring import Keyring
from gateway.api.peer import Peers
from gateway.api.strangers import Budget, Strangers
from gateway.errors import Unauthenticated
from gateway.metrics import Metrics
from gateway.operators.operator import Operator, SignedIn
from gateway.settings import Admin, Settings


class SigningIn:
    """Knows operators by the configuration that serves; `follow` takes a new one in. `clock`: now, aware."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime],
        metrics: Metrics,
        shown: Callable[[str], str | None] = lambda peer: peer,
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        server = settings.server
        self._strangers = Strangers(
            anonymous=Budget.of(server.anonymous_rate),
            wrong_keys=Budget.of(server.wrong_key_rate),
            clock=time.monotonic,
            metrics=metrics,
            shown=shown,
        )
        self.follow(settings)

    def follow(self, settings: Settings) -> None:
        """Know operators by this configuration from now on."""
        self._accounts = settings.operators
        self._by_identity = {each.identity: each.name for each in settings.operators.values() if each.identity}
        self._keyring = Keyring(settings.operator_keys, metrics=self._metrics, clock=time.monotonic, holder="operator")
        self._peers = Peers(settings.admin.trusted_proxies)
        self.admin: Admin = settings.admin
        server = settings.server
        self._strangers.allow(anonymous=Budget.of(server.anonymous_rate), wrong_keys=Budget.of(server.wrong_key_rate))

    @property
    def configured(self) -> bool:
        """Whether there are operators at all."""
        return bool(self._accounts)

    def recheck(self) -> None:
        """Read the keys that come from files again."""
        self._keyring.check()

    def peer(self, host: str, headers: Headers) -> str:
        """The address of who sends a request: the socket's, or the one that a trusted proxy names."""
        return self._peers.of(host, headers.raw)

    def by_header(self, headers: Headers, peer: str) -> Operator:
        """The operator whose key is in `Authorization`. Raises `Unauthenticated`, or `RateLimited` after wrong keys."""
        values = headers.getlist("authorization")
        if len(values) != 1:
            self._strangers.count(peer, wrong_key=False)
            raise Unauthenticated("Send one header: Authorization: Bearer KEY, with the key of an operator")
        scheme, _, text = values[0].partition(" ")
        if scheme.lower() != "bearer":
            self._strangers.count(peer, wrong_key=True)
            raise Unauthenticated("Send the key of an operator as Authorization: Bearer KEY")
        return self.by_key(text.strip(), peer)

    def by_key(self, text: str, peer: str) -> Operator:
        """The operator with this key. Raises `Unauthenticated`, or `RateLimited` after wrong keys of this address."""
        key = self._keyring.find(hashlib.sha256(text.encode("utf-8", "replace")).digest())
        if key is None:
            self._strangers.count(peer, wrong_key=True)
            raise Unauthenticated("The key is not one of an operator")
        if key.expires is not None and self._clock() >= key.expires:
            self._strangers.count(peer, wrong_key=True)
            raise Unauthenticated("The key has expired: have a new one put into the configuration")
        return self._operator(key.client, "key")

    def by_proxy(self, headers: Headers, host: str) -> Operator | None:
        """The operator whom a proxy names; None where the request has not all of its address, its secret and a name.

        Raises `Unauthenticated` where a proxy that proves itself names somebody who is no operator.
        """
        header = self.admin.identity_header
        if header is None or not self._trusts(host):
            return None
        secrets, names = headers.getlist(self.admin.proxy_secret_header), headers.getlist(header)
        if len(secrets) != 1 or len(names) != 1 or not self._proves(secrets[0]):
            return None
        name = self._by_identity.get(names[0])
        if name is None:
            raise Unauthenticated("The proxy names somebody who is no operator: see `operators` in the configuration")
        return self._operator(name, "proxy")

    def named(self, name: str, signed_in: SignedIn = "key") -> Operator | None:
        """The operator of this name with the scopes that he has now; None where there is none any more."""
        return self._operator(name, signed_in) if name in self._accounts else None

    def _operator(self, name: str, signed_in: SignedIn) -> Operator:
        return Operator(name, self._accounts[name].scopes, signed_in)

    def _trusts(self, host: str) -> bool:
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self.admin.trusted_proxies)

    def _proves(self, secret: str) -> bool:
        """Whether this is one of the proxy's secrets; what it takes does not depend on where they differ."""
        given = secret.encode("latin-1", "replace")
        same = [hmac.compare_digest(given, each.reveal().encode()) for each in self.admin.proxy_secrets]
        return any(same)
