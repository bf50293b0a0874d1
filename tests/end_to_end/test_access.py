"""Who may do what: scopes that imply nothing, and tenants that are named where there is a choice."""

import pytest

from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.vendors import Vendors

FIVE = {"member": "contact_id:1", "points": 5}
WORD = {"outcome": "applied", "reason": "I saw it."}

CALLS = {
    "adjust": ("POST", "/v1/adjustments", FIVE, "write"),
    "preview": ("POST", "/v1/adjustments/preview", FIVE, "read"),
    "list": ("GET", "/v1/adjustments", None, "read"),
    "see": ("GET", f"/v1/adjustments/adj_{'0' * 32}", None, "read"),
    "resolve": ("POST", f"/v1/adjustments/adj_{'0' * 32}/resolution", WORD, "resolve"),
    "balance": ("GET", "/v1/members/email:jason@example.com/balance", None, "read"),
    "expiring": (
        "GET",
        "/v1/members/email:user@example.com/expiring?from=2023-09-01T00:00:00Z&to=2023-09-02T00:00:00Z",
        None,
        "read",
    ),
    "capabilities": ("GET", "/v1/capabilities", None, "read"),
    "limits": ("GET", "/v1/limits", None, "read"),
    "look-up": ("GET", "/v1/members/email:user@example.com", None, "read"),
    "wallet": ("GET", "/v1/wallet?member=email:jason@example.com", None, "read"),
}
HOLDERS = {"read": "reader", "write": "writer", "resolve": "resolver"}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("held", HOLDERS)
def test_no_scope_implies_another(api: Caller, vendors: Vendors, call: str, held: str) -> None:
    """Each call asks for one scope, and only that one opens it."""
    method, path, body, needed = CALLS[call]
    caller = api.acting(client=HOLDERS[held])
    headers = {"Idempotency-Key": api.new_key()}
    response = caller.send(method, path, json=body, headers=headers) if body else caller.send(method, path)
    if held == needed:
        assert response.status_code in (200, 201, 404), response.text
    else:
        problem = refused(response, 403, "forbidden")
        assert f"points:{needed}" in problem["detail"]
        assert vendors.requests == 0


@pytest.mark.parametrize("call", CALLS)
def test_every_call_needs_a_key(api: Caller, vendors: Vendors, call: str) -> None:
    """Without an API key there is no operation."""
    method, path, body, _ = CALLS[call]
    headers = {"Authorization": "Bearer of-nothing"}
    refused(api.send(method, path, headers=headers, **({"json": body} if body else {})), 401, "unauthenticated")
    assert vendors.requests == 0


def test_the_only_tenant_need_not_be_named(api: Caller) -> None:
    """A client with one tenant acts for it, named or not."""
    for tenant in (None, "acme"):
        assert api.acting(client="reader", tenant=tenant).get("/v1/capabilities").json()["tenant"] == "acme"


def test_a_choice_of_tenants_must_be_made(api: Caller, vendors: Vendors) -> None:
    """A client with several tenants names one."""
    refused(api.acting().get("/v1/capabilities"), 400, "tenant_required")
    refused(api.acting().adjust(FIVE), 400, "tenant_required")
    assert vendors.requests == 0


@pytest.mark.parametrize("tenant", ["hasty", "nobody", "ACME", "acme,hasty", "*", ""])
@pytest.mark.parametrize("client", ["storefront", "anywhere"])
def test_tenants_of_others(api: Caller, vendors: Vendors, client: str, tenant: str) -> None:
    """A tenant that is not the client's is 403, in the same words whether it exists or not."""
    if (client, tenant) == ("anywhere", "hasty"):
        assert api.acting(client=client, tenant=tenant).get("/v1/capabilities").status_code == 200
        return
    problem = refused(api.acting(client=client, tenant=tenant).get("/v1/capabilities"), 403, "forbidden")
    assert problem["detail"] == f"The client '{client}' does not act for this tenant"
    assert vendors.requests == 0
