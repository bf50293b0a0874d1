"""The setting `max_concurrency` of clients."""

import pytest

from .conftest import WHOLE, Load, Problems

SCOPES = "scopes: [points:read]"


def test_requests_under_way_of_a_client(load_text: Load) -> None:
    """As it is written; without it there is no bound."""
    assert load_text(WHOLE, (SCOPES, f"{SCOPES}, max_concurrency: 8")).clients["storefront"].max_concurrency == 8
    assert load_text().clients["storefront"].max_concurrency is None


@pytest.mark.parametrize("most", ["0", "-1", "1.5", "many", "100001"])
def test_what_is_no_number_of_requests(problems: Problems, most: str) -> None:
    """A client that may have none under way could do nothing at all."""
    [message] = problems(WHOLE, (SCOPES, f"{SCOPES}, max_concurrency: {most}"))
    assert "clients.storefront.max_concurrency: expected " in message
