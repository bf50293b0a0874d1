"""Tabs of the console that are open: each signs in, opens the live screen, and follows it as the page's script does."""

import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx

from benchmarks.gateway import OPERATOR_KEY

TABS, EVERY = 10, 2.0
"""Tabs, and the seconds after which each looks whether there is anything new, as the page's own script does."""


def signed_in(admin: int) -> httpx.Client:
    """A browser that has signed in to the console on this port."""
    browser = httpx.Client(base_url=f"http://127.0.0.1:{admin}", trust_env=False, timeout=60)
    page = browser.get("/console/sign-in").text
    token = re.search('name="token" value="([^"]+)"', page)
    form = {"token": token[1] if token else "", "key": OPERATOR_KEY, "next": ""}
    if browser.post("/console/sign-in", data=form).status_code != 303:
        raise RuntimeError("nobody can sign in to the console")
    return browser


@contextmanager
def tabs(admin: int, count: int) -> Iterator[dict[int, list[float]]]:
    """So many tabs that show the live screen, once all are open; gives the seconds that each answer took, by status."""
    over, opened = threading.Event(), threading.Barrier(count + 1, timeout=60)
    heard: dict[int, list[float]] = defaultdict(list)

    def follow() -> None:
        with closing(signed_in(admin)) as browser:
            timed(browser, {}, {})
            opened.wait()
            state = ""
            while not over.wait(EVERY):
                state = timed(browser, {"state": state}, {"X-Part": "live"}).get("X-State", state)

    def timed(browser: httpx.Client, query: dict[str, str], headers: dict[str, str]) -> httpx.Headers:
        begun = time.perf_counter()
        answer = browser.get("/console/live", params=query, headers=headers)
        heard[answer.status_code].append(time.perf_counter() - begun)
        return answer.headers

    open_ones = [threading.Thread(target=follow) for _ in range(count)]
    for each in open_ones:
        each.start()
    opened.wait()
    try:
        yield heard
    finally:
        over.set()
        for each in open_ones:
            each.join()
