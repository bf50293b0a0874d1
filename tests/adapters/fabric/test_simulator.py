"""The simulator against its vendor's document, over real sockets."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from adapters.fabric.simulated_members import BALANCE_PROFILE, EXPIRY_PROFILE, FAMILY_PROFILE, PROFILE
from adapters.fabric.simulator import FabricSimulator
from gateway.simulation import in_thread
from tests.deadlines import DEADLINE
from tests.plain import PLAIN

TRANSACTION = "78660e74-02e3-11e8-b443-00163e911bd2"
TOKEN = "simulated-fabric-token"
SAMPLE = """{
  "profileId": "f90a1da5-c072-48b7-a9ea-eb35c5dd506b",
  "pointType": "Base",
  "billingEntity": "Company_Club",
  "points": 100,
  "reasonCode": "7502",
  "setToPending": false
}"""


@pytest.fixture
def vendor() -> Iterator[FabricSimulator]:
    now = datetime(2020, 2, 19, 1, 30, 8, 180856, tzinfo=UTC)
    simulator = FabricSimulator(now=lambda: now, new_id=lambda: UUID(TRANSACTION))
    with in_thread(simulator):
        yield simulator


def ask(
    vendor: FabricSimulator,
    body: str | dict[str, Any],
    *,
    path: str = "/v1/members/points-adjustment",
    method: str = "POST",
    authorization: str = f"Bearer {TOKEN}",
    content_type: str = "application/json",
) -> tuple[int, Any]:
    """Send a body; the HTTP status and the envelope that comes back."""
    answer = httpx.request(
        method,
        vendor.base_url + path,
        content=body if isinstance(body, str) else json.dumps(body),
        headers={"Authorization": authorization, "Content-Type": content_type},
        trust_env=False,
        verify=PLAIN,
        timeout=DEADLINE,
    )
    return answer.status_code, answer.json()


def read(vendor: FabricSimulator, path: str, authorization: str = f"Bearer {TOKEN}") -> tuple[int, Any]:
    """Read a path with its query; the HTTP status and the envelope, with exact numbers."""
    answer = httpx.get(
        vendor.base_url + path,
        headers={"Authorization": authorization} if authorization else {},
        trust_env=False,
        verify=PLAIN,
        timeout=DEADLINE,
    )
    return answer.status_code, json.loads(answer.text, parse_float=Decimal)


def balance(vendor: FabricSimulator, profile: str = PROFILE) -> dict[str, Any]:
    """The one row of a profile's balance."""
    status, body = read(vendor, f"/v1/inquire/{profile}/member-points")
    assert (status, body["status"]) == (200, 200)
    [row] = body["data"]
    return dict(row)


def token(
    vendor: FabricSimulator, path: str = "/v1/token", *, method: str = "POST", **changes: str | None
) -> httpx.Response:
    """Ask for a token as the v3 page does, with headers (`Authorization`, `Origin`) and form fields changed."""
    credentials = base64.b64encode(b"simulated-client:simulated-client-secret").decode()
    headers = {"Authorization": f"Basic {credentials}", **{k: v for k, v in changes.items() if k[0].isupper()}}
    form = {"grant_type": "client_credentials", "scope": "s2s"} | {k: v for k, v in changes.items() if k[0].islower()}
    return httpx.request(
        method,
        vendor.origin + path,
        data={name: value for name, value in form.items() if value is not None},
        headers={name: value for name, value in headers.items() if value is not None},
        trust_env=False,
        verify=PLAIN,
        timeout=DEADLINE,
    )


def sample(**changes: Any) -> dict[str, Any]:
    return {**json.loads(SAMPLE), **changes}


def test_the_sample(vendor: FabricSimulator) -> None:
    """The document's sample is answered word for word, and applied."""
    assert ask(vendor, SAMPLE) == (
        200,
        {
            "message": "Member points adjusted",
            "errors": {},
            "data": {
                "Message": "100.0 points added",
                "futureDate": False,
                "ExceptionString": "",
                "transactionCode": TRANSACTION,
            },
            "status": 200,
        },
    )
    [effect] = vendor.effects
    assert effect.member == "profile_id:f90a1da5-c072-48b7-a9ea-eb35c5dd506b"
    assert (effect.points, effect.point_type, effect.transaction_id) == (Decimal(100), "Base", TRANSACTION)
    assert effect.fields["reasonCode"] == "7502"


def test_only_points_and_profile_are_needed(vendor: FabricSimulator) -> None:
    """Null is the same as absent for the fields that may be null, and points are then Base."""
    least = {"points": 1, "profileId": sample()["profileId"]}
    assert ask(vendor, least)[1]["status"] == 200
    assert ask(vendor, {**least, "pointType": None, "billingEntity": None, "reasonCode": None})[1]["status"] == 200
    assert vendor.ledger.accounts[vendor.example.member] == {"Base": 2}


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ("-0.1", "0.1 points deducted"),
        ("2.50", "2.50 points added"),
        ("12345678901234567890.123456789012", "12345678901234567890.123456789012 points added"),
    ],
)
def test_points_are_exact(vendor: FabricSimulator, points: str, message: str) -> None:
    """Points are read digit for digit, positive or negative."""
    assert ask(vendor, SAMPLE.replace("100", points))[1]["data"]["Message"] == message
    assert vendor.ledger.balance(vendor.example.member, "Base") == Decimal(points)


def test_pending_points_are_kept_apart(vendor: FabricSimulator) -> None:
    """With setToPending the points are pending and not active."""
    ask(vendor, sample(setToPending=True))
    assert vendor.ledger.accounts[vendor.example.member] == {"Base (pending)": 100}


@pytest.mark.parametrize("authorization", ["", TOKEN, "Bearer wrong"])
def test_needs_the_token(vendor: FabricSimulator, authorization: str) -> None:
    """Without the bearer token the answer is 401, in the envelope too, and nothing is applied."""
    status, body = ask(vendor, SAMPLE, authorization=authorization)
    assert (status, body["status"], vendor.effects) == (401, 401, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("points", None),
        ("points", "100"),
        ("points", True),
        ("profileId", None),
        ("profileId", 1),
        ("pointType", ""),
        ("pointType", "Gold"),
        ("billingEntity", ""),
        ("billingEntity", 1),
        ("reasonCode", ""),
        ("reasonCode", 7502),
        ("reasonCode", "1"),
        ("setToPending", "false"),
        ("setToPending", None),
        ("setPending", True),
    ],
)
def test_a_wrong_field_is_named(vendor: FabricSimulator, field: str, value: Any) -> None:
    """A field that is not as documented is a failure inside HTTP 200, with lists by field, and applies nothing."""
    status, body = ask(vendor, sample(**{field: value}))
    assert (status, body["status"], list(body["errors"])) == (200, 400, [field])
    assert all(isinstance(reasons, list) for reasons in body["errors"].values())
    assert "transactionCode" not in body["data"]
    assert vendor.effects == []


def test_an_unknown_profile(vendor: FabricSimulator) -> None:
    """A profile that nobody has is status 404 inside HTTP 200."""
    unknown = str(vendor.example.unknown_member).partition(":")[2]
    status, body = ask(vendor, sample(profileId=unknown))
    assert (status, body["status"], list(body["errors"]), vendor.effects) == (200, 404, ["profileId"], [])


@pytest.mark.parametrize("body", ["", "[]", "{", '{"points": NaN}', '{"points": 1, "points": 2}'])
def test_what_is_not_a_json_object_is_refused(vendor: FabricSimulator, body: str) -> None:
    """A body that cannot be read is 400."""
    assert ask(vendor, body)[0] == 400


def test_other_requests_are_refused(vendor: FabricSimulator) -> None:
    """Another path, method or media type is refused in the envelope."""
    assert ask(vendor, SAMPLE, path="/v1/members")[1]["status"] == 404
    assert ask(vendor, SAMPLE, path="/v1/members/points-adjustment?x=1")[1]["status"] == 404
    assert ask(vendor, SAMPLE, method="PUT")[1]["status"] == 405
    assert ask(vendor, SAMPLE, content_type="text/plain")[1]["status"] == 415
    assert vendor.effects == []


def test_the_sample_of_the_balance(vendor: FabricSimulator) -> None:
    """The balance of one profile is answered as in the vendor's sample."""
    assert read(vendor, f"/v1/inquire/{BALANCE_PROFILE}/member-points") == (
        200,
        {
            "status": 200,
            "message": "",
            "errors": {},
            "data": [
                {
                    "totalPoints": 300,
                    "pointsByType": [{"pointType": "Base", "points": 300, "subType": None}],
                    "pointsBalance": {
                        "memberPointsEarned": 600,
                        "memberPointsDeducted": 100,
                        "memberPointsUsed": 100,
                        "memberPointsExpired": 100,
                        "memberPointsAvailable": 300,
                        "memberPointsLocked": 100,
                    },
                    "breakdown": {
                        "totalPoints": 300,
                        "totalCurrencyValue": 150,
                        "unrestrictedPoints": {
                            "totalPoints": 200,
                            "totalCurrencyValue": 100,
                            "unrestrictedPointsItems": [{"points": 200, "pointType": "Base"}],
                        },
                        "restrictedPoints": {
                            "totalPoints": 100,
                            "totalCurrencyValue": 50,
                            "restrictedPointsItems": [
                                {"points": 100, "pointType": "Base", "restrictedLocation": "4321"}
                            ],
                        },
                    },
                }
            ],
        },
    )


def test_a_profile_without_points(vendor: FabricSimulator) -> None:
    """A profile without points has zeros and no rows by type."""
    row = balance(vendor)
    assert (row["totalPoints"], row["pointsByType"]) == (0, [])
    assert set(row["pointsBalance"].values()) == {0}


def test_adjustments_are_in_the_balance(vendor: FabricSimulator) -> None:
    """What is added is earned, what is taken is deducted, exactly; the rest is available."""
    ask(vendor, SAMPLE.replace("100", "10.25"))
    ask(vendor, SAMPLE.replace("100", "-0.5"))
    ask(vendor, sample(points=7, pointType="Restricted"))
    row = balance(vendor)
    assert row["totalPoints"] == Decimal("16.75")
    assert row["pointsByType"] == [
        {"pointType": "Base", "points": Decimal("9.75"), "subType": None},
        {"pointType": "Restricted", "points": 7, "subType": None},
    ]
    points = row["pointsBalance"]
    assert (points["memberPointsEarned"], points["memberPointsDeducted"]) == (Decimal("17.25"), Decimal("0.5"))
    assert points["memberPointsAvailable"] == Decimal("16.75")
    assert row["breakdown"]["restrictedPoints"]["totalPoints"] == 7


def test_pending_points_are_in_the_total_alone(vendor: FabricSimulator) -> None:
    """Pending points count in the totals, and are not available."""
    ask(vendor, sample(points=10))
    ask(vendor, sample(points=5, setToPending=True))
    row = balance(vendor)
    assert (row["totalPoints"], row["pointsByType"][0]["points"]) == (15, 15)
    assert row["pointsBalance"]["memberPointsAvailable"] == 10
    assert read(vendor, f"/v1/inquire/points-expiry?profileId={PROFILE}")[1]["data"][-1]["totalPoints"] == 10


def test_more_is_taken_than_there_is(vendor: FabricSimulator) -> None:
    """A debit beyond the points makes the balance negative, and a later credit is added to that."""
    ask(vendor, sample(points=10))
    ask(vendor, sample(points=-15))
    row = balance(vendor)
    assert (row["totalPoints"], row["pointsBalance"]["memberPointsAvailable"]) == (-5, -5)
    ask(vendor, sample(points=6))
    assert balance(vendor)["totalPoints"] == 1


def test_the_sample_of_the_expiry(vendor: FabricSimulator) -> None:
    """The first row of one profile's expiring points is that of the vendor's sample, but for its date."""
    status, body = read(vendor, f"/v1/inquire/points-expiry?profileId={EXPIRY_PROFILE}")
    assert (status, body["message"], body["status"], body["errors"]) == (200, "Success", 200, {})
    assert body["data"][0] == {
        "expiryDuration": 30,
        "unRestrictedTotalPoints": 100,
        "restrictedTotalPoints": 12,
        "totalPoints": 112,
        "pointValue": 112,
        "restrictedPoints": [{"points": 12, "restrictedLocation": "demo_store"}],
        "expiryDate": "2020-03-20T01:30:08.180856",
    }


def test_expiring_points_by_duration(vendor: FabricSimulator) -> None:
    """There is a row every 30 days up to a year, and each has what expires until then."""
    ask(vendor, sample(points=3))
    rows = read(vendor, f"/v1/inquire/points-expiry?profileId={PROFILE}")[1]["data"]
    assert [row["expiryDuration"] for row in rows] == [*range(30, 361, 30), 365]
    assert [row["totalPoints"] for row in rows] == [0] * 12 + [3]
    more = read(vendor, f"/v1/inquire/points-expiry?profileId={EXPIRY_PROFILE}")[1]["data"]
    assert {row["totalPoints"] for row in more} == {112}


def test_a_debit_takes_what_expires_first(vendor: FabricSimulator) -> None:
    """After a debit less expires, and the later points stay."""
    ask(vendor, sample(profileId=EXPIRY_PROFILE, points=50))
    ask(vendor, sample(profileId=EXPIRY_PROFILE, points=-100))
    rows = read(vendor, f"/v1/inquire/points-expiry?profileId={EXPIRY_PROFILE}")[1]["data"]
    assert (rows[0]["totalPoints"], rows[-1]["totalPoints"]) == (12, 62)


@pytest.mark.parametrize(
    "path",
    ["/v1/inquire/nobody/member-points", "/v1/inquire/points-expiry?profileId=nobody", "/v1/members?profileId=x"],
)
def test_an_unknown_profile_is_not_read(vendor: FabricSimulator, path: str) -> None:
    """A profile that nobody has is status 404 inside HTTP 200."""
    status, body = read(vendor, path)
    assert (status, body["status"], body["data"]) == (200, 404, {})


@pytest.mark.parametrize("name", ["profileId=f90a1da5-c072-48b7-a9ea-eb35c5dd506b", "loyaltyNumber=10000147371"])
def test_a_single_member(vendor: FabricSimulator, name: str) -> None:
    """By profile and by loyalty number there is one member, with the fields of the enrollment sample."""
    status, body = read(vendor, f"/v1/members?{name}")
    assert (status, body["status"]) == (200, 200)
    member = body["data"]
    assert (member["emailAddress"], member["phoneNumber"]) == ("user@example.com", "923331234567")
    [account] = member["accounts"]
    assert (account["profileId"], account["loyaltyNumber"]) == (PROFILE, "10000147371")
    assert (account["accountStatus"], account["tierTitle"], account["tierId"]) == ("Enabled", "ClubTier", 4185)


@pytest.mark.parametrize(
    ("filters", "profiles"),
    [
        ("email=user%40example.com", [[PROFILE]]),
        ("phonenumber=923331234567", [[PROFILE]]),
        ("phonenumber=923330000000", [[BALANCE_PROFILE], [EXPIRY_PROFILE, FAMILY_PROFILE]]),
        ("phonenumber=923330000000&limit=1", [[BALANCE_PROFILE]]),
        ("phonenumber=923330000000&offset=1", [[EXPIRY_PROFILE, FAMILY_PROFILE]]),
        ("phonenumber=923330000000&email=saver@example.com", [[BALANCE_PROFILE]]),
        ("email=User@example.com", []),
        ("email=nobody@example.com", []),
        ("phonenumber=%2B923331234567", []),
        ("phonenumber=9233+31234567", []),
    ],
)
def test_members_by_filter(vendor: FabricSimulator, filters: str, profiles: list[list[str]]) -> None:
    """By email and phone there is a list: of none, of one, or of several, who may have several accounts."""
    status, body = read(vendor, f"/v1/members?{filters}")
    assert (status, body["status"]) == (200, 200)
    assert [[account["profileId"] for account in member["accounts"]] for member in body["data"]] == profiles


@pytest.mark.parametrize(
    "path",
    [
        "/v1/members",
        "/v1/members?limit=20",
        "/v1/members?phoneNumber=923331234567",
        "/v1/members?email=a&email=a",
        "/v1/members?email=a&limit=all",
        "/v1/inquire/points-expiry",
        "/v1/inquire/points-expiry?profileId=x&days=30",
    ],
)
def test_a_wrong_read_is_a_failure(vendor: FabricSimulator, path: str) -> None:
    """A parameter that is missing, unknown, repeated or wrong is status 400 inside HTTP 200, with lists by field."""
    status, body = read(vendor, path)
    assert (status, body["status"]) == (200, 400)
    assert all(isinstance(reasons, list) for reasons in body["errors"].values())
    assert body["errors"]


@pytest.mark.parametrize(
    "path",
    [f"/v1/inquire/{PROFILE}/member-points", f"/v1/inquire/points-expiry?profileId={PROFILE}", "/v1/members?email=a"],
)
def test_a_read_needs_the_token_and_get(vendor: FabricSimulator, path: str) -> None:
    """Every read is 401 without the token, and refused by another method."""
    for wrong in ("", TOKEN, "Bearer wrong"):
        status, body = read(vendor, path, wrong)
        assert (status, body["status"]) == (401, 401)
    assert ask(vendor, "", path=path)[0] in (404, 405)


@pytest.mark.parametrize(("path", "form"), [("/v1/token", {}), ("/oauth2/simulated-server/v1/token", {"scope": None})])
def test_a_token_is_issued(vendor: FabricSimulator, path: str, form: dict[str, str | None]) -> None:
    """Both addresses issue a bearer token for the client's credentials, as the page's sample has it."""
    answer = token(vendor, path, **form)
    assert answer.status_code == 200
    assert list(answer.json()) == ["token_type", "expires_in", "access_token", "scope"]
    assert (answer.json()["token_type"], answer.json()["expires_in"], answer.json()["scope"]) == ("Bearer", 600, "s2s")
    bearer = f"Bearer {answer.json()['access_token']}"
    assert ask(vendor, SAMPLE, authorization=bearer)[1]["status"] == 200
    assert read(vendor, "/v1/members?email=user@example.com", bearer)[0] == 200
    assert vendor.token_url == f"{vendor.origin}/v1/token"


def test_a_token_ends() -> None:
    """A token is refused from its end on, and after it was revoked; a new one is taken."""
    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    with in_thread(vendor := FabricSimulator(now=lambda: now[0])):
        first, second = (f"Bearer {token(vendor).json()['access_token']}" for _ in range(2))
        assert first != second
        now[0] += timedelta(seconds=599)
        assert ask(vendor, SAMPLE, authorization=first)[0] == 200
        now[0] += timedelta(seconds=1)
        assert [ask(vendor, SAMPLE, authorization=bearer)[0] for bearer in (first, second)] == [401, 401]
        third = f"Bearer {token(vendor).json()['access_token']}"
        assert ask(vendor, SAMPLE, authorization=third)[0] == 200
        vendor.tokens.revoke()
        assert ask(vendor, SAMPLE, authorization=third)[0] == 401
        assert len(vendor.effects) == 2


def test_a_token_can_have_another_life(vendor: FabricSimulator) -> None:
    """Other pages name other lives, so that expires_in has to be read."""
    vendor.tokens.life = 3600
    assert token(vendor).json()["expires_in"] == 3600


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"Authorization": None}, 401, "invalid_client"),
        ({"Authorization": "Basic c2ltdWxhdGVkLWNsaWVudDp3cm9uZw=="}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "unsupported_grant_type"),
        ({"scope": "all"}, 400, "invalid_scope"),
        ({"scope": None}, 400, "invalid_scope"),
        ({"client_id": "simulated-client"}, 400, "invalid_request"),
        ({"Content-Type": "application/json"}, 400, "invalid_request"),
        ({"Origin": "https://app.example"}, 403, "access_denied"),
    ],
)
def test_a_token_is_refused(vendor: FabricSimulator, changes: dict[str, str | None], status: int, code: str) -> None:
    """Without the credentials, the grant, the scope or a form, and with an Origin, there is no token."""
    answer = token(vendor, **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert "access_token" not in answer.json()


def test_other_requests_for_tokens_are_refused(vendor: FabricSimulator) -> None:
    """Another method or another server gets no token."""
    assert token(vendor, method="GET").status_code == 405
    assert token(vendor, "/oauth2/other/v1/token").status_code == 404
