"""What an endpoint reads is what its handler takes."""

from datetime import UTC, datetime
from typing import get_args, get_type_hints

import pytest

from gateway.api import schemas
from gateway.api.edge import AnyEndpoint
from gateway.api.endpoints import Endpoints

TABLE = Endpoints(None, schemas.AdjustmentBody, clock=lambda: datetime.now(UTC)).table()  # type: ignore[arg-type]  # nothing is called


@pytest.mark.parametrize("endpoint", TABLE, ids=lambda endpoint: endpoint.name)
def test_a_handler_is_given_the_query_and_body_that_it_is_annotated_with(endpoint: AnyEndpoint) -> None:
    """mypy sees that only where an endpoint is made outside of a table of any endpoints."""
    query, body = get_args(get_type_hints(endpoint.handler)["call"])
    assert issubclass(endpoint.query, query)
    assert issubclass(endpoint.body, body)


@pytest.mark.parametrize("endpoint", TABLE, ids=lambda endpoint: endpoint.name)
def test_what_is_posted_has_a_body_and_what_is_asked_for_has_none(endpoint: AnyEndpoint) -> None:
    """A body where none is read would be dropped in silence."""
    assert endpoint.takes_body == (endpoint.method == "POST")
