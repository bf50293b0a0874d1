"""A headless Chromium of Debian's packages, driven by Playwright; no browser is ever downloaded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.deadlines import DEADLINE

NAMES = ("chromium-headless-shell", "chromium")
PROGRAM = next((found for name in NAMES if (found := shutil.which(name))), None)
needs_browser = pytest.mark.skipif(PROGRAM is None, reason="needs Chromium, which `make browser` installs")


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser; each page of it that is opened by `new_page` has cookies of its own."""
    with sync_playwright() as playwright:
        # Root has no sandbox, and containers have little of /dev/shm.
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=[*flags, "--disable-dev-shm-usage"])
        try:
            yield browser
        finally:
            browser.close()


MILLISECONDS = DEADLINE * 1000
"""The deadline, as Playwright wants it."""
