"""A body that does not come, at the edge: a problem instead of a caller who waits for nothing."""

import asyncio
import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from weakref import ref

import pytest
from starlette.types import Scope

from gateway.api.access import Access
from gateway.api.edge import Call, Edge, Endpoint, Resource
from gateway.api.keyring import Keyring
from gateway.api.limiting import Limiter
from gateway.api.schemas import NoQuery, ResolutionBody
from gateway.api.visitor import Visitor
from gateway.metrics import Metrics
from gateway.settings import Client, ClientKey, Problem
from tests.deadlines import DEADLINE

KEY = b"key-of-the-app-0000000000000000000000"
Answer = dict[str, Any]


class Message(dict[str, Any]):
    """A part of a body, which can be seen to be freed."""


async def answered(pieces: list[bytes]) -> tuple[int, Answer]:
    """The status and body for a request whose body comes in these pieces, and then no more."""
    client = Client("app", frozenset({"acme"}), frozenset({"points:resolve"}))
    key = ClientKey("app", sha256(KEY).digest(), Problem("points.yaml", 1, 1, "clients.app.keys[0]", ""))
    keyring = Keyring([key], metrics=Metrics(), clock=lambda: 0.0)
    access = Access(keyring, {"app": client}, clock=lambda: datetime.now(UTC))
    limiter = Limiter({"app": client}, {}, clock=lambda: 0.0)

    async def handler(call: Call[NoQuery, ResolutionBody]) -> Any:
        raise AssertionError("a request without its body is not carried out")

    endpoint = Endpoint("POST", "/x", "x", "X", "points:resolve", handler, {}, (), query=NoQuery, body=ResolutionBody)
    said: list[Answer] = []
    never = asyncio.Event()
    received: list[ref[Message]] = []

    async def receive() -> Answer:
        assert not any(each() for each in received), "what was taken in is held a second time"
        if not pieces:
            await never.wait()
        message = Message(type="http.request", body=pieces.pop(0), more_body=True)
        received.append(ref(message))
        return message

    async def send(message: Any) -> None:
        said.append(message)

    headers = [(b"authorization", b"Bearer " + KEY), (b"content-type", b"application/json")]
    scope: Scope = {"type": "http", "method": "POST", "path": "/x", "query_string": b"", "headers": headers}
    Visitor("127.0.0.1", client).enter(scope)
    edge = Edge(access, limiter, Metrics(), body_seconds=0.02)
    async with asyncio.timeout(DEADLINE):
        await Resource(edge, endpoint)(scope, receive, send)
    return said[0]["status"], json.loads(said[1]["body"])


@pytest.mark.parametrize("pieces", [[], [b"{"], [b"{", b'"outcome"', b": "]], ids=repr)
def test_a_body_that_does_not_come(pieces: list[bytes]) -> None:
    """It is 400 `invalid_request`, and nothing was carried out."""
    status, problem = asyncio.run(answered(list(pieces)))
    assert (status, problem["code"]) == (400, "invalid_request")
    assert problem["detail"] == "The body did not arrive within 0.02 seconds"
