"""Commands with `--admin`: what operators do from another machine, without the configuration and the journal."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.caller import Caller
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.test_operators import FIVE, OPERATORS, Admin, calling, end_leases, settings, started, unknown
from tests.end_to_end.vendors import Vendors
from tests.nursery import PROGRAM, Finished, nursery


@pytest.fixture(scope="module")
def admin(
    running: Vendors, configured: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Admin]:
    with started(GatewayProcess(tmp_path_factory.mktemp("commands"), settings(configured))) as admin:
        yield admin


@pytest.fixture(scope="module")
def api(admin: Admin) -> Iterator[Caller]:
    caller = Caller.of(admin.process.url)
    yield caller
    caller.http.close()


class Line:
    """The command line of an operator of this name, in an empty folder."""

    def __init__(self, admin: Admin, folder: Path) -> None:
        self.url, self.folder = str(admin.http.base_url), folder

    def __call__(self, *words: str, who: str = "alice", code: int = 0, url: str | None = None) -> str:
        """What a command writes: to standard output, or to standard error where it is to fail."""
        environ = {**os.environ, "POINTS_ADMIN_KEY": OPERATORS.get(who, who)}
        done: Finished = nursery().run(PROGRAM, *words, "--admin", url or self.url, environ=environ)
        assert done.code == code, (done.out, done.err)
        return (done.err if code else done.out).decode()


@pytest.fixture
def line(admin: Admin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.delenv("POINTS_GATEWAY_CONFIG", raising=False)
    return Line(admin, tmp_path)


def test_lists_and_histories_are_those_of_the_journal(line: Line, admin: Admin, api: Caller, vendors: Vendors) -> None:
    """The same lines and the same documents as of the command that opens the journal."""
    made = [api.adjust({**FIVE, "reference": "order-9"}).json()["id"] for _ in range(3)]
    config = str(admin.process.folder / "gateway.yaml")

    def local(*words: str) -> str:
        return nursery().run(PROGRAM, *words, "-c", config).out.decode()

    words = ("adjustments", "list", "--reference", "order-9", "--tenant", "acme")
    assert line(*words) == local(*words)
    assert line(*words, "-o", "json") == local(*words, "-o", "json")
    assert [each["id"] for each in json.loads(line(*words, "--limit", "2", "-o", "json"))["data"]] == made[:0:-1]
    show = ("adjustments", "show", made[0])
    assert line(*show) == local(*show)
    assert line(*show, "-o", "json") == local(*show, "-o", "json")


def test_what_is_unknown_is_settled_in_the_operators_name(
    line: Line, admin: Admin, api: Caller, vendors: Vendors, tmp_path: Path
) -> None:
    """One by its id, and those of a file; what was settled before is said so, and what is not there."""
    first, second, third = (unknown(api, vendors) for _ in range(3))
    end_leases(admin, first, second, third)
    reason = ("--applied", "--reason", "point 4711 in their list")
    assert line("adjustments", "resolve", first, *reason) == f"{first}  succeeded\n"
    assert line("adjustments", "resolve", first, *reason, who="bob") == f"{first}  succeeded  (settled before)\n"
    assert api.acting(tenant="hasty").adjustment(first)["resolution"]["by"] == "operator alice"
    file = tmp_path / "found.csv"
    rows = [f"{second},applied,in their list", f"{third},not_applied,not in it", "adj_nobody,applied,who knows"]
    file.write_text("\n".join(["id,outcome,reason", *rows]))
    shown = line("adjustments", "resolve", "--from", str(file))
    assert second in shown
    summed = [each.strip() for each in shown.splitlines() if "adj_" not in each]
    vendor = admin.get(f"adjustments/{second}")["adjustment"]["vendor"]["name"]
    counted = [f"vendors: {vendor} 1", "points: +5 in 1"]
    assert summed == [
        *("1 to be settled as applied", *counted, "1 to be settled as not_applied", *counted),
        "nothing is settled yet; 1 of 3 are not open; add --yes to settle what can be",
    ]
    failed = line("adjustments", "resolve", "--from", str(file), "--yes", code=1)
    assert "adj_nobody is not in this journal" in failed
    assert "1 of 3 could not be settled" in failed
    assert [admin.get(f"adjustments/{each}")["adjustment"]["status"] for each in (second, third)] == [
        "succeeded",
        "failed",
    ]


def test_pauses_begin_and_end(line: Line, admin: Admin, api: Caller) -> None:
    """As of the command that opens the journal, with the operator's name."""
    assert "paused: vendor crm" in line("pause", "vendor", "crm", "--reason", "their maintenance", "--wait")
    try:
        assert api.adjust(FIVE).json()["code"] == "paused"
        (paused,) = json.loads(line("pause", "-o", "json"))
        assert (paused["of"], paused["name"], paused["by"], paused["in"]) == (
            "vendor",
            "crm",
            "operator alice",
            "journal",
        )
        assert "their maintenance" in line("pause")
    finally:
        assert line("resume", "vendor", "crm") == "resumed: vendor crm\n"
    assert "is not paused" in line("resume", "vendor", "crm", code=1)
    assert "nobody" in line("pause", "vendor", "nobody", code=1)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("adjustments", "show", "adj_nobody"), "there is no adjustment 'adj_nobody'"),
        (("adjustments", "list", "--member", "nonsense"), "invalid_request"),
    ],
)
def test_what_goes_wrong_is_said(line: Line, words: tuple[str, ...], why: str) -> None:
    """In the words of the problem."""
    assert why in line(*words, code=1)


def test_who_cannot_call_is_told_why(line: Line, admin: Admin, nowhere: str) -> None:
    """A wrong key, a scope that is missing, another server, the public listener, or nobody there."""
    assert "unauthenticated" in line("adjustments", "list", who="wrong", code=1)
    assert "forbidden" in line("pause", "vendor", "crm", who="reader", code=1)
    assert "cannot be reached" in line("adjustments", "list", code=1, url=nowhere)
    assert "is it the admin listener" in line("adjustments", "list", code=1, url=admin.process.url)
    environ = {name: value for name, value in os.environ.items() if name != "POINTS_ADMIN_KEY"}
    done = nursery().run(PROGRAM, "adjustments", "list", "--admin", line.url, environ=environ)
    assert (done.code, "POINTS_ADMIN_KEY" in done.err.decode()) == (1, True)


@pytest.mark.parametrize(
    "words", [("adjustments", "list"), ("pause",), ("resume", "all"), ("adjustments", "show", "x")]
)
def test_neither_a_configuration_nor_an_address_is_a_mistake(line: Line, words: tuple[str, ...]) -> None:
    """The command says that it takes one of the two."""
    done = nursery().run(PROGRAM, *words)
    assert done.code == 2
    assert "--admin" in done.err.decode()


SETTLING = ("adjustments", "resolve", "--all", "--not-applied", "--reason", "their log", "--tenant", "hasty")


def named(preview: str) -> str:
    """The name of the set that a preview shows."""
    [name] = re.findall(r"^  --set (\S+) --yes$", preview, re.MULTILINE)
    return str(name)


def waiting(admin: Admin, api: Caller, vendors: Vendors, number: int) -> list[str]:
    """So many adjustments that are unknown and whose leases are over, and no other of their tenant."""
    for entry in admin.get("queue", tenant="hasty", limit=100)["data"]:
        admin.decide([entry["adjustment"]["id"]])
    ids = [unknown(api, vendors) for _ in range(number)]
    end_leases(admin, *ids)
    return ids


def status(admin: Admin, id_: str) -> str:
    return str(admin.get(f"adjustments/{id_}")["adjustment"]["status"])


def test_a_set_is_settled_by_its_name_and_nothing_else(line: Line, admin: Admin, api: Caller, vendors: Vendors) -> None:
    """What the preview shows is what the journal's own command shows, and neither settles what came later."""
    first, second, third = waiting(admin, api, vendors, 3)
    preview = line(*SETTLING)
    local = nursery().run(PROGRAM, *SETTLING, "-c", admin.process.folder / "gateway.yaml").out.decode()
    assert preview == local
    assert "3 unknown adjustment(s); nothing is settled yet" in preview
    assert "  vendors: crm_hasty 3\n  points: +15 in 3\n" in preview
    late = unknown(api, vendors)
    end_leases(admin, late)
    admin.decide([second])
    by_name = (*SETTLING, "--set", named(preview))
    assert "2 of 3 adjustment(s) in this set are still unknown" in line(*by_name)
    failed = line(*by_name, "--yes", code=1)
    assert f"{second}: It is succeeded" in failed
    assert "1 of 3 could not be settled" in failed
    assert [status(admin, each) for each in (first, second, third, late)] == [
        "failed",
        "succeeded",
        "failed",
        "unknown",
    ]
    assert api.acting(tenant="hasty").adjustment(first)["resolution"]["by"] == "operator alice"
    assert line(*by_name, "--yes", code=1) == failed


def test_a_name_is_of_one_outcome_and_choice(line: Line, admin: Admin, api: Caller, vendors: Vendors) -> None:
    """With another outcome or another filter it settles nothing; nor does --yes without a name."""
    (only,) = waiting(admin, api, vendors, 1)
    name = named(line(*SETTLING))
    applied = [{"--not-applied": "--applied"}.get(each, each) for each in SETTLING]
    assert "not the name of this set" in line(*applied, "--set", name, "--yes", code=1)
    assert "not the name of this set" in line(*SETTLING, "--vendor", "arcade", "--set", name, "--yes", code=1)
    assert "--set is what the command shows" in line(*SETTLING, "--set", "nonsense", "--yes", code=2)
    assert "--yes settles a set that was shown" in line(*SETTLING, "--yes", code=2)
    assert status(admin, only) == "unknown"
    assert "nothing is unknown that matches" in line(*SETTLING, "--vendor", "arcade", code=1)
    shown = [each for each in admin.get("audit", limit=100)["data"] if "unknown" in each["detail"]]
    assert {"unknown": [only]} in [each["detail"] for each in shown]


def test_what_the_vendor_accepted_since_is_not_settled_as_unknown(admin: Admin, api: Caller, vendors: Vendors) -> None:
    """A decision names the status in which it was seen; without one, either may be decided."""
    (only,) = waiting(admin, api, vendors, 1)
    seen = {"id": only, "attempt": 1, "repeats": 0}
    body = {"outcome": "applied", "reason": "r", "adjustments": [{**seen, "status": "accepted"}]}
    (refused,) = admin.post("resolutions", body)["data"]
    assert (refused["result"], "look again" in refused["detail"]) == ("refused", True)
    body["adjustments"] = [{**seen, "status": "unknown"}]
    assert admin.post("resolutions", body)["data"][0]["result"] == "settled"


def test_two_people_settle_a_set(
    vendors: Vendors, configured: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one proposes each of it, again and again; another person's same command settles each."""
    monkeypatch.delenv("POINTS_GATEWAY_CONFIG", raising=False)
    whole = settings(configured, resolution={"approvals": 2})
    with started(GatewayProcess(tmp_path, whole)) as admin, calling(admin) as api:
        line = Line(admin, tmp_path)
        ids = [unknown(api, vendors) for _ in range(2)]
        end_leases(admin, *ids)
        by_name = (*SETTLING, "--set", named(line(*SETTLING)), "--yes")
        for _ in range(2):
            assert line(*by_name).count("proposed: another person has to confirm it") == 2
        assert {status(admin, each) for each in ids} == {"unknown"}
        assert line(*by_name, who="bob") == "".join(f"{each}  failed\n" for each in ids)
        assert api.acting(tenant="hasty").adjustment(ids[0])["resolution"]["proposed_by"] == "operator alice"


def test_a_balance_is_a_hint(line: Line, admin: Admin, api: Caller, vendors: Vendors) -> None:
    """As of the command that opens the journal: the balance now, beside what it was; who asked is in the audit log."""
    made = api.adjust(FIVE).json()
    environ = {**os.environ, "POINTS_ADMIN_KEY": OPERATORS["reader"]}
    show = (PROGRAM, "adjustments", "show", made["id"], "--balance")
    remote = nursery().run(*show, "--admin", line.url, environ=environ)
    local = nursery().run(*show, "-c", admin.process.folder / "gateway.yaml")
    assert remote.code == 0
    assert (remote.out, remote.err) == (local.out, local.err)
    assert re.match(
        r"hint: the vendor's balance is \S+ now; .+ this was 5\. It proves nothing\.\n", remote.err.decode()
    )
    asked = [each for each in admin.get("audit", limit=100)["data"] if each["detail"] == {"balance": made["id"]}]
    assert [each["by"] for each in asked] == ["operator reader"]
    assert admin.ask("adjustments/adj_nobody/balance").status_code == 404
    vendors.crm.fault("html", status=200)
    hint = admin.get(f"adjustments/{made['id']}/balance")
    assert (hint["available"], hint["before"]) == (None, None)
    assert hint["problem"].startswith("the balance cannot be read: ")


def test_the_audit_log_is_that_of_the_journal(line: Line, admin: Admin) -> None:
    """The same entries in the same lines, over as many pages as it takes; who may not read it is told so."""
    for number in range(60):
        pause = {"of": "vendor", "name": "arcade", "reason": f"maintenance {number}"}
        admin.post("pauses", pause)
        admin.post("resumptions", {"of": "vendor", "name": "arcade"})
    config = str(admin.process.folder / "gateway.yaml")
    for words in (("--limit", "110"), ("--limit", "110", "-o", "json"), ()):
        local = nursery().run(PROGRAM, "journal", "audit", *words, "-c", config).out.decode()
        assert line("journal", "audit", *words, who="reader") == local
    shown = json.loads(line("journal", "audit", "--limit", "110", "-o", "json"))["data"]
    assert len(shown) == 110
    assert shown[1]["detail"]["reason"] == "maintenance 59"
    assert "forbidden" in line("journal", "audit", who="writer", code=1)
    assert admin.ask("audit", after="nonsense").status_code == 400
