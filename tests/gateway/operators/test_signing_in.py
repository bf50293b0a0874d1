"""Who an operator is: by a key of his own, or by the word of a proxy that is trusted and proves itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from gateway.errors import RateLimited, Unauthenticated
from gateway.metrics import Metrics
from gateway.operators.operator import Operator
from gateway.operators.signing_in import SigningIn
from gateway.settings import Settings, load

KEY, OTHER, OLD = (f"key-of-alice-{name}-" + "0" * 24 for name in ("one", "two", "old"))
SECRET, NEXT = (f"the-proxy-{name}-" + "0" * 24 for name in ("secret", "next-secret"))
NOW = datetime(2026, 3, 1, tzinfo=UTC)
PROXY = "10.0.0.7"
WHOLE = f"""
store: sqlite:///points.db
vendors: {{}}
tenants: {{}}
clients: {{}}
server: {{wrong_key_rate: 3/hour}}
admin: {{trusted_proxies: [{PROXY}], identity_header: X-Email, proxy_secret: [{SECRET}, {NEXT}]}}
operators:
  alice:
    keys: [{KEY}, {OTHER}, {{key: {OLD}, expires: 2026-03-02}}]
    identity: alice@example.com
    scopes: [operator:read]
  bob: {{keys: ["${{file:bob}}"], scopes: [operator:write]}}
"""
Loads = Callable[[str], Settings]


@pytest.fixture
def loads(tmp_path: Path) -> Loads:
    (tmp_path / "bob").write_text("key-of-bob-" + "0" * 24)

    def loads(text: str = WHOLE) -> Settings:
        file = tmp_path / "gateway.yaml"
        file.write_text(text)
        return load(file, {}, {})

    return loads


@pytest.fixture
def now() -> list[datetime]:
    return [NOW]


@pytest.fixture
def signing_in(loads: Loads, now: list[datetime]) -> SigningIn:
    return SigningIn(loads(WHOLE), clock=lambda: now[0], metrics=Metrics())


def word(email: str = "alice@example.com", secret: str = SECRET, **more: str) -> Headers:
    return Headers({"X-Email": email, "X-Proxy-Secret": secret, **more})


def test_each_of_a_persons_keys_is_the_person(signing_in: SigningIn) -> None:
    """With the scopes of the entry, and the same name in histories."""
    found = [signing_in.by_key(key, "127.0.0.1") for key in (KEY, OTHER, OLD)]
    assert found == [Operator("alice", frozenset({"operator:read"}), "key")] * 3
    assert {each.subject for each in (*found, signing_in.by_proxy(word(), PROXY)) if each} == {"operator alice"}


def test_a_key_ends(signing_in: SigningIn, now: list[datetime]) -> None:
    """At its time, which its holder is told."""
    now[0] += timedelta(days=1)
    with pytest.raises(Unauthenticated, match="expired"):
        signing_in.by_key(OLD, "127.0.0.1")


@pytest.mark.parametrize(
    "values", [[], ["Basic YTpi"], [KEY], [f"Bearer {KEY}", f"Bearer {KEY}"], ["Bearer "], ["Bearer \u00e9"]], ids=str
)
def test_only_one_bearer_key_is_one(signing_in: SigningIn, values: list[str]) -> None:
    """No other scheme, none without one, and not two."""
    headers = Headers(raw=[(b"authorization", each.encode("latin-1")) for each in values])
    with pytest.raises(Unauthenticated):
        signing_in.by_header(headers, "127.0.0.1")


def test_a_proxy_with_one_of_its_secrets_names_an_operator(signing_in: SigningIn) -> None:
    """The old secret and the new one, while they are changed."""
    for secret in (SECRET, NEXT):
        found = signing_in.by_proxy(word(secret=secret), PROXY)
        assert found == Operator("alice", frozenset({"operator:read"}), "proxy")
    assert signing_in.by_proxy(word(), f"::ffff:{PROXY}") is not None


@pytest.mark.parametrize(
    ("headers", "host"),
    [
        (word(), "10.0.0.8"),
        (word(), "nowhere"),
        (word(**{"X-Forwarded-For": PROXY}), "10.0.0.8"),
        (word(secret=SECRET[:-1]), PROXY),
        (word(secret=""), PROXY),
        (Headers({"X-Email": "alice@example.com"}), PROXY),
        (Headers({"X-Proxy-Secret": SECRET}), PROXY),
        (Headers(raw=[*word().raw, (b"x-email", b"bob@example.com")]), PROXY),
        (Headers(raw=[*word().raw, (b"x-proxy-secret", b"other")]), PROXY),
    ],
    ids=str,
)
def test_nobody_elses_word_is_taken(signing_in: SigningIn, headers: Headers, host: str) -> None:
    """Not from another address, without the secret, or with a header twice, which a proxy has not set alone."""
    assert signing_in.by_proxy(headers, host) is None


@pytest.mark.parametrize("email", ["mallory@example.com", "ALICE@example.com", "alice"])
def test_a_proxy_that_names_nobody_is_told_so(signing_in: SigningIn, email: str) -> None:
    """An identity is compared as it is; who is signed in at the proxy need not be an operator."""
    with pytest.raises(Unauthenticated, match="no operator"):
        signing_in.by_proxy(word(email), PROXY)


def test_without_a_proxy_no_header_counts(loads: Loads, signing_in: SigningIn) -> None:
    """A reload that takes the section away takes its word away."""
    lines = [line for line in WHOLE.splitlines() if "identity" not in line]
    signing_in.follow(loads("\n".join(lines)))
    assert signing_in.by_proxy(word(), PROXY) is None
    assert signing_in.by_key(KEY, "127.0.0.1").name == "alice"


def test_a_session_has_the_scopes_of_today(loads: Loads, signing_in: SigningIn) -> None:
    """Who is not configured any more is nobody."""
    signing_in.follow(loads(WHOLE.replace("scopes: [operator:read]", "scopes: [operator:write]")))
    found = signing_in.named("alice")
    assert found is not None
    assert found.scopes == {"operator:write"}
    assert signing_in.named("mallory") is None
    assert signing_in.configured


def test_wrong_keys_of_an_address_are_slowed(signing_in: SigningIn) -> None:
    """Those of other addresses, and a valid key of the same one, are not."""
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            signing_in.by_key("wrong", "192.0.2.1")
    with pytest.raises(RateLimited):
        signing_in.by_key("wrong", "192.0.2.1")
    assert signing_in.by_key(KEY, "192.0.2.1").name == "alice"
    with pytest.raises(Unauthenticated):
        signing_in.by_key("wrong", "192.0.2.2")


def test_who_a_trusted_proxy_forwards_is_counted_by_his_own_address(signing_in: SigningIn) -> None:
    """Nobody else's header says where a request came from."""
    headers = Headers({"X-Forwarded-For": "192.0.2.9"})
    assert signing_in.peer(PROXY, headers) == "192.0.2.9"
    assert signing_in.peer("10.0.0.8", headers) == "10.0.0.8"
