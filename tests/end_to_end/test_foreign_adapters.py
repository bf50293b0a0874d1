"""An adapter from elsewhere with faults of its own: the gateway concludes from evidence, not from exceptions."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end import foreign
from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors

TOKEN = "the-foreign-token"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with the foreign adapter, installed as pip would."""
    folder = tmp_path_factory.mktemp("packages")
    shutil.copy(foreign.__file__, folder / "foreign_adapter.py")
    about = folder / "foreign_adapter-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign-adapter\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[points_gateway.adapters]\nforeign = foreign_adapter:Foreign\n")
    return folder


@pytest.fixture(scope="module")
def process(
    installed: Path,
    running: Vendors,
    configured: Callable[..., dict[str, Any]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[GatewayProcess]:
    base_url = running.arcade.simulator.base_url
    whole = configured(
        vendors={"abroad": {"adapter": "foreign", "base_url": base_url, "token": TOKEN}},
        tenants={"acme": {"routes": {"adjust": "abroad", "balance": "abroad"}}},
    )
    whole["clients"] = {"anywhere": whole["clients"]["anywhere"]}
    process = GatewayProcess(tmp_path_factory.mktemp("foreign"), whole, packages=installed)
    try:
        process.serving()
        yield process
    finally:
        process.stop()


@pytest.fixture
def api(process: GatewayProcess, vendors: Vendors) -> Iterator[Caller]:
    caller = Caller.of(process.url)
    with closing(caller.http):
        yield caller


def adjust(api: Caller, wanted: str) -> Any:
    """An adjustment that goes wrong in a wanted way, under a key of its name."""
    return api.adjust({"member": f"email:{wanted}", "points": 5}, key=f"key-0-{wanted}")


def test_a_fault_before_the_claim(api: Caller, vendors: Vendors) -> None:
    """A fault while the request is made is 500 `internal_error`, retryable: nothing was claimed, and nothing sent."""
    problem = refused(adjust(api, "fault-before"), 500, "internal_error")
    assert (problem["retryable"], problem["detail"]) == (True, "A fault of the gateway")
    assert api.get("/v1/adjustments", idempotency_key="key-0-fault-before").json()["data"] == []
    assert vendors.requests == 0


@pytest.mark.parametrize("behaviour", ["fault-after", "second-effect", "look-after", "late-refusal"])
def test_whatever_is_raised_after_the_effect_left_is_unknown(api: Caller, vendors: Vendors, behaviour: str) -> None:
    """After a byte of the effect has left, only a refusal of that very request is proof; all else is `unknown`."""
    vendors.arcade.fault("body", body="{}", method="POST")
    response = adjust(api, behaviour)
    assert (response.status_code, response.json()["status"]) == (202, "unknown")
    assert sum(request.method == "POST" for request in vendors.arcade.requests) == 1
    assert adjust(api, behaviour).status_code == 202


def test_what_fails_before_the_effect_left_was_not_applied(api: Caller, vendors: Vendors) -> None:
    """A refusal of a request without effect, before any with one, proves that nothing was applied."""
    vendors.arcade.fault("body", body="{}")
    problem = refused(adjust(api, "look-first"), 502, "vendor_auth_failed")
    assert problem["retryable"] is True
    assert [request.method for request in vendors.arcade.requests] == ["GET"]


def test_a_request_that_cannot_be_said_never_leaves(api: Caller, vendors: Vendors) -> None:
    """A header with a line break is not sent: our own refusal, told and kept as such, that may be tried again."""
    problem = refused(adjust(api, "bad-header"), 500, "internal_error")
    assert problem["detail"] == "The request was refused here: no header can carry the value of X-Bad; nothing was sent"
    assert (problem["retryable"], problem["new_key_allowed"]) == (True, False)
    assert (api.under("key-0-bad-header")["status"], vendors.requests) == ("failed", 0)
    assert api.adjustment(problem["adjustment"])["retryable"] is True


def test_not_enough_points(api: Caller, vendors: Vendors) -> None:
    """A vendor that says so makes 422 `insufficient_points`, final, in the vendor's own words."""
    vendors.arcade.fault("body", body="{}")
    problem = refused(adjust(api, "poor"), 422, "insufficient_points")
    assert problem["vendor"] == {
        "name": "abroad",
        "adapter": "foreign",
        "status": 409,
        "code": "E1",
        "message": "Not enough",
    }


def test_an_echoed_secret_is_masked(api: Caller, vendors: Vendors) -> None:
    """What an adapter passes on of a vendor's answer holds none of our secrets, and neither does the history."""
    vendors.arcade.fault("body", body=json.dumps({"seen": TOKEN}))
    response = adjust(api, "fine")
    assert (response.status_code, response.json()["vendor"]["details"]) == (201, {"said": "seen ***"})
    history = api.get(f"/v1/adjustments/{response.json()['id']}", include="history")
    assert TOKEN not in history.text
    assert history.json()["history"][1]["exchange"][0]["request"]["headers"]["Authorization"] == "***"


def test_a_fault_on_a_read(api: Caller, vendors: Vendors) -> None:
    """A fault on the answer to a read is an answer that was not understood."""
    refused(api.get("/v1/members/email:x/balance"), 502, "vendor_bad_response")


def test_the_log_says_where_and_not_what(api: Caller, vendors: Vendors, process: GatewayProcess) -> None:
    """Faults are logged with the place where they rose, and without what they say or held."""
    refused(adjust(api, "fault-before"), 500, "internal_error")
    vendors.arcade.fault("body", body="{}")
    adjust(api, "fault-after")
    lines = [json.loads(line) for line in process.lines]
    faults = [line for line in lines if line["level"] == "error"]
    assert any("foreign_adapter.py" in str(line) and "RuntimeError" in str(line) for line in faults)
    for private in (TOKEN, "email:", "fault-before", "key-0"):
        assert private not in process.log
