"""Who gets into the console, for how long, and what the forms of others can do: nothing."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deadlines import DEADLINE
from tests.end_to_end.console_world import (
    MEMBER,
    OPERATORS,
    PROXY_SECRET,
    admin_url,
    lose,
    serving,
    settleable,
    with_operators,
)
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.end_to_end.wire import exchange, request
from tests.plain import PLAIN

Configured = Callable[..., dict[str, Any]]
IDENTITY = {"X-Forwarded-User": "alice@example.com", "X-Proxy-Secret": PROXY_SECRET}


@pytest.fixture(scope="module")
def console(running: Vendors, configured: Configured, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the console of a gateway is that takes a proxy's word as well, and needs two people for a resolution."""
    running.reset()
    configuration = with_operators(configured(), approvals=2, proxied=True)
    with serving(tmp_path_factory.mktemp("access"), configuration) as (_, url, api):
        settleable(url, lose(api, running, "5"))
        yield url


@pytest.fixture
def browser(console: str) -> Iterator[httpx.Client]:
    with closing(client(console)) as made:
        yield made


def client(url: str, **headers: str) -> httpx.Client:
    """A browser without scripts: it keeps cookies, and follows no redirect by itself."""
    return httpx.Client(base_url=url, trust_env=False, verify=PLAIN, timeout=DEADLINE, headers=headers)


def token(page: httpx.Response) -> str:
    """The token of the first form of a page."""
    found = re.search('name="token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def words(page: httpx.Response) -> str:
    """The text of a page without its markup."""
    return re.sub("<[^>]*>", "", page.text)


def sign_in(browser: httpx.Client, name: str = "alice", **fields: str) -> httpx.Response:
    """What comes of signing in with an operator's key."""
    form = {"token": token(browser.get("/console/sign-in")), "key": OPERATORS[name], "next": ""}
    return browser.post("/console/sign-in", data={**form, **fields})


def test_nobody_is_asked_to_sign_in_without_a_form_of_ours(browser: httpx.Client) -> None:
    """Every page leads to the sign-in, with the way back; a part of one is only refused."""
    for path in ("/console/", "/console/search?text=a%26b", "/console/queue", "/console/adjustments/adj_1"):
        answer = browser.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/console/sign-in?next=%2Fconsole%2F")
    assert browser.get("/console/live", headers={"X-Part": "live"}).status_code == 401
    assert browser.get("/").headers["location"] == "/console/"
    assert browser.post("/console/pause", data={"of": "all"}).status_code == 303


def test_the_way_back(browser: httpx.Client) -> None:
    """After signing in, the page that was asked for; never one of another site."""
    assert sign_in(browser, next="/console/search?text=a%26b").headers["location"] == "/console/search?text=a%26b"
    for elsewhere in ("https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere", "/console/\\..", "/v1"):
        assert sign_in(browser, next=elsewhere).headers["location"] == "/console/"


def test_a_wrong_key(browser: httpx.Client) -> None:
    """Opens nothing, and neither does that of a client of the API."""
    for wrong in ("", "x", "test-key-of-anywhere-" + "0" * 24, OPERATORS["alice"][:-1]):
        answer = sign_in(browser, key=wrong)
        assert (answer.status_code, "points_console" in answer.cookies) == (401, False)
        assert "operator" in answer.text


def test_a_form_of_another_session(console: str, browser: httpx.Client) -> None:
    """The token of one session does nothing in another, and a form without one does nothing at all."""
    with closing(client(console)) as other:
        sign_in(other, "bob")
        theirs = token(other.get("/console/vendors"))
    sign_in(browser)
    for fields in ({}, {"token": ""}, {"token": theirs}, {"token": browser.cookies["points_console"]}):
        answer = browser.post("/console/pause", data={"of": "all", "name": "", **fields})
        assert answer.status_code == 403
    assert "Paused" not in browser.get("/console/vendors").text


def test_a_form_that_another_site_sends(browser: httpx.Client) -> None:
    """Is refused by what the browser says of it, even with all that belongs to it."""
    sign_in(browser)
    form = {"token": token(browser.get("/console/vendors")), "of": "all", "name": ""}
    for site in ("cross-site", "same-site", "none"):
        answer = browser.post("/console/pause", data=form, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
    assert "Paused" not in browser.get("/console/vendors").text


def test_a_sign_in_form_that_was_never_asked_for(console: str, browser: httpx.Client) -> None:
    """Nobody can be signed in as somebody else by a form of another site: it has no cookie of ours."""
    page = token(browser.get("/console/sign-in"))
    with closing(client(console)) as other:
        answer = other.post("/console/sign-in", data={"token": page, "key": OPERATORS["bob"], "next": ""})
    assert (answer.status_code, "points_console" in answer.cookies) == (403, False)


def test_a_proxy_signs_in(console: str) -> None:
    """Whom a trusted proxy names with its secret is signed in; at each request, and no longer than it says so."""
    with closing(client(console)) as browser:
        assert "operator alice" in browser.get("/console/queue", headers=IDENTITY).text
        assert "operator alice" in browser.get("/console/queue", headers=IDENTITY).text
        assert browser.get("/console/queue").status_code == 303
        changed = {**IDENTITY, "X-Forwarded-User": "mallory@example.com"}
        assert browser.get("/console/queue", headers=changed).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-User": "alice@example.com"},
        {**IDENTITY, "X-Proxy-Secret": PROXY_SECRET[:-1]},
        {**IDENTITY, "X-Proxy-Secret": ""},
        {"X-Proxy-Secret": PROXY_SECRET},
    ],
    ids=["no secret", "a wrong one", "an empty one", "no name"],
)
def test_a_name_without_proof(browser: httpx.Client, headers: dict[str, str]) -> None:
    """Is not believed: the visitor is asked to sign in."""
    assert browser.get("/console/queue", headers=headers).status_code == 303


def test_a_refused_form_leads_back(console: str, browser: httpx.Client) -> None:
    """Nothing marked: the queue says so beside its form. Other refusals have the menu, and a link back."""
    sign_in(browser)
    form = {"token": token(browser.get("/console/queue?vendor=crm_hasty")), "vendor": "crm_hasty"}
    for action in ("review", "search"):
        unmarked = browser.post(f"/console/queue/{action}", data=form)
        assert unmarked.status_code == 400
        assert "Mark at least one adjustment" in unmarked.text
        assert '<option value="crm_hasty" selected>' in unmarked.text
    for path, back in (
        ("/console/queue?vendor=crm_hasty", "/console/queue?vendor=crm_hasty"),
        ("/console/queue/review", "/console/queue"),
        ("", "/console/"),
    ):
        headers = {"Referer": f"{console}{path}"} if path else {"Referer": "http://elsewhere/console/x"}
        refused = browser.post("/console/queue/settle", data={**form, "adjustment": "adj_1 1 0"}, headers=headers)
        assert refused.status_code == 400
        assert f'href="{back}">Back to' in refused.text
        assert "Sign out" in refused.text
    assert "Sign out" in browser.get("/console/adjustments/adj_1").text


def test_two_people_settle(console: str) -> None:
    """Who has proposed an outcome can withdraw it, and not confirm it; another can, and then it is settled."""
    with closing(client(console)) as alice, closing(client(console)) as bob:
        sign_in(alice)
        sign_in(bob, "bob")
        page = alice.get("/console/queue")
        assert "Only a person can settle it." in page.text
        assert "Search for the marked now" not in page.text, "its vendor can be neither searched nor sent it again"
        [chosen] = re.findall('name="adjustment" value="([^"]+)"', page.text)
        form = {"adjustment": chosen, "outcome": "applied", "reason": "seen in their list", "token": token(page)}
        proposed = alice.post("/console/queue/settle", data=form)
        assert "proposed as applied" in proposed.text
        again = alice.post("/console/queue/settle", data={**form, "confirm": "1"})
        assert "You have proposed it yourself" in again.text
        assert "<h1>Nothing was changed</h1>" in again.text
        assert "Only a person can settle it." in alice.get(f"/console/adjustments/{chosen.split()[0]}").text
        own, other = (each.get(f"/console/adjustments/{chosen.split()[0]}") for each in (alice, bob))
        assert "Search at the vendor now" not in own.text
        assert ("Withdraw your proposal" in own.text, "Withdraw your proposal" in other.text) == (True, False)
        not_his = bob.post("/console/queue/withdraw", data={"adjustment": chosen, "token": token(other)})
        assert "Another person has proposed it" in not_his.text
        withdrawn = alice.post("/console/queue/withdraw", data={"adjustment": chosen, "token": token(own)})
        assert "the proposal is withdrawn" in withdrawn.text
        nothing = bob.post("/console/queue/settle", data={**form, "confirm": "1", "token": token(other)})
        assert "Nobody has proposed this outcome" in nothing.text
        alice.post("/console/queue/settle", data=form)
        seen = bob.get(f"/console/adjustments/{chosen.split()[0]}")
        assert "operator alice proposes" in seen.text
        done = bob.post("/console/queue/settle", data={**form, "confirm": "1", "token": token(seen)})
        assert "settled as applied" in done.text
        steps = words(bob.get(f"/console/adjustments/{chosen.split()[0]}"))
        assert "operator alice proposed applied: “seen in their list”." in steps
        assert "operator alice withdrew the proposal applied." in steps
        reason = "“seen in their list”. operator alice had proposed it: “seen in their list”."
        assert f"operator bob settled it as applied: {reason}" in steps


def test_wrong_keys_are_slowed_down(running: Vendors, configured: Configured, tmp_path: Path) -> None:
    """After some wrong ones of an address, the next ones are refused for a while; a right one is not."""
    configuration = with_operators(configured())
    configuration["server"] |= {"wrong_key_rate": "3/hour"}
    with serving(tmp_path, configuration) as (process, url, _), closing(client(url)) as browser:
        answers = [sign_in(browser, key=f"wrong-{number}").status_code for number in range(5)]
        assert answers == [401, 401, 401, 429, 429]
        assert sign_in(browser).status_code == 303
        assert "wrong-1" not in process.log


def test_without_operators(running: Vendors, configured: Configured, tmp_path: Path) -> None:
    """The console says how they are configured, and nothing can be done; metrics are there as ever."""
    configuration = with_operators(configured())
    for name in ("operators", "admin"):
        del configuration[name]
    process = GatewayProcess(tmp_path, configuration)
    try:
        url = admin_url(process)
        for path in ("/console/", "/console/queue", "/console/sign-in"):
            answer = httpx.get(f"{url}{path}", trust_env=False, verify=PLAIN, timeout=DEADLINE)
            assert answer.status_code == 503
            assert "session_secret" in answer.text
        assert httpx.get(f"{url}/metrics", trust_env=False, verify=PLAIN, timeout=DEADLINE).status_code == 200
    finally:
        process.stop()


def test_odd_requests(console: str) -> None:
    """Bytes that are no form, no path and no cookie of ours are refused as what they are, and end nothing."""
    odd = [
        (b"GET", b"/console/assets/..%2Fconsole.py", []),
        (b"GET", b"/console/assets/console.html", []),
        (b"GET", b"/console/nothing", []),
        (b"PUT", b"/console/queue", []),
        (b"GET", b"/console/queue", [(b"Cookie", b"points_console=\xff\xfe")]),
        (b"GET", b"/console/adjustments/%00", []),
        (b"POST", b"/console/sign-in", []),
    ]
    statuses = [exchange(console, request(*each)).status for each in odd]
    assert statuses == [404, 404, 303, 405, 303, 303, 415]
    assert httpx.get(f"{console}/console/sign-in", trust_env=False, verify=PLAIN, timeout=DEADLINE).status_code == 200


def test_a_page_that_does_not_exist_leads_back(browser: httpx.Client) -> None:
    """A wrong address is a page with the menu and a link, also where only forms are sent to; a last slash is none."""
    sign_in(browser)
    for path in ("/console/nothing", "/console/queue/review"):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert "no such page" in words(answer)
        assert 'href="/console/queue"' in answer.text
        assert 'href="/console/"' in answer.text
    assert browser.post("/console/nothing", data={"a": "b"}).status_code == 404
    assert browser.get("/console/queue/").headers["location"] == "/console/queue"


def test_what_operators_read_is_audited(console: str, browser: httpx.Client) -> None:
    """A search for a member is in the audit log with who it was, and so is signing in."""
    sign_in(browser, "viewer")
    assert browser.get("/console/search", params={"text": MEMBER, "by": "member"}).status_code == 200
    headers = {"Authorization": f"Bearer {OPERATORS['alice']}"}
    rows = httpx.get(
        f"{console}/admin/v1/audit", headers=headers, trust_env=False, verify=PLAIN, timeout=DEADLINE
    ).json()["data"]
    done = [(each["by"], each["action"]) for each in rows]
    assert ("operator viewer", "search") in done
    assert ("operator viewer", "sign_in") in done
