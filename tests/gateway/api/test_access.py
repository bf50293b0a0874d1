"""From an API key to a client and its tenant."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.access import Access
from gateway.api.keyring import Keyring
from gateway.api.request_headers import RequestHeaders
from gateway.errors import Forbidden, InvalidRequest, TenantRequired, Unauthenticated
from gateway.metrics import Metrics
from gateway.settings import Client, ClientKey, Problem
from gateway.settings.key import digest_of

KEY = "a-key-of-the-app"
APP = Client("app", frozenset({"acme", "outlet"}), frozenset({"points:read"}))
HERE = Problem("points.yaml", 1, 1, "clients.app.keys[0]", "")
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def access(*keys: ClientKey) -> Access:
    """Who holds these keys at `NOW`."""
    keyring = Keyring(keys, metrics=Metrics(), clock=lambda: 0.0)
    return Access(keyring, {"app": APP}, clock=lambda: NOW)


ACCESS = access(ClientKey("app", digest_of(KEY), HERE))


def headers(*pairs: tuple[str, str]) -> RequestHeaders:
    """Headers as a server passes them on."""
    return RequestHeaders([(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs])


def test_a_known_key() -> None:
    """The key's client is found."""
    assert ACCESS.client(headers(("authorization", f"Bearer {KEY}"))) is APP


def test_scopes() -> None:
    """A client may do what its scopes say, and no more."""
    ACCESS.permit(APP, "points:read")
    for scope in ("points:write", "points:resolve", "points:", "points:read "):
        with pytest.raises(Forbidden, match=scope):
            ACCESS.permit(APP, scope)


@given(st.text(st.characters(max_codepoint=0xFF)))
def test_nothing_else_opens(value: str) -> None:
    """Whatever bytes a header holds, they are nobody's key, and never a fault."""
    with pytest.raises(Unauthenticated):
        ACCESS.client(headers(("authorization", value)))


@given(st.text(st.characters(max_codepoint=0xFF)))
def test_only_its_tenants(value: str) -> None:
    """A client acts for its own tenants, named exactly."""
    with pytest.raises(Forbidden):
        ACCESS.tenant(headers(("x-tenant", value)), APP)
    for tenant in APP.tenants:
        assert ACCESS.tenant(headers(("x-tenant", tenant)), APP) == tenant


def test_which_tenant() -> None:
    """Of several one is named, once."""
    with pytest.raises(TenantRequired):
        ACCESS.tenant(headers(), APP)
    with pytest.raises(InvalidRequest):
        ACCESS.tenant(headers(("x-tenant", "acme"), ("x-tenant", "acme")), APP)


@pytest.mark.parametrize("ends", [timedelta(0), timedelta(days=-1)])
def test_an_expired_key(ends: timedelta) -> None:
    """It opens nothing any more, and says why; only to whoever has it."""
    expired = access(ClientKey("app", digest_of(KEY), HERE, NOW + ends))
    with pytest.raises(Unauthenticated, match="has expired"):
        expired.client(headers(("authorization", f"Bearer {KEY}")))
    with pytest.raises(Unauthenticated, match="is not known"):
        expired.client(headers(("authorization", f"Bearer {KEY}x")))


def test_a_key_that_will_expire() -> None:
    """It opens until then."""
    ending = access(ClientKey("app", digest_of(KEY), HERE, NOW + timedelta(seconds=1)))
    assert ending.client(headers(("authorization", f"Bearer {KEY}"))) is APP
