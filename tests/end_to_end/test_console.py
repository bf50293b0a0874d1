"""The console in a real browser: five screens, signing in and out, and an unknown that is settled there."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.end_to_end.browser import MILLISECONDS, browsing, needs_browser
from tests.end_to_end.caller import Caller
from tests.end_to_end.console_world import MEMBER, OPERATORS, fill, serving, settleable, with_operators
from tests.end_to_end.vendors import Vendors

pytestmark = needs_browser
SCREENS = ("search", "queue", "vendors", "tenants", "tenants/acme", "live")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=MILLISECONDS)
    with browsing() as opened:
        yield opened


@pytest.fixture(scope="module")
def filled(
    running: Vendors, configured: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Caller, dict[str, str]]]:
    """Where the console is, a caller of the API beside it, and the adjustments that there are."""
    running.reset()
    with serving(tmp_path_factory.mktemp("console"), with_operators(configured())) as (_, url, api):
        ids = fill(api, running)
        settleable(url, ids["unknown 3"])
        yield url, api, ids


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without cookies, in which whatever a page may not do fails the test."""
    opened = browser.new_context()
    opened.set_default_timeout(MILLISECONDS)
    wrong: list[str] = []
    opened.on("weberror", lambda error: wrong.append(str(error.error)))
    opened.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    yield opened
    opened.close()
    assert [each for each in wrong if "Failed to load resource" not in each] == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def sign_in(page: Page, url: str, name: str = "alice", path: str = "/console/") -> None:
    """Sign in by the form, as a person does: from whatever page was asked for."""
    page.goto(f"{url}{path}")
    page.get_by_label("Operator key").fill(OPERATORS[name])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text(f"operator {name}")).to_be_visible()


Filled = tuple[str, Caller, dict[str, str]]


def test_a_credit_is_seen_arriving(filled: Filled, page: Page) -> None:
    """The live screen shows a request within moments, and leads to its adjustment."""
    url, api, _ = filled
    sign_in(page, url, path="/console/live")
    rows = page.locator("#live tbody tr")
    before = rows.count()
    made = api.adjust({"member": MEMBER, "points": "3", "reference": "seen-live"}).json()["id"]
    link = page.locator(f'#live a[title="{made}"]')
    expect(link).to_be_visible()
    assert rows.count() > before
    page.get_by_role("button", name="Pause updates").click()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("+3 points")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (MEMBER, "succeeded"),
        ("order-4711", "succeeded"),
        ("order-4712", "failed"),
        ("{unknown 1}", "unknown 1"),
    ],
)
def test_anything_is_found(filled: Filled, page: Page, text: str, found: str) -> None:
    """By a member, a reference, or an id, without saying which it is."""
    url, _, ids = filled
    sign_in(page, url)
    page.get_by_label("Find").fill(text.format(**ids))
    page.keyboard.press("Enter")
    page.locator(f'a[title="{ids[found]}"]').first.click()
    expect(page.get_by_text(ids[found], exact=True)).to_be_visible()


def test_the_timeline_of_an_adjustment(filled: Filled, page: Page) -> None:
    """What was asked, what the caller got, every step with its masked exchange, and what took points back."""
    url, _, ids = filled
    sign_in(page, url, path=f"/console/adjustments/{ids['succeeded']}")
    expect(page.get_by_text('"idempotency_key"')).to_be_visible()
    expect(page.get_by_role("link", name=ids["reversal"])).to_be_visible()
    page.get_by_text("Exchange 1 with the vendor").click()
    assert "***" in (page.locator(".steps-list pre").first.text_content() or "")
    page.get_by_role("link", name=ids["reversal"]).click()
    expect(page.get_by_role("link", name=ids["succeeded"])).to_be_visible()


def test_an_unknown_is_settled(filled: Filled, page: Page) -> None:
    """One is marked, reviewed, and settled with a reason; its history has who did it, and the queue has it no more."""
    url, api, ids = filled
    sign_in(page, url, path="/console/queue")
    page.get_by_label(f"Mark {ids['unknown 1']}").check()
    page.get_by_role("button", name="Settle the marked").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Settle 1 adjustment")
    page.get_by_label("the points were applied").check()
    page.get_by_label("How it is known").fill("row 17 of their list")
    page.get_by_role("button", name="Settle it").click()
    expect(page.get_by_role("status")).to_contain_text("settled as applied")
    kept = api.acting(tenant="hasty").adjustment(ids["unknown 1"])
    assert (kept["status"], kept["resolution"]["by"]) == ("succeeded", "operator alice")
    page.get_by_role("link", name=ids["unknown 1"]).click()
    expect(page.locator(".steps-list")).to_contain_text("operator alice settled it as applied: “row 17 of their list”.")
    page.goto(f"{url}/console/queue")
    expect(page.get_by_label(f"Mark {ids['unknown 2']}")).to_be_visible()
    assert page.get_by_label(f"Mark {ids['unknown 1']}").count() == 0


def test_what_changed_since_it_was_seen_is_left(filled: Filled, page: Page) -> None:
    """A decision about what another person has settled meanwhile changes nothing, and says so."""
    url, api, ids = filled
    sign_in(page, url, path=f"/console/adjustments/{ids['unknown 3']}")
    page.get_by_label("they were not applied").check()
    page.get_by_label("How it is known").fill("not in their list")
    hasty = api.acting(tenant="hasty")
    done = hasty.send(
        "POST",
        f"/v1/adjustments/{ids['unknown 3']}/resolution",
        headers={"Content-Type": "application/json"},
        json={"outcome": "applied", "reason": "seen there"},
    )
    assert done.status_code == 200, done.text
    page.get_by_role("button", name="Settle", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("refused")
    assert hasty.adjustment(ids["unknown 3"])["status"] == "succeeded"


def test_a_vendor_is_paused_and_resumed(filled: Filled, page: Page) -> None:
    """Whoever pauses stands there with the reason, callers are told, and afterwards all is as before."""
    url, api, _ = filled
    sign_in(page, url, path="/console/vendors")
    card = page.locator("#vendor-crm")
    card.locator("summary").click()
    card.get_by_label("Reason").fill("their maintenance")
    card.get_by_role("button", name="Pause crm").click()
    expect(card).to_contain_text("“their maintenance”, by operator alice")
    paused = api.adjust({"member": "contact_id:1", "points": "1"})
    assert (paused.status_code, paused.json()["code"]) == (503, "paused")
    card.get_by_role("button", name="Resume").click()
    expect(card.get_by_text("their maintenance")).to_have_count(0)
    assert api.adjust({"member": "contact_id:1", "points": "1"}).status_code == 201


def test_a_client_is_blocked(filled: Filled, page: Page) -> None:
    """Its writes are refused, and others' are not."""
    url, api, _ = filled
    sign_in(page, url, path="/console/tenants")
    row = page.get_by_role("row").filter(has=page.get_by_role("cell", name="kiosk", exact=True))
    row.locator("summary").click()
    row.get_by_role("button", name="Block kiosk").click()
    expect(row).to_contain_text("by operator alice")
    kiosk = api.acting(client="kiosk", tenant="acme")
    assert kiosk.adjust({"member": "contact_id:1", "points": "1"}).status_code == 403
    row.get_by_role("button", name="Resume").click()
    expect(row.get_by_text("by operator alice")).to_have_count(0)
    assert kiosk.adjust({"member": "contact_id:1", "points": "1"}).status_code == 201


def test_a_call_is_explained(filled: Filled, page: Page) -> None:
    """The request that would be sent, without its secret, and a mistake in the words that a caller gets."""
    url, _, _ = filled
    sign_in(page, url, path="/console/tenants/acme")
    page.get_by_label("Member").fill("contact_id:1")
    page.get_by_role("button", name="Explain").click()
    shown = page.get_by_label("crm")
    expect(shown).to_contain_text("POST http")
    expect(shown).to_contain_text("***")
    page.get_by_label("Points", exact=True).fill("1e3")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("alert")).to_contain_text("/points")


def test_who_only_looks_can_do_nothing(filled: Filled, page: Page) -> None:
    """An operator without the scope sees no form, and one that is sent all the same is refused."""
    url, _, ids = filled
    sign_in(page, url, "viewer", path=f"/console/adjustments/{ids['unknown 2']}")
    assert page.get_by_role("button").all_text_contents() == ["Sign out"]
    token = page.locator('input[name="token"]').first.input_value()
    form = {"token": token, "adjustment": f"{ids['unknown 2']} 1 0", "outcome": "applied", "reason": "x"}
    answer = page.request.post(f"{url}/console/queue/settle", form=form)
    assert answer.status == 403


def test_signing_out_ends_the_session(filled: Filled, context: BrowserContext, page: Page) -> None:
    """A copy of the cookie is worth nothing afterwards."""
    url, _, _ = filled
    sign_in(page, url)
    cookies = context.cookies()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_contain_text("signed out")
    context.add_cookies(cookies)  # type: ignore[arg-type]  # what was read is what is written
    page.goto(f"{url}/console/queue")
    expect(page.get_by_label("Operator key")).to_be_visible()


def test_the_cookie(filled: Filled, context: BrowserContext, page: Page) -> None:
    """No script reads it, no other site sends it, and it is of the console alone."""
    sign_in(page, filled[0])
    (cookie,) = (each for each in context.cookies() if each["name"] == "points_console")
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/console")
    assert page.evaluate("document.cookie") == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_everybody_can_use_it(filled: Filled, browser: Browser, scheme: Any, width: int) -> None:
    """axe-core finds nothing on any screen: labels, headings, contrast; and nothing is wider than the window."""
    url, _, ids = filled
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(f"{url}/console/sign-in")
    found = {"sign-in": Axe().run(page).generate_report()} if Axe().run(page).violations_count else {}
    sign_in(page, url)
    for screen in (*SCREENS, f"adjustments/{ids['unknown 2']}", f"adjustments/{ids['succeeded']}"):
        page.goto(f"{url}/console/{screen}")
        for each in page.locator("details > summary").all():
            each.click()
        results = Axe().run(page)
        if results.violations_count:
            found[screen] = results.generate_report()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{screen} is {wide} pixels wide"
        assert page.get_by_role("heading", level=1).count() == 1
    context.close()
    assert not found, "\n".join(f"{screen}: {report}" for screen, report in found.items())


def test_the_keyboard_suffices(filled: Filled, page: Page) -> None:
    """The first key leads past the frame; each thing that takes the focus shows it, in the order of the page."""
    url, _, ids = filled
    page.goto(f"{url}/console/queue")
    expect(page.get_by_label("Operator key")).to_be_focused()
    page.keyboard.type(OPERATORS["alice"])
    page.keyboard.press("Enter")
    expect(page.get_by_text("operator alice")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("[document.activeElement.outerHTML, getComputedStyle(document.activeElement).outlineWidth]")
        )
        if ids["unknown 2"] in seen[-1][0] and "checkbox" in seen[-1][0]:
            break
    assert "checkbox" in seen[-1][0]
    assert {width for _, width in seen} == {"3px"}
    page.keyboard.press("Space")
    expect(page.get_by_label(f"Mark {ids['unknown 2']}")).to_be_checked()


def test_it_works_without_scripts(filled: Filled, browser: Browser) -> None:
    """A person whose browser runs none signs in, looks, and settles."""
    url, _, ids = filled
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, url, path=f"/console/adjustments/{ids['unknown 2']}")
    page.get_by_label("they were not applied").check()
    page.get_by_label("How it is known").fill("not in their list")
    page.get_by_role("button", name="Settle", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("settled as not applied")
    context.close()


def test_text_from_outside_is_only_text(filled: Filled, page: Page) -> None:
    """Markup in a reference, a description or a search is shown as it is written."""
    url, api, _ = filled
    markup = "<img src=x onerror=alert(1)>"
    made = api.adjust({"member": MEMBER, "points": "1", "reference": markup, "description": "</pre><script>1</script>"})
    sign_in(page, url, path=f"/console/adjustments/{made.json()['id']}")
    expect(page.get_by_role("link", name=markup)).to_be_visible()
    assert page.locator("img").count() == 0
    page.get_by_role("link", name=markup).click()
    assert page.get_by_label("Find").input_value() == markup
    assert page.locator(f'a[title="{made.json()["id"]}"]').count() == 1


def test_nothing_comes_from_elsewhere(filled: Filled, page: Page) -> None:
    """Every request of every screen goes to the gateway, whose policy allows nothing else."""
    url, _, _ = filled
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, url)
    for screen in SCREENS:
        answer = page.goto(f"{url}/console/{screen}")
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
    assert {each.split("/console")[0] for each in asked if not each.startswith("data:")} == {url}


def test_the_documents_screenshots_are_of_now() -> None:
    """Each picture in docs/console.md is there, and each that is there is shown."""
    docs = Path(__file__).parents[2] / "docs"
    text = (docs / "console.md").read_text("utf-8")
    pictures = {each.name for each in (docs / "console").glob("*.png")}
    assert pictures
    assert all(f"console/{name}" in text for name in pictures)
    assert httpx.URL("console/x.png").is_relative_url
