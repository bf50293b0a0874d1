"""`explain`: which rule decides, which vendor serves, and the request as it would be sent, secrets masked."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.cli.conftest import Command, demonstration

CRM = ["--member", "contact_id:1"]
CLUB = ["--member", "profile_id:f90a1da5"]
ARCADE = ["--member", "email:jason@example.com"]
SEPTEMBER = ["--from", "2023-09-01T00:00:00Z", "--to", "2023-09-30T23:59:59Z"]
CALLS = {
    "crm": ["adjust", *CRM, "--points", "5"],
    "club": ["adjust", *CLUB, "--points", "5"],
    "arcade": ["adjust", *ARCADE, "--points", "5"],
    "balance": ["balance", *ARCADE],
    "perks": ["expiring", *ARCADE, *SEPTEMBER],
    "lookup": ["lookup", *ARCADE],
    "resolved": ["adjust", *ARCADE, "--points", "5", "--point-type", "base"],
    "resolved balance": ["balance", *ARCADE, "--point-type", "base"],
}
REFUSED = {
    "points missing": (["adjust", *CRM], "invalid_request"),
    "points no number": (["adjust", *CRM, "--points", "many"], "invalid_request"),
    "points zero": (["adjust", *CRM, "--points", "0"], "invalid_request"),
    "points exponent": (["adjust", *CRM, "--points", "1e3"], "invalid_request"),
    "member": (["adjust", "--member", "jason", "--points", "5"], "invalid_request"),
    "member of a read": (["balance", "--member", "email:a/b"], "invalid_request"),
    "member not text": (["adjust", "--member", "email:\udcff", "--points", "5"], "invalid_request"),
    "member of a read not text": (["balance", "--member", "email:\udcff"], "invalid_request"),
    "options no JSON": (["adjust", *CRM, "--points", "5", "--options", "{"], "invalid_request"),
    "options empty": (["adjust", *CRM, "--points", "5", "--options", ""], "invalid_request"),
    "options not text": (["adjust", *CRM, "--points", "5", "--options", '"\udcff"'], "invalid_request"),
    "options that add a field": (
        ["adjust", *CRM, "--points", "5", "--options", '{}, "points": "6"'],
        "invalid_request",
    ),
    "options unknown": (
        ["adjust", *CRM, "--points", "5", "--options", '{"contact-points": {"a": 1}}'],
        "invalid_request",
    ),
    "description empty": (["adjust", *CRM, "--points", "5", "--description", ""], "invalid_request"),
    "fraction": (["adjust", *ARCADE, "--points", "2.5"], "field_not_supported"),
    "field": (["adjust", *CLUB, "--points", "5", "--store", "12"], "field_not_supported"),
    "pending": (["adjust", *CRM, "--points", "5", "--pending"], "field_not_supported"),
    "point type": (["adjust", *CRM, "--points", "5", "--point-type", "gold"], "field_not_supported"),
    "scheme": (["adjust", "--member", "phone:+1234567890", "--points", "5"], "field_not_supported"),
    "period missing": (["expiring", *ARCADE], "field_not_supported"),
    "period without an offset": (
        ["expiring", *ARCADE, "--from", "2023-09-01", "--to", "2023-09-30"],
        "invalid_request",
    ),
    "period backwards": (["expiring", *ARCADE, "--from", SEPTEMBER[3], "--to", SEPTEMBER[1]], "invalid_request"),
    "period with one end": (["expiring", *ARCADE, *SEPTEMBER[:2]], "invalid_request"),
    "history from a time": (["transactions", *ARCADE, *SEPTEMBER[:2]], "field_not_supported"),
    "look-up by another scheme": (["lookup", "--member", "custom.user_id:7"], "field_not_supported"),
    "wallet that reaches nothing": (["wallet", "--member", "contact_no:1"], "operation_not_supported"),
    "field of a looked-up member": (
        ["adjust", *ARCADE, "--points", "5", "--point-type", "base", "--pending"],
        "field_not_supported",
    ),
    "history backwards": (
        ["transactions", *ARCADE, "--from", SEPTEMBER[3], "--to", SEPTEMBER[1]],
        "invalid_request",
    ),
    "tenant": (["balance", *ARCADE, "--tenant", "acne"], "invalid_request"),
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The demo's configuration; nobody listens where its vendors are."""
    return demonstration(tmp_path)[0]


def secrets(config: Path) -> list[str]:
    """Every secret that a configuration holds."""
    secret = r"^ +(?:api_key|token|client_secret): (\S+)$|keys: \[(\S+)\]$"
    found = re.findall(secret, config.read_text("utf-8"), re.MULTILINE)
    return ["".join(each) for each in found]


def said_json(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def test_the_text_shows_rule_vendor_and_request(command: Command, config: Path) -> None:
    """The text names the rule, the vendor, what is not sent and what repeats are worth, and then the whole request."""
    result = command("explain", *CALLS["crm"], "--tenant", "acme", "-c", config)
    assert (result.code, result.err) == (0, "")
    assert re.sub(r":\d{4,5}/", ":PORT/", result.out).splitlines() == [
        "rule           tenants.acme.routes.adjust[0]",
        "vendor         crm (contact-points)",
        "not sent       -",
        "repeat safety  searchable",
        "effect         this request may change points",
        "",
        "POST http://127.0.0.1:PORT/api/v1/Points",
        "Content-Type: application/json",
        "Accept: application/json",
        "X-ApiKey: ***",
        "",
        '{"ContactId":1,"Type":"standard","Amount":5,"Description":"Points adjustment","SourceId":"adj_preview"}',
    ]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("crm", "adjust[0]"),
        ("club", "adjust[1]"),
        ("arcade", "adjust[4]"),
        ("balance", "balance[4]"),
        ("lookup", "lookup[1]"),
        ("resolved", "adjust[3]"),
        ("resolved balance", "balance[3]"),
        ("perks", "expiring[1]"),
    ],
)
def test_each_operation_is_explained(command: Command, config: Path, name: str, rule: str) -> None:
    """Text and JSON agree on the rule, the vendor, and where the request would go."""
    arguments = ["explain", *CALLS[name], "--tenant", "acme", "-c", config]
    shown, result = command(*arguments), command(*arguments, "-o", "json")
    assert (shown.code, result.code, result.err) == (0, 0, "")
    answer = said_json(result.out)
    assert answer["rule"] == f"tenants.acme.routes.{rule}"
    assert f"rule           {answer['rule']}\nvendor         {answer['vendor']['name']} (" in shown.out
    assert f"\n{answer['request']['method']} {answer['request']['url']}\n" in shown.out


def test_a_member_that_is_looked_up_first_is_said_to_be(command: Command, config: Path) -> None:
    """The request is that of the look-up, and the member's own name is not known yet."""
    for name in ("resolved", "resolved balance"):
        arguments = ["explain", *CALLS[name], "--tenant", "acme", "-c", config]
        out = command(*arguments).out
        assert "looked up      the member first, as contact_id:?\n" in out
        assert "effect         not of this request\n" in out
        assert "/api/v1/Contacts?email=jason%40example.com\n" in out
        assert said_json(command(*arguments, "-o", "json").out)["resolved"] == "contact_id:?"


def test_a_wallet_is_each_of_its_balances(command: Command, config: Path) -> None:
    """Text and JSON have the rule and the request of every balance that the name can reach."""
    arguments = ["explain", "wallet", *ARCADE, "--tenant", "acme", "-c", config]
    shown, previews = command(*arguments).out, said_json(command(*arguments, "-o", "json").out)
    assert [preview["vendor"]["name"] for preview in previews] == ["arcade", "crm", "perks", "perks"]
    assert re.findall(r"^rule           (.+)$", shown, re.MULTILINE) == [preview["rule"] for preview in previews]
    assert "\n\nrule " in shown


def test_a_read_has_no_body(command: Command, config: Path) -> None:
    """A request without a body ends with its headers, and its body in JSON is null."""
    arguments = ["explain", *CALLS["balance"], "--tenant", "acme", "-c", config]
    assert command(*arguments).out.endswith("/Points\nAccept: application/json\n")
    assert said_json(command(*arguments, "-o", "json").out)["request"]["body"] is None


def test_a_body_that_is_not_json_is_shown_as_it_is(command: Command, config: Path) -> None:
    """XML is printed as XML."""
    config.write_text(
        config.read_text("utf-8").replace("loyalty_program_id: 123", "loyalty_program_id: 123\n    format: xml")
    )
    result = command("explain", *CALLS["perks"], "--tenant", "acme", "-c", config)
    assert result.code == 0
    assert result.out.splitlines()[-1].startswith("<")
    assert "***" in result.out


def test_what_is_ignored_by_consent_is_named(command: Command, config: Path) -> None:
    """A field that the vendor cannot be told, and that the operator lets go, stands under `not sent`."""
    result = command(
        "explain", *CALLS["arcade"], "--reference", "order-1", "--store", "12", "--tenant", "acme", "-c", config
    )
    assert result.code == 0
    assert "not sent       reference, store\n" in result.out
    assert "order-1" not in result.out


@pytest.mark.parametrize(
    ("points", "sent"),
    [
        ("0.000001", "0.000001"),
        ("-0.1", "-0.1"),
        ("999999999999.999999", "999999999999.999999"),
        ("-999999999999", "-999999999999"),
        ("7.50", "7.5"),
    ],
)
def test_decimals_keep_every_digit(command: Command, config: Path, points: str, sent: str) -> None:
    """Text and JSON show the number that would be sent, digit for digit."""
    options = json.dumps({"contact-points": {"book_value": points}})
    arguments = ["explain", "adjust", *CRM, "--points", points, "--options", options, "--tenant", "acme", "-c", config]
    shown, result = command(*arguments), command(*arguments, "--output", "json")
    assert shown.code == result.code == 0
    for each in (shown, result):
        assert re.search(rf'"Amount":{re.escape(sent)}[,}}]', each.out)
        assert re.search(rf'"BookValue":{re.escape(sent)}[,}}]', each.out)


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize("name", CALLS)
def test_secrets_are_masked(command: Command, config: Path, name: str, output: str) -> None:
    """No secret of the configuration is shown; one that would be sent shows as `***`."""
    result = command("explain", *CALLS[name], "--tenant", "acme", "-c", config, "-o", output)
    assert result.code == 0
    assert len(secrets(config)) == 7  # of four vendors, a client and an operator
    assert not [secret for secret in secrets(config) if secret in result.out + result.err]
    assert ("***" in result.out) is (name != "balance")  # that vendor's reads need no key


@pytest.mark.parametrize(("arguments", "code"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_asked_is_a_problem(command: Command, config: Path, arguments: list[str], code: str) -> None:
    """The problem that the app would be told ends the command with exit code 1, and shows no secret."""
    shown = command("explain", "-c", config, "--tenant", "acme", *arguments)
    result = command("explain", "-c", config, "--tenant", "acme", *arguments, "-o", "json")
    assert (shown.code, shown.out, result.code, result.out) == (1, "", 1, "")
    problem = said_json(result.err)
    assert problem["code"] == code
    assert shown.err == f"{code}: {problem['detail']}\n"
    assert not [secret for secret in secrets(config) if secret in shown.err + result.err]


def test_a_tenant_without_the_operation(command: Command, config: Path) -> None:
    """Where no rule leads anywhere, that is what is told."""
    text, dropped = re.subn(r"      expiring:\n(?:        .+\n)+", "", config.read_text("utf-8"))
    assert dropped == 1
    config.write_text(text)
    result = command("explain", *CALLS["perks"], "--tenant", "acme", "-c", config)
    assert result.code == 1
    assert result.err.startswith("operation_not_supported: ")


def test_an_unknown_tenant_hears_of_those_there_are(command: Command, config: Path) -> None:
    """A tenant that is not configured is told with the ones that are."""
    result = command("explain", *CALLS["crm"], "--tenant", "acne", "-c", config)
    assert result.err == "invalid_request: There is no tenant 'acne'; there are: acme\n"


def test_nothing_is_kept(command: Command, config: Path) -> None:
    """Explaining makes no journal."""
    assert command("explain", *CALLS["crm"], "--tenant", "acme", "-c", config).code == 0
    assert [path for path in config.parents[1].rglob("*") if path.is_file()] == [config]
