"""The operator API, on the admin listener of a running gateway: who may do what there, and what comes of it."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.deadlines import DEADLINE, until
from tests.end_to_end.caller import Caller
from tests.end_to_end.configuration import HASTY, KEYS
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors
from tests.nursery import PROGRAM, nursery
from tests.plain import PLAIN

OPERATORS = {name: f"operator-key-of-{name}-{'0' * 24}" for name in ("alice", "alice_again", "bob", "reader", "writer")}
SCOPES = ["operator:read", "operator:write"]
PROXY_SECRET = "a-secret-of-the-proxy-" + "0" * 24
FIVE = {"member": "contact_id:1", "points": "5"}
CRM_FOUND = {"vendor": "crm_found"}


def operators() -> dict[str, Any]:
    return {
        "alice": {"keys": [OPERATORS["alice"], OPERATORS["alice_again"]], "scopes": SCOPES},
        "bob": {"keys": [OPERATORS["bob"]], "scopes": SCOPES},
        "reader": {"keys": [OPERATORS["reader"]], "scopes": SCOPES[:1]},
        "writer": {"keys": [OPERATORS["writer"]], "scopes": SCOPES[1:]},
    }


class Admin:
    """The admin listener of a gateway, as an operator of this name calls it."""

    def __init__(self, process: GatewayProcess, http: httpx.Client) -> None:
        self.process, self.http = process, http

    def ask(self, path: str, who: str | None = "alice", **query: object) -> httpx.Response:
        given = {name: str(value) for name, value in query.items()}
        return self.http.get(f"/admin/v1/{path}", params=given, headers=self._headers(who))

    def get(self, path: str, who: str = "alice", **query: object) -> dict[str, Any]:
        response = self.ask(path, who, **query)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def send(self, path: str, body: object, who: str | None = "alice") -> httpx.Response:
        return self.http.post(f"/admin/v1/{path}", json=body, headers=self._headers(who))

    def post(self, path: str, body: object, who: str = "alice") -> dict[str, Any]:
        response = self.send(path, body, who)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def decide(self, ids: list[str], who: str = "alice", *, path: str = "resolutions", **more: Any) -> list[Any]:
        """What comes of deciding that these were applied, as they are seen now."""
        seen = []
        for each in ids:
            found = self.get(f"adjustments/{each}")
            seen.append({"id": each, "attempt": found["attempt"], "repeats": found["repeats"]})
        body = {"outcome": "applied", "reason": "seen in their portal", "adjustments": seen, **more}
        return list(self.post(path, body, who)["data"])

    def _headers(self, who: str | None) -> dict[str, str]:
        return {} if who is None else {"Authorization": f"Bearer {OPERATORS[who]}"}


@contextmanager
def started(process: GatewayProcess) -> Iterator[Admin]:
    """A gateway with operators, until the test has ended, however it did."""
    try:
        process.serving()
        (line,) = (json.loads(each) for each in process.lines if '"event":"serving"' in each)
        with httpx.Client(base_url=line["admin"], trust_env=False, verify=PLAIN, timeout=DEADLINE) as http:
            yield Admin(process, http)
    finally:
        code = process.stop()
    assert code == 0, process.log
    for private in (*OPERATORS.values(), PROXY_SECRET, "contact_id:"):
        assert private not in process.log


def settings(configured: Callable[..., dict[str, Any]], **changes: Any) -> dict[str, Any]:
    whole = configured(operators=operators(), **changes)
    whole["server"] = {**whole["server"], "admin": "127.0.0.1:0"}
    return whole


@pytest.fixture(scope="module")
def admin(
    running: Vendors, configured: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Admin]:
    """A gateway with operators, where one of them decides."""
    proxy = {"trusted_proxies": ["127.0.0.1"], "identity_header": "X-Email", "proxy_secret": [PROXY_SECRET]}
    whole = settings(configured, admin=proxy)
    whole["operators"]["alice"]["identity"] = "alice@x"
    with started(GatewayProcess(tmp_path_factory.mktemp("operators"), whole)) as admin:
        yield admin


@pytest.fixture(scope="module")
def two(
    running: Vendors, configured: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Admin]:
    """A gateway where two people decide."""
    whole = settings(configured, resolution={"approvals": 2})
    with started(GatewayProcess(tmp_path_factory.mktemp("two"), whole)) as admin:
        yield admin


@contextmanager
def calling(admin: Admin, **acting: str) -> Iterator[Caller]:
    """A caller of a gateway's API."""
    caller = Caller.of(admin.process.url, **acting)
    with closing(caller.http):
        yield caller


@pytest.fixture(scope="module")
def api(admin: Admin) -> Iterator[Caller]:
    with calling(admin) as caller:
        yield caller


@pytest.fixture(scope="module")
def calling_two(two: Admin) -> Iterator[Caller]:
    with calling(two) as caller:
        yield caller


def unknown(api: Caller, vendors: Vendors, *, tenant: str = "hasty") -> str:
    """An adjustment of which nobody knows whether it was applied, and whose lease is over."""
    vendors.crm.fault("close", when="after", method="POST")
    answer = api.acting(tenant=tenant).adjust(FIVE)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


@pytest.fixture
def lost(api: Caller, vendors: Vendors, admin: Admin) -> str:
    id_ = unknown(api, vendors)
    end_leases(admin, id_)
    return id_


def end_leases(admin: Admin, *ids: str) -> None:
    """Have the leases of these attempts be over; nobody waits until they run out."""
    with closing(sqlite3.connect(admin.process.journal, timeout=DEADLINE)) as journal, journal:
        journal.executemany("UPDATE adjustments SET lease_until = created_at WHERE id = ?", [(id_,) for id_ in ids])


def busy(admin: Admin, id_: str) -> bool:
    """Whether an attempt may still be under way."""
    page = admin.get("queue", limit=100)["data"]
    return any(each["adjustment"]["id"] == id_ and each["busy_until"] is not None for each in page)


def test_it_is_on_the_admin_listener_alone(admin: Admin, api: Caller) -> None:
    """The public listener knows nothing of it, whoever asks; metrics need no key, as ever."""
    for headers in (
        {},
        {"Authorization": f"Bearer {OPERATORS['alice']}"},
        {"Authorization": f"Bearer {KEYS['anywhere']}"},
    ):
        assert api.http.get("/admin/v1/queue", headers=headers).status_code == 404
    assert (
        api.http.get("/v1/capabilities", headers={"Authorization": f"Bearer {OPERATORS['alice']}"}).status_code == 401
    )
    assert admin.http.get("/metrics").status_code == 200


@pytest.mark.parametrize("key", [None, "Bearer nobody", f"Bearer {KEYS['anywhere']}", "Basic YTpi"], ids=str)
def test_only_an_operators_key_opens_it(admin: Admin, key: str | None) -> None:
    """A client's key is no operator's, whatever its scopes."""
    answer = admin.http.get("/admin/v1/queue", headers={} if key is None else {"Authorization": key})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_each_scope_opens_its_own(admin: Admin) -> None:
    """Who may see may not act, and the other way round."""
    body = {"of": "vendor", "name": "crm"}
    assert admin.send("pauses", body, "reader").json()["code"] == "forbidden"
    assert admin.ask("queue", "writer").json()["code"] == "forbidden"
    assert admin.ask("queue", "reader").status_code == 200


def test_a_proxys_word_is_no_key(admin: Admin) -> None:
    """The API takes keys alone: a header that a proxy would set signs nobody in there."""
    headers = {"X-Email": "alice@x", "X-Proxy-Secret": PROXY_SECRET}
    assert admin.http.get("/admin/v1/queue", headers=headers).status_code == 401


def test_input_is_read_as_strictly_as_everywhere(admin: Admin) -> None:
    """Unknown names, wrong types and other methods are problems like those of the API."""
    assert admin.ask("queue", colour="red").json()["code"] == "invalid_request"
    assert admin.send("pauses", {"of": "vendor", "name": "crm", "x": 1}).json()["errors"][0]["pointer"] == "/x"
    assert admin.send("pauses", {"of": "all", "name": "crm"}).status_code == 400
    assert admin.send("pauses", {"of": "vendor", "name": "nobody"}).status_code == 400
    wrong = admin.http.delete("/admin/v1/queue", headers={"Authorization": f"Bearer {OPERATORS['alice']}"})
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET")


def test_its_document_has_every_path(admin: Admin) -> None:
    """Each with its scope, and its problems."""
    document = admin.http.get("/admin/v1/openapi.json").json()
    assert "/v1/adjustments" not in document["paths"]
    operations = [each for path in document["paths"].values() for each in path.values()]
    assert all("operator:" in each["description"] for each in operations)
    assert all({"200", "401", "403", "429"} <= each["responses"].keys() for each in operations)
    assert not any(each["name"] == "X-Tenant" for one in operations for each in one.get("parameters", ()))


def test_its_examples_are_what_they_are_examples_of(admin: Admin) -> None:
    """Every operation has a whole answer, and a whole body where it takes one; each fits its schema."""
    document = admin.http.get("/admin/v1/openapi.json").json()
    components = document["components"]
    for operation in (each for path in document["paths"].values() for each in path.values()):
        for parameter in (each for each in operation["parameters"] if "example" in each):
            Draft202012Validator({**parameter["schema"], "components": components}).validate(parameter["example"])
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for body in [*bodies, operation["responses"]["200"]]:
            (media_type,) = body["content"].values()
            examples = media_type["examples"].values()
            assert examples, operation["operationId"]
            for example in examples:
                Draft202012Validator({**media_type["schema"], "components": components}).validate(example["value"])


def test_an_adjustment_is_found_in_any_tenant(admin: Admin, api: Caller, vendors: Vendors) -> None:
    """By its id, member, reference, key, the request that made it, and the vendor's own id."""
    outlet = api.acting(tenant="listed")
    request = {"Request-Id": "a-request-of-its-own"}
    made = outlet.adjust({**FIVE, "reference": "order-77"}, key="a-key-of-its-own", headers=request).json()
    wanted = {
        "id": made["id"],
        "reference": "order-77",
        "idempotency_key": "a-key-of-its-own",
        "request_id": "a-request-of-its-own",
        "transaction_id": made["vendor"]["transaction_id"],
        "member": "contact_id:1",
        "tenant": "listed",
    }
    for name, value in wanted.items():
        found = admin.get("adjustments", **{name: value})["data"]
        assert made["id"] in {each["id"] for each in found}, name
        assert name in ("member", "tenant") or len(found) == 1
        assert admin.get("adjustments", **{name: value, "tenant": "acme"})["data"] == [] or name in ("member", "tenant")
    for name in ("reference", "idempotency_key", "transaction_id", "request_id"):
        assert admin.get("adjustments", **{name: "nobody-has-this-one"})["data"] == []
    outlet.adjust(FIVE)
    first = admin.get("adjustments", limit=1)
    second = admin.get("adjustments", limit=1, after=first["next_after"])
    assert first["data"][0]["id"] != second["data"][0]["id"]


def test_a_timeline_is_all_that_is_known(admin: Admin, api: Caller, vendors: Vendors) -> None:
    """Every step, the exchange without a secret, and the answer that the caller got."""
    answer = api.adjust(FIVE, headers={"Request-Id": "who-asked"})
    found = admin.get(f"adjustments/{answer.json()['id']}")
    assert found["told"] == {"status": 201, "body": answer.json()}
    assert found["requests"] == ["who-asked"]
    steps = found["adjustment"]["history"]
    assert [each["to"] for each in steps] == ["in_progress", "succeeded"]
    assert steps[-1]["exchange"]
    assert vendors.crm.secret not in json.dumps(found)
    assert (found["attempt"], found["repeats"], found["open"], found["proposal"]) == (1, 0, False, None)
    missing = admin.ask("adjustments/adj_nobody")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_what_waits_is_settled_by_id(admin: Admin, api: Caller, vendors: Vendors, lost: str) -> None:
    """The queue has it with its evidence, and a decision about it is in its history with the operator's name."""
    (entry,) = [each for each in admin.get("queue", limit=100)["data"] if each["adjustment"]["id"] == lost]
    assert entry["evidence"]["sent"] is True
    assert entry["ways"] == ["person"]
    (settled,) = admin.decide([lost])
    assert (settled["result"], settled["status"]) == ("settled", "succeeded")
    resolution = api.acting(tenant="hasty").adjustment(lost)["resolution"]
    assert (resolution["by"], resolution["reason"]) == ("operator alice", "seen in their portal")
    assert admin.decide([lost])[0]["result"] == "already"
    (other,) = admin.decide([lost], outcome="not_applied")
    assert (other["result"], other["status"]) == ("refused", "succeeded")
    assert lost not in {each["adjustment"]["id"] for each in admin.get("queue", limit=100)["data"]}


def test_a_decision_is_about_what_was_seen(admin: Admin, lost: str) -> None:
    """Another attempt or repeat than the one that was seen is refused; nothing about it changes."""
    for seen in ({"attempt": 2, "repeats": 0}, {"attempt": 1, "repeats": 1}):
        body = {"outcome": "applied", "reason": "r", "adjustments": [{"id": lost, **seen}]}
        (refused,) = admin.post("resolutions", body)["data"]
        assert refused["result"] == "refused"
        assert "look again" in refused["detail"]
    assert admin.get(f"adjustments/{lost}")["open"] is True
    same = [{"id": lost, "attempt": 1, "repeats": 0}] * 2
    twice = admin.send("resolutions", {"outcome": "applied", "reason": "r", "adjustments": same})
    assert twice.json()["code"] == "invalid_request"
    assert admin.send("resolutions", {"outcome": "applied", "reason": "r", "adjustments": []}).status_code == 400


def test_many_are_decided_each_by_itself(admin: Admin, api: Caller, vendors: Vendors) -> None:
    """What cannot be settled keeps nothing else from being settled."""
    ids = [unknown(api, vendors) for _ in range(3)]
    until(lambda: not any(busy(admin, each) for each in ids))
    done = str(api.adjust(FIVE).json()["id"])
    results = admin.decide([*ids, done], outcome="not_applied")
    assert [each["result"] for each in results] == ["settled"] * 3 + ["refused"]
    assert [each["id"] for each in results] == [*ids, done]


def test_what_can_be_searched_is_looked_for_now(
    vendors: Vendors, configured: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """It ends by the vendor's own records; for others a person has to look, and what has ended is left alone."""
    whole = settings(configured)
    whole["vendors"]["crm_found"] = {"extends": "crm", "account": "sample", "timeout": HASTY}
    whole["tenants"]["found"] = {"routes": {"adjust": [{"when": {"member": ["email"]}, "vendor": "arcade"}, CRM_FOUND]}}
    with started(GatewayProcess(tmp_path, whole)) as admin, calling(admin, tenant="found") as caller:
        done = str(caller.adjust(FIVE).json()["id"])
        found = unknown(caller, vendors, tenant="found")
        vendors.arcade.fault("close", when="after")
        lost = str(caller.adjust({"member": "email:jason@example.com", "points": "5"}).json()["id"])
        results = admin.post("searches", {"adjustments": [found, lost, done]})["data"]
        assert [each["result"] for each in results] == ["asked", "refused", "refused"]
        assert "its own records" in results[1]["detail"]
        looked = [each for each in admin.get("audit")["data"] if each["action"] == "look"]
        assert looked[0]["detail"] == {"adjustments": [found, lost, done]}
        ways = {each["adjustment"]["id"]: each["ways"] for each in admin.get("queue")["data"]}
        assert ways == {found: ["search", "person"], lost: ["person"]}
        assert {each: admin.get(f"adjustments/{each}")["ways"] for each in (*ways, done)} == {**ways, done: []}

        def settled() -> bool:
            admin.post("searches", {"adjustments": [found]})
            status: str = admin.get(f"adjustments/{found}")["adjustment"]["status"]
            return status == "succeeded"

        until(settled, pause=0.5)
        assert admin.get(f"adjustments/{found}")["adjustment"]["history"][-1]["by"] == "search"


def test_two_people_decide(two: Admin, calling_two: Caller, vendors: Vendors) -> None:
    """The same person with another key is the same person; the command line counts for nothing; a client is one."""
    ids = [unknown(calling_two, vendors) for _ in range(3)]
    end_leases(two, *ids)
    one, other, third = ids
    assert [each["result"] for each in two.decide([one], "alice")] == ["proposed"]
    assert two.get(f"adjustments/{one}")["proposal"]["by"] == "operator alice"
    assert two.decide([one], "alice_again")[0]["result"] == "proposed"
    (own,) = two.decide([one], "alice_again", path="approvals")
    assert (own["result"], "another person" in own["detail"]) == ("refused", True)
    command = (PROGRAM, "adjustments", "resolve", one, "--applied", "--reason", "r", "-c")
    local = nursery().run(*command, two.process.folder / "gateway.yaml")
    assert (local.code, "--admin" in local.err.decode()) == (1, True)
    assert two.get(f"adjustments/{one}")["open"] is True
    assert two.decide([one], "bob", path="approvals")[0]["result"] == "settled"
    hasty = calling_two.acting(tenant="hasty")
    resolution = hasty.adjustment(one)["resolution"]
    assert (resolution["by"], resolution["proposed_by"]) == ("operator bob", "operator alice")
    body = {"outcome": "applied", "reason": "seen", "actor": "jane"}
    proposed = [hasty.send("POST", f"/v1/adjustments/{other}/resolution", json=body) for _ in range(2)]
    assert [each.status_code for each in proposed] == [202, 202]
    assert proposed[0].json()["proposal"]["by"] == "anywhere"
    assert two.decide([other], "bob", path="approvals")[0]["result"] == "settled"
    assert two.decide([third], "bob", path="approvals")[0]["result"] == "refused"
    assert two.get(f"adjustments/{third}")["proposal"] is None


def test_who_proposed_withdraws(two: Admin, calling_two: Caller, vendors: Vendors) -> None:
    """By the operator API, the command line and the public API; nobody withdraws what another has proposed."""
    ids = [unknown(calling_two, vendors) for _ in range(3)]
    end_leases(two, *ids)
    one, other, third = ids
    two.decide([one, other], "alice")
    refused = two.post("withdrawals", {"adjustments": [one, third]}, "bob")["data"]
    assert [each["result"] for each in refused] == ["refused", "refused"]
    assert ["Another person" in refused[0]["detail"], "no proposal" in refused[1]["detail"]] == [True, True]
    (done,) = two.post("withdrawals", {"adjustments": [one]}, "alice_again")["data"]
    assert done == {"id": one, "result": "withdrawn", "detail": None}
    shown = two.get(f"adjustments/{one}")
    assert (shown["proposal"], shown["open"]) == (None, True)
    assert shown["adjustment"]["history"][-1]["evidence"]["withdraws"] == "applied"
    assert two.decide([one], "bob", path="approvals")[0]["result"] == "refused"
    assert two.send("withdrawals", {"adjustments": [one]}, "reader").json()["code"] == "forbidden"

    environ = {**os.environ, "POINTS_ADMIN_KEY": OPERATORS["alice"]}
    command = (PROGRAM, "adjustments", "withdraw", other, one)
    ran = nursery().run(*command, "--admin", str(two.http.base_url), environ=environ)
    assert (ran.code, ran.out.decode()) == (1, f"{other}  withdrawn\n")
    assert "no proposal" in ran.err.decode()
    assert nursery().run(*command).code == 2
    withdrawals = [each for each in two.get("audit", limit=100)["data"] if each["action"] == "withdraw"]
    assert [(each["by"], each["detail"]["adjustment"]) for each in withdrawals] == [
        ("operator alice", other),
        ("operator alice", one),
    ]

    hasty = calling_two.acting(tenant="hasty")
    path = f"/v1/adjustments/{third}"
    assert hasty.send("DELETE", f"{path}/proposal").json()["code"] == "not_resolvable"
    body = {"outcome": "applied", "reason": "seen"}
    assert hasty.send("POST", f"{path}/resolution", json=body).status_code == 202
    assert two.post("withdrawals", {"adjustments": [third]}, "bob")["data"][0]["result"] == "refused"
    withdrawn = hasty.send("DELETE", f"{path}/proposal")
    assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "unknown")
    assert two.get(f"adjustments/{third}")["proposal"] is None


def test_a_vendor_is_paused_and_a_client_is_blocked(admin: Admin, api: Caller) -> None:
    """In every process on the journal, with who did it; a client that is blocked hears so."""
    kiosk = api.acting(client="kiosk")
    block = {"of": "client", "name": "kiosk", "reason": "sends every order twice"}
    try:
        assert admin.post("pauses", block)["changed"] is True
        refused = kiosk.adjust(FIVE)
        assert (refused.status_code, refused.json()["code"]) == (403, "client_paused")
        (shown,) = admin.get("pauses")["data"]
        assert (shown["by"], shown["reason"]) == ("operator alice", "sends every order twice")
        clients = {each["name"]: each for each in admin.get("configuration")["clients"]}
        assert [each["reason"] for each in clients["kiosk"]["pauses"]] == ["sends every order twice"]
    finally:
        ended = admin.post("resumptions", {"of": "client", "name": "kiosk"}, "bob")
    assert (ended["changed"], ended["pauses"]) == (True, [])
    assert kiosk.adjust(FIVE).status_code == 201
    assert admin.post("resumptions", {"of": "client", "name": "kiosk"})["changed"] is False
    assert admin.get("under-way", of="vendor", name="crm")["data"] == []


def test_vendors_stand_as_they_are(admin: Admin, api: Caller, vendors: Vendors) -> None:
    """With what was asked of them, and how long that took."""
    api.adjust(FIVE)
    crm = next(each for each in admin.get("vendors")["data"] if each["name"] == "crm")
    assert (crm["circuit"], crm["adapter"], crm["in_flight"]) == ("closed", "contact-points", 0)
    assert crm["exchanges"] >= 1
    assert crm["mean_ms"] > 0


def test_a_call_is_explained_without_a_secret(admin: Admin, vendors: Vendors) -> None:
    """As the caller would get it, and nothing is sent."""
    before = vendors.requests
    explained = admin.post("tenants/acme/explanation", FIVE)
    assert explained["vendor"]["name"] == "crm"
    assert explained["request"]["body"]["Amount"] == 5
    assert vendors.crm.secret not in json.dumps(explained)
    assert vendors.requests == before
    assert admin.send("tenants/nobody/explanation", FIVE).status_code == 404
    assert admin.send("tenants/acme/explanation", {**FIVE, "points": 0}).status_code == 400
    assert admin.get("tenants/acme/capabilities")["tenant"] == "acme"


def test_requests_are_seen_as_they_come(admin: Admin, api: Caller) -> None:
    """With nothing about their members; those before are not told again."""
    before = admin.get("live")["number"]
    made = api.adjust(FIVE, headers={"Request-Id": "seen-live"}).json()
    until(lambda: admin.get("live")["number"] > before)
    summary = admin.get("live", after=before)
    assert [each["request_id"] for each in summary["requests"]] == ["seen-live"]
    assert summary["requests"][0]["adjustment"] == made["id"]
    assert "contact_id" not in json.dumps(summary)
    assert {each["name"] for each in summary["tenants"]} >= {"acme"}
    assert sum(point["count"] for each in summary["vendors"] if each["name"] == "crm" for point in each["points"]) >= 1


def test_who_reads_and_does_what_is_kept(admin: Admin, api: Caller) -> None:
    """Before it is shown, once in a while, and without the member that was looked for."""
    made = api.adjust(FIVE).json()["id"]
    for _ in range(3):
        admin.get("adjustments", "reader", reference="nobody-has-this")
        admin.get(f"adjustments/{made}", "reader")
        admin.get("adjustments", "reader", member="contact_id:1", limit=1)
    entries = [each for each in admin.get("audit", limit=100)["data"] if each["by"] == "operator reader"]
    assert len([each for each in entries if each["detail"].get("by") == ["reference"]]) == 1
    assert [each["action"] for each in entries if each["detail"].get("adjustment") == made] == ["view"]
    (searched,) = [each for each in entries if each["detail"].get("by") == ["member"]]
    assert searched["detail"]["found"] == [made]
    assert "contact_id" not in json.dumps(entries)


def test_a_reload_brings_operators_and_takes_them(
    start: Callable[..., GatewayProcess], configured: Callable[..., dict[str, Any]], vendors: Vendors
) -> None:
    """Without any there is no operator API; what changed is shown to who came."""
    server = {**configured()["server"], "admin": "127.0.0.1:0"}
    process = start(server=server)
    process.serving()
    (line,) = (json.loads(each) for each in process.lines if '"event":"serving"' in each)
    with httpx.Client(base_url=line["admin"], trust_env=False, verify=PLAIN, timeout=DEADLINE) as http:
        headers = {"Authorization": f"Bearer {OPERATORS['bob']}"}
        assert http.get("/admin/v1/configuration", headers=headers).status_code == 404
        file = process.folder / "gateway.yaml"
        file.write_text(json.dumps(configured(server=server, operators={"bob": operators()["bob"]})))
        done = nursery().run(PROGRAM, "reload", "-c", file)
        assert done.code == 0, done.err
        shown = http.get("/admin/v1/configuration", headers=headers).json()["configuration"]
        assert "operators.bob: new" in shown["changes"]
        file.write_text(json.dumps(configured(server=server)))
        assert nursery().run(PROGRAM, "reload", "-c", file).code == 0
        assert http.get("/admin/v1/configuration", headers=headers).status_code == 404


def test_wrong_keys_are_slowed_and_a_valid_one_is_not(
    start: Callable[..., GatewayProcess], configured: Callable[..., dict[str, Any]]
) -> None:
    """By address, on this listener by itself: callers of the other one hear nothing of it."""
    server = {**configured()["server"], "admin": "127.0.0.1:0", "wrong_key_rate": "3/hour"}
    process = start(server=server, operators=operators())
    url = process.serving()
    (line,) = (json.loads(each) for each in process.lines if '"event":"serving"' in each)
    with httpx.Client(base_url=line["admin"], trust_env=False, verify=PLAIN, timeout=DEADLINE) as http:
        statuses = [
            http.get("/admin/v1/queue", headers={"Authorization": f"Bearer wrong-{number}"}).status_code
            for number in range(6)
        ]
        assert statuses[:3] == [401] * 3
        assert 429 in statuses
        valid = {"Authorization": f"Bearer {OPERATORS['alice']}"}
        assert http.get("/admin/v1/queue", headers=valid).status_code == 200
        wrong = http.get(f"{url}/v1/capabilities", headers={"Authorization": "Bearer wrong"})
        assert wrong.status_code == 401
