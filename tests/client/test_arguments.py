"""What cannot be sent is refused before anything is sent, by the name that the caller knows."""

from datetime import date, datetime
from typing import Any

import pytest

from tests.client.app import App

MEMBER = "contact_id:1"
WRITE = {"idempotency_key": "order-1"}
Call = tuple[str, tuple[Any, ...], dict[str, Any]]


def call(method: str, *arguments: Any, **named: Any) -> Call:
    return method, arguments, named


@pytest.mark.parametrize(
    ("wrong", "kind", "message"),
    [
        (call("adjust", None, 5, **WRITE), TypeError, "member is a str such as"),
        (call("adjust", "jason", 5, **WRITE), ValueError, "member is written SCHEME:VALUE"),
        (call("adjust", MEMBER, 5.0, **WRITE), TypeError, "a float is not"),
        (call("adjust", MEMBER, 5, idempotency_key=None), TypeError, "idempotency_key is a str, not NoneType"),
        (call("adjust", MEMBER, 5, **WRITE, point_typ="base"), TypeError, "did you mean 'point_type'"),
        (call("adjust", MEMBER, 5, **WRITE, description=7), TypeError, "description is a str or None, not int"),
        (call("adjust", MEMBER, 5, **WRITE, pending="yes"), TypeError, "pending is True or False, not str"),
        (call("adjust", MEMBER, 5, **WRITE, options={"crm": 1}), TypeError, "options is a mapping"),
        (call("adjust", MEMBER, 5, **WRITE, wait="1"), TypeError, "wait is a number of seconds, not str"),
        (call("adjust", MEMBER, 5, **WRITE, wait=-1), ValueError, "wait is a number of seconds, 0 or more"),
        (call("adjust", MEMBER, 5, **WRITE, timeout=0), ValueError, "timeout is a number of seconds, above 0"),
        (call("reverse", "adj_1", **WRITE, linked="no"), TypeError, "linked is True or False, not str"),
        (call("reverse", None, **WRITE), TypeError, "adjustment_id is a str, not NoneType"),
        (call("wait_until_settled", "", seconds=0), ValueError, "adjustment_id cannot be part of a path"),
        (call("resolve", "adj_1", "done", "seen"), ValueError, "outcome is one of 'applied', 'not_applied'"),
        (call("resolve", "adj_1", "applied", ""), ValueError, "reason is empty"),
        (call("balance", 5), TypeError, "member is a str such as"),
        (call("balance", MEMBER, point_type=5), TypeError, "point_type is a str or None, not int"),
        (call("expiring", MEMBER, date(2026, 1, 1)), TypeError, "start is a datetime with a time zone, not date"),
        (call("transactions", MEMBER, None, datetime(2026, 1, 1)), ValueError, "end needs a time zone"),  # noqa: DTZ001
        (call("transactions", MEMBER, limit=101), ValueError, "limit is at least 1 and at most 100"),
        (call("transactions", MEMBER, limit=True), TypeError, "limit is an int, not bool"),
        (call("wallet", "jason"), ValueError, "each name of a wallet is written SCHEME:VALUE"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_a_wrong_argument_is_named(app: App, wrong: Call, kind: type[Exception], message: str) -> None:
    """It raises an error of the kind that Python has for it, and nothing is sent."""
    route = app.router.route()
    method, arguments, named = wrong
    with pytest.raises(kind, match=message):
        app.call(method, *arguments, **named)
    assert not route.called


@pytest.mark.parametrize(
    ("filters", "kind", "message"),
    [
        ({"stats": "unknown"}, TypeError, "adjustments have no filter 'stats': did you mean 'status'"),
        ({"member": 5}, TypeError, "member is a str or None, not int"),
        ({"created_from": "2026-01-01"}, TypeError, "created_from is a datetime with a time zone, not str"),
        ({"limit": 0}, ValueError, "limit is at least 1"),
    ],
)
def test_a_wrong_filter_is_named(app: App, filters: dict[str, Any], kind: type[Exception], message: str) -> None:
    """The same holds for what a list is filtered by."""
    with pytest.raises(kind, match=message):
        app.pages(**filters)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"base_url": None}, TypeError, "base_url is a str, not NoneType"),
        ({"retries": -1}, ValueError, "retries is at least 0"),
        ({"retries": 1.5}, TypeError, "retries is an int, not float"),
        ({"max_wait": float("inf")}, ValueError, "max_wait is a number of seconds"),
        ({"timeout": None}, TypeError, "timeout is a number of seconds, not NoneType"),
        ({"proxy": "http://127.0.0.1:1"}, ValueError, "transport replaces the network"),
        ({"verify": False}, ValueError, "transport replaces the network"),
        ({"transport": None, "proxy": "ftp://user:secret@proxy"}, ValueError, "proxy is an http:// or https:// addr"),
        ({"transport": None, "proxy": 8080}, TypeError, "proxy is a str, not int"),
        ({"transport": None, "verify": "/no/such/file"}, ValueError, "verify: '/no/such/file' has no certificates"),
        ({"transport": None, "verify": 1}, TypeError, "verify is True, False, a file or an ssl.SSLContext, not int"),
    ],
    ids=str,
)
def test_a_wrong_option_of_a_client_is_named(
    app: App, options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    """No client is made with it, and a proxy's password is not shown."""
    with pytest.raises(kind, match=message) as caught:
        app.made(**options)
    assert "secret" not in str(caught.value)
