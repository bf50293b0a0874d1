"""What needs no key, and what is not there at all."""

import re
import socket

import httpx
import pytest

from tests.deadlines import DEADLINE
from tests.end_to_end.browser import MILLISECONDS, browsing, needs_browser
from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.configuration import KEYS
from tests.end_to_end.conftest import Starts
from tests.end_to_end.contract import ALWAYS
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.wire import exchange, request
from tests.plain import PLAIN


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health(api: Caller, path: str) -> None:
    """A gateway that runs and has its journal says so, to anybody, whatever its vendors do."""
    response = api.send("GET", path, headers={"Authorization": ""})
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_the_documentation(api: Caller) -> None:
    """The OpenAPI document is JSON, and the page about it needs nothing from elsewhere."""
    document = api.http.get("/openapi.json")
    assert (document.status_code, document.headers["content-type"]) == (200, "application/json")
    assert document.json()["openapi"].startswith("3.1")
    page = api.http.get("/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page.text)
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert (page.headers["x-frame-options"], page.headers["referrer-policy"]) == ("DENY", "no-referrer")
    api.contract.check(page)


def test_a_problem_leads_to_its_explanation(api: Caller) -> None:
    """Whoever follows the `type` of a problem finds a page about it; what is no code is not found."""
    problem = api.send("GET", "/v1/adjustments/adj_1").json()
    page = api.http.get(problem["type"])
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f"<code>{problem['code']}</code>" in page.text
    assert "script-src 'none'" in page.headers["content-security-policy"]
    assert f'href="{problem["type"]}"' in api.http.get("/problems").text
    refused(api.http.get("/problems/nothing"), 404, "not_found")


PATHS = {
    "/livez": "GET, HEAD",
    "/readyz": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
    "/docs": "GET, HEAD",
    "/problems": "GET, HEAD",
    "/problems/rate_limited": "GET, HEAD",
    "/v1/adjustments": "POST, GET",
    "/v1/adjustments/preview": "POST",
    "/v1/adjustments/adj_1": "GET",
    "/v1/adjustments/adj_1/resolution": "POST",
    "/v1/members/email:a": "GET",
    "/v1/members/email:a/balance": "GET",
    "/v1/members/email:a/expiring": "GET",
    "/v1/members/email:a/transactions": "GET",
    "/v1/wallet": "GET",
    "/v1/capabilities": "GET",
    "/v1/limits": "GET",
}


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "POST", "GET", "PROPFIND"])
@pytest.mark.parametrize("path", PATHS)
def test_other_methods(api: Caller, path: str, method: str) -> None:
    """A method that a path does not take is 405, and `Allow` names those that it does."""
    allowed = set(PATHS[path].split(", "))
    if method in allowed:
        return
    response = api.send(method, path)
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == allowed
    if method != "HEAD":
        refused(response, 405, "method_not_allowed")


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/v1", "/v1/", "/v2/adjustments", "/v1/adjustments/", "/v1/adjustments/adj_1/", "/v1/members"),
        *("/v1/members/email:a/points", "/v1/capabilities/", "/livez/", "/metrics", "/admin", "/favicon.ico", "/docs/"),
        *("/v1/adjustments/adj_1/resolution/x", "/V1/adjustments", "/v1//adjustments", "/v1/adjustment%73"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unknown_paths(api: Caller, method: str, path: str) -> None:
    """What is nowhere documented is 404, by any method, and leads nowhere else."""
    refused(api.send(method, path), 404, "not_found")


@pytest.mark.parametrize(
    "raw",
    [
        b"BREW /v1/adjustments HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /livez HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /livez HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /v1/adjustments HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\n",
        b"POST /v1/adjustments HTTP/1.1\r\nTransfer-Encoding: x, y\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nA: b\rc\r\n\r\n",
    ],
    ids=lambda raw: repr(raw)[2:30],
)
def test_what_is_not_http(url: str, raw: bytes) -> None:
    """What cannot be told apart as one request is a problem as well, and ends the connection."""
    response = exchange(url, raw)
    assert (response.status, response.headers["content-type"], response.code) == (
        400,
        "application/problem+json",
        "invalid_request",
    )
    assert re.fullmatch(r"req_[0-9a-f]{24}", response.headers["request-id"])
    assert response.headers.items() >= ALWAYS.items()


def test_pages_that_are_switched_off(start: Starts) -> None:
    """With `server.docs: false` they are as if they had never been; the admin listener's answers are no other's."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        admin = free.getsockname()[1]
    server = {"listen": "127.0.0.1:0", "admin": f"127.0.0.1:{admin}", "docs": False}
    process = start(server=server)
    process.serving()
    for path in ("/docs", "/openapi.json", "/problems", "/problems/rate_limited", "/nothing"):
        answer = exchange(process.url, request(b"GET", path.encode(), []))
        assert (answer.status, answer.code) == (404, "not_found")
        assert answer.headers.items() >= ALWAYS.items()
    assert exchange(process.url, request(b"GET", b"/livez", [])).status == 200
    for path, status in ((b"/metrics", 200), (b"/docs", 404), (b"/\xff", 400)):
        answer = exchange(f"http://127.0.0.1:{admin}", request(b"GET", path, []))
        assert answer.status == status
        assert answer.headers.items() >= ALWAYS.items()


def test_a_request_in_absolute_form(url: str) -> None:
    """A proxy's form of a target is read as what it stands for."""
    assert exchange(url, request(b"GET", b"http://elsewhere/livez", [])).status == 200


def console_in(page: str) -> str:
    """Where the try-it page says that the console is; empty where it says nothing."""
    [origin] = re.findall('<meta name="console" content="([^"]*)">', page)
    return str(origin)


def test_the_console_is_shown_where_that_is_configured(api: Caller, start: Starts) -> None:
    """The page that tries the API needs no key: unless `admin.public_url` is set, it knows no console."""
    assert console_in(api.http.get("/docs").text) == ""
    process = start(admin={"public_url": "https://points-ops.example.com"})
    page = httpx.get(f"{process.serving()}/docs", trust_env=False, verify=PLAIN, timeout=DEADLINE)
    assert console_in(page.text) == "https://points-ops.example.com"


@needs_browser
def test_who_has_no_key_is_told_to_enter_one(url: str) -> None:
    """In Chromium: 401 asks for an API key and not for another body; other refusals name the Idempotency-Key."""
    with browsing() as browser:
        page = browser.new_page()
        page.set_default_timeout(MILLISECONDS)
        page.goto(f"{url}/docs#adjust")
        adjust, limits = page.locator("#adjust"), page.locator("#get_limits")
        adjust.locator("button.send").click()
        adjust.get_by_text("Enter an API key above, or press “Use the key of the demo”").wait_for()
        page.fill("#key", "nobody-has-this-key")
        adjust.locator("button.send").click()
        adjust.get_by_text("Enter another API key above").wait_for()
        page.fill("#key", KEYS["anywhere"])
        page.fill("#tenant", "acme")
        adjust.locator("textarea").fill("{}")
        adjust.locator("button.send").click()
        adjust.get_by_text("Correct the request, and keep its Idempotency-Key.").wait_for()
        page.fill("#tenant", "nobody")
        page.goto(f"{url}/docs#get_limits")
        limits.locator("button.send").click()
        limits.get_by_text("Correct the request.", exact=False).wait_for()


@needs_browser
def test_an_answer_leads_to_its_timeline(start: Starts, vendors: Vendors) -> None:
    """In Chromium: an adjustment's answer has a link to its page in the console, and other answers have none."""
    process = start(admin={"public_url": "https://points-ops.example.com"})
    url = process.serving()
    with browsing() as browser:
        page = browser.new_page()
        page.set_default_timeout(MILLISECONDS)
        page.goto(f"{url}/docs#adjust")
        page.fill("#key", KEYS["anywhere"])
        page.fill("#tenant", "acme")
        adjust, limits = page.locator("#adjust"), page.locator("#get_limits")
        adjust.locator("textarea").fill('{"member": "contact_id:1", "points": "5"}')
        adjust.locator("button.send").click()
        link = adjust.get_by_role("link", name="See its timeline in the console")
        href = link.get_attribute("href")
        assert re.fullmatch("https://points-ops.example.com/console/adjustments/adj_[0-9a-f]{32}", str(href))
        page.goto(f"{url}/docs#get_limits")
        limits.locator("button.send").click()
        limits.get_by_text("200 OK").wait_for()
        assert limits.get_by_role("link", name="See its timeline in the console").count() == 0
