"""Members: one notation, in bodies and paths, and what is refused before any vendor hears of it."""

from decimal import Decimal
from urllib.parse import quote

import pytest

from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.wire import exchange, request

NONSENSE = (
    "",
    ":",
    "email",
    "email:",
    ":jason@example.com",
    "Email:jason@example.com",
    "e-mail:jason@example.com",
    " email:jason@example.com",
    "custom.:1",
    f"custom.{'x' * 65}:1",
    f"{'x' * 65}:1",
    "phone:1234567890",
    "phone:+12345",
    "phone:+1234567890123456",
    "phone:+1 234 567",
    "phone:+\uff11\uff12\uff13\uff14\uff15\uff16",
    f"email:{'x' * 256}",
    "email:.",
    "email:..",
    "email:a/b",
    "email:a\\b",
    "email:../../admin",
    "email:%2e",
    "email:%2E%2e",
    "email:%252e%252e",
    "email:%25252e",
    "email:a%2Fb",
    "email:a%252fb",
    "email:a%5cb",
    "email:a%00b",
    "email:a%0d%0aX-Injected:1",
    "email:a\nb",
    "email:a\rb",
    "email:a\tb",
    "email:a\x00b",
    "email:a\x7fb",
    "email:a\x85b",
    "email:\x1b[31m",
)


@pytest.mark.parametrize("member", NONSENSE, ids=lambda member: repr(member)[:30])
def test_nonsense_in_a_body(api: Caller, vendors: Vendors, member: str) -> None:
    """A member that is none is 400 with a pointer to it, also where it hides behind percent-encoding."""
    problem = refused(api.adjust({"member": member, "points": "5"}), 400, "invalid_request")
    assert [error["pointer"] for error in problem["errors"]] == ["/member"]
    assert vendors.requests == 0


@pytest.mark.parametrize("member", NONSENSE[1:], ids=lambda member: repr(member)[:30])
@pytest.mark.parametrize("operation", ["balance", "expiring?from=2023-09-01T00:00:00Z&to=2023-09-30T00:00:00Z"])
def test_nonsense_in_a_path(api: Caller, vendors: Vendors, member: str, operation: str) -> None:
    """The same in a path, where it is one percent-encoded segment."""
    response = api.send("GET", f"/v1/members/{quote(member, safe='')}/{operation}")
    problem = refused(response, 400, "invalid_request")
    assert [error["pointer"] for error in problem["errors"]] == ["{member}"]
    assert vendors.requests == 0


@pytest.mark.parametrize("escape", ["\\ud800", "\\udfff", "\\ud800x", "a\\udc00\\ud800"])
def test_lone_surrogates(api: Caller, vendors: Vendors, escape: str) -> None:
    """JSON can spell half a character; no field takes it."""
    for name, value in (("member", f"email:{escape}"), ("description", escape), ("reference", escape)):
        fields = {"member": '"contact_id:1"', "points": "5"} | {name: f'"{value}"'}
        body = "{" + ", ".join(f'"{field}": {written}' for field, written in fields.items()) + "}"
        problem = refused(api.adjust(body), 400, "invalid_request")
        assert [error["pointer"] for error in problem["errors"]] == [f"/{name}"]
    assert vendors.requests == 0


def test_a_value_of_255_characters(api: Caller, vendors: Vendors) -> None:
    """The longest value is taken, in characters and not in bytes."""
    for value in ("x" * 255, "é" * 255, "😀" * 255):
        response = api.adjust({"member": f"email:{value}", "points": 1})
        assert (response.status_code, response.json()["member"]) == (201, f"email:{value}")
        member = quote(f"email:{value}", safe="")
        assert api.get(f"/v1/members/{member}/balance").json()["available"] == "1"


@pytest.mark.parametrize(
    "value", ["a b", "a+b@c", "ä@ö.de", "a?b#c", "a&value=9", "100%", "50%25", "a:b", "a;b=c", "'\"<>"]
)
def test_any_other_value_arrives_as_it_is(api: Caller, vendors: Vendors, value: str) -> None:
    """Whatever else a value holds reaches the vendor's ledger unchanged, by way of a body and of a path."""
    response = api.adjust({"member": f"email:{value}", "points": 3})
    assert (response.status_code, response.json()["member"]) == (201, f"email:{value}")
    assert vendors.arcade.points == [Decimal(3)]
    assert vendors.arcade.effects[0].member == f"email:{value}"
    balance = api.get(f"/v1/members/{quote(f'email:{value}', safe='')}/balance")
    assert (balance.json()["member"], balance.json()["available"]) == (f"email:{value}", "3")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"/v1/members/email:a/b/balance", 404),
        (b"/v1/members/../balance", 400),
        (b"/v1/members/email:../balance", 400),
        (b"/v1/members/email:%2e%2e/balance", 400),
        (b"/v1/members/email:%252e%252e/balance", 400),
        (b"/v1/members/%2e%2e/balance", 400),
        (b"/v1/members/email:a%2fb/balance", 400),
        (b"/v1/members/email:a%5Cb/balance", 400),
        (b"/v1/members/email:a\\b/balance", 400),
        (b"/v1/members/email:%ff/balance", 400),
        (b"/v1/members/email:%c0%ae/balance", 400),
        (b"/v1/members/email:%ed%a0%80/balance", 400),
        (b"/v1/members/email:%/balance", 400),
        (b"/v1/members/email:%4/balance", 400),
        (b"/v1/members/email:%zz/balance", 400),
        (b"/v1/members/email:%u0041/balance", 400),
        (b"/v1/members/email:\xc3\xa9/balance", 400),
        (b"/v1/members/email:\xff/balance", 400),
        (b"/v1/members/email:%00/balance", 400),
        (b"/v1/members//balance", 404),
        (b"//v1/members/email:a/balance", 404),
        (b"/v1/members/email:a/balance/", 404),
        (b"/v1/./members/email:a/balance", 404),
        (b"/v1%2fmembers/email:a/balance", 404),
        (b"/v1/members/email:a/balance%3fx", 404),
        (b"/V1/members/email:a/balance", 404),
    ],
)
def test_paths_byte_for_byte(api: Caller, vendors: Vendors, url: str, target: bytes, status: int) -> None:
    """Paths are matched as they came and decoded once: a problem in each case, and no vendor hears of it."""
    headers = [(b"Authorization", api.headers["Authorization"].encode()), (b"X-Tenant", b"acme")]
    response = exchange(url, request(b"GET", target, headers))
    assert response.status == status, response.body
    assert response.headers["content-type"] == "application/problem+json"
    assert vendors.requests == 0
