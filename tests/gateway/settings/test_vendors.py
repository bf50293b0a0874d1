from pathlib import Path

import pytest

from .conftest import WHOLE, Load, Problems

CA = Path(__file__).parents[1] / "transport" / "certificates" / "ca.pem"
ARCADE = '  arcade: {adapter: ledger, base_url: "http://127.0.0.1:9101", partner_id: 7, api_key: key-of-arcade}\n'


def with_vendors(*lines: str) -> tuple[str, tuple[str, str]]:
    return WHOLE, (ARCADE, ARCADE + "".join(f"  {line}\n" for line in lines))


def test_an_entry_that_extends_another_takes_over_its_keys(load_text: Load) -> None:
    """Keys of its own win; a chain is followed to its end."""
    vendors = load_text(
        *with_vendors("second: {extends: first, timeout: 3}", "first: {extends: arcade, partner_id: 8, timeout: 2}")
    ).vendors
    assert vendors["second"].model_dump(include={"adapter", "partner_id", "timeout", "base_url"}) == {
        "adapter": "ledger",
        "partner_id": 8,
        "timeout": 3.0,
        "base_url": "http://127.0.0.1:9101",
    }
    assert vendors["arcade"].timeout == 10


def test_extending_is_shallow(load_text: Load) -> None:
    """A table replaces a table."""
    text, (old, new) = with_vendors("other: {extends: arcade, reasons: {b: '2'}}")
    loaded = load_text(text, (old, new.replace("partner_id: 7", "partner_id: 7, reasons: {a: '1'}")))
    assert loaded.vendors["other"].model_dump(include={"reasons"}) == {"reasons": {"b": "2"}}


def test_a_wrong_value_is_told_where_it_stands(problems: Problems) -> None:
    """And once, however many entries take it over."""
    text, (old, new) = with_vendors("other: {extends: arcade}", "third: {extends: other}")
    assert problems(text, (old, new.replace("partner_id: 7", "partner_id: 0"))) == [
        "3:76: vendors.arcade.partner_id: expected 1 or more"
    ]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (
            ["a: {extends: nobody}"],
            ["4:16: vendors.a.extends: no vendor is named 'nobody' (there are: arcade, a, perks)"],
        ),
        (["a: {extends: [x]}"], ["4:16: vendors.a.extends: no vendor of this name"]),
        (["a: {extends: a}"], ["4:16: vendors.a.extends: vendors extend each other in a circle: a -> a"]),
        (
            ["a: {extends: b}", "b: {extends: a}", "c: {extends: a}"],
            [
                "4:16: vendors.a.extends: vendors extend each other in a circle: a -> b -> a",
                "5:16: vendors.b.extends: vendors extend each other in a circle: b -> a -> b",
            ],
        ),
    ],
)
def test_a_broken_chain_is_told(problems: Problems, lines: list[str], found: list[str]) -> None:
    """Names that are not there, and circles, at the `extends` that makes them."""
    assert problems(*with_vendors(*lines)) == found


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("", "4:5: vendors.a: expected a mapping"),
        ("text", "4:6: vendors.a: expected a mapping"),
        (
            "{adapter: ledgr}",
            "4:16: vendors.a.adapter: no adapter is named 'ledgr': did you mean ledger? "
            "(there are: ledger, calendar, declared)",
        ),
        ("{adapter: 5}", "4:16: vendors.a.adapter: no adapter of this name"),
        (
            "{timeout: 5}",
            "4:3: vendors.a.adapter: expected an adapter (ledger, calendar, declared), or extends with the name "
            "of another vendor",
        ),
        (
            "{extends: arcade, extend: x}",
            "4:24: vendors.a.extend: unknown key: did you mean extends? (expected: extends, adapter, base_url, paused,"
            " timeout, max_concurrency, max_answer, ca_file, client_cert, client_key, client_key_password, proxy,"
            " allow_http, allow_link_local, reuse_connections, not_applied, problems, trust_absence, probe,"
            " traceparent, ignore, resolve, partner_id, api_key, verbose, reasons, default_reason)",
        ),
        (
            '{adapter: ledger, base_url: "http://127.0.0.1", api_key: k}',
            "4:3: vendors.a.partner_id: expected this key, and it is missing (The partner's number)",
        ),
        ("{extends: arcade, verbose: 1}", "4:33: vendors.a.verbose: expected true or false"),
        ("{extends: arcade, timeout: 0}", "4:33: vendors.a.timeout: expected a number above 0"),
        (
            "{extends: arcade, resolve: [phone]}",
            "4:34: vendors.a.resolve[0]: this vendor cannot look members up by phone: its adapter can by card",
        ),
        (
            "{extends: arcade, resolve: [card, email]}",
            "4:40: vendors.a.resolve[1]: the vendor takes email itself: nobody has to be looked up",
        ),
        (
            "{extends: arcade, resolve: [card, card]}",
            "4:33: vendors.a.resolve: expected each scheme once, and one is repeated",
        ),
        (
            "{extends: arcade, resolve: [Card]}",
            "4:33: vendors.a.resolve: 'Card' is no member scheme, such as email or custom.user_id",
        ),
        ("{extends: arcade, ignore: text}", "4:32: vendors.a.ignore: expected a list"),
        ("{extends: arcade, reasons: {a: 7502}}", "4:37: vendors.a.reasons.a: expected text: quote the value"),
        ("{extends: arcade, api_key: ''}", "4:33: vendors.a.api_key: expected a secret that is not empty"),
        (
            "{extends: arcade, api_key: 123}",
            "4:33: vendors.a.api_key: expected text: quote the value, or take it from ${env:NAME} or ${file:PATH}",
        ),
        ("{extends: arcade, base_url: 'ftp://x'}", "4:34: vendors.a.base_url: expected an http:// or https:// address"),
        (
            "{extends: arcade, base_url: 'http://example.com'}",
            "4:34: vendors.a.base_url: base_url is plain http to another machine: use https, or set allow_http: true",
        ),
        (
            "{extends: arcade, default_reason: x}",
            "4:40: vendors.a.default_reason: expected one of the names in reasons (none)",
        ),
        (
            "{extends: perks, point_types: {base: {eid: b}}, default_point_type: bonus}",
            "4:74: vendors.a.default_point_type: expected one of the names in point_types (base)",
        ),
        (
            "{extends: perks, point_types: {base: {}}}",
            "4:43: vendors.a.point_types.base: expected the key eid or the key iid",
        ),
        ("{extends: perks, point_types: {base: 5}}", "4:43: vendors.a.point_types.base: expected a mapping"),
        (
            "{extends: perks, point_types: {base: {iid: x}}}",
            "4:49: vendors.a.point_types.base.iid: expected a whole number",
        ),
        (
            "{extends: perks, format: jsn}",
            "4:31: vendors.a.format: expected 'json' or 'xml': did you mean json?",
        ),
        (
            "{extends: arcade, ca_file: none.pem}",
            "4:33: vendors.a.ca_file: expected the path of a file, and there is none",
        ),
    ],
)
def test_what_is_wrong_with_a_vendor(problems: Problems, entry: str, found: str) -> None:
    """Each problem names its place and what was expected, in words and not in pydantic's."""
    assert problems(*with_vendors(f"a: {entry}")) == [found]


def test_a_ca_file_is_relative_to_the_file_it_stands_in(load_text: Load, tmp_path: Path) -> None:
    """Its absolute path is what the vendor's settings hold, for entries that take it over too."""
    (tmp_path / "ca.pem").write_bytes(CA.read_bytes())
    text, (old, new) = with_vendors("other: {extends: arcade}")
    vendors = load_text(text, (old, new.replace("partner_id: 7", "partner_id: 7, ca_file: ca.pem"))).vendors
    assert vendors["arcade"].ca_file == vendors["other"].ca_file == str(tmp_path / "ca.pem")


def test_a_ca_file_without_certificates_is_refused(problems: Problems, tmp_path: Path) -> None:
    """A file in which no authority is named would stop the gateway as it starts."""
    (tmp_path / "ca.pem").write_text("no certificate")
    (found,) = problems(WHOLE, ("partner_id: 7", "partner_id: 7, ca_file: ca.pem"))
    message = "expected a PEM file with certificates: NO_CERTIFICATE_OR_CRL_FOUND"
    assert found == f"3:88: vendors.arcade.ca_file: {message}"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("{'7001': member_not_found, 401/E12: insufficient_points, Not now: vendor_rejected}", None),
        (
            "{'7001': member_not_fund}",
            "expected 'member_not_found', 'insufficient_points' or 'vendor_rejected': did you mean member_not_found?",
        ),
        ("{'7001': vendor_unavailable}", "expected 'member_not_found', 'insufficient_points' or 'vendor_rejected'"),
        ("{'': member_not_found}", "expected at least 1 characters"),
    ],
)
def test_the_problems_of_a_vendor_are_final_refusals(
    load_text: Load, problems: Problems, written: str, found: str | None
) -> None:
    """Codes, and the canonical refusals that they stand for; any other is told with what was expected."""
    text = with_vendors(f"other: {{extends: arcade, problems: {written}}}")
    if found is None:
        assert load_text(*text).vendors["other"].problems["401/E12"] == "insufficient_points"
    else:
        [message] = problems(*text)
        assert message.endswith(found)


@pytest.mark.parametrize(
    ("statuses", "found"),
    [
        ("[200]", "200 cannot say that nothing was applied: it means that it was; expected 400 to 599"),
        ("[204, 503]", "204 cannot say that nothing was applied: it means that it was; expected 400 to 599"),
        ("[307]", "307 cannot say that nothing was applied: it means that it was; expected 400 to 599"),
        ("[100]", "100 cannot say that nothing was applied: it is no status of a failure; expected 400 to 599"),
        ("[600]", "600 cannot say that nothing was applied: it is no status of a failure; expected 400 to 599"),
        ("[503, 503]", "expected each status once, and one is repeated"),
        ("['503']", "expected a whole number"),
        ("503", "expected a list"),
    ],
)
def test_only_failures_can_be_vouched_for(problems: Problems, statuses: str, found: str) -> None:
    """A success, a redirect and what is no status are refused as statuses that applied nothing."""
    [message] = problems(*with_vendors(f"other: {{extends: arcade, not_applied: {statuses}}}"))
    assert message.endswith(found)


def test_doubtful_statuses_draw_a_warning(load_text: Load) -> None:
    """Those that often come after an effect, each where it stands and once; 503 draws none."""
    lines = ["other: {extends: arcade, not_applied: [503, 500, 502, 504, 408, 409]}", "third: {extends: other}"]
    loaded = load_text(*with_vendors(*lines))
    assert loaded.vendors["third"].not_applied == (503, 500, 502, 504, 408, 409)
    messages = [f"{warning.where}: {warning.detail}" for warning in loaded.warnings if "not_applied" in warning.where]
    why = "often comes after points were changed: where they were, they are changed twice"
    assert messages == [
        f"vendors.other.not_applied[{index}]: {status} {why}"
        for index, status in ((1, 500), (2, 502), (3, 504), (4, 408))
    ]
