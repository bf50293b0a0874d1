"""The proxy of a webhook in a configuration: what is taken, what is refused, and what is shown."""

import pytest

from gateway.port import Secret
from tests.gateway.settings.conftest import Load, Problems
from tests.gateway.settings.test_tenants import with_tenants

URL = "https://app.example/hooks"
SIGNED = f"whsec_{'0' * 32}"


def hook(proxy: str) -> str:
    """A tenant whose webhook has this proxy."""
    return f'shop: {{routes_from: acme, webhooks: {{app: {{url: "{URL}", secrets: ["${{env:S}}"], proxy: {proxy}}}}}}}'


def test_a_webhook_has_a_proxy(load_text: Load) -> None:
    """With its user and password, in any network, and shown nowhere."""
    settings = load_text(
        *with_tenants(hook('"${env:PROXY}"')), env={"S": SIGNED, "PROXY": "http://user:p%2Fss@10.0.0.7:3128"}
    )
    (found,) = settings.tenants["shop"].webhooks.values()
    assert found.proxy == Secret("http://user:p%2Fss@10.0.0.7:3128")
    assert "p%2Fss" not in repr(settings)
    assert not [each for each in settings.plain if "proxy" in each.where]


def test_a_password_in_plain_text_is_warned_of(load_text: Load) -> None:
    """At its place; a proxy without a password is no secret."""
    for proxy, warnings in (
        ("http://user:pass@proxy.test:3128", ["tenants.shop.webhooks.app.proxy"]),
        ("http://proxy:3128", []),
    ):
        settings = load_text(*with_tenants(hook(proxy)), env={"S": SIGNED})
        assert [each.where for each in settings.plain if "webhooks" in each.where] == warnings


@pytest.mark.parametrize(
    ("proxy", "detail"),
    [
        ("proxy.test:3128", "expected an http:// or https:// address"),
        ("http://proxy.test:3128/path", "expected an address without a path"),
        ("http://user:a%zz@proxy.test", "expected an address without a path"),
        ("http://169.254.169.254:3128", "expected a proxy at no link-local address"),
    ],
)
def test_a_proxy_that_cannot_be_one_is_refused(problems: Problems, proxy: str, detail: str) -> None:
    """By its place."""
    (problem,) = problems(*with_tenants(hook(f'"{proxy}"')), env={"S": SIGNED})
    assert f"tenants.shop.webhooks.app.proxy: {detail}" in problem
