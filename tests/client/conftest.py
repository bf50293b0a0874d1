"""The two clients, and the answers that the scripted gateway gives them."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx

from tests.client.app import BASE, Adjusted, App, Refused
from tests.client.listener import Listener, Listening
from tests.deadlines import DEADLINE


@pytest.fixture
def router() -> respx.MockRouter:
    return respx.MockRouter(base_url=BASE, assert_all_called=False)


@pytest.fixture(params=["sync", "async"])
def app(request: pytest.FixtureRequest, router: respx.MockRouter) -> App:
    return App(request.param, router)


@pytest.fixture
def adjustment() -> Adjusted:
    """An adjustment as the gateway answers it, with some fields changed."""

    def made(**changes: Any) -> dict[str, Any]:
        return {
            "id": "adj_1",
            "status": "succeeded",
            "tenant": "acme",
            "idempotency_key": "order-1",
            "member": "contact_id:1",
            "points": "2.5",
            "point_type": "base",
            "description": "You are cool",
            "reason": None,
            "reference": "order-1234",
            "store": "12",
            "pending": False,
            "options": {"some-vendor": {"sub_type": "web"}},
            "not_sent": ["store"],
            "balance": {"available": "105.25", "lifetime": None, "updated_at": "2024-03-29T06:37:11.5Z"},
            "vendor": {"name": "crm", "adapter": "some-vendor", "transaction_id": "7", "details": {"sum": 1.10}},
            "retryable": False,
            "problem": None,
            "resolution": None,
            "attempts": 1,
            "created_at": "2024-03-29T06:37:11Z",
            "completed_at": "2024-03-29T06:37:12Z",
        } | changes

    return made


@pytest.fixture
def problem() -> Refused:
    """A problem as the gateway answers it."""

    def made(code: str, status: int, *, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        document = {
            "type": f"/problems/{code}",
            "title": "Title",
            "status": status,
            "detail": f"About {code}",
            "code": code,
            "retryable": False,
            "new_key_allowed": False,
            "request_id": "req-1",
        } | fields
        media_type = {"Content-Type": "application/problem+json"}
        return httpx.Response(status, json=document, headers=media_type | (headers or {}))

    return made


@pytest.fixture
def listener() -> Iterator[Listening]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(DEADLINE)
        made = Listener(server.getsockname()[1])
        thread = threading.Thread(target=made.serve, args=(server,))
        yield made, thread
        made.over.set()
        if thread.ident is not None:
            thread.join(DEADLINE)
