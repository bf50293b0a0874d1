"""What is logged of calls: retries are, members and keys are not."""

import logging

import httpx
import pytest

from tests.client.app import Adjusted, App, Refused
from tests.client.listener import BALANCE, Listening, answer, options

MEMBER = "phone:+1234567890"
CALLS = {
    "balance": (MEMBER,),
    "expiring": (MEMBER,),
    "transactions": (MEMBER,),
    "lookup": (MEMBER,),
    "wallet": (MEMBER,),
}


@pytest.mark.parametrize("method", CALLS)
def test_a_retry_is_logged_without_the_member(
    app: App, problem: Refused, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    """The line has the route, the cause and the request id, but not the text of the error, which may quote anything."""
    refused = problem("vendor_unavailable", 503, retryable=True, detail=f"about {MEMBER}")
    app.router.route().mock(return_value=refused)
    with caplog.at_level(logging.DEBUG), pytest.raises(Exception, match="about"):
        app.call(method, *CALLS[method], client={"retries": 1})
    [line] = [each.getMessage() for each in caplog.records if each.name == "points_gateway_client"]
    assert line.endswith(": retry 1 of 1 in 0.25 s after vendor_unavailable (request req-1)")
    assert line.startswith("GET /v1/wallet" if method == "wallet" else "GET /v1/members/{member}")
    assert "1234567890" not in caplog.text


def test_a_write_in_progress_is_logged_without_its_key(
    app: App, adjustment: Adjusted, problem: Refused, caplog: pytest.LogCaptureFixture
) -> None:
    """Asking again for a write that is under way is a line as well."""
    busy = problem("idempotency_in_progress", 409, retryable=True, headers={"Retry-After": "2"})
    app.router.post("/v1/adjustments").mock(side_effect=[busy, httpx.Response(201, json=adjustment())])
    with caplog.at_level(logging.DEBUG):
        app.call("adjust", "contact_id:1", "2.5", idempotency_key="order-1")
    assert "POST /v1/adjustments: asked again in 2.00 s after idempotency_in_progress" in caplog.messages
    assert "order-1" not in caplog.text
    assert "contact_id" not in caplog.text


def test_what_is_lost_is_logged_by_its_kind(app: App, listener: Listening, caplog: pytest.LogCaptureFixture) -> None:
    """Over a real socket no log line, at the most talkative level, has the member."""
    server, thread = listener
    server.answers = [b"", answer(BALANCE)]
    thread.start()
    with caplog.at_level(logging.DEBUG):
        app.call("balance", MEMBER, client=options(server.port))
    assert "retry 1 of 3 in 0.25 s after RemoteProtocolError" in caplog.text
    assert "1234567890" not in caplog.text


def test_other_calls_by_httpx_are_logged_as_ever(
    app: App, adjustment: Adjusted, caplog: pytest.LogCaptureFixture
) -> None:
    """An app that uses httpx for something else keeps its lines."""
    app.router.get("/v1/adjustments/adj_1").respond(200, json=adjustment())
    transport = httpx.MockTransport(lambda request: httpx.Response(204))
    with caplog.at_level(logging.INFO), httpx.Client(transport=transport) as other:
        app.call("adjustment", "adj_1")
        other.get("https://elsewhere.test/")
    assert [each.getMessage() for each in caplog.records if each.name == "httpx"] == [
        'HTTP Request: GET https://elsewhere.test/ "HTTP/1.1 204 No Content"'
    ]
