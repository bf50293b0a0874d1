"""Pictures of the console for docs/console.md: `python -m tests.end_to_end.screenshots`, which `make screenshots` runs.

A demo runs for some minutes, so that its charts show something. `--all FOLDER` has every screen in every form as well.
"""

import argparse
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from playwright.sync_api import Browser, Page

from gateway.cli.demo import BACKOFFICE_KEY, CONSOLE_KEY
from tests.deadlines import DEADLINE
from tests.end_to_end.browser import browsing
from tests.gateway.cli.conftest import ROOT, Running, demonstration
from tests.plain import PLAIN

DOCS = ROOT / "docs" / "console"
SCREENS = ("sign-in", "search", "adjustment", "queue", "review", "vendors", "tenants", "tenant", "live")
FORMS = {"": (1200, "light"), "-dark": (1200, "dark"), "-360": (360, "light"), "-360-dark": (360, "dark")}
"""How a picture's name ends, with its width and colours."""
SHOWN = {*SCREENS, "live-dark", "queue-360"} - {"review"}
"""The pictures that docs/console.md has."""
TALLEST = 1300
"""Pixels of a picture."""
MEMBERS = ("email:jason@example.com", "contact_id:1", "profile_id:f90a1da5-c072-48b7-a9ea-eb35c5dd506b")


class Shop:
    """An app that calls the demo."""

    def __init__(self, url: str, vendors: list[str]) -> None:
        headers = {"Authorization": f"Bearer {BACKOFFICE_KEY}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=DEADLINE, trust_env=False, verify=PLAIN)
        self._vendors = vendors
        self._numbers = count(7001)

    def credit(self, member: str, points: str, *, fault: int | None = None) -> httpx.Response:
        """Credit points; the vendor of this number hangs up after it has booked them."""
        if fault is not None:
            order = {"kind": "close", "when": "after"}
            self._http.post(f"{self._vendors[fault]}/_simulator/faults", json=order).raise_for_status()
        number = next(self._numbers)
        body = {"member": member, "points": points, "reference": f"order-{number}", "description": "Thank you"}
        return self._http.post("/v1/adjustments", json=body, headers={"Idempotency-Key": f"order-{number}"})

    def trade(self, minutes: float) -> None:
        """Some credits and reads a second for a while, few of which fail."""
        end, turn = time.monotonic() + 60 * minutes, 0
        while time.monotonic() < end:
            turn += 1
            self.credit(MEMBERS[turn % 3], str(5 + turn % 20))
            self._http.get(f"/v1/members/{MEMBERS[0]}/balance")
            if turn % 97 == 50:
                self.credit("email:nobody@example.com", "5")
            time.sleep(0.1 + 0.3 * (turn // 40 % 4))


@contextmanager
def demo(folder: Path) -> Iterator[tuple[str, str, Shop]]:
    """A demo: its API, its admin listener, and an app."""
    config, ports = demonstration(folder)
    process = Running("demo", "--config", config)
    try:
        process.said("is shown here:\n")
        api, admin, *vendors = (f"http://127.0.0.1:{port}" for port in ports)
        yield api, admin, Shop(api, vendors)
    finally:
        process.stop()


def pictures(browser: Browser, admin: str, unknown: str, ending: str) -> Iterator[tuple[str, bytes]]:
    """Every screen in one form, by the picture's name."""
    width, colours = FORMS[ending]
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if colours == "dark" else "light"
    )
    page = context.new_page()
    page.goto(f"{admin}/console/sign-in")
    yield f"sign-in{ending}", page.screenshot()
    page.get_by_label("Operator key").fill(CONSOLE_KEY)
    page.get_by_role("button", name="Sign in").click()
    for name in SCREENS[1:]:
        show(page, admin, name, unknown)
        tall = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size({"width": width, "height": tall})
        yield f"{name}{ending}", page.screenshot()
        page.set_viewport_size({"width": width, "height": 800})
    context.close()


def show(page: Page, admin: str, name: str, unknown: str) -> None:
    """Have the page show a screen as a reader of the documents should see it."""
    paths = {"search": f"search?text={MEMBERS[0]}&by=member", "adjustment": f"adjustments/{unknown}", "review": "queue"}
    paths["tenant"] = "tenants/acme"
    page.goto(f"{admin}/console/{paths.get(name, name)}")
    if name == "review":
        for each in page.get_by_role("checkbox", name=re.compile("Mark adj_")).all()[:2]:
            each.check()
        page.get_by_role("button", name="Settle the marked").click()
    if name == "adjustment":
        page.locator("summary", has_text="Exchange 1").first.click()
    if name == "tenant":
        page.get_by_label("Member").fill("contact_id:1")
        page.get_by_role("button", name="Explain").click()


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--all", type=Path)
    asked = parser.parse_args()
    DOCS.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, demo(Path(folder)) as (_, admin, shop), browsing() as browser:
        unknown = [shop.credit(MEMBERS[0], points, fault=0).json()["id"] for points in ("12", "-3", "40")]
        shop.trade(asked.minutes)
        for ending in FORMS if asked.all else ("", "-dark", "-360"):
            for name, picture in pictures(browser, admin, unknown[0], ending):
                if name in SHOWN:
                    (DOCS / f"{name}.png").write_bytes(picture)
                if asked.all:
                    asked.all.mkdir(exist_ok=True)
                    (asked.all / f"{name}.png").write_bytes(picture)


if __name__ == "__main__":
    main()
