"""What operators pause, in the configuration or at the command line of another process, and what callers hear of it."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.end_to_end.caller import Caller, refused
from tests.end_to_end.configuration import STRANGERS
from tests.end_to_end.conftest import Starts
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.nursery import PROGRAM, nursery

Calling = Callable[[GatewayProcess], Caller]
FIVE = {"member": "contact_id:1", "points": "5"}
WHERE = [("all",), ("tenant", "acme"), ("vendor", "crm"), ("client", "anywhere")]
SAYS = {
    "all": "The gateway takes no adjustments for now: their maintenance",
    "tenant": "Adjustments of this tenant are paused: their maintenance",
    "vendor": "Adjustments at the vendor 'crm' are paused: their maintenance",
    "client": "This client may not adjust anything for now: their maintenance",
}


class Line:
    """The command line beside a gateway."""

    def __init__(self, process: GatewayProcess) -> None:
        self._config = process.folder / "gateway.yaml"

    def __call__(self, *words: str) -> str:
        """What a command writes to standard output."""
        done = nursery().run(PROGRAM, *words, "--config", self._config)
        assert done.code == 0, done.err
        return done.out.decode()

    def pause(self, *words: str) -> str:
        return self("pause", *words, "--reason", "their maintenance", "--retry-after", "900")


@pytest.fixture(scope="module")
def line(gateway: GatewayProcess) -> Line:
    """The command line beside the gateway that these tests share with others."""
    return Line(gateway)


@pytest.fixture
def paused(line: Line) -> Iterator[Callable[..., str]]:
    """Pauses something until the test has ended."""
    done: list[tuple[str, ...]] = []

    def pause(*words: str) -> str:
        done.append(words)
        return line.pause(*words)

    yield pause
    for words in done:
        line("resume", *words)


def heard(response: Any, kind: str, *, reason: bool = True) -> dict[str, Any]:
    """The problem in an answer, which has to tell of this pause."""
    status, code = (403, "client_paused") if kind == "client" else (503, "paused")
    problem = refused(response, status, code)
    assert problem["detail"] == (SAYS[kind] if reason else SAYS[kind].partition(":")[0])
    assert (problem["retryable"], problem["new_key_allowed"]) == (kind != "client", False)
    return problem


@pytest.mark.parametrize("words", WHERE, ids=" ".join)
def test_a_pause_at_run_time(api: Caller, vendors: Vendors, line: Line, words: tuple[str, ...]) -> None:
    """New keys and further attempts are refused with the reason; known keys, reads and other clients are not."""
    final, failed, new = api.new_key(), api.new_key(), api.new_key()
    answer = api.adjust(FIVE, key=final)
    vendors.crm.fault("status", status=429)
    refused(api.adjust(FIVE, key=failed), 503, "vendor_rate_limited")
    sent = len(vendors.crm.requests)
    assert line.pause(*words).splitlines()[-1] == "nothing is under way there"
    try:
        refusal = api.adjust(FIVE, key=new)
        assert "adjustment" not in heard(refusal, words[0])
        assert refusal.headers.get("retry-after") == (None if words[0] == "client" else "900")
        assert heard(api.adjust(FIVE, key=failed), words[0])["adjustment"] == api.under(failed)["id"]
        assert api.under(failed)["attempts"] == 1
        replay = api.adjust(FIVE, key=final)
        assert (replay.content, replay.headers["idempotent-replayed"]) == (answer.content, "true")
        refused(api.adjust({**FIVE, "points": "6"}, key=final), 422, "idempotency_key_reused")
        assert api.get("/v1/adjustments", idempotency_key=new).json()["data"] == []
        assert len(vendors.crm.requests) == sent
        assert (words[0] == "client") == (api.acting(client="kiosk").adjust(FIVE).status_code == 201)
    finally:
        line("resume", *words)
    assert api.adjust(FIVE, key=new).status_code == 201
    assert (api.adjust(FIVE, key=failed).status_code, api.under(failed)["attempts"]) == (201, 2)


def test_what_is_elsewhere_goes_on(api: Caller, vendors: Vendors, paused: Callable[..., str]) -> None:
    """A pause of one vendor leaves the others of the same tenant, and reads at that vendor, as they are."""
    paused("vendor", "arcade")
    assert api.adjust(FIVE).status_code == 201
    refused(api.adjust({"member": "email:jason@example.com", "points": "5"}), 503, "paused")
    assert api.get("/v1/members/email:jason@example.com/balance").status_code == 200


def test_a_reversal_is_paused(api: Caller, vendors: Vendors, paused: Callable[..., str]) -> None:
    """A reversal is a write like any other: it goes to the vendor of its original."""
    original = api.adjust(FIVE).json()["id"]
    paused("vendor", "crm")
    key = {"Idempotency-Key": api.new_key()}
    heard(api.send("POST", f"/v1/adjustments/{original}/reversal", json={}, headers=key), "vendor")


def test_what_had_begun_is_shown_and_ends(
    api: Caller, vendors: Vendors, paused: Callable[..., str], line: Line
) -> None:
    """The command shows the attempt under way; it ends as ever, its caller is answered, and `--wait` waits for it."""
    vendors.crm.fault("hang", when="before")
    key = api.new_key()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(api.adjust, FIVE, key=key)
        vendors.crm.requests.wait_for(1)
        under_way = api.under(key)
        text = paused("vendor", "crm")
        assert f"{under_way['id']}  attempt  anywhere  acme  crm  until " in text
        assert [each["adjustment"] for each in json.loads(line("pause", "vendor", "crm", "-o", "json"))] == [
            under_way["id"]
        ]
        waiting = pool.submit(line, "pause", "vendor", "crm", "--wait")
        vendors.crm.release()
        assert first.result().status_code == 201
        assert waiting.result().splitlines()[-1] == "nothing is under way there any more"


def test_an_unknown_stays_and_is_told(api: Caller, vendors: Vendors, paused: Callable[..., str]) -> None:
    """A key whose adjustment is unknown is answered with that, as ever."""
    vendors.crm.fault("close", when="after")
    key = api.new_key()
    assert api.adjust(FIVE, key=key).status_code == 202
    paused("all")
    repeat = api.adjust(FIVE, key=key)
    assert (repeat.status_code, repeat.json()["status"]) == (202, "unknown")


@pytest.mark.parametrize("reason", [True, "their maintenance"], ids=["true", "a reason"])
@pytest.mark.parametrize("words", WHERE, ids=" ".join)
def test_a_pause_in_the_configuration(
    words: tuple[str, ...],
    reason: bool | str,
    start: Starts,
    calling: Calling,
    configured: Callable[..., dict[str, Any]],
    vendors: Vendors,
) -> None:
    """What the configuration pauses is refused in the same way, and is shown by the command."""
    usual = configured()
    usual["server"] = {"listen": "127.0.0.1:0", **STRANGERS, **({"read_only": reason} if words == ("all",) else {})}
    if words[0] != "all":
        section = usual[f"{words[0]}s"]
        section[words[1]] = {**section[words[1]], "paused": reason}
    process = start(**usual)
    api = calling(process)
    heard(api.adjust(FIVE), words[0], reason=isinstance(reason, str))
    shown = [(each["of"], each["name"], each["in"]) for each in json.loads(Line(process)("pause", "-o", "json"))]
    assert shown[0] == (words[0], "".join(words[1:]), "configuration")
    assert shown[1:] == ([("vendor", "crm_hasty", "configuration")] if words[0] == "vendor" else [])  # it extends crm
    assert len(vendors.crm.requests) == 0
    assert process.stop() == 0


def test_every_gateway_on_the_journal_heeds_it(start: Starts, calling: Calling, vendors: Vendors) -> None:
    """One command pauses two gateways, and one that starts later; who did it is kept."""
    first, second = calling(process := start()), calling(start())
    line = Line(process)
    line.pause("tenant", "acme")
    third = calling(start())
    for api in (first, second, third):
        heard(api.adjust(FIVE), "tenant")
    [pause] = json.loads(line("pause", "-o", "json"))
    assert (pause["of"], pause["name"], pause["reason"], pause["in"]) == (
        "tenant",
        "acme",
        "their maintenance",
        "journal",
    )
    assert pause["by"].startswith("command line, uid ")
    line("resume", "tenant", "acme")
    assert [api.adjust(FIVE, key=key).status_code for api, key in ((first, "a"), (second, "b"), (third, "c"))] == (
        [201] * 3
    )
