"""Which account at a vendor a configuration means: by the vendor's own identifier where there is one."""

import hashlib

import pytest

from gateway.port import Secret, VendorSettings


class Plain(VendorSettings):
    """An account that is known by its credentials alone."""

    key: Secret


class Named(Plain):
    """An account that the vendor gave a name, which need not be set."""

    identified_by = ("account",)

    account: str | None = None


def identities(model: type[VendorSettings] = Named, **fields: str | None) -> tuple[str, ...]:
    given = {"adapter": "ledger", "base_url": "https://v.example", "key": "k", **fields}
    return model.model_validate(given).identities()


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
