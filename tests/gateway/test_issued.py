"""What a vendor issues is a secret too: no history, no answer and no log shows a token that came from it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from gateway.port.registry import AdapterType
from gateway.simulation import in_thread
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.issued import ADAPTERS, TOKEN, Passed, answers, spellings
from tests.adapters.fifth_vendor.simulator import PaperSimulator
from tests.adapters.served import Served, configured, served

REFRESH = "a-refresh-token"


@dataclass(frozen=True, slots=True)
class Shop:
    """A running gateway, and a vendor that issues tokens."""

    gateway: Served
    vendor: PaperSimulator
    folder: Path

    def adjust(self, tenant: str, *faults: dict[str, Any]) -> httpx.Response:
        """Ask for 5 points where the vendor answers so."""
        self.vendor.faults.add(*faults)
        return self.gateway.adjust(tenant, {"member": "card:1", "points": "5"})

    def history(self, identifier: str, tenant: str) -> httpx.Response:
        """Every step of an adjustment, as it is shown."""
        return self.gateway.get(tenant, f"adjustments/{identifier}", include="history")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One gateway for all of these tests."""
    adapters: dict[str, type[Paper]] = {**ADAPTERS, "passed": Passed}
    kinds = {name: AdapterType.of(name, adapter) for name, adapter in adapters.items()}
    vendor = PaperSimulator()
    folder: Path = tmp_path_factory.mktemp("gateway")
    with in_thread(vendor):
        settings = configured(folder, {name: {**vendor.settings, "adapter": name} for name in adapters}, kinds)
        # No circuit opens, so that every test hears the vendor itself.
        settings = replace(settings, server=replace(settings.server, outages=0))
        with served(settings, kinds) as gateway:
            yield Shop(gateway, vendor, folder)


@pytest.fixture
def shop(opened: Shop) -> Shop:
    """The gateway, and a vendor to whom nothing has happened yet."""
    opened.gateway.http.post(f"{opened.vendor.origin}/_simulator/reset").raise_for_status()
    return opened


def assert_hidden(*texts: str) -> None:
    for text in texts:
        for spelled in (*spellings(), REFRESH):
            assert spelled not in text


@pytest.mark.parametrize("tenant", ADAPTERS)
@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_token_that_a_vendor_issued_is_never_shown(shop: Shop, tenant: str, status: int) -> None:
    """Wherever it travels, and though the vendor says it back, in a body or a cookie: all of it is masked."""
    with capture_logs() as logged:
        answer = shop.adjust(tenant, *answers({"entry": TOKEN, "echo": f"for {TOKEN}", "error": TOKEN}, status))
    document = answer.json()
    identifier = document.get("adjustment") or document["id"]
    history = shop.history(identifier, tenant)
    assert_hidden(answer.text, history.text, str(logged))
    asked, entry = history.json()["history"][-1]["exchange"]
    assert (asked["request"]["body"], asked["response"]["body"], asked["response"]["headers"]) == ("***", "***", {})
    assert entry["request"]["method"] == "POST"
    assert "set-cookie" not in entry["response"]["headers"]
    if answer.status_code == 201:
        assert (document["vendor"]["transaction_id"], document["vendor"]["details"]) == ("***", {"echo": "for ***"})


@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_token_that_the_gateway_fetched_is_never_shown(shop: Shop, status: int) -> None:
    """Wherever an adapter puts it, without naming it: no answer, preview, log or file of the journal has it."""
    said = {"entry": TOKEN, "echo": f"for {TOKEN}", "error": TOKEN, "left": 1}
    with capture_logs() as logged:
        written = shop.adjust("passed", *answers(said, status))
        shop.vendor.faults.add(*answers(said, status))
        read = shop.gateway.get("passed", "members/card:1/balance", include="vendor_response")
        before = len(shop.vendor.requests)
        previewed = shop.gateway.adjust("passed", {"member": "card:1", "points": "5"}, preview=True)
    assert len(shop.vendor.requests) == before
    document = written.json()
    history = shop.history(document.get("adjustment") or document["id"], "passed")
    assert_hidden(written.text, read.text, history.text, previewed.text, str(logged))
    [entry] = history.json()["history"][-1]["exchange"]
    assert entry["request"]["url"].endswith("/entries/***?session=***")
    assert previewed.json()["request"]["body"] == {"session": "***"}
    kept = [file.read_bytes() for file in shop.folder.iterdir() if file.is_file()]
    assert kept
    assert not [spelled for spelled in spellings() if any(spelled.encode() in each for each in kept)]


@pytest.mark.parametrize(
    "body", [f'{{"no_token": "{REFRESH}"}}', f'"{REFRESH}"', REFRESH], ids=["object", "text", "none"]
)
@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
def test_an_error_quotes_nothing_of_a_confidential_answer(shop: Shop, body: str, status: int) -> None:
    """Of a write and of a read neither the problem, nor the evidence, nor the log says what stood there."""
    fault = {"kind": "status", "status": status, "body": body}
    with capture_logs() as logged:
        written = shop.adjust("in-a-header", fault)
        shop.vendor.faults.add(*[fault] * 3)
        read = shop.gateway.get("in-a-header", "members/card:1/balance", include="vendor_response")
    history = shop.history(written.json()["adjustment"], "in-a-header")
    assert_hidden(written.text, read.text, history.text, str(logged))
    assert history.json()["history"][-1]["exchange"][0]["response"]["status"] == status
    assert read.status_code >= 400
    vendor = written.json().get("vendor") or {}
    assert (vendor.get("code"), vendor.get("message")) == (None, None)


def test_a_read_shows_no_confidential_answer(shop: Shop) -> None:
    """`include=vendor_response` of a read whose last request was confidential says that there was a body."""
    shop.vendor.faults.add(*answers({}))
    told = shop.gateway.get("in-a-header", "members/card:1/balance", include="vendor_response")
    assert_hidden(told.text)
    assert told.json()["vendor"]["response"] == {"status": 200, "body": "***"}
