"""A secret in a file that changes while the gateway runs, to one that no header can carry and back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.deadlines import until
from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors

FIVE = {"member": "contact_id:1", "points": "5"}
UNSENDABLE = "schlüssel-of-the-crm"


def test_it_is_refused_here_and_sent_once_it_can_be(
    start: Starts,
    calling: Callable[[GatewayProcess], Caller],
    configured: Callable[..., dict[str, Any]],
    vendors: Vendors,
    tmp_path: Path,
) -> None:
    """A write is not applied for a reason of ours, which the log names without the secret; then its key works."""
    secret = tmp_path / "secret"
    secret.write_text(vendors.crm.secret)
    whole = configured()["vendors"]
    gateway = start(vendors={**whole, "crm": {**whole["crm"], "api_key": f"${{file:{secret}}}"}})
    api = calling(gateway)
    assert api.adjust(FIVE).status_code == 201

    secret.write_text(UNSENDABLE, "utf-8")
    until(lambda: api.adjust(FIVE).status_code != 201)  # a file is looked at once a second
    before = len(vendors.crm.effects)
    response = api.adjust(FIVE, key="key-of-a-bad-day")
    problem = refused(response, 500, "internal_error")
    assert (
        problem["detail"] == "The request was refused here: no header can carry the value of X-ApiKey; nothing was sent"
    )
    assert (problem["retryable"], problem["new_key_allowed"], response.headers["retry-after"]) == (True, False, "1")
    stored = api.adjustment(problem["adjustment"], history=True)
    assert (stored["status"], stored["retryable"], stored["problem"]["code"]) == ("failed", True, "internal_error")
    assert stored["history"][-1]["evidence"]["sent"] is False
    assert len(vendors.crm.effects) == before

    secret.write_text(vendors.crm.secret)
    until(lambda: api.adjust(FIVE, key="key-of-a-bad-day").status_code == 201)
    assert len(vendors.crm.effects) == before + 1
    gateway.stop()
    lines = [json.loads(line) for line in gateway.lines]
    ours = [line for line in lines if line["event"] == "a request was not sent for a reason of ours"]
    assert {(line["level"], line["vendor"]) for line in ours} == {("error", "crm")}
    assert all("X-ApiKey" in line["why"] for line in ours)
    for shown in (gateway.log, json.dumps(stored), response.text):
        assert UNSENDABLE not in shown
