"""Which account at a vendor a configuration means, where its requests may go, and what in it is secret."""

import hashlib
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.port import ClientCredentials, Secret, VendorSettings
from gateway.port.secrets import MASK


class Plain(VendorSettings):
    """An account that is known by its credentials alone."""

    key: Secret


class Named(Plain):
    """An account that the vendor gave a name, which need not be set."""

    identified_by = ("account",)

    account: str | None = None


def identities(model: type[VendorSettings] = Named, **fields: str | None) -> tuple[str, ...]:
    values = {"adapter": "ledger", "base_url": "https://v.example", "key": "k", **fields}
    return model.model_validate(values).identities()


def digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


WHERE = ("ledger", "https://v.example")


def test_an_identifier_takes_the_place_of_the_credentials() -> None:
    """Another key is still the same account, and is kept under the same digest."""
    assert identities(account="a")[0] == identities(account="a", key="another")[0]


@pytest.mark.parametrize(
    "fields",
    [
        {"account": "b"},
        {"base_url": "https://w.example"},
        {"base_url": "https://v.example:8443"},
        {"base_url": "https://v.example/Path"},
        {"adapter": "other"},
    ],
    ids=lambda fields: min(fields),
)
def test_another_account_is_another(fields: dict[str, str]) -> None:
    """Another identifier, address or adapter shares no digest that the vendor's own identifier made."""
    assert identities(account="a")[0] not in identities(**{"account": "a", **fields})


@pytest.mark.parametrize("base_url", ["https://V.Example", "HTTPS://v.example:443", "https://v.example/"])
def test_an_address_is_the_same_however_it_is_spelled(base_url: str) -> None:
    """Letter case, the usual port and a last slash make no other account."""
    assert identities(account="a")[0] == identities(account="a", base_url=base_url)[0]


@pytest.mark.parametrize("account", [None, ""])
def test_without_an_identifier_the_credentials_tell(account: str | None) -> None:
    """Where it is not set, another key may be another account."""
    assert set(identities(account=account)).isdisjoint(identities(account=account, key="another"))
    assert set(identities(Plain)).isdisjoint(identities(Plain, key="another"))


def test_a_digest_that_was_kept_by_credentials_goes_on_matching() -> None:
    """With today's credentials: with the identifier, before it was set, and of an adapter that had none."""
    assert identities(account="a")[1:] == (
        digest(*WHERE, "a", "k"),
        digest(*WHERE, "None", "k"),
        digest(*WHERE, "k"),
    )
    assert identities() == (digest(*WHERE, "None", "k"),)
    assert identities(Plain) == (digest(*WHERE, "k"),)


class Issuing(VendorSettings):
    """An account whose tokens are issued for a client, or at an address of its own."""

    identified_by = ("account",)
    token_addresses = ("login_url",)

    account: str | None = None
    client_credentials: ClientCredentials | None = None
    login_url: str | None = None


CREDENTIALS = {"token_url": "https://login.example/token", "client_id": "brand", "client_secret": "the-secret-of-brand"}


def issuing(*, account: str | None = None, login_url: str | None = None, **changes: Any) -> Issuing:
    own = {name: changes.pop(name) for name in ("allow_http", "allow_link_local") if name in changes}
    values = {"adapter": "ledger", "base_url": "https://v.example", "account": account, "login_url": login_url, **own}
    return Issuing.model_validate({**values, "client_credentials": {**CREDENTIALS, **changes}})


def test_a_client_identifies_the_account_of_a_vendor_that_gave_it_no_name() -> None:
    """Its secret can be rotated, and tokens issued elsewhere, without losing the account; another client is another."""
    first = issuing().identities()[0]
    assert issuing(client_secret="another-secret-of-it").identities()[0] == first
    assert issuing(token_url="https://other.example/token").identities()[0] == first
    assert first not in issuing(client_id="other").identities()


def test_an_account_that_is_named_later_goes_on_matching() -> None:
    """The vendor's own identifier comes first; what was kept by the client is still the account's."""
    account = issuing(account="a").identities()
    assert issuing().identities()[0] == account[1]
    assert issuing(account="a", client_id="other").identities()[0] == account[0]


def test_secrets_within_models_are_secrets() -> None:
    """They are masked, hidden and known by the path of their field."""
    settings = issuing()
    assert settings.secrets() == ("the-secret-of-brand",)
    assert list(settings.hidden()) == [("client_credentials", "client_secret")]
    assert [each.reveal() for each in settings.concealed()] == ["the-secret-of-brand"]
    masked = settings.masked().client_credentials
    assert masked is not None
    assert (masked.client_secret.reveal(), masked.client_id) == (MASK, "brand")
    assert "the-secret-of-brand" not in repr(settings)


def test_requests_go_where_the_settings_say() -> None:
    """To the vendor, and to where tokens are issued."""
    settings = issuing(login_url="https://in.example")
    assert settings.addresses() == {
        "base_url": "https://v.example",
        "login_url": "https://in.example",
        "client_credentials.token_url": "https://login.example/token",
    }
    assert settings.at("https://in.example").base_url == "https://in.example"


@pytest.mark.parametrize("field", ["token_url", "login_url"])
@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("http://login.example/token", "plain http to another machine"),
        ("https://169.254.169.254/token", "link-local"),
        ("https://[fe80::1]/token", "link-local"),
        ("https://user@login.example/", "without a user"),
        ("ftp://login.example/", "expected an http"),
    ],
)
def test_an_address_of_tokens_is_checked_like_the_vendors(field: str, address: str, fault: str) -> None:
    """It can lead where a vendor's cannot no more than that."""
    with pytest.raises(ValidationError, match=fault):
        issuing(**{field: address})


@pytest.mark.parametrize("field", ["token_url", "login_url"])
def test_an_address_of_tokens_that_is_allowed_like_the_vendors(field: str) -> None:
    """A loopback address is, and with the same consent any other."""
    issuing(**{field: "http://127.0.0.1:1/token"})
    issuing(**{field: "http://login.example/token"}, allow_http=True)
    issuing(**{field: "https://169.254.1.1/token"}, allow_link_local=True)
