"""The sections about operators: who they are, how they sign in, and what it takes to settle by hand."""

from hashlib import sha256
from ipaddress import ip_network

import pytest

from gateway.approvals import ResolutionRule
from gateway.settings import Admin, OperatorAccount
from gateway.settings.difference import difference

from .conftest import WHOLE, Load, Problems

KEY = "operator-key-0000000000000000000000"
CLIENTS_KEY = "storefront-key-00000000000000000000"
SECRET = "a-secret-of-the-proxy-0000000000000"
ALICE = f"\noperators: {{alice: {{keys: [{KEY}], scopes: ['operator:read']}}}}\n"
PROXY = f"\nadmin: {{trusted_proxies: [10.0.0.7], identity_header: X-Email, proxy_secret: [{SECRET}]}}\n"


def test_without_them_nothing_changes(load_text: Load) -> None:
    """There are no operators, nobody's header is believed, and one person settles."""
    settings = load_text()
    assert (settings.operators, settings.operator_keys) == ({}, ())
    assert (settings.admin, settings.resolution) == (Admin(), ResolutionRule())


def test_an_operator_is_found_by_the_digest_of_a_key(load_text: Load) -> None:
    """Keys are kept as those of clients are, and are not among those."""
    settings = load_text(WHOLE + ALICE)
    assert settings.operators == {"alice": OperatorAccount("alice", frozenset({"operator:read"}))}
    assert [(key.client, key.digest) for key in settings.operator_keys] == [("alice", sha256(KEY.encode()).digest())]
    assert "alice" not in {key.client for key in settings.client_keys}
    assert KEY not in repr(settings)


def test_a_proxy_names_operators(load_text: Load) -> None:
    """By an identity of each, from its address and with its secret."""
    settings = load_text(WHOLE + PROXY + "operators: {bob: {identity: bob@example.com, scopes: ['operator:write']}}\n")
    assert settings.operators["bob"].identity == "bob@example.com"
    assert settings.admin.trusted_proxies == (ip_network("10.0.0.7"),)
    assert [each.reveal() for each in settings.admin.proxy_secrets] == [SECRET]
    assert SECRET not in repr(settings)


def test_secrets_in_plain_text_are_doubts(load_text: Load) -> None:
    """The operator's key, and the proxy's secret."""
    settings = load_text(WHOLE + ALICE + PROXY)
    assert {each.where for each in settings.plain} >= {"operators.alice.keys[0]", "admin.proxy_secret[0]"}


def test_two_people_may_be_needed(load_text: Load) -> None:
    """For as long as is configured."""
    settings = load_text(WHOLE + "resolution: {approvals: 2, approval_expires: 600}\n")
    assert settings.resolution == ResolutionRule(2, 600.0)


@pytest.mark.parametrize(
    ("section", "where", "why"),
    [
        (
            f"operators: {{a: {{keys: [{CLIENTS_KEY}], scopes: ['operator:read']}}}}",
            "operators.a.keys[0]",
            "the same key",
        ),
        ("operators: {a: {scopes: ['operator:read']}}", "operators.a", "expected keys, or the identity"),
        ("operators: {a: {identity: a@b, scopes: ['operator:read']}}", "operators.a.identity", "admin.identity_header"),
        (f"operators: {{a: {{keys: [{KEY}], scopes: ['points:read']}}}}", "operators.a.scopes[0]", "operator:read"),
        ("admin: {identity_header: X-Email}", "admin", "trusted_proxies, proxy_secret is missing"),
        (f"admin: {{session_secret: [{KEY}, short]}}", "admin.session_secret[1]", "32 characters"),
        ("admin: {trusted_proxies: [0.0.0.0/0]}", "admin.trusted_proxies[0]", "everybody"),
        ("resolution: {approvals: 3}", "resolution.approvals", "2"),
        ("resolution: {approval_expires: 5}", "resolution.approval_expires", "60"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else None,
)
def test_mistakes_are_told_where_they_are(problems: Problems, section: str, where: str, why: str) -> None:
    """Each with its place and what was expected."""
    (found,) = problems(WHOLE + "\n" + section + "\n")
    assert f": {where}: " in found
    assert why in found


def test_two_operators_have_neither_the_same_key_nor_the_same_identity(problems: Problems) -> None:
    """Else one person would be two."""
    entry = f"{{keys: [{KEY}], identity: a@b, scopes: ['operator:read']}}"
    found = problems(WHOLE + PROXY + f"operators: {{alice: {entry}, bob: {entry}}}\n")
    assert len(found) == 2
    assert "operators.bob.keys[0]: operator 'alice' has the same key" in "".join(found)
    assert "operators.bob.identity: operator 'alice' has the same identity" in "".join(found)


def test_what_differs_is_told_without_a_secret(load_text: Load) -> None:
    """A reload says who came and went, and that two people are needed now."""
    old = load_text(WHOLE + ALICE)
    new = load_text(
        WHOLE
        + ALICE.replace("operator:read", "operator:write").replace(KEY, KEY[::-1])
        + PROXY
        + "resolution: {approvals: 2}\n"
    )
    assert list(difference(old, new)) == [
        "operators.alice.scopes: operator:read -> operator:write",
        "operators.alice.keys: 1 new, 1 removed",
        "admin.trusted_proxies: [] -> [10.0.0.7/32]",
        "admin.identity_header: none -> X-Email",
        "admin.proxy_secrets: changed",
        "resolution.approvals: 1 -> 2",
    ]
    assert next(difference(old, load_text())) == "operators.alice: removed"


def test_operators_who_cannot_sign_in_are_a_doubt(load_text: Load) -> None:
    """Without a listener there is no operator API; with one there is no doubt."""
    (warning,) = load_text(WHOLE + ALICE).warnings
    assert (warning.where, "server.admin" in warning.detail) == ("operators.alice", True)
    listening = WHOLE + ALICE + "server: {admin: 127.0.0.1:9090}\n"
    assert load_text(listening).warnings == ()


def test_two_people_whom_there_are_not_are_a_doubt(load_text: Load) -> None:
    """Nobody could settle anything; a client that may, and an operator, are two."""
    server = "server: {admin: 127.0.0.1:9090}\nresolution: {approvals: 2}\n"
    writing = ALICE.replace("operator:read", "operator:write")
    (warning,) = load_text(WHOLE + writing + server).warnings
    assert (warning.where, "1 operator(s) and client(s)" in warning.detail) == ("resolution.approvals", True)
    assert load_text(WHOLE.replace("points:read", "points:resolve") + writing + server).warnings == ()
